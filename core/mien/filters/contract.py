"""What every filter can do, and how all of them look at a run of samples: gaps, trust, repeated stamps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEAREST = 1e-4
"""Seconds. Stamps nearer to one another than this are one moment, and their values are averaged."""

LONGEST_GAP = 0.5
"""Seconds. After a longer gap, or a jump back in time, a live filter starts afresh."""

LEAST_TRUST = 0.02
"""A confidence below this counts as this."""


class Filter(Protocol):
    """One filter over C channels. Constants are in hertz and seconds; stamps may be uneven."""

    @property
    def lag(self) -> float:
        """Seconds by which live values trail a sudden change (to half its height), slowest channel."""

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""

    def update(self, values: ArrayLike, time: float, confidence: float = 1.0) -> NDArray[np.float64]:
        """Take one sample and give the filtered values of this moment.

        Parameters
        ----------
        values : array_like, (C,)
            NaN where nothing was measured: the last filtered value is held (NaN before the first).
        time : float
            Seconds. A repeated stamp is another measurement of the same moment.
        confidence : float
            0–1: how far the values can be trusted.

        Returns
        -------
        ndarray, float64, (C,)
        """

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Filter a whole run with what comes after as well as before: no lag. The live state is not touched.

        Parameters
        ----------
        times : array_like, (N,)
            Seconds, not decreasing.
        values : array_like, (N, C)
            NaN where nothing was measured; it stays NaN.
        confidence : array_like, (N,), 0–1, optional

        Returns
        -------
        ndarray, float64, (N, C)
        """


Smoother = Callable[
    [NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float], NDArray[np.float64]
]
"""(times (M,), values (M, K) without NaN, trust (M,), setting) -> values (M, K)."""


def smooth_groups(
    times: ArrayLike,
    values: ArrayLike,
    confidence: ArrayLike | None,
    settings: NDArray[np.float64],
    smoother: Smoother,
) -> NDArray[np.float64]:
    """Run a smoother over the channels that share a setting and the same gaps, on what was measured there.

    Parameters
    ----------
    times, values, confidence
        As in `Filter.smooth`.
    settings : ndarray, float64, (C,) or ()
        What tells channels apart: the cutoff or the radius.
    smoother : Smoother
    """
    clock, run, trust = _checked(times, values, confidence)
    result = np.full(run.shape, np.nan)
    for columns, rows, setting in _groups(run, np.broadcast_to(settings, run.shape[1:])):
        if rows.any():
            measured = run[rows][:, columns]
            moments, mean, weight, place = _moments(clock[rows], measured, trust[rows])
            result[np.ix_(rows, columns)] = smoother(moments, mean, weight, setting)[place]
    return result


def spans(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds (N,) that each of N samples stands for: the step up to it, within 1/250 and 1/10 s."""
    if len(times) < 2:
        return np.full(len(times), 1.0 / 30.0)
    steps = np.diff(times)
    return np.clip(np.concatenate([steps[:1], steps]), 1.0 / 250.0, 1.0 / 10.0)


def _checked(
    times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    clock, run = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if run.ndim != 2 or clock.shape != run.shape[:1]:
        raise ValueError(f"times {clock.shape} and values {run.shape} must have shapes (N,) and (N, C)")
    if not np.isfinite(clock).all() or (np.diff(clock) < 0).any():
        raise ValueError("times must be finite and not decreasing")
    trust = np.ones(len(clock)) if confidence is None else np.asarray(confidence, dtype=np.float64)
    return clock, run, np.clip(np.nan_to_num(trust), LEAST_TRUST, 1.0)


def _groups(
    run: NDArray[np.float64], settings: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_], float]]:
    """Channels with one setting and one pattern of gaps: (columns, measured rows (N,), setting)."""
    measured = np.isfinite(run)
    for setting in np.unique(settings):
        columns = np.flatnonzero(settings == setting)
        masks = measured[:, columns]
        if (masks == masks[:, :1]).all():
            yield columns, masks[:, 0], float(setting)
            continue
        patterns, kind = np.unique(masks, axis=1, return_inverse=True)
        for i in range(patterns.shape[1]):
            yield columns[np.reshape(kind, -1) == i], patterns[:, i], float(setting)


def _moments(
    times: NDArray[np.float64], values: NDArray[np.float64], trust: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Average what was measured at one moment: its time, values, trust, and the place of each sample."""
    if len(times) < 2 or np.diff(times).min() >= NEAREST:
        return times, values, trust, np.arange(len(times))
    place = np.concatenate([[0], np.cumsum(np.diff(np.floor((times - times[0]) / NEAREST)) > 0)])
    first = np.flatnonzero(np.concatenate([[True], np.diff(place) > 0]))
    total = np.add.reduceat(trust, first)
    mean = np.add.reduceat(values * trust[:, None], first, axis=0) / total[:, None]
    moments = np.add.reduceat(times * trust, first) / total
    return _apart(moments), mean, total, place.astype(np.intp)


def _apart(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moments that fell near to either side of a border, moved apart by NEAREST at least."""
    steps = np.arange(len(moments)) * NEAREST
    return np.maximum.accumulate(moments - steps) + steps
