"""What the network says at a place of a frame: cut there, solved, its points brought back to the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .crop import cut, to_frame
from .student import Student
from .types import CROP_SIZE, FaceBox, Frame

_NO_CROPS: Final = np.empty((0, CROP_SIZE, CROP_SIZE), np.uint8)


@dataclass(frozen=True)
class Sighting:
    """The network's answer at one place of a frame.

    Attributes
    ----------
    box : FaceBox
        Where it looked, pixels of the frame.
    weights : ndarray, float32, (52,)
        0–1, in the order of `mien.arkit.NAMES`.
    landmarks : ndarray, float32, (70, 2)
        Pixels of the frame.
    presence : float
        0–1: the probability that a face is properly in the box.
    pose : ndarray, float32, (3,)
        Pitch, yaw, roll in degrees, relative to the box.
    confidence : float
        0–1: how far the weights can be trusted.
    code : ndarray, float32, (C,)
        What the network keeps of it (see `mien.person`); empty where there is none.
    """

    box: FaceBox
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    presence: float
    pose: NDArray[np.float32]
    confidence: float
    code: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))


def look(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> list[Sighting]:
    """Solve a frame at each of some boxes."""
    return look_in_all(student, [(frame, box) for box in boxes])


def look_in_all(student: Student, places: Sequence[tuple[Frame, FaceBox]]) -> list[Sighting]:
    """Solve each of some frames at its box."""
    crops = [cut(frame.luma, box, frame.levels).image for frame, box in places]
    output = student.solve(np.stack(crops) if crops else _NO_CROPS)
    return [
        Sighting(box, output.weights[i], to_frame(output.landmarks[i], box), float(output.presence[i]),
                 output.pose[i], float(output.confidence[i]), output.code[i])
        for i, (_, box) in enumerate(places)
    ]  # fmt: skip
