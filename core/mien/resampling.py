"""Between two samples: linear in time, angles the short way round, and nothing where a face is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Between:
    """For each of M new times: the samples before and after it, and how far (0–1) it lies between them."""

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    part: NDArray[np.float64]
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, old: NDArray[np.float64], new: NDArray[np.float64]) -> Between:
        """Look up `new` times among `old` ones, strictly increasing, at least one."""
        after = np.clip(np.searchsorted(old, new, "left"), 0, len(old) - 1)
        exact = old[after] == new
        before = np.where(exact, after, np.maximum(after - 1, 0))
        step = np.where(before == after, 1.0, old[after] - old[before])
        inside = (new >= old[0]) & (new <= old[-1])
        return cls(before, after, np.where(exact, 0.0, (new - old[before]) / step), inside)

    def read(self, values: NDArray[np.floating], angles: tuple[int, ...]) -> NDArray[np.float64]:
        """Values (N, …) of the old times at the new ones; NaN outside, and beside a NaN."""
        result = mixed(values[self.before], values[self.after], self.part, angles)
        result[~self.inside] = np.nan
        return result


def mixed(
    first: NDArray[np.floating], second: NDArray[np.floating], part: NDArray[np.float64],
    angles: tuple[int, ...] = (),
) -> NDArray[np.float64]:  # fmt: skip
    """Go from one run of values to another.

    Parameters
    ----------
    first, second : ndarray, (M, …)
    part : ndarray, float64, (M,), 0–1
        0 gives `first` to the bit, whatever `second` is.
    angles : tuple of int
        The columns that hold degrees: they turn the short way round.

    Returns
    -------
    ndarray, float64, (M, …)
    """
    start = first.astype(np.float64)
    step = second.astype(np.float64) - start
    if angles:
        columns = list(angles)
        step[:, columns] = (step[:, columns] + 180.0) % 360.0 - 180.0
    share = part.reshape((-1,) + (1,) * (start.ndim - 1))
    return start + np.where(share == 0.0, 0.0, step * share)
