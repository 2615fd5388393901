"""The Savitzky–Golay filter (FACEGOOD 2021, section 3.2, eq. 5–8) on uneven stamps.

A polynomial is fitted to the samples of a window by least squares, A = (HᵀH)⁻¹HᵀX (eq. 7), and its value at
the sample is the result. The paper's H holds powers of the sample's number; here they are powers of its time,
and each row is weighted with the sample's trust. The window is centred offline; live, it ends at the sample.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import LONGEST_GAP, NEAREST, smooth_groups, trust_of
from .rhythm import Rhythm, smooth_linear

_CHUNK = 20_000
_WIDEST = 256


class SavitzkyGolayFilter:
    """Savitzky–Golay filter over C channels (see `mien.filters.Filter`).

    Parameters
    ----------
    radius : array_like, (C,) or a number
        Seconds from the middle of the window to its ends, for each channel; live, the window has the same
        length. A window of too few samples for the polynomial changes nothing.
    order : int
        Of the polynomial.
    """

    def __init__(self, radius: ArrayLike, order: int = 2) -> None:
        self._radius = np.asarray(radius, dtype=np.float64)
        if not (np.isfinite(self._radius).all() and (self._radius > 0).all() and order >= 0):
            raise ValueError("a radius must be greater than 0 seconds, and the order 0 or more")
        self._order = order
        self.reset()

    @property
    def lag(self) -> float:
        """Seconds until a sudden change shows by half, in the longest window of many samples."""
        return float(2.0 * self._radius.max() * _half_rise(self._order))

    def reset(self) -> None:
        """Forget everything."""
        self._recent: deque[tuple[float, float, NDArray[np.float64]]] = deque()
        self._shown: NDArray[np.float64] | None = None

    def update(self, values: ArrayLike, time: float, confidence: float = 1.0) -> NDArray[np.float64]:
        """Take one sample, give the filtered values (see `Filter.update`)."""
        sample = np.array(values, dtype=np.float64)
        shown = np.full(sample.shape, np.nan) if self._shown is None else self._shown
        if self._recent and not -LONGEST_GAP <= time - self._recent[-1][0] <= LONGEST_GAP:
            self._recent.clear()
        time = max(time, self._recent[-1][0]) if self._recent else time
        trust = float(trust_of(confidence))
        self._remember(time, trust, sample)
        self._shown = np.where(np.isfinite(sample), self._fitted(), shown)
        return self._shown.copy()

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Filter a whole run, without lag (see `Filter.smooth`)."""
        return smooth_groups(times, values, confidence, self._radius.reshape(1, -1), self.smooth_stretch)

    def smooth_stretch(self, rhythm: Rhythm, values: NDArray[Any], columns: NDArray[np.intp]) -> NDArray[Any]:
        """Filter channels (K, M) with the same radius, measured at all moments (see `contract.Smoother`)."""
        radius = float(np.broadcast_to(self._radius, max(columns.max() + 1, self._radius.size))[columns[0]])

        def exact(
            times: NDArray[np.float64], run: NDArray[np.float64], trust: NDArray[np.float64]
        ) -> NDArray[np.float64]:
            return smooth_windows(times, run, trust, radius, self._order, rhythm.step)

        return smooth_linear(rhythm, values, exact, 1.5 * radius)

    def _remember(self, time: float, trust: float, sample: NDArray[np.float64]) -> None:
        if self._recent and time - self._recent[-1][0] < NEAREST:
            before, weight, other = self._recent.pop()
            mean = (other * weight + sample * trust) / (weight + trust)
            mean = np.where(np.isnan(mean), np.where(np.isnan(sample), other, sample), mean)
            time, trust, sample = before, weight + trust, mean
        self._recent.append((time, trust, sample))
        longest = 2.0 * float(self._radius.max()) * 1.05
        while time - self._recent[0][0] > longest or len(self._recent) > _WIDEST:
            self._recent.popleft()

    def _fitted(self) -> NDArray[np.float64]:
        """The value (C,) at the newest moment of the polynomial through the recent ones."""
        times = np.array([time for time, _, _ in self._recent])
        trust = np.array([trust for _, trust, _ in self._recent])
        run = np.array([values for _, _, values in self._recent])
        back = (times - times[-1])[:, None] / np.broadcast_to(2.0 * self._radius, run.shape[1:])
        weight = np.where((back >= -1.05) & np.isfinite(run), trust[:, None], 0.0)
        kernel = kernels(back.T, weight.T, len(times) - 1, self._order)
        fitted: NDArray[np.float64] = (kernel.T * np.nan_to_num(run)).sum(axis=0)
        return fitted


