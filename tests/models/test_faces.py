"""The synthetic faces: labels belong to their pictures, and nothing but the seed decides."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.crop import box_from_landmarks

pytest.importorskip("numba")

from mien_models.synthetic.expressions import ExpressionSampler
from mien_models.synthetic.faces import FaceSampler, head_rotation
from mien_models.synthetic.identities import LOWER_LIDS, UPPER_LIDS


@pytest.fixture(scope="module")
def crops():
    sampler, rng = FaceSampler(), np.random.default_rng(5)
    return [sampler.sample(rng) for _ in range(48)]


def test_the_seed_decides_everything(crops):
    sampler, rng = FaceSampler(), np.random.default_rng(5)
    again = [sampler.sample(rng) for _ in range(3)]
    for one, other in zip(crops, again):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.weights, other.weights)


def test_faces_stand_where_their_landmarks_say(crops):
    """The box that the landmarks ask for is about the crop itself, but for the jitter."""
    boxes = [box_from_landmarks(crop.landmarks) for crop in crops if crop.presence]
    middle = np.median([(box.x, box.y, box.size) for box in boxes], axis=0)
    np.testing.assert_allclose(middle, (79.5, 79.5, 160), atol=8)


def test_pupils_are_darker_than_the_face_round_them(crops):
    """Where an eye is open and at hand, its pupil is dark: the drawn iris lies under its landmark."""
    darker = []
    for crop in crops:
        for pupil, blink in ((68, "eyeBlinkRight"), (69, "eyeBlinkLeft")):
            x, y = crop.landmarks[pupil].round().astype(int)
            seen = 10 < x < 150 and 10 < y < 150 and crop.weights[arkit.INDEX[blink]] < 0.2
            if crop.presence and seen and abs(crop.pose[1]) < 25:
                around = crop.image[y - 10 : y + 11, x - 10 : x + 11]
                darker.append(crop.image[y - 1 : y + 2, x - 1 : x + 2].mean() < np.median(around))
    assert len(darker) > 20
    assert np.mean(darker) > 0.75


def test_some_crops_hold_no_face(crops):
    absent = [crop for crop in crops if not crop.presence]
    assert 0 < len(absent) < len(crops) / 2


def test_a_positive_yaw_moves_the_nose_to_the_right_and_a_positive_pitch_down():
    nose = np.array([0.0, 0.0, 1.0])
    assert (head_rotation(0, 30, 0) @ nose)[0] > 0.4
    assert (head_rotation(30, 0, 0) @ nose)[1] < -0.4
    ear = np.array([1.0, 0.0, 0.0])
    assert (head_rotation(0, 0, 30) @ ear)[1] < -0.4


def test_lids_meet_at_a_full_blink():
    sampler, rng = FaceSampler(), np.random.default_rng(3)
    for _ in range(5):
        head = sampler.identities.sample(rng)
        for side in ("Left", "Right"):
            upper, lower = (sampler.landmarks[list(lids[side])] for lids in (UPPER_LIDS, LOWER_LIDS))
            shut = head.neutral + head.units[arkit.INDEX[f"eyeBlink{side}"]]
            gap = (head.neutral[upper, 1] - head.neutral[lower, 1]).mean()
            assert abs((shut[upper, 1] - shut[lower, 1]).mean()) < 0.15 * gap


def test_expressions_cover_all_shapes_and_stay_possible():
    sampler, rng = ExpressionSampler(), np.random.default_rng(0)
    weights = np.array([sampler.sample(rng) for _ in range(4000)])
    assert weights.min() >= 0
    assert weights.max() <= 1
    strong = (weights > 0.5).mean(axis=0)
    assert strong.min() > 0.001, arkit.NAMES[int(strong.argmin())]
    index = arkit.INDEX
    assert (weights[:, index["mouthClose"]] <= weights[:, index["jawOpen"]] + 1e-6).all()
    assert (np.minimum(weights[:, index["jawLeft"]], weights[:, index["jawRight"]]) < 0.2).all()
    gap = np.abs(weights[:, index["eyeBlinkLeft"]] - weights[:, index["eyeBlinkRight"]])
    assert 0.02 < (gap > 0.4).mean() < 0.4
