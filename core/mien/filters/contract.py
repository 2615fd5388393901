"""What every filter can do, and how all of them look at a run of samples: gaps, trust, repeated stamps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .rhythm import Rhythm

NEAREST = 1e-4
"""Seconds. Stamps nearer to one another than this are one moment, and their values are averaged."""

LONGEST_GAP = 0.5
"""Seconds. After a longer gap, or a jump back in time, a live filter starts afresh."""

TRUSTED = 0.8
"""A confidence from here on is full trust."""

LEAST_TRUST = 0.02
"""Trust never falls below this."""

MOST_AT_ONCE = 24
"""Channels that are smoothed in one go."""


class Filter(Protocol):
    """One filter over C channels. Constants are in hertz and seconds; stamps may be uneven."""

    @property
    def lag(self) -> float:
        """Seconds until a sudden change that stands clear of the noise shows by half, slowest channel."""

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
            0–1: how far the values can be trusted; wholly from `TRUSTED` on.

        Returns
        -------
        ndarray, float64, (C,)
        """

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[Any]:
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
        ndarray, (N, C)
            float32 where the values are, else float64.
        """


Smoother = Callable[[Rhythm, NDArray[Any], NDArray[np.intp]], NDArray[Any]]
"""(rhythm of M moments, values (K, M) without NaN, the K channels they are of) -> values (K, M)."""


def trust_of(confidence: ArrayLike) -> NDArray[np.float64]:
    """How far samples of a confidence of 0–1 (any shape) are trusted, `LEAST_TRUST`–1; NaN is no trust."""
    known = np.nan_to_num(np.asarray(confidence, dtype=np.float64))
    return np.clip(known / TRUSTED, LEAST_TRUST, 1.0)


def smooth_groups(
    times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None, settings: NDArray[np.float64],
    smoother: Smoother,
) -> NDArray[Any]:  # fmt: skip
    """Run a smoother over the channels that share settings and the same gaps, on what was measured there.

    Parameters
    ----------
    times, values, confidence
        As in `Filter.smooth`.
    settings : ndarray, float64, (S, C) or (S, 1)
        What tells channels apart: their cutoffs or their radius.
    smoother : Smoother
    """
    clock, run, trust = _checked(times, values, confidence)
    result = np.full(run.shape[::-1], np.nan, dtype=run.dtype)
    whole = Rhythm(*_moments(clock, trust)) if len(clock) else None
    for columns, rows in _groups(run, np.broadcast_to(settings, (len(settings), run.shape[1]))):
        if rows is None and whole is not None:
            result[columns] = _smooth_one(whole, run[:, columns].T, trust, columns, smoother)
        elif rows is not None and rows.any():
            rhythm = Rhythm(*_moments(clock[rows], trust[rows]))
            part = run[rows][:, columns].T
            result[np.ix_(columns, rows)] = _smooth_one(rhythm, part, trust[rows], columns, smoother)
    return result.T


def _smooth_one(
    rhythm: Rhythm, values: NDArray[Any], trust: NDArray[np.float64], columns: NDArray[np.intp],
    smoother: Smoother,
) -> NDArray[Any]:  # fmt: skip
    """Smooth what was measured (K, N) at N samples of M moments: those of one moment are averaged."""
    if len(rhythm.place) == len(rhythm.times):
        return smoother(rhythm, np.ascontiguousarray(values), columns)
    first = np.flatnonzero(np.diff(rhythm.place, prepend=-1))
    mean = np.add.reduceat(values * trust, first, axis=1) / np.add.reduceat(trust, first)
    return smoother(rhythm, mean.astype(values.dtype), columns)[:, rhythm.place]


def _checked(
    times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[np.float64]]:
    clock, run = np.asarray(times, dtype=np.float64), np.asarray(values)
    run = run if run.dtype == np.float32 else run.astype(np.float64)
    if run.ndim != 2 or clock.shape != run.shape[:1]:
        raise ValueError(f"times {clock.shape} and values {run.shape} must have shapes (N,) and (N, C)")
    if not np.isfinite(clock).all() or (np.diff(clock) < 0).any():
        raise ValueError("times must be finite and not decreasing")
    return clock, run, np.ones(len(clock)) if confidence is None else trust_of(confidence)


def _groups(
    run: NDArray[Any], settings: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_] | None]]:
    """Channels with the same settings and gaps: (columns, measured rows (N,) or None where all are)."""
    whole = bool(np.isfinite(run).all())
    _, kinds = np.unique(settings, axis=1, return_inverse=True)
    kinds = np.reshape(kinds, -1)
    for kind in range(kinds.max(initial=-1) + 1):
        columns = np.flatnonzero(kinds == kind)
        if whole:
            yield from ((part, None) for part in _parts(columns))
            continue
        masks = np.isfinite(run[:, columns])
        patterns = np.packbits(masks, axis=0).T
        _, same = np.unique(patterns, axis=0, return_inverse=True)
        same = np.reshape(same, -1)
        for i in range(same.max(initial=-1) + 1):
            rows = masks[:, np.argmax(same == i)]
            yield from ((part, rows) for part in _parts(columns[same == i]))


def _parts(columns: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Columns in parts that don't need much memory at once."""
    return np.array_split(columns, -(-len(columns) // MOST_AT_ONCE))


def _moments(
    times: NDArray[np.float64], trust: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """The moments of some samples: their times, their trust together, and the place of each sample."""
    if len(times) < 2 or np.diff(times).min() >= NEAREST:
        return times, trust, np.arange(len(times))
    place = np.concatenate([[0], np.cumsum(np.diff(np.floor((times - times[0]) / NEAREST)) > 0)])
    first = np.flatnonzero(np.concatenate([[True], np.diff(place) > 0]))
    total = np.add.reduceat(trust, first)
    moments = np.add.reduceat(times * trust, first) / total
    return _apart(moments), total, place.astype(np.intp)


def _apart(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moments that fell near to either side of a border, moved apart by NEAREST at least."""
    steps = np.arange(len(moments)) * NEAREST
    return np.maximum.accumulate(moments - steps) + steps
