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
    "lids": (0.80, 3.06, 19.6),
    "gaze": (0.70, 4.00, 17.6),
    "jaw": (0.33, 1.50, 18.0),
    "mouth": (0.50, 2.14, 18.0),
    "tongue": (0.50, 2.14, 18.0),
    "cheek": (0.35, 1.38, 9.8),
    "nose": (0.48, 1.81, 9.1),
    "brow": (0.71, 2.43, 10.6),
    "pose": (0.33, 1.50, 7.7),
    "landmarks": (0.80, 3.06, 19.6),
}
"""Hertz at a smoothing of 0.5: at rest, in slow and in fast movement. Not as fitted are: the highest of jaw
and mouth (7.7, 9.8), for a B or P of 60 ms must close, and of the cheek (7.4), which goes with them; gaze
at rest and in slow movement (2.0, 4.6), for there the recordings flicker; and what the recordings lack: the
tongue goes as the mouth, the head as fitted for the jaw, and all landmarks as the lids, or the lids would
leave the face they sit in."""

NOISE: Final[dict[str, float]] = {
    "lids": 0.0116,
    "gaze": 0.0115,
    "jaw": 0.0139,
    "mouth": 0.0173,
    "tongue": 0.0139,
    "cheek": 0.0139,
    "nose": 0.0139,
    "brow": 0.0134,
    "pose": 0.109,
    "landmarks": 0.00071,
}
"""Standard deviation of the tracker's noise on real faces: weights, degrees, parts of the face box's size. A
noisier run is noticed (`mien.filters.noise`)."""

COLOUR: Final = 0.58
"""How much of its noise one frame hands on to the next."""

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
