"""What a filter did to a curve, in numbers: jitter, lag, peaks and blinks, beside the curve without noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from mien import arkit
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import find_peaks

STILL: Final = 0.01
"""A curve that goes through less than this within `AROUND` is still."""

AROUND: Final = 0.25
PROMINENT: Final = 0.15
NEAR: Final = 0.05
"""Seconds from a peak within which the filtered peak is looked for."""

BLINKS: Final = (arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["eyeBlinkRight"])
_MOST_LAG: Final = 0.2


@dataclass
class Tally:
    """Sums over curves of one family; the figures come from the sums."""

    still: list[float] = field(default_factory=lambda: [0.0, 0.0])
    moving: list[float] = field(default_factory=lambda: [0.0, 0.0])
    square: list[float] = field(default_factory=lambda: [0.0, 0.0])
    agreement: dict[float, NDArray[np.float64]] = field(default_factory=dict)
    peaks: list[float] = field(default_factory=list)
    blinks: list[float] = field(default_factory=list)
    shifts: list[float] = field(default_factory=list)

    def add(self, step: float, clean: NDArray[np.float64], noisy: NDArray[np.float64],
            given: NDArray[np.float64], blink: bool) -> None:  # fmt: skip
        """Take in one curve (N,) at even steps (seconds): without noise, with noise, and filtered."""
        still = is_still(clean, step)[1:-1]
        for total, where in ((self.still, still), (self.moving, ~still)):
            total[0] += _bend(noisy - clean)[where].sum()
            total[1] += _bend(given - clean)[where].sum()
        self.square[0] += ((noisy - clean) ** 2).sum()
        self.square[1] += ((given - clean) ** 2).sum()
        self.agreement[step] = self.agreement.get(step, 0.0) + agreement(clean, given, step)
        peaks, found = find_peaks(clean, prominence=PROMINENT)
        self.peaks += heights(clean, given, peaks, found["prominences"], step)
        if blink:
            peaks, found = find_peaks(clean, height=0.5, prominence=0.4)
            self.blinks += heights(clean, given, peaks, found["prominences"], step)
            self.shifts += shifts(clean, given, peaks, step)

    def figures(self) -> dict[str, float]:
        """Jitter ratios (still, moving), error ratio, lag in ms, peaks and blinks kept in per cent."""
        lags = [lag_of(curve, step) for step, curve in self.agreement.items()]
        kept = {
            "still": self.still[0] / max(self.still[1], 1e-12),
            "moving": self.moving[0] / max(self.moving[1], 1e-12),
            "error": float(np.sqrt(self.square[0] / max(self.square[1], 1e-12))),
            "lag": 1000.0 * float(np.mean(lags)),
            "peak": 100.0 * float(np.mean(self.peaks)) if self.peaks else float("nan"),
            "peak10": 100.0 * float(np.quantile(self.peaks, 0.1)) if self.peaks else float("nan"),
            "peaks": float(len(self.peaks)),
        }
        if self.blinks:
            kept["blink"] = 100.0 * float(np.mean(self.blinks))
            kept["blink10"] = 100.0 * float(np.quantile(self.blinks, 0.1))
            kept["blinks"] = float(len(self.blinks))
            kept["in_frame"] = 100.0 * float(np.mean(np.abs(self.shifts) <= 0.5))
        return kept


def is_still(clean: NDArray[np.float64], step: float) -> NDArray[np.bool_]:
    """Where (N,) a curve hardly moves for a quarter of a second to either side."""
    size = 2 * round(AROUND / step) + 1
    still: NDArray[np.bool_] = maximum_filter1d(clean, size) - minimum_filter1d(clean, size) < STILL
    return still


def agreement(clean: NDArray[np.float64], given: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Cross-correlation of the two curves for lags of −0.2 to 0.2 s by whole steps."""
    most = round(_MOST_LAG / step)
    one, other = clean - clean.mean(), given - given.mean()
    middle = one[most : len(one) - most]
    return np.array([other[most + k : len(other) - most + k] @ middle for k in range(-most, most + 1)])


def lag_of(curve: NDArray[np.float64], step: float) -> float:
    """Seconds at which a cross-correlation is highest, between the steps too (by a cubic spline)."""
    most = len(curve) // 2
    places = np.linspace(-most, most, 2000 * most + 1)
    return float(places[np.argmax(CubicSpline(np.arange(-most, most + 1), curve)(places))] * step)


def heights(clean: NDArray[np.float64], given: NDArray[np.float64], peaks: NDArray[np.intp],
            prominences: NDArray[np.float64], step: float) -> list[float]:  # fmt: skip
    """The part of each peak's height over its surroundings that the filtered curve reaches near it."""
    reach = max(round(NEAR / step), 1)
    tops = maximum_filter1d(given, 2 * reach + 1)[peaks]
    return list(1.0 - (clean[peaks] - tops) / prominences)


def shifts(
    clean: NDArray[np.float64], given: NDArray[np.float64], peaks: NDArray[np.intp], step: float
) -> list[float]:
    """Frames by which the filtered curve has each of the blinks later: where it fits best, round about."""
    reach, most = round(0.2 / step), max(round(0.1 / step), 2)
    found = []
    for peak in peaks:
        if peak - reach - most >= 0 and peak + reach + most < len(clean):
            one = clean[peak - reach : peak + reach + 1]
            parts = [given[peak - reach + k : peak + reach + 1 + k] for k in range(-most, most + 1)]
            curve = [-((part - one) ** 2).sum() for part in parts]
            found.append(lag_of(np.array(curve), 1.0))
    return found


def _bend(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(np.diff(curve, 2))
