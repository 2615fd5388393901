"""`mien bench quality` on clips: labels of lids and lips, the mesh's points, the scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_quality import SCORES, mesh_and_landmarks, row
from mien import arkit
from mien.errors import UsageError
from mien.interchange import write
from mien.rig import reference_head
from mien.take import Take
from mien_models.bench import quality_clips, quality_mesh, quality_report
from mien_models.bench.quality_moments import (
    Moment,
    judged,
    lip_gaps,
    lips_closed,
    moments,
    read_labels,
    tally,
)

FOOTAGE = Path(__file__).parents[4] / "shared" / "footage"


@pytest.mark.parametrize(
    ("states", "closed"),
    [
        ({"neutral": "on"}, True),
        ({"jawOpen": "off"}, True),
        ({"mouthRollLower": "on"}, True),
        ({"jawOpen": "strong"}, False),
        ({"jawOpen": "off", "mouthUpperUpLeft": "on", "mouthUpperUpRight": "strong"}, False),
        ({"jawOpen": "off", "mouthUpperUpLeft": "on"}, None),
        ({"jawOpen": "off", "mouthSmileLeft": "strong"}, None),
        ({"jawOpen": "off", "mouthSmileLeft": "on"}, True),
        ({"jawOpen": "off", "mouthFunnel": "on"}, None),
        ({"browDownLeft": "on"}, None),
    ],
)
def test_what_labels_say_of_lips(states, closed):
    assert lips_closed(states) is closed


def test_labels_become_moments(tmp_path):
    table = tmp_path / "events.tsv"
    lines = ["clip\tframe\tshape\tstate\tnote", "a\t3\teyeBlinkLeft\tstrong\t", "a\t3\tjawOpen\toff\tquiet",
             "a\t9\teyeBlinkRight\toff", "a\t0-9\tstill\ton\tbarely"]  # fmt: skip
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert moments(read_labels(table)) == [
        Moment("a", 3, "eyeBlinkLeft", True),
        Moment("a", 3, "lips", True),
        Moment("a", 9, "eyeBlinkRight", False),
    ]


def test_labels_that_are_none_are_refused(tmp_path):
    table = tmp_path / "events.tsv"
    table.write_text("clip\tframe\tshape\tstate\na\tsoon\tjawOpen\ton\n", encoding="utf-8")
    with pytest.raises(UsageError):
        read_labels(table)
    with pytest.raises(UsageError):
        read_labels(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    ("frame", "is_shut", "outcome"),
    [(10, True, "found"), (13, True, "near"), (7, True, "near"), (14, True, "missed"), (6, True, "missed"),
     (10, False, "by_mistake"), (11, False, ""), (500, True, "missed"), (500, False, "")],
)  # fmt: skip
def test_found_to_the_frame(frame, is_shut, outcome):
    shut = np.zeros(30, bool)
    shut[10] = True
    assert judged(shut, Moment("a", frame, "lips", is_shut)) == outcome


def test_the_tally_adds_up_and_leaves_out_clips_that_were_not_solved():
    shut = np.zeros(30, bool)
    shut[10] = True
    labelled = [Moment("a", 10, "eyeBlinkLeft", True), Moment("a", 25, "eyeBlinkLeft", True),
                Moment("a", 10, "eyeBlinkRight", False), Moment("b", 1, "lips", True)]  # fmt: skip
    found = tally(labelled, {"a": dict.fromkeys(("eyeBlinkLeft", "eyeBlinkRight", "lips"), shut)})
    blinks = {"shut": 2, "found": 1, "near": 0, "missed": 1, "open": 1, "by_mistake": 1}
    assert {key: found["blinks"][key] for key in blinks} == blinks
    assert found["blinks"]["misses"] == [["a", 25, "eyeBlinkLeft"], ["a", 10, "eyeBlinkRight"]]
    assert found["lips"]["shut"] == 0


def test_lips_part_as_the_rig_shows_it():
    lifted = row(mouthUpperUpLeft=1, mouthUpperUpRight=1)
    rows = np.array([row(), row(jawOpen=0.5), row(jawOpen=0.5, mouthClose=0.5), lifted])
    gaps = lip_gaps(reference_head.load(), rows)
    assert gaps[0] == 0
    assert gaps[1] > 0.1
    assert gaps[2] < 0.3 * gaps[1]
    assert gaps[3] > 0.04


def test_every_counterpart_lies_on_its_own_side():
    """Mirrored landmarks have mirrored counterparts: none is used twice, none in both lists."""
    assert not set(quality_mesh.SAME) & set(quality_mesh.ALIKE)
    used = [
        point for points in (*quality_mesh.SAME.values(), *quality_mesh.ALIKE.values()) for point in points
    ]
    assert len(used) == len(set(used))
    assert all(0 <= point < 478 for point in used)
    assert {*quality_mesh.SAME, *quality_mesh.ALIKE} == {8, *range(17, 70)}


def test_landmarks_where_the_mesh_has_them_are_not_apart():
    found = quality_mesh.compare([mesh_and_landmarks()])
    assert found["frames"] == 5
    assert found["same"]["p95"] == pytest.approx(0, abs=1e-3)
    assert found["brows"]["p95"] == pytest.approx(0, abs=1e-3)


def test_a_constant_distance_is_told_apart():
    landmarks, mesh = mesh_and_landmarks()
    landmarks += np.array([6, 8], np.float32)
    found = quality_mesh.compare([(landmarks, mesh)])
    assert found["eyes"]["median"] == pytest.approx(5, abs=0.01)  # 10 pixels of 200
    assert found["steady"]["eyes"]["p95"] == pytest.approx(0, abs=0.01)


def test_frames_without_a_face_do_not_count():
    landmarks, mesh = mesh_and_landmarks()
    landmarks[0], mesh[1] = np.nan, np.nan
    assert quality_mesh.compare([(landmarks, mesh)])["frames"] == 3
    nothing = quality_mesh.compare([(np.full((2, 70, 2), np.nan), mesh[:2])])
    assert nothing == {"frames": 0}
    assert "No frame" in quality_report.mesh(nothing)


def test_jitter_is_a_part_of_the_distance_between_the_eyes():
    _, mesh = mesh_and_landmarks(8)
    mesh[:] = mesh[0]
    assert quality_mesh.landmark_jitter(mesh, quality_mesh.PUPILS, [(0, 7)]) == [0.0]
    mesh[1::2, :, 0] += 1  # the second difference of an alternation by 1 is 2
    assert quality_mesh.landmark_jitter(mesh, quality_mesh.PUPILS, [(0, 7), (3, 4)]) == pytest.approx([1.0])


def test_scores_are_read_as_they_are_printed():
    ours, theirs = quality_clips.parse_scores(SCORES)
    assert ours["met"] == pytest.approx(404 / 618)
    assert (ours["ordering"], ours["still_jitter"], ours["labels"]) == (0.856, 0.00223, 618)
    assert ours["shapes"] == {"browOuterUp": 0.5, "mouthRollLower": 0.5, "jawOpen": 1.0}
    assert theirs["ordering"] == 0.988
    assert np.isnan(theirs["still_jitter"])


@pytest.mark.skipif(not FOOTAGE.exists(), reason="no labelled clips beside the repository")
def test_the_folders_own_script_scores_each_contestant(tmp_path):
    """A face that only ever opens its jaw meets the labels of others that are off, and no blink."""
    for name, jaw in (("ours", 0.0), ("theirs", 1.0)):
        (tmp_path / name).mkdir()
        take = Take.from_weights(np.arange(600) / 30, np.tile(row(jawOpen=jaw), (600, 1)))
        write(take, tmp_path / name / "liveportrait_d8.csv")
    tables = {quality_clips.SOLVED: tmp_path / "ours", quality_clips.PEER: tmp_path / "theirs"}
    found = quality_clips.score(quality_clips.Clips(FOOTAGE / "events.tsv", [], {}, tables, {}))
    assert [*found] == [quality_clips.SOLVED, quality_clips.PEER]
    assert found[quality_clips.SOLVED]["met"] > found[quality_clips.PEER]["met"] > 0
    assert found[quality_clips.SOLVED]["ordering"] == 0.5


def test_live_is_what_the_default_settings_show():
    noise = np.random.default_rng(0).normal(0, 0.02, (40, 52)).clip(0, 1)
    weights = np.tile(row(jawOpen=0.6), (40, 1)) + noise
    shown = quality_clips.live(Take.from_weights(np.arange(40) / 30, weights))
    jaw = arkit.INDEX["jawOpen"]
    before, after = (np.abs(np.diff(one[5:, jaw], 2)).mean() for one in (weights, shown.weights))
    assert after < 0.7 * before
    assert len(shown) == 40
