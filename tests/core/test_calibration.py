"""Which raw weights are rest, and which are closed lids."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.calibration import (
    FULL_QUANTILE,
    LEAST_WAY,
    MOST_LID_REST,
    MOST_REST,
    Calibration,
    stored,
    stored_in,
)
from mien.errors import TakeError
from mien.take import Take

BLINK, JAW = arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["jawOpen"]
OUT, IN = arkit.INDEX["eyeLookOutLeft"], arkit.INDEX["eyeLookInLeft"]
FACE = [i for i, region in enumerate(arkit.REGION) if region != "gaze"]
"""All but gaze, whose opposite directions are calibrated together."""


def take_of(weights: np.ndarray) -> Take:
    return Take.from_weights(np.arange(len(weights)) / 30, weights)


def test_rest_becomes_zero_and_all_the_way_stays_one():
    rows = np.where(np.arange(100)[:, None] < 60, 0.2, 1.0) * np.ones(52)
    stretched = Calibration.from_take(take_of(rows)).apply(rows)
    assert stretched[:60] == pytest.approx(0.0, abs=1e-6)
    assert stretched[60:, FACE] == pytest.approx(1.0)


def test_lids_that_close_to_less_than_one_close():
    """Open lids read 0.25, closed ones 0.7: the calibrated blink still closes the eye."""
    rows = np.zeros((300, 52))
    rows[:, BLINK] = 0.25
    rows[::50, BLINK] = rows[1::50, BLINK] = 0.7
    stretched = Calibration.from_take(take_of(rows)).apply(rows)[:, BLINK]
    assert stretched[50] == pytest.approx(1.0, abs=1e-5)
    assert stretched[25] == pytest.approx(0.0, abs=1e-5)


def test_lids_that_never_close_are_not_stretched():
    rows = np.zeros((300, 52))
    rows[::50, BLINK] = 0.3
    assert Calibration.from_take(take_of(rows)).full[BLINK] == 1.0


def test_an_expression_held_throughout_is_not_taken_away():
    found = Calibration.from_take(take_of(np.full((90, 52), 0.9)))
    assert found.neutral.max() == pytest.approx(MOST_REST)
    assert found.apply(np.full(52, 0.9))[FACE].min() > 0.8


def test_a_rest_that_is_told():
    rows = np.tile(np.linspace(0, 0.8, 91)[:, None], (1, 52))
    found = Calibration.from_take(take_of(rows), (0.9, 1.1))
    assert found.neutral[FACE] == pytest.approx(rows[30, 0], abs=0.01)


def test_a_rest_that_is_one_frame():
    rows = np.full((90, 52), 0.1)
    rows[40:43, JAW] = 0.5
    assert Calibration.from_take(take_of(rows), (41 / 30, 41 / 30)).neutral[JAW] == pytest.approx(0.5)


def test_gaps_stay_gaps_and_say_nothing_of_rest():
    rows = np.full((90, 52), 0.2)
    rows[30:60] = np.nan
    found = Calibration.from_take(take_of(rows))
    assert found.neutral[FACE] == pytest.approx(0.2)
    assert np.isnan(found.apply(rows)[30:60]).all()


def test_no_face_to_calibrate_on():
    rows = np.full((90, 52), 0.2)
    rows[30:60] = np.nan
    with pytest.raises(TakeError, match="no face between"):
        Calibration.from_take(take_of(rows), (1.1, 1.9))
    with pytest.raises(TakeError, match="no face in the take"):
        Calibration.from_take(take_of(rows[30:60]))


@pytest.mark.parametrize("lids", [0.5, 0.8, 1.0])
def test_a_low_lidded_or_closed_rest_never_stops_the_blink(lids):
    rows = np.zeros((300, 52))
    rows[:, BLINK] = lids
    rows[::50, BLINK] = rows[1::50, BLINK] = 1.0
    found = Calibration.from_take(take_of(rows), (0.2, 0.3))
    assert found.neutral[BLINK] <= MOST_LID_REST + 1e-6
    assert found.full[BLINK] - found.neutral[BLINK] >= LEAST_WAY
    assert found.apply(rows)[50, BLINK] == pytest.approx(1.0, abs=1e-5)


def test_gaze_is_calibrated_with_its_opposite_and_by_open_eyes_only():
    """The eyes rest at 0.2 outward; a blink reads as a look inward, and must not count."""
    rows = np.zeros((300, 52))
    rows[:, OUT] = 0.2
    rows[::2, BLINK], rows[::2, IN], rows[::2, OUT] = 0.9, 0.8, 0.0
    rows[101:105, OUT], rows[201:205, OUT], rows[201:205, IN] = 1.0, 0.0, 0.3
    stretched = Calibration.from_take(take_of(rows)).apply(rows)
    assert stretched[51, [OUT, IN]] == pytest.approx(0.0, abs=1e-6)
    assert stretched[103, OUT] == pytest.approx(1.0)
    assert stretched[203, [OUT, IN]] == pytest.approx([0.0, 0.5], abs=1e-6)


def test_a_range_of_motion_gives_the_shapes_shown_their_full_range():
    rows = np.zeros((300, 52))
    rows[100:150, JAW] = 0.6
    found = Calibration.from_take(take_of(rows), motion=(3.0, 6.0))
    assert found.full[JAW] == pytest.approx(0.6)
    assert found.apply(rows)[120, JAW] == pytest.approx(1.0)
    assert found.full[arkit.INDEX["cheekPuff"]] == 1.0
    assert Calibration.from_take(take_of(rows)).full[JAW] == 1.0
    assert FULL_QUANTILE < 1


def test_it_is_kept_with_the_take_and_can_be_edited():
    take = take_of(np.full((60, 52), 0.2))
    found = Calibration.from_take(take).edited(neutral={"jawOpen": 0.15}, full={"mouthPucker": 0.7})
    kept = stored(stored_in(take, found))
    assert kept is not None
    np.testing.assert_array_equal(kept.neutral, found.neutral)
    np.testing.assert_array_equal(kept.full, found.full)
    assert found.neutral[JAW] == pytest.approx(0.15)
    assert stored(take) is None
    assert stored(stored_in(stored_in(take, found), None)) is None


BAD = [
    [], {"neutral": 3}, {"rest": {}}, {"neutral": {"jawOpen": "a"}}, {"neutral": {"jaw": 0.1}},
    {"neutral": {"jawOpen": 2.0}}, {"neutral": {"jawOpen": 0.9}, "full": {"jawOpen": 0.5}},
    {"full": {"jawOpen": float("nan")}}, {"neutral": {"jawOpen": True}},
]  # fmt: skip


@pytest.mark.parametrize("content", BAD, ids=str)
def test_what_is_no_calibration_is_refused(content):
    with pytest.raises(TakeError):
        Calibration.from_json(content)
