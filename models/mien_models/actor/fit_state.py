"""What a fit is made from and what it believes: the arrays that `fitting` goes round with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

ALIKE: Final = 0.5
"""Seconds over which the student's errors are about the same: so much less do more frames tell."""

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the student said of T frames.

    Attributes
    ----------
    said : ndarray, float64, (T, 192)
        Landmarks (x, y of each, pixels of the crop), then weights.
    turns : ndarray, float64, (T, 3)
        Pitch, yaw, roll relative to the crop, degrees.
    times : ndarray, float64, (T,)
        Seconds.
    rests : ndarray, bool, (T,)
        Where the face is known to be at rest, its eyes open.
    """

    said: Array
    turns: Array
    times: Array
    rests: Array

    def at(self, rows: Array) -> Seen:
        """Some of the frames."""
        return Seen(self.said[rows], self.turns[rows], self.times[rows], self.rests[rows])


@dataclass(frozen=True, eq=False)
class Fit:
    """What is believed.

    Attributes
    ----------
    identity : ndarray, (K,)
        Standard deviations of each component of `priors.heads`.
    distance : float
        From the camera, decimetres.
    turns : ndarray, (T, 3, 3)
        Head to camera.
    place : ndarray, (T, 3)
        Pixels of the crop for a decimetre, and where the middle of the eyes is.
    weights : ndarray, (T, 52), 0–1
    bias : ndarray, (192,)
        d, then c.
    trust : ndarray, (T,)
        1 for a frame that fits as well as most, less for one that does not.
    cost : float
        Half the squared, weighed misses and priors, for each frame.
    """

    identity: Array
    distance: float
    turns: Array
    place: Array
    weights: Array
    bias: Array
    trust: Array
    cost: float = np.inf


def alike(times: Array) -> float:
    """How many frames are as good as one, since the student errs alike in all of them."""
    step = float(np.median(np.diff(times))) if len(times) > 1 else ALIKE
    return max(ALIKE / step, 1.0)


def spread(count: int, most: int) -> Array:
    """Up to `most` of so many rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def some(seen: Seen, most: int) -> Array:
    """Frames evenly spread over the run, and as evenly over its rests."""
    rests = np.flatnonzero(seen.rests)
    return np.union1d(
        spread(len(seen.times), most), rests[spread(len(rests), most // 8)] if len(rests) else rests
    )


def rows_of(fit: Fit, rows: Array) -> Fit:
    """A fit of some of the frames."""
    return replace(fit, turns=fit.turns[rows], place=fit.place[rows], weights=fit.weights[rows],
                   trust=fit.trust[rows])  # fmt: skip


def crossed(points: Array) -> Array:
    """How points (…, 3) move when they are turned about each axis: columns e × p, (…, 3, 3)."""
    x, y, z = np.moveaxis(points, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([
        np.stack([zero, z, -y], -1), np.stack([-z, zero, x], -1), np.stack([y, -x, zero], -1)
    ], axis=-2)  # fmt: skip


def moved(fit: Fit, step: Array) -> Fit:
    """After a step (T, 6): turned, larger by a factor, shifted; no frame goes wild."""
    turn = Rotation.from_rotvec(np.clip(step[:, :3], -0.3, 0.3)).as_matrix()
    place = fit.place.copy()
    place[:, 0] *= np.exp(np.clip(step[:, 3], -0.3, 0.3))
    place[:, 1:] += step[:, 4:]
    return replace(fit, turns=turn @ fit.turns, place=place)
