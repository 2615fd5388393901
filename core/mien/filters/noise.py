"""How noisy a run is, as it shows by itself: in how samples differ from the line through their neighbours.

Movement hardly shows in that, for most of the time a face moves little from one frame to the next, and the
median is taken. A channel that lies at 0 half of the time says nothing this way: so there is a least noise.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .families import COLOUR

MOST: Final = 5.0
"""Noise is taken to be at most this many times the least."""

_SETTLING: Final = 1.0
"""Seconds in which the live estimate changes by a factor of e at most."""

MEDIAN: Final = 0.6745 * float(np.sqrt(6.0 - 8.0 * COLOUR + 2.0 * COLOUR**2))
"""The median of |second difference| for noise of standard deviation 1, of which a sample hands on COLOUR."""

_ENOUGH: Final = 5_000


def level(values: NDArray[Any], least: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation (K,) of the noise in channels (K, M) at even steps, within 1–5 times `least`."""
    if values.shape[1] < 30:
        return least
    places = np.arange(1, values.shape[1] - 1, 1 + values.shape[1] // _ENOUGH)
    bend = values[:, places - 1] - 2.0 * values[:, places] + values[:, places + 1]
    return np.clip(np.median(np.abs(bend), axis=1) / MEDIAN, least, MOST * least)


class LiveNoise:
    """The same, sample by sample, for C channels."""

    def __init__(self, least: NDArray[np.float64]) -> None:
        self._least = np.asarray(least, dtype=np.float64)
        self._level = self._least.copy()
        self._one = self._two = np.full(self._least.shape, np.nan)

    def update(self, sample: NDArray[np.float64], step: float) -> NDArray[np.float64]:
        """Take one sample (C,), `step` seconds after the last; give the standard deviations (C,)."""
        bend = np.abs(sample - 2.0 * self._one + self._two) / MEDIAN
        self._two, self._one = self._one, sample
        up = np.where(np.isfinite(bend), np.sign(bend - self._level), 0.0)
        grown = self._level * np.exp(up * min(step / _SETTLING, 1.0))
        self._level = np.clip(grown, self._least, MOST * self._least)
        return self._level
