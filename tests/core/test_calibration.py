"""Which raw weights are rest, and which are closed lids."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.calibration import MOST_REST, Calibration
from mien.errors import TakeError
from mien.take import Take

BLINK = arkit.INDEX["eyeBlinkLeft"]


def take_of(weights: np.ndarray) -> Take:
    return Take.from_weights(np.arange(len(weights)) / 30, weights)


def test_rest_becomes_zero_and_all_the_way_stays_one():
    rows = np.where(np.arange(100)[:, None] < 60, 0.2, 1.0) * np.ones(52)
    stretched = Calibration.from_take(take_of(rows)).apply(rows)
    assert stretched[:60] == pytest.approx(0.0, abs=1e-6)
    assert stretched[60:] == pytest.approx(1.0)


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
    assert found.apply(np.full(52, 0.9)).min() > 0.8


def test_a_rest_that_is_told():
    rows = np.tile(np.linspace(0, 0.8, 91)[:, None], (1, 52))
    assert Calibration.from_take(take_of(rows), (0.9, 1.1)).neutral == pytest.approx(rows[30, 0], abs=0.01)


def test_gaps_stay_gaps_and_say_nothing_of_rest():
    rows = np.full((90, 52), 0.2)
    rows[30:60] = np.nan
    found = Calibration.from_take(take_of(rows))
    assert found.neutral == pytest.approx(0.2)
    assert np.isnan(found.apply(rows)[30:60]).all()


def test_no_face_to_calibrate_on():
    rows = np.full((90, 52), 0.2)
    rows[30:60] = np.nan
    with pytest.raises(TakeError, match="no face between"):
        Calibration.from_take(take_of(rows), (1.1, 1.9))
    with pytest.raises(TakeError, match="no face in the take"):
        Calibration.from_take(take_of(rows[30:60]))
