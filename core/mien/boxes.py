"""Comparing FaceBoxes: whether one can hold a face, how far two lie apart. Used to find and to follow."""

from __future__ import annotations

import math
from typing import Final

from .types import FaceBox, Frame

SMALLEST: Final = 40.0
"""A box smaller than this many pixels shows too little of a face."""


def is_usable(box: FaceBox, frame: Frame) -> bool:
    """Whether a face can be measured there: finite, neither tiny nor larger than any face, centre in view."""
    height, width = frame.luma.shape
    if not all(map(math.isfinite, (box.x, box.y, box.size, box.roll))):
        return False
    return SMALLEST <= box.size <= 3 * max(width, height) and 0 <= box.x < width and 0 <= box.y < height


def is_apart(box: FaceBox, other: FaceBox, centre: float, size: float, roll: float) -> bool:
    """Whether two boxes differ by more than so many sides, share of the size, or degrees."""
    away = math.hypot(other.x - box.x, other.y - box.y) / box.size
    growth = abs(math.log(max(other.size, 1e-6) / box.size))
    return not (away <= centre and growth <= math.log1p(size) and abs(wrapped(other.roll - box.roll)) <= roll)


def wrapped(degrees: float) -> float:
    """The same angle within -180 to 180 degrees."""
    return (degrees + 180.0) % 360.0 - 180.0
