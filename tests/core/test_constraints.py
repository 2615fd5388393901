"""What a face can't do is taken out, each kind by its own switch."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from mien import arkit
from mien.constraints import OPPOSITES, Constraints, constrain, touching
from mien.interchange import read
from mien.take import Take

RECORDINGS = Path(__file__).parents[3] / "shared" / "arkit"
I = arkit.INDEX  # noqa: E741
BLINKS = [I["eyeBlinkLeft"], I["eyeBlinkRight"]]
JAW, CLOSE, LOWER, DOWN = I["jawOpen"], I["mouthClose"], I["mouthLowerDownLeft"], I["eyeLookDownLeft"]
NONE = Constraints(*[False] * len(fields(Constraints)))


def only(name: str) -> Constraints:
    return Constraints(**{f.name: f.name == name for f in fields(Constraints)})


def applied(weights: np.ndarray, wanted: Constraints, fps: float = 30.0, lips: np.ndarray | None = None):
    take = Take.from_weights(np.arange(len(weights)) / fps, weights)
    if lips is not None:
        take = with_lips(take, lips)
    return constrain(weights, take, wanted)


def with_lips(take: Take, gap: np.ndarray) -> Take:
    """A face of size 400 whose inner lips are so many parts of it apart."""
    landmarks = np.zeros((len(take), 70, 2))
    landmarks[:, [65, 66, 67], 1] = 400 * gap[:, None]
    return take.replaced(landmarks=landmarks, boxes=np.full((len(take), 4), 400.0))


def test_with_all_off_nothing_changes():
    weights = np.random.default_rng(0).normal(0.5, 1.0, (40, 52)).astype(np.float32)
    np.testing.assert_array_equal(applied(weights, NONE, lips=np.zeros(40)), weights)


def test_its_input_is_left_alone():
    weights = np.random.default_rng(0).normal(0.5, 1.0, (40, 52)).astype(np.float32)
    before = weights.copy()
    applied(weights, Constraints(), lips=np.zeros(40))
    np.testing.assert_array_equal(weights, before)


def test_weights_stay_within_0_and_1():
    result = applied(np.random.default_rng(1).normal(0.5, 1.0, (40, 52)), only("clamp"))
    assert result.min() == 0.0
    assert result.max() == 1.0


def test_lips_close_no_further_than_the_jaw_is_open():
    weights = np.zeros((2, 52))
    weights[:, CLOSE], weights[:, JAW] = 0.6, [0.4, 0.9]
    assert applied(weights, only("limit_close"))[:, CLOSE] == pytest.approx([0.4, 0.6])


def test_lips_that_touch_in_the_picture_close_wholly():
    """B, P, M over an open jaw that the network half sees: sealed, and nothing parts the lips."""
    weights = np.zeros((90, 52))
    weights[:, JAW], weights[:, CLOSE], weights[:, LOWER] = 0.4, 0.1, 0.3
    gap = np.full(90, 0.08)
    gap[30:35] = gap[60:64] = 0.012
    result = applied(weights, only("seal_lips"), lips=gap)
    assert result[31, CLOSE] == pytest.approx(0.4, abs=0.01)
    assert result[31, LOWER] == pytest.approx(0.0, abs=0.01)
    assert result[10, [CLOSE, LOWER]] == pytest.approx([0.1, 0.3])


def test_lips_that_never_touch_are_not_sealed():
    weights = np.zeros((90, 52))
    weights[:, JAW], weights[:, CLOSE] = 0.4, 0.1
    assert applied(weights, only("seal_lips"), lips=np.full(90, 0.06))[:, CLOSE] == pytest.approx(0.1)


def test_without_landmarks_nearly_closed_lips_are_closed():
    weights = np.zeros((3, 52))
    weights[:, JAW], weights[:, CLOSE] = 0.5, [0.2, 0.42, 0.49]
    result = applied(weights, only("seal_lips"))[:, CLOSE]
    assert result[0] == pytest.approx(0.2)
    assert 0.42 - 1e-6 <= result[1] < 0.5
    assert result[2] == pytest.approx(0.5)


def test_touch_is_known_where_there_is_a_face_only():
    gap = np.full(60, 0.05)
    gap[20:25], gap[40:50] = 0.01, np.nan
    take = with_lips(Take.from_weights(np.arange(60) / 30, np.zeros((60, 52))), gap)
    sealed = touching(take)
    assert sealed is not None
    assert sealed[22] > 0.99
    assert sealed[45] == 0.0
    assert touching(Take.from_weights(np.arange(60) / 30, np.zeros((60, 52)))) is None


def test_a_wink_leaves_the_other_eye_open():
    weights = np.zeros((3, 52))
    weights[:, BLINKS] = [[0.95, 0.3], [0.9, 0.8], [0.1, 0.85]]
    result = applied(weights, only("part_winks"))[:, BLINKS]
    np.testing.assert_allclose(result, [[0.95, 0.0], [0.9, 0.8], [0.0, 0.85]], atol=1e-6)


@pytest.mark.parametrize("fps", [24, 30, 60, 120])
def test_gaze_is_held_through_a_blink(fps):
    times = np.arange(2 * fps) / fps
    away = np.abs(times - 1.0)
    weights = np.zeros((len(times), 52))
    weights[:, BLINKS] = np.exp(-0.5 * (away / 0.04) ** 2)[:, None]
    weights[:, DOWN] = 0.1 + 0.1 * (times > 1.0) + 0.6 * np.exp(-0.5 * (away / 0.03) ** 2)
    result = applied(weights, only("hold_gaze"), fps)[:, DOWN]
    assert result.max() < 0.3
    assert (np.diff(result) >= -0.1).all()
    np.testing.assert_array_equal(result[away > 0.15], weights[away > 0.15, DOWN].astype(np.float32))


def test_eyes_that_stay_shut_or_start_shut_are_left_alone():
    weights = np.zeros((120, 52))
    weights[20:60, BLINKS], weights[:3, BLINKS] = 0.9, 0.9
    weights[:, DOWN] = np.random.default_rng(2).random(120)
    np.testing.assert_array_equal(applied(weights, only("hold_gaze")), weights.astype(np.float32))


def test_of_opposites_only_the_difference_stays():
    weights = np.full((1, 52), 0.2)
    weights[:, I["jawLeft"]] = 0.5
    result = applied(weights, only("resolve_opposites"))[0]
    assert result[[I["jawLeft"], I["jawRight"]]] == pytest.approx([0.3, 0.0])
    assert result[[I["mouthSmileLeft"], I["mouthFrownLeft"]]] == pytest.approx([0.0, 0.0])
    assert result[I["browInnerUp"]] == pytest.approx(0.2)


@pytest.mark.skipif(not RECORDINGS.exists(), reason="no recordings beside the repository")
def test_real_performances_keep_to_it():
    """Opposites are never shown together, winks are untouched, and what a phone records hardly changes."""
    for path in sorted(RECORDINGS.glob("*.csv")):
        take = read(path)
        for one, other in OPPOSITES:
            assert np.minimum(take.weights[:, I[one]], take.weights[:, I[other]]).max() == 0.0
        parted = constrain(take.weights, take, only("part_winks"))
        np.testing.assert_array_equal(parted, take.weights)
        changed = np.abs(constrain(take.weights, take, Constraints()) - take.weights)
        gaze = np.array(arkit.REGION) == "gaze"
        assert changed[:, ~gaze].max() < 0.2
        assert changed.mean() < 0.004
