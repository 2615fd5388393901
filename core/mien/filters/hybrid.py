"""The paper's hybrid: a Kalman filter, then Savitzky–Golay over its result (FACEGOOD 2021, section 3.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import smooth_groups
from .kalman import KalmanFilter
from .rhythm import Rhythm
from .savgol import SavitzkyGolayFilter

RADIUS = 0.4
"""Radius of the window in periods of the highest cutoff: one that leaves its frequencies alone."""


class HybridFilter:
    """Both filters in a row over C channels (see `mien.filters.Filter`).

    Parameters
    ----------
    cutoff, noise : array_like
        As in `KalmanFilter`. The window's radius is 0.4 / cutoff seconds, by the highest cutoff.
    """

    def __init__(self, cutoff: ArrayLike, noise: ArrayLike = 0.01) -> None:
        frequency = np.asarray(cutoff, dtype=np.float64)
        self._settings = frequency if frequency.ndim == 2 else frequency.reshape(1, -1)
        self._kalman = KalmanFilter(frequency, noise)
        self._savgol = SavitzkyGolayFilter(RADIUS / self._settings[-1])

    @property
    def lag(self) -> float:
        """Seconds until a sudden change that stands clear of the noise shows by half, slowest channel."""
        return self._kalman.lag + self._savgol.lag

    def reset(self) -> None:
        """Forget everything."""
        self._kalman.reset()
        self._savgol.reset()

    def update(self, values: ArrayLike, time: float, confidence: float = 1.0) -> NDArray[np.float64]:
        """Take one sample, give the filtered values (see `Filter.update`)."""
        sample = np.asarray(values, dtype=np.float64)
        first = self._kalman.update(sample, time, confidence)
        return self._savgol.update(np.where(np.isfinite(sample), first, np.nan), time, confidence)

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Filter a whole run, without lag (see `Filter.smooth`)."""

        def both(rhythm: Rhythm, run: NDArray[Any], columns: NDArray[np.intp]) -> NDArray[Any]:
            first = self._kalman.smooth_stretch(rhythm, run, columns)
            return self._savgol.smooth_stretch(rhythm, first, columns)

        return smooth_groups(times, values, confidence, self._settings, both)
