"""Tuned takes: fit for a rig whatever the raw one is, and true to it where it was good."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien import arkit
from mien.calibration import Calibration, stored_in
from mien.constraints import Constraints
from mien.errors import TakeError, UsageError
from mien.interchange import read
from mien.take import Take
from mien.tune import EASE, HOLD, TuneSettings, fill_gaps, tune

JAW, CLOSE = arkit.INDEX["jawOpen"], arkit.INDEX["mouthClose"]
BLINK, BROW = arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["browInnerUp"]
FREE = Constraints(*[False] * 6)
ROM = Path(__file__).parents[3] / "shared" / "arkit" / "alexdjulin_alex_rom_3.csv"


def take_of(weights, fps=30.0, **more) -> Take:
    return Take.from_weights(np.arange(len(weights)) / fps, weights, {"name": "t"}, **more)


def held(value: float, count: int = 120, gap: slice = slice(0, 0)) -> Take:
    weights = np.full((count, 52), value)
    weights[gap] = np.nan
    return take_of(weights)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    smoothing=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    gain=st.sampled_from([0.0, 1.0, 3.0]),
    lost=st.floats(0, 1),
    calibrate=st.booleans(),
)
def test_it_is_always_fit_for_a_rig(seed, smoothing, gain, lost, calibrate):
    random = np.random.default_rng(seed)
    weights = random.normal(0.4, 0.5, (50, 52))
    weights[random.random(50) < lost] = np.nan
    raw = take_of(weights, pose=np.where(np.isnan(weights[:, :3]), np.nan, random.normal(0, 90, (50, 3))))
    tuned = tune(raw, TuneSettings(smoothing, gain, calibrate=calibrate))
    assert np.isfinite(tuned.weights).all()
    assert tuned.weights.min() >= 0
    assert tuned.weights.max() <= 1
    assert (tuned.weights[:, CLOSE] <= tuned.weights[:, JAW]).all()
    assert np.isfinite(tuned.pose).all()
    np.testing.assert_array_equal(tuned.times, raw.times)
    np.testing.assert_array_equal(tuned.confidence, raw.confidence)
    np.testing.assert_array_equal(tuned.found, raw.found)
    assert tuned.about == raw.about


def test_it_is_a_pure_function():
    weights = np.random.default_rng(0).random((60, 52))
    weights[20:30] = np.nan
    raw, again = take_of(weights), take_of(weights)
    first, second = tune(raw), tune(raw, TuneSettings())
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(raw.weights, again.weights)


def test_without_smoothing_good_weights_stay_as_they_are():
    weights = np.random.default_rng(1).random((60, 52)).astype(np.float32)
    weights[:, CLOSE] = 0.5 * weights[:, JAW]
    raw = TuneSettings(smoothing=0.0, constraints=FREE)
    np.testing.assert_allclose(tune(take_of(weights), raw).weights, weights, atol=1e-7)


def test_more_smoothing_leaves_less_noise():
    weights = np.clip(0.5 + np.random.default_rng(2).normal(0, 0.03, (600, 52)), 0, 1)
    left = [tune(take_of(weights, 60), TuneSettings(s)).weights[:, BROW].std() for s in (0.0, 0.25, 0.5, 1.0)]
    assert left == sorted(left, reverse=True)
    assert left[2] < 0.5 * left[0]


@pytest.mark.parametrize("fps", [30, 60])
def test_a_blink_keeps_its_depth_and_its_place(fps):
    seconds = np.arange(2 * fps) / fps
    away = np.abs(seconds - 1.0)
    weights = np.zeros((len(seconds), 52))
    weights[:, BLINK] = np.where(away < 0.075, np.cos(np.pi * away / 0.15) ** 2, 0.0)
    tuned = tune(take_of(weights, fps)).weights[:, BLINK]
    assert tuned.max() >= 0.95
    assert np.argmax(tuned) == fps


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("noise", [0.0, 0.013])
def test_a_lip_closure_keeps_its_depth_and_its_place(fps, noise):
    """In a "ma-ma" the jaw goes up for 120 ms, and the lips close wholly over it."""
    seconds = np.arange(3 * fps) / fps
    shut = np.where(np.abs(seconds - 1.5) < 0.06, np.cos(np.pi * (seconds - 1.5) / 0.12) ** 2, 0.0)
    weights = np.random.default_rng(8).normal(0, noise, (len(seconds), 52))
    weights[:, JAW] += 0.6 - 0.3 * shut
    weights[:, CLOSE] += 0.3 * shut
    tuned = tune(take_of(weights, fps)).weights
    middle = round(1.5 * fps)
    assert tuned[middle, JAW] <= 0.3 + 0.02 + 2 * noise
    assert np.argmin(tuned[:, JAW]) == middle
    assert tuned[middle, CLOSE] >= 0.95 * tuned[middle, JAW] - 2 * noise


def test_a_lost_face_holds_then_eases_to_neutral_and_back():
    tuned = tune(held(0.8, 120, slice(40, 80)), TuneSettings(0.0)).weights[:, BROW]
    assert tuned[40:43] == pytest.approx(0.8, abs=0.02)  # held for 0.1 s
    assert tuned[54:66].max() == 0.0  # neutral 0.4 s after it was lost, until 0.4 s before it is back
    assert tuned[80] == pytest.approx(0.8)
    assert np.abs(np.diff(tuned)).max() < 0.2
    assert (np.diff(tuned[39:60]) <= 1e-6).all()


def test_smoothing_does_not_make_a_gap_jump():
    tuned = tune(held(0.8, 120, slice(40, 80))).weights[:, BROW]
    assert np.abs(np.diff(tuned)).max() < 0.2
    assert tuned[:38] == pytest.approx(0.8, abs=0.02)
    assert tuned[82:] == pytest.approx(0.8, abs=0.02)
    assert tuned[60] < 0.01


def test_a_few_lost_frames_are_bridged():
    weights = np.repeat(np.linspace(0.2, 0.8, 60)[:, None], 52, axis=1)
    whole = tune(take_of(weights)).weights
    weights[30:34] = np.nan
    np.testing.assert_allclose(tune(take_of(weights)).weights[:, BROW], whole[:, BROW], atol=0.02)


@pytest.mark.parametrize("gap", [slice(0, 40), slice(80, 120)])
def test_a_face_that_comes_late_or_leaves_early(gap):
    tuned = tune(held(0.6, 120, gap), TuneSettings(0.0)).weights[:, BROW]
    assert tuned[60] == pytest.approx(0.6)
    assert tuned[0 if gap.start == 0 else -1] == 0.0
    assert np.abs(np.diff(tuned)).max() < 0.15


def test_a_gap_is_filled_by_time_not_by_frames():
    for fps in (24, 60):
        times = np.arange(int(4 * fps)) / fps
        weights = np.ones((len(times), 1))
        weights[(times > 1) & (times < 3)] = np.nan
        filled = np.interp(
            [1 + HOLD, 1 + HOLD + EASE / 2, 1 + HOLD + EASE], times, fill_gaps(times, weights)[:, 0]
        )
        assert filled == pytest.approx([1.0, 0.5, 0.0], abs=0.05)


def test_no_face_at_all_and_no_frames_at_all():
    nothing = tune(held(0.5, 30, slice(0, 30)))
    assert not nothing.weights.any()
    assert not nothing.pose.any()
    assert len(tune(held(0.5, 0))) == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_takes_of_few_frames(count):
    assert tune(held(0.5, count)).weights[:, BROW] == pytest.approx(0.5)


def test_gains_by_face_region_and_shape():
    gains = {"brow": 0.5, "jawOpen": 2.0, "lids": 0.0}
    tuned = tune(held(0.3), TuneSettings(gain=1.5, gains=gains, constraints=FREE)).weights[60]
    smile = arkit.INDEX["mouthSmileLeft"]
    assert tuned[[BROW, JAW, BLINK, smile]] == pytest.approx([0.225, 0.9, 0.0, 0.45], abs=1e-5)


def test_lips_are_never_sealed_further_than_the_jaw_is_open():
    weights = np.zeros((30, 52))
    weights[:, CLOSE], weights[:, JAW] = 0.9, 0.4
    assert tune(take_of(weights)).weights[:, CLOSE] == pytest.approx(0.4, abs=1e-5)


def test_calibration_takes_the_rest_off_and_lets_the_eye_close():
    weights = np.full((300, 52), 0.2)
    weights[100:140, JAW] = 0.9
    weights[::60, BLINK] = 0.75
    tuned = tune(take_of(weights), TuneSettings(0.0, calibrate=True)).weights
    assert tuned[50] == pytest.approx(0.0, abs=1e-5)
    assert tuned[120, JAW] == pytest.approx((0.9 - 0.2) / 0.8, abs=1e-5)
    assert tuned[60, BLINK] == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(TakeError, match="no face between"):
        tune(held(0.2, 60, slice(30, 60)), TuneSettings(calibrate=True, rest=(1.5, 1.9)))


def test_the_head_is_smoothed_and_turns_over_the_half_circle():
    random = np.random.default_rng(3)
    pose = np.zeros((120, 3))
    pose[:, 2] = 175 + np.linspace(0, 20, 120) + random.normal(0, 1, 120)
    raw = take_of(np.zeros((120, 52)), pose=(pose + 180) % 360 - 180)
    tuned = tune(raw).pose[:, 2].astype(float)
    error = (tuned - 175 - np.linspace(0, 20, 120) + 180) % 360 - 180
    assert error.std() < 0.7
    assert np.abs(np.diff(tuned)).max() < 3


def test_landmarks_are_smoothed_and_stay_open_in_gaps():
    random = np.random.default_rng(4)
    places = random.uniform(200, 500, (70, 2))
    landmarks = places + random.normal(0, 1, (120, 70, 2))
    landmarks[40:60] = np.nan
    boxes = np.tile([350.0, 350.0, 400.0, 0.0], (120, 1))
    raw = held(0.5, 120, slice(40, 60)).replaced(landmarks=landmarks, boxes=boxes)
    tuned = tune(raw).landmarks
    np.testing.assert_array_equal(np.isnan(tuned), np.isnan(raw.landmarks))
    assert np.nanstd(tuned - places) < 0.5 * np.nanstd(raw.landmarks - places)
    np.testing.assert_array_equal(tune(raw, landmarks=False).landmarks, raw.landmarks)


def test_an_untrusted_sample_counts_for_little():
    weights = np.zeros((61, 52))
    weights[30, BROW] = 1.0
    trust = np.ones(61)
    usual = tune(take_of(weights, confidence=trust)).weights[:, BROW].max()
    trust[30] = 0.05
    assert tune(take_of(weights, confidence=trust)).weights[:, BROW].max() < 0.3 * usual


BAD = [
    {"smoothing": -0.1}, {"smoothing": 1.1}, {"smoothing": float("nan")}, {"gain": -1.0},
    {"gain": float("inf")}, {"gains": {"eyebrows": 1.0}}, {"gains": {"brow": -1.0}},
]  # fmt: skip


@pytest.mark.parametrize("settings_", BAD, ids=str)
def test_settings_that_mean_nothing_are_refused(settings_):
    with pytest.raises(UsageError):
        TuneSettings(**settings_)


@pytest.mark.skipif(not ROM.exists(), reason="no recordings beside the repository")
def test_a_real_performance_keeps_its_shape():
    """A range of motion with added noise: the default smoothing brings it nearer to the original."""
    clean = read(ROM)
    noisy = clean.weights + np.random.default_rng(5).normal(0, 0.03, clean.weights.shape)
    tuned = tune(clean.replaced(weights=noisy)).weights
    moving = [JAW, BROW, arkit.INDEX["mouthSmileLeft"], arkit.INDEX["mouthPucker"]]
    before = np.sqrt(((np.clip(noisy, 0, 1) - clean.weights)[:, moving] ** 2).mean())
    after = np.sqrt(((tuned - clean.weights)[:, moving] ** 2).mean())
    assert after < 0.8 * before
    blinks = clean.weights[:, BLINK]
    kept = tune(clean).weights[:, BLINK]
    assert kept[blinks > 0.8].mean() > 0.95 * blinks[blinks > 0.8].mean()


def test_an_hour_is_tuned_in_a_second_or_so():
    """0.7 s of one core's time when it was written; the limit leaves room for slow and busy machines."""
    weights = np.random.default_rng(6).random((216_000, 52), dtype=np.float32)
    raw = take_of(weights, 60)
    started = time.process_time()
    tune(raw, landmarks=False)
    assert time.process_time() - started < 4


