"""When another clock's labels belong to footage: the shift at which they go most nearly as the solve goes.

A masked normalised cross-correlation over all shifts at once, by FFT (Padfield 2012, eq. 6–8, summed over the
shapes), of weights from which the slow part is taken: a wrong rest of the face must not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from mien.take import Take
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve

from .shots import ShotListError

RATE: Final = 60.0
"""Steps a second of the search."""
SLOW: Final = 1.0
"""Seconds (one standard deviation) over which the slow part is found."""
LEAST: Final = 3.0
"""Seconds that both must share at least."""
FIT: Final = 0.3
APART: Final = 0.5
CLEAR: Final = 0.05
"""An offset is sure when the correlation is FIT at least, and CLEAR above any that is APART seconds off."""
REACH: Final = 0.4
"""Seconds round the offset within which a part of a long take may lie (clocks that run differently)."""
LONG: Final = 40.0
"""Seconds from which it is looked whether the clocks run alike."""


@dataclass(frozen=True)
class Offset:
    """How two clocks lie.

    Attributes
    ----------
    seconds : float
        A label at time t · (1 + drift) + seconds belongs to the footage at time t.
    drift : float
        How much faster the labels' clock runs; 0 where it could not be told.
    correlation : float
        −1 to 1, at the offset.
    rival : float
        The highest correlation elsewhere.
    """

    seconds: float
    drift: float
    correlation: float
    rival: float

    @property
    def sure(self) -> bool:
        """Whether it can be believed."""
        return self.correlation >= FIT and self.correlation - self.rival >= CLEAR

    def labels_at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """The labels' times (T,) for times of the footage (T,)."""
        return np.asarray(times * (1 + self.drift) + self.seconds, np.float64)


def find_offset(labels: Take, solve: Take) -> Offset:
    """Find it by how the weights move.

    Parameters
    ----------
    labels : Take
        On their own clock.
    solve : Take
        The footage as a network solved it.

    Raises
    ------
    ShotListError
        When one of them hardly moves, or they never share `LEAST` seconds.
    """
    here, there = _moving(solve, "the footage"), _moving(labels, "the labels")
    scores = _scores(*here, *there)
    shifts = (np.arange(len(scores)) - (len(here[0]) - 1)) / RATE
    best = int(np.nanargmax(scores))
    seconds = float(shifts[best]) + _peak(scores, best) / RATE + float(labels.times[0] - solve.times[0])
    far = np.abs(shifts - shifts[best]) > APART
    rival = float(np.nanmax(np.where(far, scores, -1.0)))
    found = Offset(seconds, 0.0, float(scores[best]), rival)
    return _with_drift(found, labels, solve) if found.sure and solve.duration > LONG else found


def _moving(take: Take, what: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (N, 52) at `RATE` without their slow part, 0 where unknown, and the mask (N,)."""
    found = take.found
    if found.sum() < 2 or take.duration < LEAST:
        raise ShotListError(f"{what} are too short to be laid beside each other", 'Give "offset" yourself.')
    times = np.arange(take.times[0], take.times[-1], 1 / RATE)
    weights = take.resample(times).weights.astype(np.float64)
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(weights).all(axis=1), bool)
    known: NDArray[np.float64] = seen.astype(np.float64)
    filled = np.nan_to_num(weights) * known[:, None]
    share = gaussian_filter1d(known, SLOW * RATE)
    slow = gaussian_filter1d(filled, SLOW * RATE, axis=0) / np.maximum(share, 1e-6)[:, None]
    quick = (filled - slow) * known[:, None]
    if np.abs(quick).max() < 0.05:
        raise ShotListError(f"In {what} the face hardly moves", 'Give "offset" in seconds yourself.')
    return quick, known


def _scores(here: NDArray, known_here: NDArray, there: NDArray, known_there: NDArray) -> NDArray[np.float64]:
    """Correlation at each shift (n + m − 1,), −1 where too short; place k shifts `there` by k − (n − 1)."""

    def across(one: NDArray, other: NDArray) -> NDArray[np.float64]:
        return np.asarray(fftconvolve(other, one[::-1]), np.float64)

    product = sum(across(here[:, i], there[:, i]) for i in range(here.shape[1]))
    power = across((here**2).sum(axis=1), known_there) * across(known_here, (there**2).sum(axis=1))
    shared = across(known_here, known_there)
    least = max(LEAST * RATE, 0.25 * min(known_here.sum(), known_there.sum()))
    scores = product / np.sqrt(np.maximum(power, 1e-9))
    return np.where(shared >= least, scores, -1.0)


def _peak(scores: NDArray[np.float64], best: int) -> float:
    """Where between the steps the peak lies, −0.5 to 0.5, by a parabola through three of them."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    before, top, after = scores[best - 1 : best + 2]
    bend = before - 2 * top + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _with_drift(found: Offset, labels: Take, solve: Take) -> Offset:
    """The same with the clocks' drift, from the offsets of the first and the last third."""
    middles, seconds = [], []
    third = solve.duration / 3
    for start in (float(solve.times[0]), float(solve.times[-1]) - third):
        part = solve.cut(start, start + third)
        beside = labels.cut(start + found.seconds - REACH, start + third + found.seconds + REACH)
        try:
            one = _near(part, beside, found.seconds)
        except ShotListError:
            return found
        if one is None:
            return found
        middles.append(start + third / 2)
        seconds.append(one)
    drift = (seconds[1] - seconds[0]) / (middles[1] - middles[0])
    return Offset(seconds[0] - drift * middles[0], drift, found.correlation, found.rival)


def _near(part: Take, labels: Take, about: float) -> float | None:
    """The offset of a part, when it lies within `REACH` of another."""
    here, there = _moving(part, "a part"), _moving(labels, "its labels")
    scores = _scores(*here, *there)
    shifts = (np.arange(len(scores)) - (len(here[0]) - 1)) / RATE + float(labels.times[0] - part.times[0])
    scores = np.where(np.abs(shifts - about) <= REACH, scores, -1.0)
    best = int(np.argmax(scores))
    return float(shifts[best] + _peak(scores, best) / RATE) if scores[best] >= FIT else None
