"""Where brows grow: higher or lower on the ridge, and more or less slanted, from one head to another.

The landmarks of a brow lie on its hair, so they move with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

BrowShift = tuple[float, float]
"""How far brows grow above `appearance.BROW_CURVE`, and how much more a decimetre outwards; decimetres."""

BROWS: Final = slice(17, 27)
ABOVE_RIDGE: Final = np.array([0.072, 0.069, 0.060, 0.043, 0.048, 0.048, 0.043, 0.060, 0.069, 0.072])
"""How far the middle of the brows' hair, `appearance.BROW_CURVE`, lies above the vertices that stand for the
landmarks on the base head; decimetres."""
SLOPE: Final = 0.2
"""How far the forehead goes back as it goes up."""


def sample_brow_shift(rng: np.random.Generator) -> BrowShift:
    """Draw one head's."""
    return float(rng.normal(0.02, 0.03)), float(rng.normal(0, 0.06))


def shifted(landmarks: NDArray, shift: BrowShift) -> NDArray:
    """Landmarks (70, 3) in head space with those of the brows where they grow; in place."""
    up = ABOVE_RIDGE + shift[0] + shift[1] * (np.abs(landmarks[BROWS, 0]) - 0.3)
    landmarks[BROWS, 1] += up
    landmarks[BROWS, 2] -= SLOPE * up
    return landmarks