def test_shapes_and_regions_can_be_muted():
    tuned = tune(held(0.3), TuneSettings(muted=("jawOpen", "lids"), constraints=FREE)).weights[60]
    assert tuned[[JAW, BLINK]] == pytest.approx([0.0, 0.0])
    assert tuned[BROW] == pytest.approx(0.3)


def test_a_family_can_have_its_own_smoothing_and_cutoffs():
    noisy = take_of(np.clip(0.5 + np.random.default_rng(7).normal(0, 0.02, (300, 52)), 0, 1))
    usual = tune(noisy).weights
    own = tune(noisy, TuneSettings(smoothings={"brow": 0.0}, cutoffs={"cheek": (5.0, 10.0, 14.0)})).weights
    puff, chin = arkit.INDEX["cheekPuff"], arkit.INDEX["mouthShrugLower"]
    np.testing.assert_array_equal(own[:, BROW], noisy.weights[:, BROW])
    assert own[:, puff].std() > 2 * usual[:, puff].std()
    np.testing.assert_array_equal(own[:, chin], usual[:, chin])


def test_which_calibration_is_taken():
    """Never when off; the one given, then the take's own, then one told or asked for; none by itself."""
    take = held(0.2)
    given = Calibration.from_json({"neutral": {"browInnerUp": 0.1}})
    kept = stored_in(take, Calibration.from_json({"neutral": {"browInnerUp": 0.15}}))
    expected = [
        (take, {}, 0.2), (kept, {}, 0.05 / 0.85), (kept, {"calibrate": False}, 0.2),
        (kept, {"calibration": given}, 0.1 / 0.9), (take, {"calibrate": True}, 0.0),
        (kept, {"rest": (1.0, 2.0)}, 0.0),
    ]  # fmt: skip
    for raw, options, value in expected:
        tuned = tune(raw, TuneSettings(0.0, constraints=FREE, **options)).weights[60, BROW]
        assert tuned == pytest.approx(value, abs=1e-5), options
