"""Something before eyes or mouth that hides them altogether: of what isn't seen nothing is told.

Hands and hair, which hide a part and leave the rest to be guessed, are drawn with the head.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from mien import arkit
from mien.types import CROP_SIZE
from numpy.typing import NDArray

from .pixels import whole

Part = tuple[tuple[int, ...], tuple[str, ...]]
"""Landmarks, and how the names of the shapes begin that can't be told where all of these are hidden."""

MOUTH: Final[Part] = (tuple(range(48, 68)), ("mouth", "tongue"))
BELOW: Final[Part] = ((*range(48, 68), *range(5, 12)), ("mouth", "tongue", "jaw", "cheekPuff"))
RIGHT: Final[Part] = (tuple(range(36, 42)), tuple(f"eye{way}Right" for way in (
    "Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")))  # fmt: skip
LEFT: Final[Part] = (tuple(range(42, 48)), tuple(name.replace("Right", "Left") for name in RIGHT[1]))
BOTH: Final[Part] = (RIGHT[0] + LEFT[0], RIGHT[1] + LEFT[1])
PARTS: Final = (MOUTH, MOUTH, BELOW, RIGHT, LEFT, BOTH)


def cover(
    rng: np.random.Generator, image: NDArray[np.uint8], points: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:  # fmt: skip
    """Cover a part of a face.

    Parameters
    ----------
    image : ndarray, uint8, (S, S)
        A crop.
    points : ndarray, float32, (P, 2)
        The landmarks first, pixels of a 160 crop.
    weights : ndarray, float32, (52,)

    Returns
    -------
    image, weights : ndarray
        The covered crop, and the weights with those at rest that nobody can tell any more.
    """
    landmarks, hidden = PARTS[int(rng.integers(len(PARTS)))]
    places = points[list(landmarks)] * (image.shape[0] / CROP_SIZE)
    mask = _mask(rng, places, image.shape[0])
    covered = image + (_stuff(rng, image, places) - image) * mask
    told = np.array([not name.startswith(hidden) for name in arkit.NAMES], np.float32)
    return covered.clip(0, 255).astype(np.uint8), weights * told


def _mask(rng: np.random.Generator, places: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """A tilted box or oval over all of the places (N, 2), 0–1, (side, side)."""
    low, high = places.min(0), places.max(0)
    margin = (high - low).max() * rng.uniform(0.15, 0.4, 2) + 3 * side / CROP_SIZE
    middle, half = (low + high) / 2, (high - low) / 2 + margin
    if rng.random() < 0.25:
        half[0] = side  # a bar
    mask, angle = np.zeros((side, side), np.float32), float(rng.uniform(-8, 8))
    if rng.random() < 0.5:
        corners = cv2.boxPoints((tuple(map(float, middle)), tuple(map(float, 2 * half)), angle))
        cv2.fillConvexPoly(mask, corners.astype(np.int32), 1.0)
    else:
        cv2.ellipse(mask, whole(middle), whole(half * np.sqrt(2) + 1), angle, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.3, 1.5))), np.float32)


def _stuff(
    rng: np.random.Generator, image: NDArray[np.uint8], places: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What covers, (S, S): of any brightness or that of the skin, plain or shaded or of some texture."""
    side = image.shape[0]
    around = float(np.median(image)) if rng.random() < 0.5 else float(rng.uniform(0, 255))
    line = np.linspace(-1, 1, side)
    angle = rng.uniform(0, 2 * np.pi)
    shade = rng.exponential(12) * (line[:, None] * np.cos(angle) + line * np.sin(angle))
    coarse = rng.normal(0, rng.exponential(15), (int(rng.integers(4, side)),) * 2)
    texture = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(around + rng.normal(0, 15) + shade + texture, np.float32)
