"""FaceBox ─▶ affine map ─▶ 160×160 grey FaceCrop, and points there and back again.

Solving and training both cut their crops here, so that the network meets in use what it learnt from.
What decides *where* the face is lives in `mien.tracker`.
"""

from __future__ import annotations

import math
from typing import Any, Final

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
_EYES: Final = (*range(68)[RIGHT_EYE], *range(68)[LEFT_EYE])
_MEASURED: Final = np.array([*_EYES, *OUTER_EYE_CORNERS, *MOUTH_CORNERS])

HALVED_FROM: Final = 3
"""A box of more than so many pixels for each of the crop's is cut from the picture at half its size."""


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
    points = np.asarray(landmarks, np.float64)[_MEASURED]
    right_eye, left_eye = points[:12].reshape(2, 6, 2).mean(axis=1).tolist()
    outer_right, outer_left, right_corner, left_corner = points[12:].tolist()
    eyes, mouth = _between(right_eye, left_eye), _between(right_corner, left_corner)
    x, y = _between(eyes, mouth, CROP_CENTRE)
    measure = max(math.dist(mouth, eyes), EYE_SPAN_SHARE * math.dist(outer_right, outer_left))
    roll = math.degrees(math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))
    return FaceBox(x, y, CROP_SCALE * measure, roll)


def _between(one: list[float], other: list[float], part: float = 0.5) -> list[float]:
    """The point that lies so far on the way from one to the other."""
    return [a + part * (b - a) for a, b in zip(one, other)]


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
    scale, roll, middle = size / box.size, math.radians(box.roll), (size - 1) / 2
    c, s = scale * math.cos(roll), scale * math.sin(roll)
    return np.array([
        [c, s, middle - c * box.x - s * box.y],
        [-s, c, middle + s * box.x - c * box.y],
    ])  # fmt: skip


def cut(luma: NDArray[Any], box: FaceBox, levels: NDArray[np.uint8] | None = None) -> FaceCrop:
    """Cut the inside of a box out of a picture, upright and 160×160.

    Parameters
    ----------
    luma, levels : ndarray
        Of a `mien.types.Frame`.
    box : FaceBox
        In pixels of the frame; it may reach beyond it (black there) or lie wholly outside.

    Returns
    -------
    FaceCrop
        With this box.
    """
    image = sample(luma, box)
    if levels is None:
        return FaceCrop(image, box)
    # OpenCV looks up in a fifth of numpy's time, but in tables of 256 only.
    shown = cv2.LUT(image, levels) if image.dtype == np.uint8 else levels[image]
    return FaceCrop(np.asarray(shown, np.uint8), box)


def sample(
    grey: NDArray[Any], box: FaceBox, size: int = CROP_SIZE, border: int = cv2.BORDER_CONSTANT
) -> NDArray[Any]:
    """The picture inside a box, (size, size), of the picture's own kind.

    Where the picture shrinks, each pixel is the mean of 2×2 bilinear samples, at most 1½ pixels apart; a
    picture that shrinks more than threefold is halved first, once or more, pixel by mean of 2×2. So there is
    no aliasing at any roll, the sharpness is alike whether the face is near or far, and so is the time.

    Parameters
    ----------
    grey : ndarray, uint8 or uint16, (height, width)
    box : FaceBox
        In pixels of the picture.
    size : int
        Width and height of the result.
    border : int
        OpenCV's way to go on beyond the picture; 0 where not given.
    """
    while box.size > HALVED_FROM * size and min(grey.shape) > 1:
        grey, box = _halved(grey, box)
    side = size if box.size <= size else 2 * size
    fine = cv2.warpAffine(
        grey, crop_affine(box, side), (side, side), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return fine if side == size else cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)


def _halved(grey: NDArray[Any], box: FaceBox) -> tuple[NDArray[Any], FaceBox]:
    """The part of a picture that a box can touch, at half its size, and where the box is in it."""
    roll = math.radians(box.roll)
    reach = box.size / 2 * (abs(math.cos(roll)) + abs(math.sin(roll))) + 4  # with some neighbours
    top, bottom = _even_span(box.y, reach, grey.shape[0])
    left, right = _even_span(box.x, reach, grey.shape[1])
    half = ((right - left) // 2, (bottom - top) // 2)
    part = cv2.resize(grey[top:bottom, left:right], half, interpolation=cv2.INTER_AREA)
    # Pixel 0's centre is at 0, so that of the first 2×2 is at ½.
    x, y = (box.x - left - 0.5) / 2, (box.y - top - 0.5) / 2
    return part, FaceBox(x, y, box.size / 2, box.roll)


def _even_span(middle: float, reach: float, length: int) -> tuple[int, int]:
    """First and end of the pixels within reach, both even and within the picture; never none."""
    even = length // 2 * 2
    first = min(max(int(middle - reach) // 2 * 2, 0), even - 2)
    return first, max(min(math.ceil((middle + reach) / 2) * 2, even), first + 2)


def to_crop(points: ArrayLike, box: FaceBox, size: int = CROP_SIZE) -> NDArray[np.float32]:
    """Points of the frame in pixels of the crop.

    Parameters
    ----------
    points : array_like, (…, 2)
        Pixels of the frame.
    box : FaceBox
        The crop's box, in pixels of the frame.
    size : int
        Width and height of the crop in pixels.

    Returns
    -------
    ndarray, float32, (…, 2)
        Pixels of the crop; outside 0–159 where a point lies outside the box.
    """
    matrix = crop_affine(box, size)
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
    # The inverse of a turn that scales is its transpose over the scale squared.
    turn = crop_affine(box)[:, :2] * (box.size / CROP_SIZE) ** 2
    from_middle = np.asarray(points, np.float64) - (CROP_SIZE - 1) / 2
    return (from_middle @ turn + (box.x, box.y)).astype(np.float32)
