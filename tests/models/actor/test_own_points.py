"""One face's points and weights: the fit finds how they hang together, and a student learns it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from mien.errors import CancelledError
from mien_models.actor.feeding import open_footage
from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion
from mien_models.actor.own_points import OwnPoints, Seen, learn_points, look, prepare
from mien_models.actor.recipes import recipe_named
from mien_models.actor.views import stacked, views
from mien_models.networks.geometry import aligned
from mien_models.networks.mobilenet_v2 import Student, StudentOptions
from mien_models.synthetic.shards import open_shard, save_shard

TINY = StudentOptions(width=0.25, dense=256, hidden=96, decoder=16, local=4)
RECIPE = recipe_named("personal", student=TINY, samples=2560, sets=1)


def begun():
    torch.manual_seed(7)
    return Student(TINY)


def linear_face(count, noise, seed):
    """Frames of a face whose points move with the weights alone, all by the same amount each time."""
    rest, moves = (np.random.default_rng(3).normal(0, size, shape) for size, shape in
                   ((0.4, (326, 2)), (0.05, (52, 326 * 2))))  # fmt: skip
    rng = np.random.default_rng(seed)
    weights = (rng.beta(0.4, 1.5, (count, 52)) * (rng.random((count, 52)) < 0.3)).astype(np.float32)
    moves.reshape(52, 326, 2)[:, 27:48] = 0  # the eyes and the nose, by which points are aligned
    points = rest + (weights @ moves).reshape(count, 326, 2) + rng.normal(0, noise, (count, 326, 2))
    return Seen(points.astype(np.float32), np.zeros((count, 2), np.float32), weights)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """72 frames to learn from and 8 held out, of one made actor."""
    folder, actor = tmp_path_factory.mktemp("actor"), Actor(5)
    for number, count in ((0, 8), (1, 40), (2, 32)):
        clip = film(actor, *authored_motion(count, 4.0, seed=number), rate=4.0)
        save_shard(folder, number, stacked(list(views(enumerate(clip.frames), clip.take(), clip.weights))))
    return folder


def test_the_fit_tells_the_points_of_mixtures_that_were_never_filmed():
    own, other = OwnPoints(linear_face(1500, 0.004, 1)), linear_face(200, 0.0, 2)
    wanted = aligned(torch.from_numpy(other.points)).numpy().reshape(200, -1)
    turned = np.concatenate([np.ones((200, 1)), np.zeros((200, 5)), other.weights], 1)
    assert np.abs(turned @ own.slopes - wanted).mean() < 0.1 * np.abs(wanted - wanted.mean(0)).mean()


def test_even_points_are_nearer_to_the_truth_than_what_was_seen():
    clean, seen = linear_face(1500, 0.0, 1), linear_face(1500, 0.02, 1)
    even = OwnPoints(seen).even()
    assert np.abs(even - clean.points).mean() < 0.5 * np.abs(seen.points - clean.points).mean()


def test_a_geometry_learns_the_face():
    own, other, student = OwnPoints(linear_face(1000, 0.004, 1)), linear_face(300, 0.004, 2), begun()

    def likeness():
        with torch.no_grad():
            given = student.geometry(torch.from_numpy(other.points))[0].clamp(0, 1).numpy()
        return np.corrcoef(given.ravel(), other.weights.ravel())[0, 1]

    assert likeness() < 0.15
    said = []
    learn_points(student, own, 256 * 300, 1, progress=lambda done, steps: said.append((done, steps)))
    assert said[0] == (1, 300)
    assert said[-1] == (300, 300)
    assert likeness() > 0.35


def test_it_is_done_once_for_a_run_and_the_held_out_frames_stay_as_they_are(data, tmp_path):
    own, begin = prepare(begun, data, tmp_path, RECIPE)
    first, again = begin(), prepare(lambda: begun(), data, tmp_path, RECIPE)[1]()
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values()))
    assert not torch.equal(first.geometry.weights.weight, begun().geometry.weights.weight)
    assert not first.more.weight.any()
    for name, array in open_shard(data / "shard-00000").items():
        assert np.array_equal(array, open_shard(own / "shard-00000")[name], equal_nan=True), name
    fitted, given = open_shard(own / "shard-00002"), open_shard(data / "shard-00002")
    assert np.isfinite(fitted["dense"]).all()
    assert np.array_equal(fitted["weights"], given["weights"])
    seen = look(begun(), open_footage(data))
    even = look(begun(), open_footage(own))  # another box round other landmarks, and so other crops
    assert len(seen) == len(even) == 72


def test_points_come_back_to_where_they_were_seen(data, tmp_path):
    """A fit that says just what was seen would put the points where the network has them in the view."""
    own, _ = prepare(begun, data, tmp_path, replace(RECIPE, samples=256))
    fitted = open_shard(own / "shard-00001")
    span = np.ptp(fitted["dense"], axis=1).mean()
    assert 0 < span < 256
    assert np.abs(fitted["landmarks"].mean(axis=(0, 1)) - 128).max() < 64


def test_it_can_be_cancelled_and_begins_anew(data, tmp_path):
    def stop():
        raise CancelledError("Cancelled", "")

    with pytest.raises(CancelledError):
        prepare(begun, data, tmp_path, RECIPE, stop)
    assert not (tmp_path / "own" / "begun.npz").exists()
    prepare(begun, data, tmp_path, replace(RECIPE, samples=256))
    assert (tmp_path / "own" / "begun.npz").exists()
