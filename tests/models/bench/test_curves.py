"""The bench's figures, on curves for which they are known."""

from __future__ import annotations

import numpy as np
import pytest
from mien_models.bench.curves import Tally
from scipy.ndimage import shift


def blinks(count=20, step=1 / 60):
    times = np.arange(0, count, step)
    return np.exp(-0.5 * (((times % 1.0) - 0.5) / 0.05) ** 2), step


def tallied(given, clean, step, noise=0.02):
    noisy = clean + np.random.default_rng(0).normal(0, noise, len(clean))
    tally = Tally()
    tally.add(step, clean, noisy, given(noisy), True)
    return tally.figures()


def test_what_changes_nothing_scores_one():
    clean, step = blinks()
    figures = tallied(lambda noisy: noisy, clean, step)
    assert [figures[name] for name in ("still", "moving", "error")] == pytest.approx([1.0, 1.0, 1.0])
    assert figures["lag"] == pytest.approx(0.0, abs=0.5)
    assert figures["in_frame"] == 100


@pytest.mark.parametrize("frames", [-1.0, 0.3, 0.5, 2.25])
def test_lag_is_measured_between_frames(frames):
    clean, step = blinks()
    figures = tallied(lambda _: shift(clean, frames, mode="nearest"), clean, step)
    assert figures["lag"] == pytest.approx(1000 * frames * step, abs=0.5)
    assert figures["in_frame"] == (100 if abs(frames) <= 0.5 else 0)


@pytest.mark.parametrize("kept", [0.8, 1.0, 1.1])
def test_heights_of_peaks_and_blinks(kept):
    clean, step = blinks()
    figures = tallied(lambda _: kept * clean, clean, step)
    assert figures["peak"] == pytest.approx(100 * kept, abs=0.1)
    assert figures["blink"] == pytest.approx(100 * kept, abs=0.1)
    assert figures["blinks"] == 20


def test_jitter_at_rest_and_in_motion_are_told_apart():
    clean, step = blinks()
    still = np.abs(np.arange(0, 20, step) % 1.0 - 0.5) > 0.45
    calm = tallied(lambda noisy: np.where(still, clean, noisy), clean, step)
    assert calm["still"] > 2 * calm["moving"]
