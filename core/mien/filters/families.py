"""How fast the parts of a face move, and how noisy a tracker's view of them is.

Both tables are fitted and measured, not guessed: `mien bench fit-filter` gives CUTOFFS from recordings of
real performances, `mien bench noise` gives NOISE from spans of real clips in which the face keeps still.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit

CUTOFFS: Final[dict[str, tuple[float, float, float]]] = {
    "lids": (0.8, 3.1, 15.3),
    "gaze": (0.8, 3.1, 15.2),
    "jaw": (0.8, 2.1, 8.1),
    "mouth": (0.8, 2.5, 8.6),
    "tongue": (0.8, 2.1, 8.1),
    "cheek": (0.8, 1.6, 6.4),
    "nose": (0.8, 2.0, 7.9),
    "brow": (0.8, 2.7, 9.2),
    "pose": (0.8, 2.0, 6.0),
    "landmarks": (0.8, 3.1, 12.0),
}
"""Hertz at a smoothing of 0.5: at rest, in slow and in fast movement. Landmarks are taken alike, or the lids
would leave the face they sit in."""

NOISE: Final[dict[str, float]] = {
    "lids": 0.01,
    "gaze": 0.01,
    "jaw": 0.01,
    "mouth": 0.01,
    "tongue": 0.01,
    "cheek": 0.01,
    "nose": 0.01,
    "brow": 0.01,
    "pose": 0.1,
    "landmarks": 0.0006,
}
"""Standard deviation of the noise of a good view: weights, degrees, and parts of the face box's size."""

COLOUR: Final = 0.5
"""How much of its noise one frame hands on to the next (at any frame rate)."""

KEPT_FAST: Final = ("lids", "gaze")
"""Families that a smoothing above 0.5 makes no slower: blinks and saccades would be lost."""


def strength(smoothing: float) -> float:
    """What a smoothing of 0–1 multiplies cutoffs by: 4 near 0, 1 at 0.5, 1/4 at 1."""
    return float(4.0 ** (1.0 - 2.0 * smoothing))


def numbers(
    family: str, smoothing: float = 0.5, cutoffs: Mapping[str, tuple[float, float, float]] | None = None
) -> tuple[tuple[float, float, float], float]:
    """The cutoffs in hertz and the noise of a family for a smoothing of 0–1.

    The cutoff of a Kalman filter goes with the square root of the noise it assumes, so one control turns
    both: a smoothing above 0.5 assumes more noise than there is, one below less.
    """
    faster = strength(min(smoothing, 0.5) if family in KEPT_FAST else smoothing)
    rest, slow, fast = (cutoffs or {}).get(family, CUTOFFS[family])
    return (rest * faster, slow * faster, fast * faster), NOISE[family] / faster**2


def weight_numbers(
    smoothing: float = 0.5,
    smoothings: Mapping[str, float] | None = None,
    cutoffs: Mapping[str, tuple[float, float, float]] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The cutoffs (3, 52) and the noise (52,) of the weights; `smoothings` and `cutoffs` by family."""
    given = smoothings or {}
    rows = [numbers(region, given.get(region, smoothing), cutoffs) for region in arkit.REGION]
    return np.array([row[0] for row in rows]).T, np.array([row[1] for row in rows])