def _half_rise(order: int) -> float:
    """The part of a window that must lie after a step for the fit at the window's end to reach its half."""
    ages = np.linspace(0.0, -1.0, 1001)[None]
    response = np.cumsum(kernels(ages, np.ones_like(ages), 0, order)[0])
    return float(np.argmax(response >= 0.5) / 1000.0)


def smooth_windows(
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    trust: NDArray[np.float64],
    radius: float,
    order: int,
    step: float,
) -> NDArray[np.float64]:
    """Fit centred windows, shorter at the ends of the run and beside gaps.

    Parameters
    ----------
    times : ndarray, float64, (M,)
        Seconds, strictly increasing.
    values : ndarray, float64, (M, K)
        Without NaN.
    trust : ndarray, float64, (M,)
        Greater than 0.
    radius : float
        Seconds. It is turned into a number of samples by the usual step, so that the wandering of stamps
        never lets samples enter and leave the window; what is half as far again is left out.
    order : int
    step : float
        Seconds from sample to sample, usually.

    Returns
    -------
    ndarray, float64, (M, K)
    """
    count = len(times)
    reach = min(int(radius / step + 0.25), _WIDEST, count - 1)
    result = np.zeros_like(values)
    padded = np.pad(values, ((reach, reach), (0, 0)))
    offsets = np.arange(-reach, reach + 1)
    for start in range(0, count, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, count))
        near = rows[:, None] + offsets
        inside, near = (near >= 0) & (near < count), np.clip(near, 0, count - 1)
        away = (times[near] - times[rows, None]) / radius
        weight = np.where(inside & (np.abs(away) <= 1.5), trust[near], 0.0)
        kernel = kernels(away, weight, reach, order)
        for i in range(len(offsets)):
            result[start : start + len(rows)] += (
                kernel[:, i, None] * padded[start + i : start + i + len(rows)]
            )
    return result


def kernels(
    away: NDArray[np.float64], weight: NDArray[np.float64], middle: int, order: int
) -> NDArray[np.float64]:
    """One row of H(HᵀH)⁻¹Hᵀ (eq. 8) for each window: what its samples weigh in the fit's value at time 0.

    Parameters
    ----------
    away : ndarray, float64, (B, W)
        Times of the samples from the one in question, about −1 to 1.
    weight : ndarray, float64, (B, W)
        Trust; 0 = not in the window.
    middle : int
        The place of the sample in question; its weight alone where a window has too few samples.
    order : int

    Returns
    -------
    ndarray, float64, (B, W)
        Each row sums to 1.
    """
    enough = (weight > 0).sum(axis=1) > order
    powers = np.stack([away**i for i in range(order + 1)], axis=2)
    normal = (powers * weight[:, :, None]).transpose(0, 2, 1) @ powers
    normal[~enough] = np.eye(order + 1)
    first = np.zeros((len(away), order + 1, 1))
    first[:, 0] = 1.0
    kernel: NDArray[np.float64] = (powers @ np.linalg.solve(normal, first))[:, :, 0] * weight
    kernel[~enough] = 0.0
    kernel[~enough, middle] = 1.0
    return kernel
