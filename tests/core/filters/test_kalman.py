"""The Kalman filter against the textbook, and its frequencies."""

from __future__ import annotations

import numpy as np
import pytest
from mien.filters import KalmanFilter
from mien.filters.contract import trust_of
from mien.filters.path import spans


def textbook(times, values, cutoff, trust):
    """Predict, correct, then Rauch, Tung and Striebel's pass back: one channel, matrices of 2 × 2."""
    clock, weight = 2 * np.pi * cutoff * times, 2 * np.pi * cutoff * spans(times) * trust_of(trust)
    x, P = np.zeros(2), np.diag([1e7, 1e7])
    H = np.array([[1.0, 0.0]])
    before, after = [], []
    for i, z in enumerate(values):
        d = clock[i] - clock[i - 1] if i else 0.0
        G, W = np.array([[1, d], [0, 1]]), np.array([[d**3 / 3, d**2 / 2], [d**2 / 2, d]])
        x, P = G @ x, G @ P @ G.T + W
        before.append((x, P, G))
        K = P @ H.T / (P[0, 0] + 1 / weight[i])
        x, P = x + K[:, 0] * (z - x[0]), (np.eye(2) - K @ H) @ P
        after.append((x, P))
    path = [after[-1][0]]
    for i in range(len(values) - 2, -1, -1):
        guess, spread, G = before[i + 1]
        C = after[i][1] @ G.T @ np.linalg.inv(spread)
        path.append(after[i][0] + C @ (path[-1] - guess))
    return np.array([x[0] for x, _ in after]), np.array(path[::-1])[:, 0]


@pytest.fixture
def run():
    random = np.random.default_rng(0)
    times = np.cumsum(random.uniform(0.005, 0.06, 120))
    return times, np.sin(5 * times) + 0.1 * random.normal(size=120), random.uniform(0.1, 1.0, 120)


@pytest.mark.parametrize("cutoff", [1.0, 5.0, 15.0])
def test_the_banded_solve_is_the_rts_smoother(run, cutoff):
    times, values, trust = run
    _, expected = textbook(times, values, cutoff, trust)
    smooth = KalmanFilter(cutoff).smooth(times, values[:, None], trust)[:, 0]
    np.testing.assert_allclose(smooth, expected, atol=1e-5)


def test_live_it_is_the_textbooks_filter_once_it_has_settled(run):
    times, values, trust = run
    expected, _ = textbook(times, values, 5.0, trust)
    one = KalmanFilter(5.0)
    shown = np.array([one.update([v], t, c)[0] for v, t, c in zip(values, times, trust)])
    np.testing.assert_allclose(shown[40:], expected[40:], atol=1e-4)


@pytest.mark.parametrize("fps", [30, 60, 120])
@pytest.mark.parametrize(("hertz", "kept"), [(1.0, 0.996), (4.0, 0.5), (8.0, 1 / 17)])
def test_the_cutoff_means_the_same_at_any_frame_rate(fps, hertz, kept):
    times = np.arange(0, 20, 1 / fps)
    wave = np.cos(2 * np.pi * hertz * times)
    smooth = KalmanFilter(4.0).smooth(times, wave[:, None])[:, 0]
    middle = slice(len(times) // 4, -len(times) // 4)
    assert (smooth[middle] @ wave[middle]) / (wave[middle] @ wave[middle]) == pytest.approx(kept, abs=0.02)
