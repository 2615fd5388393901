"""Footage and labels into shards: what is in them, what is left out, and all that may be wrong with both."""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pytest
from making import write_video
from mien.errors import NoFaceError, OutputError
from mien.take import Take, load_take, save_take

pytest.importorskip("numba")

from mien_models.actor.footage import look_over
from mien_models.actor.gather import ABOUT, gather, gathered
from mien_models.actor.shots import ShotListError
from mien_models.synthetic.crops import cut_view
from mien_models.synthetic.shards import list_shards, open_shard


def begun(filmed, folder, **changes):
    """A copy of the footage with other words about the rom; its actor.json."""
    for path in filmed.iterdir():
        shutil.copy2(path, folder)
    content = json.loads((folder / "actor.json").read_text())
    content["shots"][0].update(changes)
    (folder / "actor.json").write_text(json.dumps(content))
    return folder / "actor.json"


def test_shards_hold_the_labels_of_their_frames(filmed, shards):
    assert [place.name for place in list_shards(shards)] == ["shard-00000", "shard-00001"]
    for number, name in ((1, "rom"), (0, "speech")):
        shard, truth = open_shard(shards / f"shard-{number:05d}"), load_take(filmed / f"{name}.mien")
        np.testing.assert_allclose(shard["weights"], truth.weights, atol=1e-6)
        np.testing.assert_allclose(shard["time"], truth.times, atol=1e-3)
        assert shard["image"].shape[1:] == (256, 256)
        assert np.isnan(shard["dense"]).all()
        assert (shard["presence"] == 1).all()
        away = np.abs(shard["pose"][:, 0] - truth.pose[:, 0])
        assert np.median(away) < 8


def test_landmarks_of_the_views_lie_on_the_face(filmed, shards):
    shard, truth = open_shard(shards / "shard-00001"), load_take(filmed / "rom.mien")
    span = np.linalg.norm(shard["landmarks"][:, 45] - shard["landmarks"][:, 36], axis=1)
    true_span = np.linalg.norm(truth.landmarks[:, 45] - truth.landmarks[:, 36], axis=1)
    assert 60 < np.median(span) < 130
    scale = span / true_span
    mouth = np.linalg.norm(shard["landmarks"][:, 48] - shard["landmarks"][:, 54], axis=1) / scale
    true_mouth = np.linalg.norm(truth.landmarks[:, 48] - truth.landmarks[:, 54], axis=1)
    assert np.median(np.abs(mouth - true_mouth)) < 6


def test_the_drawn_faces_crops_can_be_cut_from_them(shards):
    shard, rng = open_shard(shards / "shard-00001"), np.random.default_rng(0)
    for at in range(5):
        crop = cut_view({name: array[at] for name, array in shard.items()}, rng)
        assert crop.image.shape == (160, 160)
        assert np.isfinite(crop.pose).all()
        assert np.isfinite(crop.points[:70]).all()


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_footage_may_be_called_anything(filmed, network, tmp_path):
    path = begun(filmed, tmp_path, video="Zoë \udce9 1.mp4")
    (tmp_path / "rom.mp4").rename(tmp_path / "Zoë \udce9 1.mp4")
    made = gather(path, tmp_path / "out", network)
    assert gather(path, tmp_path / "out", network) == json.loads(json.dumps(made))


def test_what_was_gathered_is_kept_until_something_changes(filmed, network, tmp_path):
    path, out = begun(filmed, tmp_path), tmp_path / "out"
    first = gather(path, out, network)
    stamp = (out / "shard-00001" / "image.npy").stat().st_mtime_ns
    assert gather(path, out, network) == json.loads(json.dumps(first))
    assert (out / "shard-00001" / "image.npy").stat().st_mtime_ns == stamp
    content = json.loads(path.read_text())
    content["shots"][0]["to"] = 3.5
    path.write_text(json.dumps(content))
    again = gather(path, out, network)
    assert again["mark"] != first["mark"]
    assert again["shots"][0]["training"] == 71
    assert (out / "shard-00001" / "image.npy").stat().st_mtime_ns != stamp


def test_without_held_out_shots_the_last_part_of_each_is(filmed, network, tmp_path):
    path = begun(filmed, tmp_path)
    content = json.loads(path.read_text())
    content["shots"] = [{**content["shots"][0], "name": f"take_{i}"} for i in range(10)]
    path.write_text(json.dumps(content))
    about = gather(path, tmp_path / "out", network)
    assert [(shot["training"], shot["judging"]) for shot in about["shots"]] == [(52, 8)] * 10
    times = open_shard(tmp_path / "out" / "shard-00000")["time"]
    assert times.min() == pytest.approx(3.6, abs=0.03)


def test_short_and_broken_labels_are_left_out_with_a_word(filmed, network, tmp_path):
    truth = load_take(filmed / "rom.mien")
    weights = np.array(truth.weights[:74])
    weights[10, 7] = np.nan
    path = begun(filmed, tmp_path, labels="short.mien")
    save_take(Take.from_weights(truth.times[:74], weights), tmp_path / "short.mien")
    about = gather(path, tmp_path / "out", network)
    assert about["shots"][0]["training"] == 73
    said = " ".join(about["shots"][0]["notes"])
    assert "end 6 frames before the footage" in said
    assert "1 frames lie where the labels have a gap" in said
    times = open_shard(tmp_path / "out" / "shard-00001")["time"]
    assert not np.isclose(times, truth.times[10], atol=1e-3).any()


