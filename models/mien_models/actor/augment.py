"""The papers' augmentation (FACEGOOD 2021, section 3.3.2; Laine et al. 2017, section 4.1), by strength.

Translation, rotation, zoom, random padding, brightness and contrast. The everyday recipe is fed by
`synthetic.crops` instead, which wears crops as all sorts of cameras do.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from mien.crop import box_from_landmarks, sample, to_crop
from mien.types import CROP_SIZE, FaceBox
from numpy.typing import NDArray

from ..synthetic.crops import MISSED_SHARE, TrainingCrop, mirrored, missed
from ..synthetic.shards import Shard

SHIFT: Final = 0.06
ZOOM: Final = 0.12
TURN: Final = 10.0
"""Standard deviations at full strength: shares of the box, logarithm, degrees. The papers give none but "at
least all of the variation expected in the input data": a tracker's box, or a helmet that slips."""
PADDED: Final = 0.3
MOST_PADDING: Final = 0.15
"""Share of crops that are padded, and of the crop's side that is at most, at each of its sides."""
BRIGHTNESS: Final = 0.12
CONTRAST: Final = 0.25
"""Standard deviations at full strength: of the grey values (0–1), and of the logarithm of the contrast."""


def cut_as_the_paper(
    view: Shard, rng: np.random.Generator, strength: float, side: int = CROP_SIZE, mirror: bool = False
) -> TrainingCrop:
    """One crop with the papers' augmentation.

    Parameters
    ----------
    view : Shard
        One row of a shard.
    strength : float
        0–1; 0 gives the frame as it is.
    mirror : bool
        Whether half of the crops are mirrored.
    """
    view = mirrored(view) if mirror and rng.random() < 0.5 else view
    box = box_from_landmarks(view["landmarks"])
    if rng.random() < MISSED_SHARE:
        crop = cut_in(view, missed(rng, box), side)
        return TrainingCrop(crop.image, crop.weights, crop.points, crop.pose, np.float32(0))
    x, y = np.array([box.x, box.y]) + rng.normal(0, SHIFT, 2) * strength * box.size
    zoom, turn = rng.normal(0, ZOOM) * strength, rng.normal(0, TURN) * strength
    crop = cut_in(view, FaceBox(x, y, box.size * float(np.exp(zoom)), box.roll + turn), side)
    image = lit(rng, padded(rng, crop.image, strength), strength)
    return TrainingCrop(image, crop.weights, crop.points, crop.pose, crop.presence)


def cut_in(view: Shard, box: FaceBox, side: int = CROP_SIZE) -> TrainingCrop:
    """The inside of a box of a view, with its labels; nothing drawn."""
    points = np.concatenate([view["landmarks"], view["dense"]])
    pose: NDArray[np.float32] = view["pose"] - np.array([0, 0, box.roll], np.float32)
    inside = to_crop(points, box)
    image = sample(np.ascontiguousarray(view["image"]), box, side, cv2.BORDER_REPLICATE)
    return TrainingCrop(image, np.array(view["weights"]), inside, pose.astype(np.float32), np.float32(1))


def padded(rng: np.random.Generator, image: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """The paper's "random padding": bands of one grey along the sides of some crops, as beyond a picture."""
    if rng.random() >= PADDED * strength:
        return image
    side = len(image)
    left, top, right, bottom = (rng.uniform(0, MOST_PADDING * strength, 4) * side).astype(int)
    out = np.full_like(image, rng.integers(256))
    out[top : side - bottom, left : side - right] = image[top : side - bottom, left : side - right]
    return out


def lit(rng: np.random.Generator, image: NDArray[Any], strength: float) -> NDArray[np.uint8]:
    """Another brightness and contrast, about the crop's own mean."""
    middle = float(image.mean())
    gain, shift = np.exp(rng.normal(0, CONTRAST) * strength), 255 * rng.normal(0, BRIGHTNESS) * strength
    table = (np.arange(256) - middle) * gain + middle + shift
    return np.asarray(cv2.LUT(image, table.clip(0, 255).astype(np.uint8)), np.uint8)
