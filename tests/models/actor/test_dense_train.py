"""Training a dense network: resumed bit for bit, scores in millimetres, readable refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

from mien.errors import CancelledError, ModelError, OutputError, SourceNotFoundError, TakeError
from mien_models.actor import dense_train
from mien_models.actor.dense_frames import DenseFrames, _write, open_frames
from mien_models.actor.dense_score import infer, pictures, rmse_mm, score
from mien_models.actor.dense_train import DenseRecipe, Running, load_dense, train_dense
from mien_models.actor.dense_views import Augmentation, Views
from mien_models.networks.dense import DenseOptions

PACE = {"epochs": 4, "ramp_down": 1, "ramp_augmentation": 2, "batch": 8, "peak": 3e-3, "flat": 2.0}
CONV = DenseRecipe(network=DenseOptions(width=0.15, basis=6), **PACE)
FC = replace(CONV, network=DenseOptions(kind="fc", basis=6), augmentation=None, stabilised=True)
QUIET = Running(every=1e9, score=4)


@pytest.fixture(scope="module")
def frames(tmp_path_factory) -> DenseFrames:
    """A blob whose width and height tell how a mesh of 20 vertices lies, on 60 pictures, 12 held out."""
    rng = np.random.default_rng(0)
    numbers = rng.uniform(-1, 1, (60, 2))
    rows, columns = np.mgrid[:64, :48]
    wide, high = (10 + 4 * numbers[:, :1, None], 14 + 5 * numbers[:, 1:, None])
    images = 40 + 150 * np.exp(-(((columns - 24) / wide) ** 2) - ((rows - 32) / high) ** 2)
    ways = rng.normal(0, 3, (2, 20, 3))
    vertices = rng.normal(0, 50, (20, 3)) + np.tensordot(numbers, ways, 1)
    landmarks = np.repeat(rng.uniform(10, 40, (1, 70, 2)), 60, axis=0)
    arrays = {
        "images": images.astype(np.uint8), "vertices": vertices.astype(np.float32),
        "landmarks": landmarks.astype(np.float32), "shots": np.repeat([0, 1], [48, 12]).astype(np.int32),
        "times": np.arange(60) / 30,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("frames")
    shots = [{"name": "training", "held_out": False}, {"name": "other day", "held_out": True}]
    _write(folder, arrays, {"format": 1, "crop": [0, 0, 48, 64], "shots": shots})
    return open_frames(folder)


def states(run):
    network, about = load_dense(run)
    return {name: value.clone() for name, value in network.state_dict().items()}, about


@pytest.fixture(scope="module")
def wholes(frames, tmp_path_factory):
    """What runs without interruption end as."""
    folder = tmp_path_factory.mktemp("wholes")
    for recipe in (CONV, FC):
        train_dense(frames, folder / recipe.network.kind, recipe, lambda _: None, QUIET)
    return {kind: states(folder / kind) for kind in ("conv", "fc")}


def raising(error, at):
    """A check that raises an error at the step `at`, counted from 0."""
    steps = iter(range(1000))

    def check():
        if next(steps) == at:
            raise error

    return check


@pytest.mark.parametrize(("recipe", "after"), [(CONV, 1), (CONV, 9), (FC, 12)])
def test_a_stopped_run_ends_bit_for_bit_as_one_that_was_not(frames, wholes, tmp_path, recipe, after):
    """Six batches an epoch: stopped in the first one, in the second, and between two."""
    stopping = replace(QUIET, check=raising(CancelledError("stop"), after))
    with pytest.raises(CancelledError):
        train_dense(frames, tmp_path, recipe, lambda _: None, stopping)
    said: list[dict] = []
    train_dense(frames, tmp_path, recipe, said.append, QUIET)
    (whole, before), (parts, again) = wholes[recipe.network.kind], states(tmp_path)
    assert again["epoch"] == 4
    assert before["scores"] == again["scores"]
    for name, value in whole.items():
        assert torch.equal(value, parts[name]), name


def test_a_killed_run_goes_on_from_the_last_checkpoint(frames, wholes, tmp_path):
    """No time to save: what was learnt after the checkpoint is learnt again, to the same end."""
    killed = Running(every=0, score=9, check=raising(KeyboardInterrupt(), 10))
    with pytest.raises(KeyboardInterrupt):
        train_dense(frames, tmp_path, CONV, lambda _: None, killed)
    assert dense_train.read_about(tmp_path / "checkpoint.npz")["samples"] == 80
    train_dense(frames, tmp_path, CONV, lambda _: None, QUIET)
    parts, _ = states(tmp_path)
    for name, value in wholes["conv"][0].items():
        assert torch.equal(value, parts[name]), name


def test_it_learns(frames, tmp_path):
    said: list[dict] = []
    train_dense(frames, tmp_path / "run", replace(CONV, epochs=30, ramp_down=8), said.append, QUIET)
    truth = frames.vertices[48:]
    guess = score(np.repeat(frames.vertices[:48].mean(0)[None], 12, 0), truth)["rmse_mm"]
    assert said[-1]["rmse_mm"] < 0.35 * guess
    network, about = load_dense(tmp_path / "run")
    found = infer(network, pictures(frames, np.arange(48, 60), None))
    assert score(found, truth)["rmse_mm"] == pytest.approx(about["scores"]["rmse_mm"], rel=1e-4)


def test_another_recipe_in_the_same_folder_is_refused(frames, tmp_path):
    train_dense(frames, tmp_path / "run", replace(CONV, epochs=1), lambda _: None, QUIET)
    with pytest.raises(ModelError, match="another recipe"):
        train_dense(frames, tmp_path / "run", replace(CONV, epochs=1, seed=2), lambda _: None, QUIET)


def test_who_makes_a_view_does_not_change_it(frames):
    views = Views(frames.images[:10], frames.vertices[:10], (1, 3), Augmentation(), 1.0)
    for one, other in zip(views.batches(4, 0, 0), views.batches(4, 0, 2)):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])
    later = Views(frames.images[:10], frames.vertices[:10], (1, 4), Augmentation(), 1.0)
    assert not torch.equal(views[0][0], later[0][0])


def test_the_papers_loss_is_the_papers_millimetres():
    assert rmse_mm(0.0028) == pytest.approx(0.92, abs=0.005)
    found, truth = np.zeros((5, 4, 3), np.float32), np.zeros((5, 4, 3), np.float32)
    found[..., :2] = (3, 4)
    assert score(found, truth)["rmse_mm"] == pytest.approx(5)
    assert score(found, truth)["jitter_mm"] == 0


def test_attenuated_motion_shows_in_the_amplitude():
    truth = np.random.default_rng(0).normal(0, 1, (50, 4, 3)).astype(np.float32)
    middle = truth.mean(0)
    assert score(middle + 0.7 * (truth - middle), truth)["amplitude"] == pytest.approx(0.7, abs=1e-4)


def test_a_full_disk_leaves_the_checkpoint_before(frames, tmp_path, monkeypatch):
    train_dense(frames, tmp_path / "run", replace(CONV, epochs=2, ramp_down=0), lambda _: None, QUIET)
    before = (tmp_path / "run" / "checkpoint.npz").read_bytes()
    about = dense_train.read_about(tmp_path / "run" / "checkpoint.npz")

    def full(stream, **arrays):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    state = dense_train._State(frames, frames.rows(False), replace(CONV, epochs=2, ramp_down=0),
                               tmp_path / "run" / "checkpoint.npz", lambda _: None)  # fmt: skip
    with pytest.raises(OutputError, match="No space left"):
        state.save({})
    assert (tmp_path / "run" / "checkpoint.npz").read_bytes() == before
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["checkpoint.npz"]
    assert about["epoch"] == 2


def test_a_foreign_or_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(ModelError):
        load_dense(tmp_path)
    np.savez(tmp_path / "checkpoint.npz", about=np.frombuffer(json.dumps({"kind": "x"}).encode(), np.uint8))
    with pytest.raises(ModelError, match="no dense network"):
        load_dense(tmp_path)


def test_frames_that_are_missing_or_torn_are_named(frames, tmp_path):
    with pytest.raises(SourceNotFoundError):
        open_frames(tmp_path)
    arrays = {name: getattr(frames, name) for name in ("images", "vertices", "landmarks", "shots", "times")}
    shots = [{"name": "a", "held_out": False}, {"name": "b", "held_out": True}]
    _write(
        tmp_path, {**arrays, "times": frames.times[:5]}, {"format": 1, "crop": [0, 0, 48, 64], "shots": shots}
    )
    with pytest.raises(TakeError, match="belong together"):
        open_frames(tmp_path)


def test_one_frame_is_too_few(frames, tmp_path):
    few = replace(frames, images=frames.images[47:], vertices=frames.vertices[47:], shots=frames.shots[47:],
                  landmarks=frames.landmarks[47:], times=frames.times[47:])  # fmt: skip
    with pytest.raises(TakeError, match="too few"):
        train_dense(few, tmp_path / "run", CONV, lambda _: None, QUIET)