def test_a_shot_without_labels_is_labelled_by_our_own_labeller(filmed, network, tmp_path):
    path = begun(filmed, tmp_path, labels="", rest=[0.0, 0.1])
    about = gather(path, tmp_path / "out", network)
    assert about["shots"][0]["training"] == 80
    own = load_take(tmp_path / "out" / "rom.labels.mien")
    np.testing.assert_array_equal(open_shard(tmp_path / "out" / "shard-00001")["weights"], own.weights)
    assert own.about["labeller"]["residual"] < 6


def test_too_little_is_refused_and_nothing_pretends_to_be_whole(filmed, network, tmp_path):
    path = begun(filmed, tmp_path, to=1.0)
    with pytest.raises(ShotListError, match="labelled frames to train on; 64 are needed"):
        gather(path, tmp_path / "out", network)
    assert gathered(tmp_path / "out") is None
    assert list_shards(tmp_path / "out") == []


def test_a_file_in_the_folders_place_is_refused(filmed, network, tmp_path):
    path = begun(filmed, tmp_path)
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError):
        gather(path, tmp_path / "out", network)


def test_corrupt_frames_and_lost_faces_are_left_out(filmed, network, tmp_path, grey_frames):
    pictures = list(grey_frames)
    for at in range(30, 36):
        pictures[at] = np.full((256, 256), 90, np.uint8)
    path = begun(filmed, tmp_path, video="hurt.mp4")
    write_video(tmp_path / "hurt.mp4", pictures, fps=20, options={"crf": "12"})
    whole = bytearray((tmp_path / "hurt.mp4").read_bytes())
    middle = int(len(whole) * 0.8)
    whole[middle : middle + 200] = bytes(200)
    (tmp_path / "hurt.mp4").write_bytes(whole)
    about = gather(path, tmp_path / "out", network)
    times = open_shard(tmp_path / "out" / "shard-00001")["time"]
    assert not ((times > 1.52) & (times < 1.73)).any()
    assert 64 <= about["shots"][0]["training"] < 75
    assert any("no face in" in note for note in about["shots"][0]["notes"])


def take_of(boxes) -> Take:
    boxes = np.asarray(boxes, np.float32)
    count = len(boxes)
    return Take(
        times=np.arange(count) / 30, weights=np.zeros((count, 52)), landmarks=np.zeros((count, 70, 2)),
        pose=np.zeros((count, 3)), confidence=np.ones(count), boxes=boxes,
    )  # fmt: skip


def test_what_was_wrong_with_a_file_is_told_again_of_a_kept_solve(filmed, network, tmp_path, grey_frames):
    path = begun(filmed, tmp_path, video="face.ts")
    write_video(tmp_path / "face.ts", list(grey_frames), fps=20, options={"crf": "12"})
    whole = (tmp_path / "face.ts").read_bytes()
    (tmp_path / "face.ts").write_bytes(whole[: int(0.95 * len(whole))])
    first = gather(path, tmp_path / "out", network)
    (tmp_path / "out" / ABOUT).unlink()
    assert gather(path, tmp_path / "out", network)["shots"][0]["notes"] == first["shots"][0]["notes"]
    assert any("damaged pieces of face.ts" in note for note in first["shots"][0]["notes"])


def test_the_face_that_is_seen_longest_is_the_one():
    here, there = (200.0, 100.0, 80.0, 0.0), (500.0, 110.0, 90.0, 0.0)
    found = look_over(take_of([here] * 50 + [there] * 20 + [here] * 10), "two.mp4")
    assert np.flatnonzero(~found.usable).tolist() == list(range(50, 70))
    assert "another face was followed in 20 frames" in found.notes[0]


def test_a_face_that_walks_across_is_one_face():
    boxes = np.tile([0.0, 100.0, 80.0, 0.0], (100, 1))
    boxes[:, 0] = np.linspace(100, 900, 100)
    assert look_over(take_of(boxes), "walk.mp4").usable.all()


def test_two_faces_side_by_side_are_told_apart_by_a_crop(filmed, network, tmp_path, grey_frames):
    both = [np.hstack([grey, other]) for grey, other in zip(grey_frames, grey_frames[::-1])]
    # framed as students are taught: in half again as much room they are not sure of a face any more
    path = begun(filmed, tmp_path, video="two.mp4", crop=[286, 30, 190, 190])
    write_video(tmp_path / "two.mp4", both, fps=20, options={"crf": "12"})
    gather(path, tmp_path / "out", network)
    solve = load_take(tmp_path / "out" / "rom.solve.mien")
    assert (solve.landmarks[:, :, 0].mean(axis=1) > 256).all()


def test_footage_without_a_face_names_the_shot(filmed, network, tmp_path, grey_frames):
    path = begun(filmed, tmp_path, video="empty.mp4")
    write_video(tmp_path / "empty.mp4", [np.full_like(grey_frames[0], 90)] * 80, fps=20)
    with pytest.raises(NoFaceError, match="The shot rom: No face was found"):
        gather(path, tmp_path / "out", network)
    assert not (tmp_path / "out" / ABOUT).exists()
