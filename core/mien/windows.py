"""The windows through which a search looks over a frame: sizes, places and rolls, in passes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .boxes import SMALLEST
from .types import FaceBox

LARGEST: Final = 1.25
"""The largest search window, in shorter sides of the frame."""

SCALE_STEP: Final = 1.55
"""From one size of windows to the next smaller one."""

NEAR_SIZES: Final = 3
FAR_SIZES: Final = 2
"""The sizes of a near pass (faces down to about a quarter of the frame's height), and of a far pass below."""

STRIDE: Final = 0.4
"""From one window to its neighbour, in sides of the window."""


@dataclass(frozen=True)
class Pass:
    """A part of the search: which sizes of windows (0 = the largest), at which rolls (degrees)."""

    sizes: range
    rolls: tuple[float, ...]


_NEAR: Final = range(NEAR_SIZES)
_FAR: Final = range(NEAR_SIZES, NEAR_SIZES + FAR_SIZES)
PASSES: Final = [
    Pass(_NEAR, (0.0,)),
    Pass(_FAR, (0.0,)),
    Pass(_NEAR, (-45.0, 45.0)),
    Pass(_NEAR, (-90.0, 90.0, 180.0)),
]


def windows(width: int, height: int, one: Pass) -> Iterator[FaceBox]:
    """The windows of a pass over a frame of width × height pixels: their middles never leave it."""
    for i in one.sizes:
        size = max(LARGEST * min(width, height) / SCALE_STEP**i, SMALLEST)
        for y in _places(height, size):
            for x in _places(width, size):
                for roll in one.rolls:
                    yield FaceBox(x, y, size, roll)


def _places(length: int, size: float) -> list[float]:
    """Centres along one side of the frame, evenly spaced, at most STRIDE windows apart."""
    room = max(length - size / 2, 0.0)
    count = math.ceil(room / (STRIDE * size)) + 1
    return [float(place) for place in (length - 1) / 2 + np.linspace(-room / 2, room / 2, count)]
