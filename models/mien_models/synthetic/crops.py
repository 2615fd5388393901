"""One drawn view ─▶ as many training crops as one likes: cut as a tracker would, mirrored, worn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from mien import arkit
from mien.crop import box_from_landmarks, crop_affine, sample
from mien.types import CROP_SIZE, LANDMARK_COUNT, MIRRORED_LANDMARKS, FaceBox
from numpy.typing import NDArray

from .covers import cover
from .landmarks import MIRRORED_DENSE
from .shards import Shard
from .wear import wear

MIRRORED_POINTS: Final = np.r_[MIRRORED_LANDMARKS, LANDMARK_COUNT + np.array(MIRRORED_DENSE)]
MIRRORED_SHAPES: Final = np.array(arkit.MIRROR)
MISSED_SHARE: Final = 0.06
"""Share of faces that are shown too far off, too large, too small or too steep to be read: no face."""


@dataclass(frozen=True, eq=False)
class TrainingCrop:
    """What the network is shown, and what it should say.

    Attributes
    ----------
    image : ndarray, uint8, (S, S)
    weights : ndarray, float32, (52,)
    points : ndarray, float32, (P, 2)
        Landmarks and dense points in pixels of a 160 crop, whatever S is.
    pose : ndarray, float32, (3,)
        Pitch, yaw, roll as in `mien.types.HeadPose`, degrees, relative to the crop.
    presence : float
        1 where a face is properly in the crop, else 0 (and the labels above mean nothing).
    covered : float
        1 where a part of it is hidden altogether (see `covers`), else 0.
    """

    image: NDArray[np.uint8]
    weights: NDArray[np.float32]
    points: NDArray[np.float32]
    pose: NDArray[np.float32]
    presence: np.float32
    covered: float = 0.0


def cut_view(
    view: Shard, rng: np.random.Generator, side: int = CROP_SIZE, mirror: bool = True, covered: float = 0.0
) -> TrainingCrop:
    """Cut one crop of `side` pixels out of one view of a shard; with `mirror`, half of them mirrored.

    A share of `covered` has eyes or mouth hidden.
    """
    placed = _placed(view, rng, mirror)
    return _cut(placed, placed.box, side, rng, covered=covered)


def cut_twins(
    view: Shard,
    rng: np.random.Generator,
    side: int = CROP_SIZE,
    mirror: bool = True,
    worn: int | None = None,
    covered: float = 0.0,
) -> list[TrainingCrop]:
    """Two crops of one view, as two frames of a still face: framed nearly alike, worn alike but for noise.

    `worn` seeds how they are worn, for views that have it in common; drawn where not given.
    """
    placed, seed = _placed(view, rng, mirror), int(rng.integers(2**32)) if worn is None else worn
    boxes = [nudged(rng, placed.box) for _ in range(2)]
    return [_cut(placed, box, side, np.random.default_rng(seed), rng, covered) for box in boxes]


@dataclass(frozen=True, eq=False)
class _Placed:
    """A view, mirrored or not, and the box to cut it in; the labels are those of `TrainingCrop`."""

    image: NDArray[np.uint8]
    weights: NDArray[np.float32]
    points: NDArray[np.float32]
    pose: NDArray[np.float32]
    presence: np.float32
    box: FaceBox
    border: int


def _placed(view: Shard, rng: np.random.Generator, mirror: bool) -> _Placed:
    view = mirrored(view) if rng.random() < 0.5 and mirror else view
    points = np.concatenate([view["landmarks"], view["dense"]])
    image = np.ascontiguousarray(view["image"])
    presence = np.float32(view["presence"])
    if not presence:
        middle = (image.shape[0] - 1) / 2
        box = FaceBox(middle, middle, image.shape[0] * rng.uniform(0.6, 0.9), rng.normal(0, 10))
    elif rng.random() < MISSED_SHARE:
        box, presence = missed(rng, box_from_landmarks(points[:LANDMARK_COUNT])), np.float32(0)
    else:
        box = jittered(rng, box_from_landmarks(points[:LANDMARK_COUNT]))
    border = cv2.BORDER_CONSTANT if rng.random() < 0.4 else cv2.BORDER_REPLICATE
    return _Placed(image, np.array(view["weights"]), points, np.array(view["pose"]), presence, box, border)


def mirrored(view: Shard) -> Shard:
    """A view and its labels as in a mirror."""
    wide = view["image"].shape[1]
    points = np.concatenate([view["landmarks"], view["dense"]]) * (-1, 1) + (wide - 1, 0)
    points = points[MIRRORED_POINTS].astype(np.float32)
    return {
        **view, "image": view["image"][:, ::-1], "weights": view["weights"][MIRRORED_SHAPES],
        "pose": view["pose"] * np.array([1, -1, -1], np.float32),
        "landmarks": points[:LANDMARK_COUNT], "dense": points[LANDMARK_COUNT:],
    }  # fmt: skip


def _cut(
    placed: _Placed,
    box: FaceBox,
    side: int,
    rng: np.random.Generator,
    grain: np.random.Generator | None = None,
    covered: float = 0.0,
) -> TrainingCrop:
    matrix = crop_affine(box)
    points = (placed.points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    pose = placed.pose - np.array([0, 0, box.roll], np.float32)
    image, weights = sample(placed.image, box, side, placed.border), placed.weights
    hides = bool(covered and placed.presence and rng.random() < covered)
    if hides:
        image, weights = cover(rng, image, points, weights)
    image = wear(rng, image, grain)
    return TrainingCrop(image, weights, points, pose, placed.presence, float(hides))


def nudged(rng: np.random.Generator, box: FaceBox) -> FaceBox:
    """The box a frame later on a face that keeps still: under what a tracker's landmarks tremble by."""
    return _moved(box, rng.normal(0, 0.006, 2), rng.normal(0, 0.01), rng.normal(0, 0.6))


def jittered(rng: np.random.Generator, box: FaceBox) -> FaceBox:
    """The box as a tracker would have it: mostly near, now and then as a coarse search finds it."""
    if rng.random() < 0.75:
        shift, zoom, turn = rng.normal(0, 0.025, 2), rng.normal(0, 0.05), rng.normal(0, 4)
    else:
        shift, zoom, turn = rng.uniform(-0.2, 0.2, 2), rng.uniform(-0.4, 0.42), rng.normal(0, 14)
    return _moved(box, shift, zoom, turn)


def missed(rng: np.random.Generator, box: FaceBox) -> FaceBox:
    """A box in which the face can't be read."""
    shift, zoom, turn = rng.normal(0, 0.04, 2), rng.normal(0, 0.1), rng.normal(0, 10)
    kind = rng.integers(4)
    if kind == 0:
        angle = rng.uniform(0, 2 * np.pi)
        shift = rng.uniform(0.36, 0.7) * np.array([np.cos(angle), np.sin(angle)])
    elif kind == 1:
        zoom = rng.uniform(0.75, 1.4)
    elif kind == 2:
        zoom = -rng.uniform(0.75, 1.4)
    else:
        turn = rng.choice([-1, 1]) * rng.uniform(60, 180)
    return _moved(box, shift, zoom, turn)


def _moved(box: FaceBox, shift: NDArray, zoom: float, turn: float) -> FaceBox:
    x, y = np.array([box.x, box.y]) + shift * box.size
    return FaceBox(float(x), float(y), float(box.size * np.exp(zoom)), float(box.roll + turn))
