"""FaceBox ─▶ affine map ─▶ 160×160 grey FaceCrop, and points there and back again.

Solving and training both cut their crops here, so that the network meets in use what it learnt from.
What decides *where* the face is lives in `mien.tracker`.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .types import CROP_SIZE, LEFT_EYE, RIGHT_EYE, FaceBox, FaceCrop

CROP_SCALE: Final = 2.5
"""Side of the box in units of the face's own measure (see `box_from_landmarks`)."""

CROP_CENTRE: Final = 0.45
"""Where the box's centre lies on the way from the eyes to the mouth."""

EYE_SPAN_SHARE: Final = 0.75
"""Share of the outer eye corners' distance that is about the distance from the eyes to the mouth."""

MOUTH_CORNERS: Final = (48, 54)
OUTER_EYE_CORNERS: Final = (36, 45)

MOST_OVERSAMPLING: Final = 8
"""A crop pixel is averaged from at most 8×8 samples: enough for a face that fills a 1280 pixel square."""


def box_from_landmarks(landmarks: ArrayLike) -> FaceBox:
    """The box in which the network wants to see a face with these landmarks.

    The centre is `CROP_CENTRE` of the way from the eyes to the mouth. The measure of the face is the longer
    of eyes-to-mouth (shrinks when the head nods) and 0.75 × outer eye corners (shrinks when it turns).

    Parameters
    ----------
    landmarks : array_like, (70, 2)
        Pixels of the frame, in the order of `mien.types.LANDMARK_COUNT`; finite. The iBUG 68 alone will do.

    Returns
    -------
    FaceBox
        In pixels of the frame; roll in degrees, positive = clockwise in the picture.
    """
    points = np.asarray(landmarks, np.float64)
    right_eye, left_eye = points[RIGHT_EYE].mean(axis=0), points[LEFT_EYE].mean(axis=0)
    eyes = (right_eye + left_eye) / 2
    mouth = points[list(MOUTH_CORNERS)].mean(axis=0)
    outer_right, outer_left = points[list(OUTER_EYE_CORNERS)]
    centre = eyes + CROP_CENTRE * (mouth - eyes)
    measure = max(math.dist(mouth, eyes), EYE_SPAN_SHARE * math.dist(outer_right, outer_left))
    across, down = left_eye - right_eye
    roll = math.degrees(math.atan2(down, across))
    return FaceBox(float(centre[0]), float(centre[1]), CROP_SCALE * measure, roll)


def crop_affine(box: FaceBox, size: int = CROP_SIZE) -> NDArray[np.float64]:
    """The map from the frame to the crop: the box's edges fall on the outer edges of the crop's pixels.

    Parameters
    ----------
    box : FaceBox
        In pixels of the frame.
    size : int
        Width and height of the crop in pixels.

    Returns
    -------
    ndarray, float64, (2, 3)
        `crop = M[:, :2] @ frame + M[:, 2]`. The box's centre maps to the middle, (size - 1) / 2, and the
        picture is turned by -roll, which sets the face upright.
    """
    scale, roll = size / box.size, math.radians(box.roll)
    turn = scale * np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    shift = (size - 1) / 2 - turn @ (box.x, box.y)
    return np.column_stack([turn, shift])


def cut(grey: NDArray[np.uint8], box: FaceBox) -> FaceCrop:
    """Cut the inside of a box out of a picture, upright and 160×160.

    When the picture shrinks, a crop pixel is the mean of k×k bilinear samples, k = ceil(box.size / 160) ≤ 8:
    no aliasing, at any roll, and the same sharpness whether the face is near or far.

    Parameters
    ----------
    grey : ndarray, uint8, (height, width)
        The frame's luma, 0–255.
    box : FaceBox
        In pixels of the frame; it may reach beyond it (black there) or lie wholly outside.

    Returns
    -------
    FaceCrop
        With this box.
    """
    return FaceCrop(sample(grey, box), box)


def sample(
    grey: NDArray[np.uint8], box: FaceBox, size: int = CROP_SIZE, border: int = cv2.BORDER_CONSTANT
) -> NDArray[np.uint8]:
    """The picture inside a box, uint8 (size, size), sampled as `cut` says.

    Parameters
    ----------
    grey : ndarray, uint8, (height, width)
        0–255.
    box : FaceBox
        In pixels of the picture.
    size : int
        Width and height of the result.
    border : int
        OpenCV's way to go on beyond the picture; black where not given.
    """
    k = min(max(math.ceil(box.size / size), 1), MOST_OVERSAMPLING)
    side = k * size
    fine = cv2.warpAffine(
        grey, crop_affine(box, side), (side, side), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return np.asarray(
        fine if k == 1 else cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA), np.uint8
    )


def to_crop(points: ArrayLike, box: FaceBox) -> NDArray[np.float32]:
    """Points of the frame in pixels of the crop.

    Parameters
    ----------
    points : array_like, (…, 2)
        Pixels of the frame.
    box : FaceBox
        The crop's box, in pixels of the frame.

    Returns
    -------
    ndarray, float32, (…, 2)
        Pixels of the 160×160 crop; outside 0–159 where a point lies outside the box.
    """
    matrix = crop_affine(box)
    return (np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def to_frame(points: ArrayLike, box: FaceBox) -> NDArray[np.float32]:
    """Points of the crop in pixels of the frame: the inverse of `to_crop`.

    Parameters
    ----------
    points : array_like, (…, 2)
        Pixels of the 160×160 crop.
    box : FaceBox
        The crop's box, in pixels of the frame.

    Returns
    -------
    ndarray, float32, (…, 2)
        Pixels of the frame.
    """
    matrix = crop_affine(box)
    inverse = np.linalg.inv(matrix[:, :2])
    return ((np.asarray(points, np.float64) - matrix[:, 2]) @ inverse.T).astype(np.float32)
