"""The filters that Mien's are measured beside. They are no part of the product.

One-Euro: Casiez, Roussel and Vogel, "1€ Filter", CHI 2012, after the authors' reference implementation
(https://github.com/casiez/OneEuroFilter); the test holds it to that package, sample by sample.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter


class OneEuro:
    """The One-Euro filter over C channels.

    Parameters
    ----------
    least_cutoff : float
        Hertz at rest (`mincutoff`).
    beta : float
        Hertz that each unit of speed (1/s) adds.
    speed_cutoff : float
        Hertz of the filter on the speed (`dcutoff`).
    """

    def __init__(self, least_cutoff: float, beta: float, speed_cutoff: float = 1.0) -> None:
        self._least, self._beta, self._speed_cutoff = least_cutoff, beta, speed_cutoff
        self._time: float | None = None

    def update(self, values: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        """Take one sample (C,), give the filtered one."""
        if self._time is None:
            self._time, self._value, self._speed = time, values, np.zeros_like(values)
            return values
        rate, self._time = 1.0 / (time - self._time), time
        speed = (values - self._value) * rate
        self._speed = self._speed + _alpha(self._speed_cutoff, rate) * (speed - self._speed)
        cutoff = self._least + self._beta * np.abs(self._speed)
        self._value = self._value + _alpha(cutoff, rate) * (values - self._value)
        return self._value

    def run(self, times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter a whole run (N, C), sample by sample."""
        return np.array([self.update(row, time) for row, time in zip(values, times)])


def _alpha(cutoff: float | NDArray[np.float64], rate: float) -> float | NDArray[np.float64]:
    return 1.0 / (1.0 + rate / (2.0 * math.pi * cutoff))


def plain_savgol(
    values: NDArray[np.float64], rate: float, window: float, order: int = 2
) -> NDArray[np.float64]:
    """SciPy's Savitzky-Golay filter over a run (N, C), with a window of so many seconds."""
    length = max(2 * round(window * rate / 2.0) + 1, order + 1 + order % 2)
    return np.asarray(savgol_filter(values, length, order, axis=0))
