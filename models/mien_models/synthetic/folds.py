"""Folds that expressions draw into the skin: forehead, frown, crow's feet, cheeks, nose, chin.

A real brow is read by its furrow as much as by its height; folds make drawn faces tell the same.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from mien import arkit
from numpy.typing import NDArray

from .paint import PAINT, Picture, spot

Line = tuple[tuple[float, float], ...]
Fold = tuple[dict[str, float], tuple[Line, ...], float]

FOLDS: Final[dict[str, Fold]] = {
    "forehead": (
        {"browInnerUp": 0.8, "browOuterUp": 0.35},
        tuple(((0.0, y), (0.15, y + 0.01), (0.3, y + 0.02), (0.4, y)) for y in (7.64, 7.73, 7.82, 7.92)), 1.3,
    ),
    "temple": (
        {"browOuterUp": 0.9},
        tuple(((0.2, y), (0.35, y + 0.02), (0.5, y), (0.58, y - 0.05)) for y in (7.66, 7.75, 7.85)), 1.3,
    ),
    "frown": (
        {"browDown": 1.0, "noseSneer": 0.3},
        (((0.035, 7.4), (0.045, 7.48), (0.06, 7.58)), ((0.085, 7.43), (0.1, 7.51), (0.12, 7.58))), 1.6,
    ),
    "crow": (
        {"eyeSquint": 0.6, "cheekSquint": 0.8, "mouthSmile": 0.4, "eyeBlink": 0.25},
        (((0.52, 7.3), (0.66, 7.38)), ((0.53, 7.26), (0.68, 7.27)), ((0.52, 7.21), (0.65, 7.16))), 1.0,
    ),
    "under lid": (
        {"eyeSquint": 1.0, "cheekSquint": 0.7, "mouthSmile": 0.4},
        (((0.14, 7.19), (0.22, 7.12), (0.33, 7.1), (0.46, 7.16)),), 1.3,
    ),
    "cheek": (
        {"mouthSmile": 1.0, "noseSneer": 0.8, "mouthUpperUp": 0.7, "cheekSquint": 0.5, "mouthStretch": 0.4},
        (((0.17, 6.99), (0.23, 6.9), (0.31, 6.76), (0.35, 6.62), (0.35, 6.52)),), 2.2,
    ),
    "nose": (
        {"noseSneer": 1.0, "cheekSquint": 0.2},
        (((0.02, 7.22), (0.09, 7.27)), ((0.03, 7.16), (0.11, 7.21)), ((0.13, 7.05), (0.19, 7.0))), 1.1,
    ),
    "corner": (
        {"mouthDimple": 1.0, "mouthSmile": 0.4, "mouthStretch": 0.6, "mouthPress": 0.4},
        (((0.35, 6.7), (0.375, 6.63), (0.36, 6.55)),), 1.8,
    ),
    "marionette": (
        {"mouthFrown": 1.0, "mouthShrugLower": 0.3},
        (((0.27, 6.6), (0.3, 6.52), (0.31, 6.42)),), 1.8,
    ),
    "chin": (
        {"mouthShrugLower": 1.0, "mouthFrown": 0.4, "mouthPress": 0.4},
        (((0.0, 6.47), (0.08, 6.47), (0.15, 6.49)), ((0.03, 6.36), (0.06, 6.4)),
         ((0.09, 6.33), (0.12, 6.38))), 1.8,
    ),
}  # fmt: skip
"""Which weights draw it and how much, its lines (x, y) on the base head's left side, their softness."""


class Folds:
    """One head's folds: each with a side of its own, and as deep as its age and chance make it."""

    def __init__(self, rng: np.random.Generator, age: float) -> None:
        depth = rng.beta(1.6, 2.0) * (0.6 + 0.6 * age)
        self._drive = np.zeros((2 * len(FOLDS), arkit.COUNT), np.float32)
        maps = []
        for row, (weights, lines, soft) in enumerate(FOLDS.values()):
            own = depth * rng.uniform(0.3, 1.4)
            for side, sign in enumerate((1.0, -1.0)):
                maps.append(own * _drawn(rng, lines, sign, soft * rng.uniform(0.9, 2.2)))
                for name, share in weights.items():
                    names = arkit.sided(name)
                    self._drive[2 * row + side, arkit.INDEX[names[side % len(names)]]] = share
        self._maps = np.stack(maps)

    def __call__(self, weights: NDArray[np.float32]) -> Picture:
        """How deep the skin is folded (448, 448), float32, 0–1, under weights (52,)."""
        amounts = np.minimum(self._drive @ weights, 1.0)
        used = amounts > 0.08
        depth = np.tensordot(amounts[used], self._maps[used], 1)
        return np.minimum(depth, 0.9).astype(np.float32)


def _drawn(rng: np.random.Generator, lines: tuple[Line, ...], sign: float, soft: float) -> Picture:
    picture = np.zeros((PAINT, PAINT), np.float32)
    shift = rng.normal(0, 0.012, 2)
    for line in lines:
        points = np.array([spot(sign * (x + shift[0]), y + shift[1]) for x, y in _wavy(rng, line)])
        cv2.polylines(
            picture, [(points * 8).astype(np.int32)], False, float(rng.uniform(0.5, 1)),
            int(rng.integers(1, 3)), cv2.LINE_AA, 3,
        )  # fmt: skip
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), soft), np.float32) * np.float32(1 + soft)


def _wavy(rng: np.random.Generator, line: Line) -> NDArray:
    """The line with more points and a hand that is not quite steady."""
    corners = np.array(line)
    at = np.linspace(0, len(corners) - 1, 4 * len(corners))
    smooth = np.stack([np.interp(at, np.arange(len(corners)), corners[:, k]) for k in range(2)], 1)
    return smooth + rng.normal(0, 0.004, smooth.shape)
