"""How fast the parts of a face move, as the frequency up to which their movement is kept.

A blink is over in 150 ms and must keep its depth; a brow takes its time, and its noise shows most.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit

CUTOFF: Final[dict[str, float]] = {
    "lids": 13.0,
    "gaze": 10.0,
    "jaw": 8.0,
    "mouth": 8.0,
    "tongue": 8.0,
    "cheek": 6.0,
    "nose": 6.0,
    "brow": 5.0,
}
"""Hertz at the default smoothing of 0.5, by region."""

LOWEST: Final[dict[str, float]] = {"lids": 9.0, "gaze": 6.0}
"""Hertz below which no smoothing takes a region."""

POSE_CUTOFF: Final = 5.0
"""Hertz for the angles of the head."""

LANDMARK_CUTOFF: Final = 9.0
"""Hertz for landmarks: all of them alike, or the lids would leave the face they sit in."""


def strength(smoothing: float) -> float:
    """What a smoothing of 0–1 multiplies cutoffs by: 4 near 0, 1 at 0.5, 1/4 at 1."""
    return float(4.0 ** (1.0 - 2.0 * smoothing))


def weight_cutoffs(smoothing: float = 0.5) -> NDArray[np.float64]:
    """Cutoffs of the 52 weights in hertz, float64 (52,), for a smoothing of 0–1."""
    scale = strength(smoothing)
    return np.array([max(CUTOFF[region] * scale, LOWEST.get(region, 0.0)) for region in arkit.REGION])
