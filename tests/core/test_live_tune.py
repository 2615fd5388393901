"""Tuning live: causal, without NaN, near to offline tuning, and never a step when a face is lost."""

from __future__ import annotations

import numpy as np
import pytest
from mien.arkit import COUNT, INDEX
from mien.calibration import Calibration
from mien.live_tune import LiveTuner, tune_live
from mien.take import Take
from mien.tune import TuneSettings, tune


def waves(seconds=4.0, rate=60, noise=0.01, seed=0) -> Take:
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * rate)) / rate
    clean = 0.4 + 0.3 * np.sin(2 * np.pi * times[:, None] * rng.uniform(0.2, 1.0, COUNT))
    clean[:, :14] = 0.1  # lids and gaze keep still
    pose = np.stack([np.degrees(times), 170 + 20 * times, 0 * times], axis=1)
    return Take.from_weights(times, clean + rng.normal(0, noise, clean.shape), pose=(pose + 180) % 360 - 180)


def test_it_is_causal():
    """What comes later changes nothing before it."""
    take = waves()
    other = take.weights.copy()
    other[120:] = 0.9
    one, two = tune_live(take), tune_live(take.replaced(weights=other))
    np.testing.assert_array_equal(one.weights[:120], two.weights[:120])
    assert np.abs(one.weights[121:] - two.weights[121:]).max() > 0.1


def test_it_smooths_and_stays_near():
    take = waves()
    live, offline = tune_live(take), tune(take)
    jitter = [np.abs(np.diff(run.weights[60:, 14:], 2, axis=0)).mean() for run in (take, live)]
    assert jitter[1] < 0.5 * jitter[0]
    assert np.abs(live.weights - offline.weights).mean() < 0.03
    assert ((live.weights >= 0) & (live.weights <= 1)).all()


def test_raw_is_raw():
    take = waves(noise=0.0).replaced(weights=np.full((240, COUNT), 0.25))
    settings = TuneSettings(smoothing=0.0)
    np.testing.assert_allclose(tune_live(take, settings).weights, tune(take, settings).weights, atol=1e-6)
    assert LiveTuner(settings).lag == 0.0
    assert LiveTuner().lag > 0.0


def test_a_lost_face_keeps_still_eases_away_and_comes_back():
    take = waves(6.0)
    weights = take.weights.copy()
    weights[120:240] = np.nan
    tuned = tune_live(Take.from_weights(take.times, weights, pose=take.pose)).weights
    assert np.isfinite(tuned).all()
    assert np.abs(tuned[120:125] - tuned[119]).max() < 1e-6
    assert tuned[150:240].max() == 0.0
    assert np.abs(np.diff(tuned, axis=0)).max() < 0.12
    assert tuned[270:].max() > 0.3


def test_no_face_at_all_and_none_at_the_beginning():
    nothing = Take.from_weights(np.arange(5) / 30, np.full((5, COUNT), np.nan))
    assert tune_live(nothing).weights.max() == 0.0
    assert len(tune_live(Take.from_samples([]))) == 0
    late = waves(1.0)
    weights = late.weights.copy()
    weights[:10] = np.nan
    tuned = tune_live(late.replaced(weights=weights))
    assert tuned.weights[:10].max() == 0.0
    assert tuned.weights[10].max() > 0.3


def test_the_head_turns_over_180_degrees_without_a_jump():
    pose = tune_live(waves()).pose
    assert np.abs(np.diff(pose, axis=0)).max() < 2.0
    assert pose[-1, 1] > 200


def test_gaze_is_held_through_a_blink_and_not_through_a_nap():
    times = np.arange(120) / 60
    weights = np.zeros((120, COUNT))
    look, blink = INDEX["eyeLookDownLeft"], INDEX["eyeBlinkLeft"]
    weights[:, look] = 0.1
    weights[30:40, [blink, look]] = 0.9
    weights[60:, [blink, look]] = 0.9
    tuned = tune_live(Take.from_weights(times, weights), TuneSettings(smoothing=0.0)).weights
    np.testing.assert_allclose(tuned[30:41, look], 0.1, atol=1e-6)
    np.testing.assert_allclose(tuned[110:, look], 0.9, atol=1e-6)


def test_calibration_and_gains_hold_live_too():
    weights = np.full((90, COUNT), 0.3, np.float32)
    neutral = np.zeros(COUNT, np.float32)
    neutral[INDEX["jawOpen"]] = 0.2
    calibration = Calibration(neutral, np.ones(COUNT, np.float32))
    settings = TuneSettings(calibration=calibration, gains={"jaw": 0.5}, muted=("brow",))
    take = Take.from_weights(np.arange(90) / 30, weights)
    last = tune_live(take, settings).weights[-1]
    np.testing.assert_allclose(last, tune(take, settings).weights[-1], atol=1e-3)
    assert last[INDEX["jawOpen"]] == pytest.approx(0.0625, abs=1e-3)
    assert last[INDEX["browInnerUp"]] == 0


def test_reset_forgets():
    take = waves(1.0)
    tuner = LiveTuner()

    def run() -> np.ndarray:
        rows = zip(take.weights, take.pose, take.times)
        return np.stack([tuner.update(weights, pose, time)[0] for weights, pose, time in rows])

    first = run()
    tuner.reset()
    np.testing.assert_array_equal(first, run())
