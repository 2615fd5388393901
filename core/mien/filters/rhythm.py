"""When samples were taken, and how to smooth them fast where they were taken evenly.

A linear smoother weighs the neighbours of each sample. Where steps and trust are even, the weights are the
same everywhere: they are read off the exact smoother once, as its answer to a single 1, and the run is
convolved with them. Beside odd steps, samples of less trust and the ends the exact smoother itself runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

EVEN = 0.06
"""Steps that differ from the usual one by less than this part of it are taken for it, where most do: stamps
are rounded to milliseconds or ticks."""

MOST = 0.8
"""The part of the steps that must be nearly alike for a run to count as evenly stamped."""

_WORTH = 0.6
"""A run of which more than this is beside something odd is smoothed exactly as a whole."""

_SHORT = 10
"""Samples to either side up to which a direct convolution is faster than one by Fourier transforms."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """The moments of a run.

    Attributes
    ----------
    times : ndarray, float64, (M,)
        Seconds, strictly increasing. Where most steps are nearly alike, those are made the same.
    trust : ndarray, float64, (M,)
        Greater than 0; 1 where samples are fully trusted.
    place : ndarray, intp, (N,)
        Which moment each sample belongs to.
    """

    times: NDArray[np.float64]
    trust: NDArray[np.float64]
    place: NDArray[np.intp]

    def __post_init__(self) -> None:
        if len(self.times) > 2:
            steps = np.diff(self.times)
            even = np.abs(steps - self.step) <= EVEN * self.step
            if even.mean() >= MOST:
                steps = np.where(even, float(steps[even].mean()), steps)
                times = self.times[0] + np.concatenate([[0.0], np.cumsum(steps)])
                object.__setattr__(self, "times", times)
                object.__setattr__(self, "step", float(steps[even][0]))

    @cached_property
    def step(self) -> float:
        """The usual step in seconds; 1/30 for a single sample."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0 / 30.0

    @cached_property
    def odd(self) -> NDArray[np.bool_]:
        """Shape (M,): the ends, samples of less trust, and those beside an unusual step."""
        steps = np.abs(np.diff(self.times) - self.step) > 1e-6 * self.step + 1e-9
        odd: NDArray[np.bool_] = np.abs(self.trust - 1.0) > 1e-6
        odd[1:] |= steps
        odd[:-1] |= steps
        odd[[0, -1]] = True
        return odd

    def near_odd(self, reach: int) -> NDArray[np.bool_]:
        """Shape (M,): what lies within `reach` samples of something odd."""
        edges = np.zeros(len(self.times) + 1, dtype=np.int64)
        places = np.flatnonzero(self.odd)
        np.add.at(edges, np.maximum(places - reach, 0), 1)
        np.add.at(edges, np.minimum(places + reach + 1, len(self.times)), -1)
        near: NDArray[np.bool_] = np.cumsum(edges[:-1]) > 0
        return near


Exact = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""(times (M,), values (M, K), trust (M,)) -> values (M, K): linear in the values, a constant stays one."""


def smooth_linear(rhythm: Rhythm, values: NDArray[Any], exact: Exact, reach: float) -> NDArray[Any]:
    """Give what `exact` gives, faster where the rhythm is even.

    Parameters
    ----------
    rhythm : Rhythm
    values : ndarray, (K, M)
    exact : Exact
    reach : float
        Seconds from which on neighbours weigh less than 1/10,000 of what the nearest do.
    """
    count = len(rhythm.times)
    samples = int(np.ceil(reach / rhythm.step)) + 1
    slow = rhythm.near_odd(samples) if 4 * samples < count else np.ones(count, dtype=bool)
    if slow.mean() > _WORTH:
        return _exactly(exact, rhythm, values, slice(0, count))
    result = convolve(values, _answer(exact, rhythm.step, samples))
    for start, end in _runs(slow):
        low, high = max(start - samples, 0), min(end + samples, count)
        part = _exactly(exact, rhythm, values, slice(low, high))
        result[:, start:end] = part[:, start - low : end - low]
    return result


def convolve(values: NDArray[Any], kernel: NDArray[np.float64]) -> NDArray[Any]:
    """Convolve each row of `values` (K, M) with a kernel of odd length, as if zeros lay beyond its ends."""
    weights = kernel.astype(values.dtype)
    if len(kernel) <= 2 * _SHORT + 1:
        from scipy.ndimage import convolve1d

        return np.asarray(convolve1d(values, weights, axis=1, mode="constant"))
    from scipy.signal import oaconvolve  # a second to import, which live can do without

    return np.asarray(oaconvolve(values, weights[None], mode="same", axes=1))


def _exactly(exact: Exact, rhythm: Rhythm, values: NDArray[Any], part: slice) -> NDArray[Any]:
    run: NDArray[np.float64] = values[:, part].T.astype(np.float64)
    smooth = exact(rhythm.times[part], run, rhythm.trust[part])
    return smooth.T.astype(values.dtype)


def _answer(exact: Exact, step: float, samples: int) -> NDArray[np.float64]:
    """The weights by which a smoother at even steps answers a single 1: 2 · samples + 1, or fewer if 0."""
    count = 4 * samples + 1
    one = np.zeros((count, 1))
    one[2 * samples] = 1.0
    times = np.arange(count, dtype=np.float64) * step
    answer = exact(times, one, np.ones(count))[samples : 3 * samples + 1, 0]
    reach = int(np.abs(np.flatnonzero(np.abs(answer) > 1e-7 * answer.max()) - samples).max())
    kernel: NDArray[np.float64] = answer[samples - reach : samples + reach + 1]
    return kernel / kernel.sum()


def _runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where runs of True begin and (exclusive) end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        yield int(start), int(end)
