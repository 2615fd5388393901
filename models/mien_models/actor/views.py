"""Frames of footage ─▶ views: a picture with room round the face, and its labels, as a shard has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from mien.boxes import wrapped
from mien.crop import box_from_landmarks, sample, to_crop
from mien.take import Take
from mien.types import FaceBox
from numpy.typing import NDArray

from ..synthetic.faces import MARGIN
from ..synthetic.landmarks import DENSE_COUNT, VIEW
from ..synthetic.shards import Shard


def views(frames: Iterable[tuple[int, NDArray[np.uint8]]], take: Take, weights: NDArray[Any], shot: int = 0
          ) -> Iterator[Shard]:  # fmt: skip
    """Views of some frames.

    Parameters
    ----------
    frames : iterable of (int, ndarray, uint8, (H, W))
        Places in the take, and the pictures.
    take : Take
        Landmarks and pose of every frame.
    weights : ndarray, (T, 52)
    shot : int
    """
    for at, grey in frames:
        face = box_from_landmarks(take.landmarks[at])
        box = FaceBox(face.x, face.y, MARGIN * face.size, face.roll)
        pitch, yaw, roll = take.pose[at]
        yield {
            "image": sample(grey, box, VIEW),
            "weights": np.asarray(weights[at], np.float32),
            "landmarks": to_crop(take.landmarks[at], box, VIEW),
            "dense": np.full((DENSE_COUNT, 2), np.nan, np.float32),
            "pose": np.array([pitch, yaw, wrapped(roll - box.roll)], np.float32),
            "presence": np.array(1, np.float32),
            "time": np.array(take.times[at], np.float64),
            "shot": np.array(shot, np.int32),
        }


def stacked(rows: list[Shard]) -> Shard:
    """Views ─▶ a shard's arrays."""
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
