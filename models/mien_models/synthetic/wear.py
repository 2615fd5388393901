"""What a camera does to a picture after the light: optics, motion, sensor, codec, and how it was exposed.

Works on uint8 pictures of any size and draws anew each time, so that one drawn view serves many times.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import whole

FULL: Final = 160
"""Sizes of blur are pixels of a crop of this side."""


def wear(
    rng: np.random.Generator, crop: NDArray[np.uint8], grain: np.random.Generator | None = None
) -> NDArray[np.uint8]:
    """One way in which a camera could have handed over this crop (uint8, (S, S)).

    `grain` draws the sensor's noise where given, so that two crops can be worn alike but for it.
    """
    unit = crop.shape[0] / FULL
    picture = _curve(rng, crop)
    if rng.random() < 0.12:
        picture = _moved(rng, picture, unit)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.8) * unit)
    if rng.random() < 0.3:
        picture = _coarse(rng, picture)
    if rng.random() < 0.2:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        picture = picture + rng.uniform(0.2, 1.0) * (picture - soft)
    if rng.random() < 0.05:
        rows = np.arange(crop.shape[0], dtype=np.float32)[:, None] / unit
        picture = picture * (
            1 + rng.uniform(0, 0.12) * np.sin(rows * rng.uniform(0.05, 0.6) + rng.uniform(0, 6))
        )
    picture = picture + rng.exponential(0.01) * _noise(grain or rng, picture)
    image = (picture * 255).clip(0, 255).astype(np.uint8)
    return _packed(rng, image) if rng.random() < 0.3 else image


def _curve(rng: np.random.Generator, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Gamma, contrast, brightness, as one table of 256 values."""
    values = (np.arange(256, dtype=np.float32) / 255) ** np.float32(np.exp(rng.normal(0, 0.25)))
    contrast, shift = np.exp(rng.normal(-0.05, 0.2)), rng.normal(0, 0.07)
    values = (values - 0.45) * np.float32(contrast) + np.float32(0.45 + shift)
    return np.asarray(cv2.LUT(crop, values.clip(0, 1).astype(np.float32)), np.float32)


def _moved(rng: np.random.Generator, picture: NDArray[np.float32], unit: float) -> NDArray[np.float32]:
    length = max(int(rng.integers(3, 11) * unit), 2)
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    end = (length - 1) / 2 * (1 + np.array([np.cos(angle), np.sin(angle)]))
    cv2.line(kernel, whole(length - 1 - end), whole(end), 1.0)
    return np.asarray(cv2.filter2D(picture, -1, kernel / max(float(kernel.sum()), 1e-6)), np.float32)


def _coarse(rng: np.random.Generator, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A face that was small in its picture."""
    side = picture.shape[0]
    small = max(int(side * rng.uniform(0.28, 1.0)), 8)
    shrunk = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _noise(rng: np.random.Generator, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    grain: NDArray[np.float32] = rng.standard_normal(picture.shape, dtype=np.float32)
    if rng.random() < 0.3:
        grain = cv2.GaussianBlur(grain, (3, 3), 0) * 2
    return grain * np.sqrt(picture.clip(0.05, 1))


def _packed(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 90))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
