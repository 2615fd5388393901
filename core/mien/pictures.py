"""A decoded picture ─▶ upright grey (and colour) arrays. Used by `mien.sources` and
`mien.image_sequences` only.

Grey is the picture's own luma, never a mix made from RGB where the file has luma: nothing is lost by going
there and back. With it goes a table that brings every file's luma to 0–255: limited range ("TV", 16–235,
what cameras and phones write) is stretched, full range ("PC", JPEG) kept, deeper luma reduced to 8 bits.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, Optional

import cv2
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

WIDEST = 8
"""Width over height of a stored pixel, or the reverse; beyond it the file is damaged, and it counts as 1."""

_UNSPECIFIED, _LIMITED, _FULL = 0, 1, 2  # AVColorRange


Luma = tuple[Any, Optional[NDArray[np.uint8]]]
"""A picture's luma as its file keeps it, uint8 or uint16 (height, width), and the table of what its numbers
look like, 0–255; None where they say so themselves (see `mien.types.Frame`).
"""


def luma_of(picture: VideoFrame, aspect: Fraction | None = None, matrix: bytes | None = None) -> Luma:
    """The picture's luma, upright, with square pixels; not copied where it need not be turned.

    Parameters
    ----------
    picture : av.VideoFrame
        As decoded.
    aspect : Fraction or None
        Width over height of a stored pixel.
    matrix : bytes or None
        How the file asks a player to turn it (see `matrix_of`).
    """
    if _has_luma_plane(picture):
        rows, levels = _stored(picture)
        return _as_shown(rows, aspect, matrix), levels
    return cv2.cvtColor(colour_of(picture, aspect, matrix), cv2.COLOR_BGR2GRAY), None


def grey_of(
    picture: VideoFrame, aspect: Fraction | None = None, matrix: bytes | None = None
) -> NDArray[np.uint8]:
    """The same as it looks: uint8 (height, width), 0 = black, 255 = white."""
    luma, levels = luma_of(picture, aspect, matrix)
    return np.asarray(luma if levels is None else levels[luma], np.uint8)


def matrix_of(picture: VideoFrame) -> bytes | None:
    """How the file asks a player to turn the picture, if it does.

    Asking costs: PyAV then keeps the picture's memory until the next collection of garbage.
    """
    try:
        matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:  # beside it lies what this PyAV has no name for
        return None
    return None if matrix is None else bytes(matrix)


def colour_of(
    picture: VideoFrame, aspect: Fraction | None = None, matrix: bytes | None = None
) -> NDArray[np.uint8]:
    """The picture in BGR, uint8, (height, width, 3): upright, with square pixels, as `luma_of` has it."""
    return np.asarray(_as_shown(picture.to_ndarray(format="bgr24"), aspect, matrix), np.uint8)


def _has_luma_plane(picture: VideoFrame) -> bool:
    """Whether plane 0 holds nothing but luma, as 8 bit or little-endian 9–16 bit numbers."""
    layout = picture.format
    if layout.is_rgb or layout.has_palette or layout.is_big_endian or layout.is_bit_stream:
        return False
    if layout.name.startswith(("yuv", "nv", "p0", "p2", "p4")):
        return layout.is_planar and 8 <= layout.components[0].bits <= 16
    return layout.name in ("gray", "gray9le", "gray10le", "gray12le", "gray14le", "gray16le")


def _stored(picture: VideoFrame) -> Luma:
    """Plane 0 as it is, (height, width), and the table of its numbers."""
    bits = picture.format.components[0].bits
    if picture.format.name.startswith("p"):
        bits = 16  # P010 and its kin keep their bits at the top of 16
    plane: Any = picture.planes[0]
    kind = np.uint8 if bits == 8 else np.dtype("<u2")
    rows: NDArray[Any] = np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width]
    return rows, _to_eight_bits(bits, _is_full_range(picture))


def _is_full_range(picture: VideoFrame) -> bool:
    if picture.color_range in (_LIMITED, _FULL):
        return bool(picture.color_range == _FULL)
    return picture.format.name.startswith(("yuvj", "gray"))


@lru_cache(maxsize=8)
def _to_eight_bits(bits: int, full_range: bool) -> NDArray[np.uint8] | None:
    """The table from stored luma (`bits` deep) to 0–255 (ITU-R BT.601 and BT.2100: black 16, white 235).

    A number beyond the last looks like the last.
    """
    if bits == 8 and full_range:
        return None
    stored = np.arange(256 if bits == 8 else 65536) / 2 ** (bits - 8)
    if full_range:
        shown = stored * 255 / (256 - 2.0 ** (8 - bits))
    else:
        shown = (stored - 16) * 255 / (235 - 16)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def _as_shown(image: NDArray[Any], aspect: Fraction | None, matrix: bytes | None) -> NDArray[Any]:
    """Square pixels first, then turned and mirrored as the file asks a player to do."""
    if aspect and 1 / WIDEST <= aspect <= WIDEST and aspect != 1:
        height, width = image.shape[:2]
        image = cv2.resize(image, (max(1, round(width * aspect)), height), interpolation=cv2.INTER_LINEAR)
    if matrix is not None:
        image = np.ascontiguousarray(_turned(image, np.frombuffer(matrix, np.int32)))
    return image


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
