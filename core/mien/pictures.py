"""A decoded picture ─▶ upright grey (and colour) arrays. Used by `mien.sources` only.

Grey is the picture's own luma, never a mix made from RGB where the file has luma: nothing is lost by going
there and back. Luma is brought to 0–255 for every file: limited range ("TV", 16–235, what cameras and
phones write) is stretched, full range ("PC", JPEG) is kept, deeper luma is reduced to 8 bits.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

_UNSPECIFIED, _LIMITED, _FULL = 0, 1, 2  # AVColorRange


def grey_of(picture: VideoFrame, aspect: Fraction | None = None) -> NDArray[np.uint8]:
    """The picture's luma, upright, with square pixels.

    Parameters
    ----------
    picture : av.VideoFrame
        As decoded.
    aspect : Fraction or None
        Width over height of a stored pixel.

    Returns
    -------
    ndarray, uint8, (height, width)
        0 = black, 255 = white.
    """
    if _has_luma_plane(picture):
        return _as_shown(_luma(picture), picture, aspect)
    return np.asarray(cv2.cvtColor(colour_of(picture, aspect), cv2.COLOR_BGR2GRAY), np.uint8)


def colour_of(picture: VideoFrame, aspect: Fraction | None = None) -> NDArray[np.uint8]:
    """The picture in BGR, uint8, (height, width, 3): upright, with square pixels, as `grey_of` has it."""
    return _as_shown(picture.to_ndarray(format="bgr24"), picture, aspect)


def _has_luma_plane(picture: VideoFrame) -> bool:
    """Whether plane 0 holds nothing but luma, as 8 bit or little-endian 9–16 bit numbers."""
    layout = picture.format
    if layout.is_rgb or layout.has_palette or layout.is_big_endian or layout.is_bit_stream:
        return False
    if layout.name.startswith(("yuv", "nv", "p0", "p2", "p4")):
        return layout.is_planar and 8 <= layout.components[0].bits <= 16
    return layout.name in ("gray", "gray9le", "gray10le", "gray12le", "gray14le", "gray16le")


def _luma(picture: VideoFrame) -> NDArray[np.uint8]:
    """Plane 0 as uint8 (height, width), 0–255."""
    bits = picture.format.components[0].bits
    if picture.format.name.startswith("p"):
        bits = 16  # P010 and its kin keep their bits at the top of 16
    plane: Any = picture.planes[0]
    kind = np.uint8 if bits == 8 else np.dtype("<u2")
    rows: NDArray[Any] = np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width]
    table = _to_eight_bits(bits, _is_full_range(picture))
    return np.asarray(cv2.LUT(rows, table), np.uint8) if bits == 8 else table[rows]


def _is_full_range(picture: VideoFrame) -> bool:
    if picture.color_range in (_LIMITED, _FULL):
        return bool(picture.color_range == _FULL)
    return picture.format.name.startswith(("yuvj", "gray"))


@lru_cache(maxsize=8)
def _to_eight_bits(bits: int, full_range: bool) -> NDArray[np.uint8]:
    """The table from stored luma (`bits` deep) to 0–255 (ITU-R BT.601 and BT.2100: black 16, white 235)."""
    stored = np.arange(2**bits) / 2 ** (bits - 8)
    if full_range:
        shown = stored * 255 / (256 - 2.0 ** (8 - bits))
    else:
        shown = (stored - 16) * 255 / (235 - 16)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def _as_shown(image: NDArray[Any], picture: VideoFrame, aspect: Fraction | None) -> NDArray[np.uint8]:
    """Square pixels first, then turned and mirrored as the file asks a player to do."""
    if aspect and aspect > 0 and aspect != 1:
        height, width = image.shape[:2]
        image = cv2.resize(image, (max(1, round(width * aspect)), height), interpolation=cv2.INTER_LINEAR)
    matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    if matrix is not None:
        image = _turned(image, np.frombuffer(bytes(matrix), np.int32))
    return np.ascontiguousarray(image, np.uint8)


def _turned(image: NDArray[Any], matrix: NDArray[np.int32]) -> NDArray[Any]:
    """Apply a display matrix (ISO/IEC 14496-12, 8.3.2: x' = a·x + c·y, y' = b·x + d·y), to the next 90°."""
    a, b, _, c, d = (int(number) for number in matrix[:5])
    if abs(b) > abs(a):
        image = image.swapaxes(0, 1)
        flip_x, flip_y = c < 0, b < 0
    else:
        flip_x, flip_y = a < 0, d < 0
    image = image[:, ::-1] if flip_x else image
    return image[::-1] if flip_y else image
