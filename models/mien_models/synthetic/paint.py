"""The face unrolled: a picture over the resting base head, on which skin, hair and folds are painted.

Columns go round the head (0 = the nose), rows down it. It belongs to the skin, so it moves with every shape
of every identity.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

PAINT: Final = 448
"""Width and height of the paint in pixels."""
TURN: Final = 1.9
"""The paint reaches ±TURN radians round the head's axis …"""
AXIS: Final = -0.1
"""… which stands at this depth z (decimetres)."""
TOP: Final = 8.5
HEIGHT: Final = 2.6
"""Rows of the paint span TOP … TOP − HEIGHT (decimetres of the base head)."""

Picture = NDArray[Any]


def paint_position(points: NDArray) -> NDArray[np.float32]:
    """Column and row (…, 2) in the paint of points (…, 3) of the resting base head."""
    turn = np.arctan2(points[..., 0], points[..., 2] - AXIS)
    column = (turn / TURN + 1) / 2 * (PAINT - 1)
    row = (TOP - points[..., 1]) / HEIGHT * (PAINT - 1)
    return np.stack([column, row], axis=-1).astype(np.float32)


def spot(x: float, y: float, z: float = 1.35) -> NDArray[np.float32]:
    """Column and row (2,) of one point of the base head."""
    return paint_position(np.array([x, y, z]))
