"""Labels laid on footage: every source, other clocks, other rates, and all that goes wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien import arkit
from mien.errors import MienError, TakeError
from mien.interchange import write
from mien.take import Take

pytest.importorskip("numba")

from mien_models.actor.label_sources import labels_of, read_keys
from mien_models.actor.made_motion import authored_motion
from mien_models.actor.offsets import find_offset
from mien_models.actor.shots import Shot, ShotListError

RATE = 30.0


@pytest.fixture(scope="module")
def motion():
    """Weights at any times, of an authored performance of 120 s."""
    weights, _ = authored_motion(120 * 60, 60.0, seed=4)
    known = np.arange(len(weights)) / 60

    def at(times):
        return np.stack([np.interp(times, known, column) for column in weights.T], axis=1)

    return at


def seen(motion, seconds=20.0, rate=RATE, noise=0.06, start=10.0):
    """What a network makes of footage that begins at second `start` of the performance."""
    times = np.arange(round(seconds * rate)) / rate
    rng = np.random.default_rng(1)
    weights = 0.7 * motion(start + times) + 0.1 + rng.normal(0, noise, (len(times), 52))
    return Take.from_weights(times, weights.clip(0, 1), {"rate": rate})


def recorded(motion, start, seconds, rate=60.0, clock=1.0):
    """What a phone recorded from second `start` of the performance; its clock runs by a factor."""
    times = np.arange(round(seconds * rate)) / rate
    return Take.from_weights(times * clock, motion(start + times), {"rate": rate})


@pytest.mark.parametrize("begun", [2.0, 9.3141, 10.0, 12.77])
@pytest.mark.parametrize("rate", [24.0, 30.0, 59.94])
def test_the_offset_is_found_within_a_few_milliseconds(motion, begun, rate):
    found = find_offset(recorded(motion, begun, 40), seen(motion, rate=rate))
    assert found.sure
    assert found.seconds == pytest.approx(10.0 - begun, abs=0.006)


def test_lost_faces_and_gaps_do_not_move_the_offset(motion):
    solve, labels = seen(motion), recorded(motion, 7.5, 30)
    holes = np.array(solve.weights)
    holes[100:160] = np.nan
    holes[400:410] = np.nan
    gone = np.array(labels.weights)
    gone[700:800] = np.nan
    found = find_offset(Take.from_weights(labels.times, gone), Take.from_weights(solve.times, holes))
    assert found.sure
    assert found.seconds == pytest.approx(2.5, abs=0.006)


def test_a_clock_that_runs_faster_is_noticed(motion):
    found = find_offset(recorded(motion, 6, 100, clock=1.002), seen(motion, seconds=80))
    assert found.drift == pytest.approx(0.002, abs=3e-4)
    np.testing.assert_allclose(
        found.labels_at(np.array([0, 40, 80])), np.array([4, 44, 84]) * 1.002, atol=0.01
    )


def test_labels_of_something_else_are_refused(motion, tmp_path):
    other, _ = authored_motion(60 * 60, 60.0, seed=9)
    write(Take.from_weights(np.arange(len(other)) / 60, other), tmp_path / "other.csv")
    shot = Shot("rom", "standard", tmp_path / "v.mp4", tmp_path / "other.csv")
    with pytest.raises(ShotListError, match="When the labels of rom") as caught:
        labels_of(shot, seen(motion))
    assert "offset" in caught.value.hint


def test_a_still_face_gives_no_offset(motion):
    still = Take.from_weights(np.arange(600) / 60, np.full((600, 52), 0.1))
    with pytest.raises(ShotListError, match="hardly moves"):
        find_offset(still, seen(motion))


def test_live_link_labels_land_on_the_frames(motion, tmp_path):
    write(recorded(motion, 8.0, 15), tmp_path / "phone.csv")
    shot = Shot("rom", "standard", tmp_path / "v.mp4", tmp_path / "phone.csv")
    solve = seen(motion)
    labels = labels_of(shot, solve)
    assert labels.offset.seconds == pytest.approx(2.0, abs=0.006)
    inside = np.isfinite(labels.weights).all(axis=1)
    near = [motion(10.0 + solve.times[inside] + late) for late in np.linspace(-0.012, 0.012, 7)]
    assert (labels.weights[inside] >= np.min(near, axis=0) - 0.01).all()  # of a moment within 12 ms
    assert (labels.weights[inside] <= np.max(near, axis=0) + 0.01).all()
    assert 385 <= inside.sum() <= 391  # 13 of 20 s
    assert any("the labels end" in note for note in labels.notes)


def keys(tmp_path, text):
    path = tmp_path / "keys.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_keys_by_frame_count_from_the_shots_first_frame_at_its_own_rate(tmp_path):
    rows = "".join(f"{1001 + i},{i / 100},{1 - i / 100}\n" for i in range(100))
    path = keys(tmp_path, "frame,jawOpen,eyeBlink_L\n" + rows)
    solve = Take.from_weights(np.arange(150) / 30, np.zeros((150, 52)))
    shot = Shot("rom", "standard", Path("v.mp4"), path, fps=24.0, first_frame=1001)
    labels = labels_of(shot, solve)
    inside = solve.times <= 99 / 24
    jaw = labels.weights[:, arkit.INDEX["jawOpen"]]
    np.testing.assert_allclose(jaw[inside], solve.times[inside] * 24 / 100, atol=1e-5)
    np.testing.assert_allclose(
        labels.weights[inside, arkit.INDEX["eyeBlinkLeft"]], 1 - jaw[inside], atol=1e-5
    )
    assert not np.isfinite(jaw[~inside]).any()
    assert any("50 shapes have no column" in note for note in labels.notes)


def test_keys_far_apart_label_only_their_own_frames(tmp_path):
    path = keys(tmp_path, "frame,jawOpen\n1,0\n31,1\n61,0.5\n")
    solve = Take.from_weights(np.arange(90) / 30, np.zeros((90, 52)))
    labels = labels_of(Shot("a", "standard", Path("v.mp4"), path, fps=30.0), solve)
    labelled = np.flatnonzero(np.isfinite(labels.weights).all(axis=1))
    assert labelled.tolist() == [0, 30, 60]
    np.testing.assert_allclose(labels.weights[labelled, arkit.INDEX["jawOpen"]], [0, 1, 0.5])


def test_bad_cells_and_unknown_columns_are_left_out_with_a_word(tmp_path):
    path = keys(tmp_path, "frame,jawOpen,spline_IK_7\n1,0.5,3\n2,,3\n3,nan,3\n3,0.7,3\n4,7,3\n")
    take = read_keys(path, 25.0)
    np.testing.assert_allclose(take.times, [0, 0.04, 0.08, 0.12])
    assert np.isnan(take.weights[1:3]).all()
    solve = Take.from_weights(np.arange(4) / 25, np.zeros((4, 52)))
    labels = labels_of(Shot("a", "standard", Path("v.mp4"), path, fps=25.0), solve)
    assert np.isfinite(labels.weights).all(axis=1).tolist() == [True, False, False, True]
    assert labels.weights[3, arkit.INDEX["jawOpen"]] == 1.0
    said = " ".join(labels.notes)
    assert "spline_IK_7 is none of the 52" in said
    assert "brought within" in said
    assert "repeat a frame" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "can't be read"),
        ("frame\n1\n", "can't be read"),
        ("frame,jawOpen\n1,2,3\n", "can't be read"),
        ("frame,jawOpen\n1,much\n", "can't be read"),
        ("frame,spine\n1,2\n", "none of ARKit's"),
    ],
)
def test_what_is_no_table_of_keys_is_refused(tmp_path, text, words):
    with pytest.raises(TakeError, match=words):
        read_keys(keys(tmp_path, text), 24.0)


def test_frames_without_a_rate_are_refused(tmp_path):
    with pytest.raises(ShotListError, match="unknown rate"):
        read_keys(keys(tmp_path, "frame,jawOpen\n1,0\n2,1\n"), None)


@settings(deadline=None)
@given(st.text(alphabet='frametimjawOpen,0123456789.-+eE\n" ', max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = keys(tmp_path_factory.mktemp("keys"), text)
    try:
        take = read_keys(path, 24.0)
    except MienError:
        return
    assert take.weights.shape == (len(take), 52)


def test_labels_that_never_meet_the_footage_are_refused(tmp_path):
    path = keys(tmp_path, "frame,jawOpen\n" + "".join(f"{i},0.5\n" for i in range(9001, 9100)))
    solve = Take.from_weights(np.arange(90) / 30, np.zeros((90, 52)))
    with pytest.raises(ShotListError, match="never meet") as caught:
        labels_of(Shot("a", "standard", Path("v.mp4"), path, fps=30.0), solve)
    assert "first_frame" in caught.value.hint


def test_a_take_of_our_own_needs_no_offset(tmp_path, motion):
    solve = seen(motion)
    write(Take.from_weights(solve.times, motion(solve.times)), tmp_path / "own.mien")
    labels = labels_of(Shot("a", "standard", Path("v.mp4"), tmp_path / "own.mien"), solve)
    np.testing.assert_allclose(labels.weights, motion(solve.times), atol=1e-6)
    assert labels.notes == ()
