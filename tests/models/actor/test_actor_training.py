"""An actor's training for real, in small: it goes on to the bit, it survives, and it delivers a network."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from mien.errors import CancelledError, OutputError, SourceError, SourceNotFoundError, UsageError
from mien_models.actor import trials
from mien_models.actor.distill import Units, distances
from mien_models.actor.feeding import Batches, feed, labels_of, open_footage
from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion
from mien_models.actor.recipes import recipe_named
from mien_models.actor.run import Task
from mien_models.actor.train import Watcher, train
from mien_models.actor.views import stacked, views
from mien_models.networks.inception_resnet_v2 import TeacherOptions
from mien_models.networks.mobilenet_v2 import Student, StudentOptions
from mien_models.synthetic.shards import open_shard, save_shard
from mien_models.training.checkpoint import load_average, read_about

TINY = StudentOptions(width=0.25, dense=256, hidden=32, decoder=16, local=4)
PERSONAL = recipe_named("personal", student=TINY, side=96, samples=160, batch=16, part=16, faces=0.0)
SMALL = recipe_named("small-plain", epochs=2, down=1, ramp=1, batch=16, part=8,
                     student=replace(TINY, dense=0))  # fmt: skip
TEACHER = recipe_named("small-teacher", epochs=2, down=1, ramp=1, batch=16, part=8,
                       teacher=TeacherOptions(width=0.125, repeats=(1, 1, 1)))  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """80 frames to learn from and 16 held out, of one made actor."""
    folder = tmp_path_factory.mktemp("actor")
    actor = Actor(5)
    for number, count in ((0, 16), (1, 48), (2, 32)):
        clip = film(actor, *authored_motion(count, 4.0, seed=number), rate=4.0)
        save_shard(folder, number, stacked(list(views(enumerate(clip.frames), clip.take(), clip.weights))))
    return folder


def begun():
    torch.manual_seed(7)
    return Student(TINY)


def task(data, run, recipe=PERSONAL, **more):
    start = begun if recipe.goal == "personal" else None
    return Task(data, run, recipe, **{"start": start, "every": 64, "workers": 0, **more})


class Stopping(Watcher):
    """Stops at some sample, as Ctrl-C would."""

    def __init__(self, at):
        self.at, self.reached = at, 0

    def stopping(self):
        return self.reached >= self.at

    def stepped(self, samples):
        self.reached = samples


def state(run):
    with np.load(run / "checkpoint.npz") as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


@pytest.mark.parametrize("recipe", [PERSONAL, SMALL, TEACHER], ids=["personal", "student", "teacher"])
def test_an_interrupted_run_ends_with_the_same_bits(data, tmp_path, recipe):
    train(task(data, tmp_path / "whole", recipe))
    with pytest.raises(CancelledError):
        train(task(data, tmp_path / "parts", recipe), Stopping(48))
    assert read_about(tmp_path / "parts" / "checkpoint.npz")["samples"] == 48
    train(task(data, tmp_path / "parts", recipe))
    assert state(tmp_path / "parts") == state(tmp_path / "whole")


def test_a_run_is_as_large_as_what_it_begins_with(data, tmp_path):
    larger = replace(TINY, hidden=48, close=8)
    with pytest.raises(CancelledError):
        train(task(data, tmp_path, start=lambda: Student(larger)), Stopping(48))
    train(task(data, tmp_path, start=lambda: Student(larger)))
    assert read_about(tmp_path / "best.npz")["recipe"]["student"] == asdict(larger)
    assert load_average(tmp_path / "best.npz").options == larger


def test_an_adaptive_run_goes_on_with_its_doubts_whatever_became_of_its_teacher(data, tmp_path):
    train(task(data, tmp_path / "teacher", replace(TEACHER, epochs=1)))
    adaptive, more = replace(SMALL, goal="adaptive"), {"teacher": tmp_path / "teacher", "workers": 1}
    train(task(data, tmp_path / "whole", adaptive, **more))
    with pytest.raises(CancelledError):
        train(task(data, tmp_path / "parts", adaptive, **more), Stopping(48))
    begun = read_about(tmp_path / "parts" / "checkpoint.npz")
    train(task(data, tmp_path / "parts", adaptive, **more))
    ended = read_about(tmp_path / "parts" / "checkpoint.npz")
    assert (begun["rule"], begun["doubted"]) == (ended["rule"], ended["doubted"])
    assert state(tmp_path / "parts") == state(tmp_path / "whole")


class Word(torch.nn.Module):
    """A teacher whose word is the label, but 0.5 off for the shape and the crops that it is told of."""

    def __init__(self, labels, off):
        super().__init__()
        self.labels, self.off, self.at = labels, off, 0
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, crops):
        here = slice(self.at, self.at + len(crops))
        self.at += len(crops)
        weights = torch.from_numpy(self.labels.weights[here].copy())
        weights[:, 7] += torch.tensor([0.5 * (i in self.off) for i in range(here.start, here.stop)])
        return {"weights": weights.bfloat16(), "points": torch.from_numpy(self.labels.points[here])}


def test_distances_are_those_of_all_frames_in_their_order(data):
    footage = open_footage(data)
    apart = distances(Word(labels_of(footage), {5, 60}), footage, Units(2.0, 1.0), 96)
    assert len(apart) == 80
    assert np.flatnonzero(apart > 0.5).tolist() == [5, 60]
    assert apart[[5, 60]] == pytest.approx(1.0, abs=0.02)


def test_a_batch_is_the_same_whoever_asks_and_each_pass_shows_every_frame_once(data):
    recipe = replace(SMALL, batch=20)
    one, other = (Batches(data, None, recipe) for _ in range(2))
    ahead = list(feed(one, 0, 5, workers=2))
    for number in (3, 0):
        assert all(torch.equal(ahead[number][name], value) for name, value in other[number].items())
    seen = np.concatenate([batch["weights"].numpy() for batch in ahead[:4]])
    wanted = np.concatenate([open_shard(data / f"shard-0000{i}")["weights"] for i in (1, 2)])
    np.testing.assert_array_equal(np.sort(seen, axis=0), np.sort(wanted, axis=0))
    assert not torch.equal(ahead[0]["weights"], ahead[4]["weights"])


def test_ranks_share_a_batch_without_a_frame_twice(data):
    recipe = replace(SMALL, batch=20)
    shares = [Batches(data, None, recipe, rank, 2)[1]["weights"] for rank in range(2)]
    whole = Batches(data, None, recipe)[1]["weights"]
    assert sorted(map(tuple, torch.cat(shares).tolist())) == sorted(map(tuple, whole.tolist()))
    doubted = np.arange(80) % 3 == 0
    said = [Batches(data, None, recipe, rank, 2, doubted)[1]["doubted"] for rank in range(2)]
    assert torch.cat(said).sum() == Batches(data, None, recipe, doubted=doubted)[1]["doubted"].sum() > 0


def test_faces_are_mixed_in_by_their_share(data):
    recipe = replace(PERSONAL, faces=0.25, looks="worn")
    batch = Batches(data, data, recipe)[0]
    assert len(batch["crops"]) == PERSONAL.batch
    assert Batches(data, data, recipe).counts() == (8, 4)
    assert batch["twins"].tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]


@pytest.mark.parametrize("looks", ["worn", "paper"])
def test_batches_say_whose_labels_are_doubted(data, looks):
    recipe = replace(PERSONAL, faces=0.25, looks=looks, mirror=False)
    wanted = np.concatenate([open_shard(data / f"shard-0000{i}")["weights"] for i in (1, 2)])
    middle = np.median(wanted.sum(1))
    batches = Batches(data, data, recipe, doubted=wanted.sum(1) > middle)
    batch, (own, others) = batches[1], batches.counts()
    faces = batch["presence"][:-others] > 0
    strong = batch["weights"].sum(1) > middle
    assert torch.equal(batch["doubted"][:-others][faces], strong[:-others][faces])
    assert batch["doubted"][:-others].any()
    assert not batch["doubted"][-others:].any()
    assert own + others + len(batch["twins"]) == recipe.batch


def test_without_augmentation_at_first_and_with_it_later(data):
    batches = Batches(data, None, replace(SMALL, ramp=5))
    steady = batches.footage.training[0]
    first = batches[0]
    points = first["points"][first["presence"] > 0][:, :70].reshape(-1, 140).std(0).mean()
    later = batches[40]
    moved = later["points"][later["presence"] > 0][:, :70].reshape(-1, 140).std(0).mean()
    assert len(steady["weights"]) == 48
    assert moved > 1.5 * points


def test_a_full_disk_loses_nothing(data, tmp_path, monkeypatch):
    from mien_models.training import checkpoint

    run = tmp_path / "run"
    with pytest.raises(CancelledError):
        train(task(data, run), Stopping(64))
    kept = state(run)

    def full(stream, **arrays):
        stream.write(b"PK half a checkpoint")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.np, "savez", full)
        with pytest.raises(OutputError, match="No space left"):
            train(task(data, run))
    assert state(run) == kept
    assert not list(run.glob(".*.part"))
    train(task(data, run))
    train(task(data, tmp_path / "whole"))
    assert state(run) == state(tmp_path / "whole")


def test_another_recipe_or_other_footage_is_refused(data, tmp_path):
    with pytest.raises(CancelledError):
        train(task(data, tmp_path), Stopping(64))
    with pytest.raises(UsageError, match="another recipe"):
        train(task(data, tmp_path, replace(PERSONAL, peak=1.0)))


def test_patience_ends_a_run_and_the_best_is_kept(data, tmp_path):
    hopeless = replace(PERSONAL, peak=0.3, warm=0.0, patience=2, samples=1600)
    finished = train(task(data, tmp_path, hopeless, every=16))
    assert finished.samples < 1600
    best = min(finished.history, key=lambda entry: entry["weights_mae"])
    assert read_about(tmp_path / "best.npz")["samples"] == best["samples"]


@pytest.mark.parametrize("name", ["weights", "landmarks", "pose"])
def test_labels_that_are_no_numbers_are_named(data, tmp_path, name):
    for number in (0, 1):
        shard = {key: np.array(value) for key, value in open_shard(data / f"shard-0000{number}").items()}
        if number:
            shard[name][3] = np.nan
        save_shard(tmp_path, number, shard)
    with pytest.raises(SourceError, match=f"1 frames .* {name}"):
        open_footage(tmp_path)


def test_too_little_footage_is_named(data, tmp_path):
    with pytest.raises(SourceNotFoundError, match="lacks"):
        open_footage(tmp_path)
    for number in (0, 1):
        shard = open_shard(data / f"shard-0000{number}")
        save_shard(tmp_path, number, {key: np.array(value[:16]) for key, value in shard.items()})
    with pytest.raises(SourceError, match="16 training frames"):
        open_footage(tmp_path)


def test_a_shape_that_never_moves_does_no_harm(data, tmp_path):
    still = tmp_path / "still"
    still.mkdir()
    for number in (0, 1, 2):
        shard = {key: np.array(value) for key, value in open_shard(data / f"shard-0000{number}").items()}
        shard["weights"][:, 10:20] = 0
        save_shard(still, number, shard)
    finished = train(task(still, tmp_path / "run"))
    assert np.isfinite(finished.history[-1]["loss"])
    assert all(torch.isfinite(value).all() for value in finished.average.state_dict().values())


def test_the_trial_of_distillation_trains_all_four_and_says_what_the_rule_found(data, tmp_path):
    films = tmp_path / "films"
    shutil.copytree(data, films)
    save_shard(films / "test", 0, dict(open_shard(data / "shard-00000")))
    cast = {goal: replace(SMALL, goal=goal, epochs=1) for goal in trials.GOALS}
    trials.distillation(films, tmp_path / "out", [3], 0.25, cast | {"teacher": replace(TEACHER, epochs=1)})
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert set(results) == {"teacher", "detection", *trials.GOALS}
    assert len({*(results[role]["weights_mae"][0] for role in ("teacher", *trials.GOALS))}) == 4
    about = read_about(tmp_path / "out" / "adaptive-3" / "checkpoint.npz")
    found = results["detection"]
    doubted = 80 * (0.25 * found["wrong_found"][0] + 0.75 * found["right_doubted"][0])
    assert len(about["doubted"]) == pytest.approx(doubted)
    with pytest.raises(UsageError, match="already"):
        trials.distillation(films, tmp_path / "out", [3], 0.1, cast)
    truth, spoilt = (
        open_shard(place / "shard-00001")["weights"] for place in (data, tmp_path / "out" / "labels-3")
    )
    assert (np.abs(truth - spoilt).max(axis=1) > 0).sum() == pytest.approx(0.25 * 48, abs=3)
