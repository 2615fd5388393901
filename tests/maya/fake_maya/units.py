"""FAKE Maya: units of time, length and angle, as Autodesk's pages on MTime and currentUnit list them."""

from __future__ import annotations

import math
from fractions import Fraction

TICKS = 141_120_000
"""Maya's ticks in a second (since 2017): every rate below, the NTSC ones too, falls on whole ticks."""

_NTSC = Fraction(1000, 1001)
RATES: dict[str, tuple[int, Fraction]] = {
    "hour": (1, Fraction(1, 3600)), "min": (2, Fraction(1, 60)), "sec": (3, Fraction(1)),
    "millisec": (4, Fraction(1000)), "game": (5, Fraction(15)), "film": (6, Fraction(24)),
    "pal": (7, Fraction(25)), "ntsc": (8, Fraction(30)), "show": (9, Fraction(48)),
    "palf": (10, Fraction(50)), "ntscf": (11, Fraction(60)), "120fps": (26, Fraction(120)),
    "23.976fps": (43, 24 * _NTSC), "29.97fps": (44, 30 * _NTSC), "29.97df": (45, 30 * _NTSC),
    "47.952fps": (46, 48 * _NTSC), "59.94fps": (47, 60 * _NTSC),
}  # fmt: skip
"""Name for currentUnit ─▶ (value of MTime's constant, units in a second)."""

BY_NUMBER = dict(RATES.values())
CENTIMETRES = {"mm": 0.1, "cm": 1.0, "m": 100.0, "km": 100_000.0, "in": 2.54, "ft": 30.48, "yd": 91.44}
DISTANCES = {"in": 1, "ft": 2, "yd": 3, "mi": 4, "mm": 5, "cm": 6, "km": 7, "m": 8}
ANGLES = {"deg": (2, math.pi / 180.0), "rad": (1, 1.0)}


def to_ticks(value: float, unit: int) -> int:
    """The nearest tick to a time in a unit of MTime."""
    return round(Fraction(value) * TICKS / BY_NUMBER[unit])


def from_ticks(ticks: int, unit: int) -> float:
    return float(Fraction(ticks) * BY_NUMBER[unit] / TICKS)
