"""The paper's hybrid: a Kalman filter, then Savitzky–Golay over its result (FACEGOOD 2021, section 3.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kalman import KalmanFilter
from .savgol import SavitzkyGolayFilter

RADIUS = 0.4
"""Radius of the window in periods of the cutoff: a window that leaves the cutoff's frequencies alone."""


class HybridFilter:
    """Both filters in a row over C channels (see `mien.filters.Filter`).

    Parameters
    ----------
    cutoff : array_like, (C,) or a number
        Hertz, greater than 0. The window's radius follows from it: 0.4 / cutoff seconds.
    """

    def __init__(self, cutoff: ArrayLike) -> None:
        frequency = np.asarray(cutoff, dtype=np.float64)
        self._kalman = KalmanFilter(frequency)
        self._savgol = SavitzkyGolayFilter(RADIUS / frequency)

    @property
    def lag(self) -> float:
        """Seconds until a sudden change shows by half, in the slowest channel."""
        return self._kalman.lag + self._savgol.lag

    def reset(self) -> None:
        """Forget everything."""
        self._kalman.reset()
        self._savgol.reset()

    def update(self, values: ArrayLike, time: float, confidence: float = 1.0) -> NDArray[np.float64]:
        """Take one sample, give the filtered values (see `Filter.update`)."""
        sample = np.asarray(values, dtype=np.float64)
        first = self._kalman.update(sample, time, confidence)
        second = self._savgol.update(np.where(np.isfinite(sample), first, np.nan), time, confidence)
        return second

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Filter a whole run, without lag (see `Filter.smooth`)."""
        return self._savgol.smooth(times, self._kalman.smooth(times, values, confidence), confidence)
