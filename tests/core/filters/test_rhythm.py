"""Where stamps are even the fast way gives what the exact one gives; where they are not it stands aside."""

from __future__ import annotations

import numpy as np
import pytest
from mien.filters import HybridFilter, KalmanFilter, SavitzkyGolayFilter
from mien.filters import rhythm as rhythms

MODELS = np.array([[0.5], [2.5], [9.0]])
FILTERS = {
    "path": lambda: KalmanFilter(4.0),
    "models": lambda: KalmanFilter(MODELS, 0.02),
    "savgol": lambda: SavitzkyGolayFilter(0.1),
    "hybrid": lambda: HybridFilter(MODELS, 0.02),
}


def even(count, fps=60):
    return np.arange(count) / fps


def rounded(count):
    return np.round(np.arange(count) / 60, 3)


def dropped(count):
    return np.delete(np.arange(count + 2) / 60, [700, 2100])


def two_spans(count):
    return np.concatenate([np.arange(count // 2) / 60, 99 + np.arange(count - count // 2) / 60])


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("stamps", [even, rounded, dropped, two_spans])
@pytest.mark.parametrize("name", FILTERS)
def test_the_fast_way_agrees_with_the_exact_one(name, stamps, kind, monkeypatch):
    random = np.random.default_rng(0)
    times = stamps(4000)
    wave = np.clip(np.sin(2 * times[:, None] * [1.0, 2.0, 3.0]), 0, 1)
    values = (wave + random.normal(0, 0.02, wave.shape)).astype(kind)
    trust = np.ones(len(times))
    trust[1500:1510] = 0.1
    fast = FILTERS[name]().smooth(times, values, trust)
    monkeypatch.setattr(rhythms, "_WORTH", -1.0)
    exact = FILTERS[name]().smooth(times, values, trust)
    assert fast.dtype == exact.dtype == kind
    np.testing.assert_allclose(fast, exact, atol=5e-4)
    assert (fast != exact).any(), "the fast way was not gone"


def test_a_run_that_is_uneven_throughout_is_smoothed_exactly():
    times = np.cumsum(np.random.default_rng(1).uniform(0.005, 0.03, 3000))
    one = rhythms.Rhythm(times, np.ones(3000), np.arange(3000))
    np.testing.assert_array_equal(one.times, times)
    assert one.near_odd(20).mean() > 0.9


def test_rounded_stamps_are_even():
    one = rhythms.Rhythm(rounded(3000), np.ones(3000), np.arange(3000))
    assert one.step == pytest.approx(1 / 60, rel=1e-4)
    assert one.odd.sum() == 2  # the ends
    np.testing.assert_allclose(one.times, rounded(3000), atol=1e-3)


@pytest.mark.parametrize("reach", [3, 40])
def test_convolution(reach):
    random = np.random.default_rng(2)
    values, kernel = random.random((2, 500)), random.random(2 * reach + 1)
    expected = [np.convolve(row, kernel, mode="same") for row in values]
    np.testing.assert_allclose(rhythms.convolve(values, kernel), expected, atol=1e-9)
