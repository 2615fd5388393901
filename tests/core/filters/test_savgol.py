"""The Savitzky–Golay filter against SciPy's on even stamps, and on polynomials on uneven ones."""

from __future__ import annotations

import numpy as np
import pytest
from mien.filters import SavitzkyGolayFilter
from scipy.signal import savgol_coeffs, savgol_filter


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("reach", [3, 6])
def test_even_stamps_give_scipys_filter(order, reach):
    values = np.random.default_rng(0).random((200, 3))
    expected = savgol_filter(values, 2 * reach + 1, order, axis=0)
    smooth = SavitzkyGolayFilter(reach / 60, order).smooth(np.arange(200) / 60, values)
    np.testing.assert_allclose(smooth[reach:-reach], expected[reach:-reach], atol=1e-9)


def test_live_it_is_scipys_fit_at_the_windows_end():
    values = np.random.default_rng(1).random(60)
    one = SavitzkyGolayFilter(4 / 60, 2)
    shown = [one.update([v], i / 60)[0] for i, v in enumerate(values)]
    kernel = savgol_coeffs(9, 2, pos=8, use="dot")
    np.testing.assert_allclose(shown[20:], [values[i - 8 : i + 1] @ kernel for i in range(20, 60)], atol=1e-9)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_a_polynomial_of_its_order_passes_on_uneven_stamps_with_gaps(order):
    random = np.random.default_rng(2)
    times = np.cumsum(random.uniform(0.005, 0.03, 150))
    values = np.polyval(random.normal(size=order + 1), times)[:, None]
    values[70:90] = np.nan
    one = SavitzkyGolayFilter(0.1, order)
    np.testing.assert_allclose(one.smooth(times, values), values, atol=1e-6)
    shown = np.array([one.update(v, t)[0] for v, t in zip(values, times)])
    kept = np.isfinite(values[:, 0])
    np.testing.assert_allclose(shown[kept], values[kept, 0], atol=1e-6)


def test_a_window_of_too_few_samples_changes_nothing():
    values = np.random.default_rng(3).random((20, 1))
    np.testing.assert_array_equal(SavitzkyGolayFilter(0.01).smooth(np.arange(20) / 30, values), values)


def test_stamps_that_wander_do_not_change_the_window():
    """Stamps rounded to milliseconds, with a radius of just three frames."""
    exact, values = np.arange(300) / 60, np.random.default_rng(4).random((300, 1))
    smooth = [SavitzkyGolayFilter(0.05).smooth(times, values) for times in (exact, exact.round(3))]
    np.testing.assert_allclose(smooth[0], smooth[1], atol=0.02)
