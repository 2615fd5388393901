"""Frame rates as exact fractions: 23.976 is 24000/1001, and an hour of it must not drift.

Only numbers live here; where keys go on a timeline is in `mien.rig.keys`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import TakeError, UsageError

NEAR: Final = 1e-3
"""Frames. What lies this near to a whole frame is on it: time stamps are rounded to milliseconds or ticks."""

_NTSC: Final = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120, 240))
_ROUNDED: Final = 0.005
"""Frames a second by which people round the rates above: 23.98, 29.97, 59.94."""

MOST: Final = 20_000_000
"""Frames of a timeline: four days at 60 a second. Beyond that a wrong stamp would fill the memory."""

_HIGHEST: Final = 1000


def exact_rate(rate: str | float | Fraction) -> Fraction:
    """The frame rate that is meant.

    Parameters
    ----------
    rate : str, float or Fraction
        Frames a second: 25, "23.976", "30000/1001". A number near one of television's rates is that rate.

    Returns
    -------
    Fraction
        Greater than 0, 1000 at most.
    """
    try:
        exact = Fraction(str(rate)) if isinstance(rate, (str, float)) else Fraction(rate)
    except (ValueError, ZeroDivisionError):
        exact = Fraction(0)
    if not 0 < exact <= _HIGHEST:
        raise UsageError(f"{rate} is no frame rate", "Give frames a second: 24, 23.976 or 30000/1001.")
    return next((ntsc for ntsc in _NTSC if abs(exact - ntsc) < _ROUNDED), exact)


def whole_frames(first: float, last: float) -> NDArray[np.float64]:
    """The whole frames within a span of frames; the nearest one when it holds none."""
    low, high = math.ceil(first - NEAR), math.floor(last + NEAR)
    if high - low > MOST:
        message = f"The take spans {high - low:,} frames: a time stamp in it is wrong"
        raise TakeError(message, "Solve the part that is right, with --from and --to.")
    return np.arange(low, high + 1, dtype=np.float64) if high >= low else np.array([float(round(first))])


def frame_times(first: float, last: float, rate: Fraction) -> NDArray[np.float64]:
    """When the frames of a rate begin, counted from second 0.

    Parameters
    ----------
    first, last : float
        The span in seconds, first ≤ last.
    rate : Fraction
        Frames a second.

    Returns
    -------
    ndarray, float64, (M,), M ≥ 1
        Seconds within the span, strictly increasing: frame × denominator / numerator, each rounded once.
    """
    frames = whole_frames(first * float(rate), last * float(rate))
    return np.clip(frames * rate.denominator / rate.numerator, first, last)
