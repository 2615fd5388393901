"""The things that travel along the road from a video to a Take: frozen, with numpy inside.

Pixel coordinates put (0, 0) at the centre of the top left pixel, x to the right and y down.
Left and right are the subject's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

CROP_SIZE = 160
"""Width and height of a FaceCrop in pixels (FACEGOOD 2021, section 3.1)."""

LANDMARK_COUNT = 70
"""The 68 iBUG points (0-based, in their usual order), then the subject's right and left pupil.

As in iBUG's scheme, points 36–41 are the subject's right eye and 42–47 the left eye.
"""

RIGHT_EYE = slice(36, 42)
LEFT_EYE = slice(42, 48)
RIGHT_PUPIL = 68
LEFT_PUPIL = 69

MIRRORED_LANDMARKS = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65, 69, 68,
)  # fmt: skip
"""`landmarks[MIRRORED_LANDMARKS]`, with x turned round, are those of the mirrored picture."""


@dataclass(frozen=True)
class Frame:
    """One picture of the footage and its time.

    Attributes
    ----------
    index : int
        Position in the decoded stream, from 0.
    time : float
        Seconds, from the container's time stamp, minus the stream's first time stamp.
    luma : ndarray, uint8 or uint16, (height, width)
        As the source keeps it.
    picture : ndarray, uint8, (height, width, 3), or None
        The same in colour (BGR), where the source was asked for it.
    levels : ndarray, uint8, (256,) or (65536,), or None
        What each number of `luma` looks like, 0–255; None where `luma` says that itself. A crop is looked up
        in it, not the whole picture: most of a large picture is never looked at.
    """

    index: int
    time: float
    luma: NDArray[np.uint8] | NDArray[np.uint16]
    picture: NDArray[np.uint8] | None = None
    levels: NDArray[np.uint8] | None = None

    @property
    def grey(self) -> NDArray[np.uint8]:
        """The whole picture as it looks: uint8 (height, width), 0–255."""
        return np.asarray(self.luma if self.levels is None else self.levels[self.luma], np.uint8)


@dataclass(frozen=True)
class FaceBox:
    """A square around a face, turned with its roll.

    Attributes
    ----------
    x, y : float
        The square's centre in the frame, pixels.
    size : float
        Length of a side, pixels of the frame; greater than 0.
    roll : float
        Degrees by which the square is turned, positive = clockwise in the picture (the line from the
        subject's right eye, seen at the left, to the left eye goes down to the right).
    """

    x: float
    y: float
    size: float
    roll: float = 0.0


@dataclass(frozen=True)
class FaceCrop:
    """What the network sees: the inside of a FaceBox, upright.

    Attributes
    ----------
    image : ndarray, uint8, (160, 160)
        Grey picture; black where the box leaves the frame.
    box : FaceBox
        Where in the frame it was cut.
    """

    image: NDArray[np.uint8]
    box: FaceBox


@dataclass(frozen=True)
class HeadPose:
    """Orientation of the head towards the camera, in degrees; all 0 when it looks into the lens.

    Attributes
    ----------
    pitch : float
        Positive = looking down.
    yaw : float
        Positive = turned to the subject's own left (the nose moves to the right in the picture).
    roll : float
        Positive = tilted clockwise in the picture (towards the subject's left shoulder).
    """

    pitch: float
    yaw: float
    roll: float


@dataclass(frozen=True)
class Sample:
    """One solved frame. A missing face is a Sample too: confidence 0 and NaN in everything measured.

    Attributes
    ----------
    time : float
        Seconds, as in the Frame.
    weights : ndarray, float32, (52,)
        ARKit weights, 0–1, in the order of `mien.arkit.NAMES`.
    landmarks : ndarray, float32, (70, 2)
        Pixels of the frame.
    pose : HeadPose
        Degrees.
    confidence : float
        0–1: how far the sample can be trusted; 0 where no face was found.
    box : FaceBox
        Where the face was cut out.
    code : ndarray, float32, (C,)
        What the network keeps of the frame, to read it beside others of the same face (`mien.person`); empty
        where there is none.
    """

    time: float
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    pose: HeadPose
    confidence: float
    box: FaceBox
    code: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))


@dataclass(frozen=True)
class Arrival:
    """Something that came in live.

    Attributes
    ----------
    content : Frame or Sample
        A picture to be solved; or, of a phone's stream, what is solved already.
    at : float
        When it came, seconds of `time.perf_counter`.
    """

    content: Frame | Sample
    at: float
