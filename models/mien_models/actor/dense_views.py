"""How a dense network is shown a picture: moved and lit at random, or held still by the face's landmarks.

Augmentation is section 4.1 of Laine et al. 2017 (translation, rotation, zoom, brightness, contrast, and none
of the noise, gamma or perspective that the paper found harmful); stabilisation is section 5.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import torch
from mien.types import LEFT_EYE, RIGHT_EYE
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

NOSE: Final = slice(27, 36)
"""The landmarks of the nose: unlike those of the eyes they don't rise and fall when the eyes close."""


@dataclass(frozen=True)
class Augmentation:
    """Greatest changes at full strength; each is drawn evenly from −x to x.

    Attributes
    ----------
    shift : float
        Of the picture's width.
    turn : float
        Degrees.
    zoom : float
        Natural logarithm of the scale.
    brightness : float
        Of 255.
    contrast : float
        Natural logarithm of the gain about mid-grey.
    """

    shift: float = 0.08
    turn: float = 8.0
    zoom: float = 0.08
    brightness: float = 0.08
    contrast: float = 0.15

    def apply(
        self, image: NDArray[np.uint8], rng: np.random.Generator, strength: float = 1.0
    ) -> NDArray[np.uint8]:
        """One changed picture (rows, columns); `strength` 0–1 scales all of the changes."""
        across, down, turn, zoom, light, gain = strength * rng.uniform(-1, 1, 6)
        rows, columns = image.shape
        matrix = cv2.getRotationMatrix2D(
            ((columns - 1) / 2, (rows - 1) / 2), self.turn * turn, float(np.exp(self.zoom * zoom))
        )
        matrix[:, 2] += self.shift * columns * np.array([across, down])
        table = np.exp(self.contrast * gain) * (np.arange(256) - 128) + 128 + 255 * self.brightness * light
        lit = cv2.LUT(image, np.clip(np.round(table), 0, 255).astype(np.uint8))
        return _warped(lit, matrix)


def steady(
    image: NDArray[np.uint8], landmarks: NDArray[np.floating], goal: NDArray[Any]
) -> NDArray[np.uint8]:
    """A picture turned upright and moved so that the face's place is `goal`; no face, no change.

    Parameters
    ----------
    image : ndarray, uint8, (rows, columns)
    landmarks : ndarray, float, (70, 2)
        Pixels of the picture; NaN where there is no face.
    goal : ndarray, float, (2,)
        Where `placed` shall be, pixels.
    """
    if not np.isfinite(landmarks).all():
        return image
    angle, place = placed(landmarks)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    return _warped(image, np.column_stack([turn, goal - turn @ place]))


def placed(landmarks: NDArray[np.floating]) -> tuple[float, NDArray[np.float64]]:
    """The roll (radians, clockwise on the screen) and the place (2,) of a face.

    Roll and median line come from the eyes, the place along that line from the nose (section 5.1).
    """
    points = np.asarray(landmarks, np.float64)
    right, left = points[RIGHT_EYE].mean(0), points[LEFT_EYE].mean(0)
    angle = float(np.arctan2(*(left - right)[::-1]))
    down = np.array([-np.sin(angle), np.cos(angle)])
    middle = (right + left) / 2
    return angle, middle + down * float((points[NOSE].mean(0) - middle) @ down)


def _warped(image: NDArray[np.uint8], matrix: NDArray[Any]) -> NDArray[np.uint8]:
    rows, columns = image.shape
    return np.asarray(cv2.warpAffine(image, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE))


class Views(Dataset):
    """The frames of one epoch, each changed by its own random numbers: who makes it, and when, is the same.

    Parameters
    ----------
    images : ndarray, uint8, (N, rows, columns)
    vertices : ndarray, float32, (N, V, 3)
        Millimetres.
    seed : tuple of int
        Of the run and the epoch.
    augmentation : Augmentation, optional
    strength : float
    """

    def __init__(
        self, images: NDArray[np.uint8], vertices: NDArray[np.float32], seed: tuple[int, ...],
        augmentation: Augmentation | None, strength: float,
    ) -> None:  # fmt: skip
        self.images, self.vertices, self.seed = images, vertices, seed
        self.augmentation, self.strength = augmentation, strength

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, at: int) -> tuple[Tensor, Tensor]:
        image = self.images[at]
        if self.augmentation is not None and self.strength > 0:
            image = self.augmentation.apply(image, np.random.default_rng((*self.seed, at)), self.strength)
        return torch.from_numpy(np.array(image)), torch.from_numpy(np.array(self.vertices[at]))

    def batches(self, size: int, skip: int, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All frames once in the epoch's own order, from the batch `skip` on."""
        order = np.random.default_rng(self.seed).permutation(len(self))
        groups = [order[i : i + size].tolist() for i in range(0, len(order), size)][skip:]
        return iter(DataLoader(self, batch_sampler=groups, num_workers=workers, worker_init_fn=_one_thread))


def _one_thread(_worker: int) -> None:
    cv2.setNumThreads(0)
