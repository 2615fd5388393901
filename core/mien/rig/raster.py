"""A z-buffer in numpy alone: projected triangles ─▶ which triangle each pixel shows, and where in it.

Every triangle is cut into its rows and every row into its pixels, for all triangles at once. Nothing here
knows what a face is; `preview` shades what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SLACK = 1e-3
"""Pixels by which rows are drawn longer, so that rounding leaves no gap between neighbours."""


@dataclass(frozen=True, eq=False)
class Fragments:
    """The pixels that show something.

    Attributes
    ----------
    pixels : ndarray, int64, (P,)
        Flat index into the picture (row · width + column), each at most once.
    triangles : ndarray, int64, (P,)
        Which of the given triangles is seen there.
    corners : ndarray, float32, (P, 3)
        Barycentric coordinates in the picture plane, each 0–1 but for rounding, their sum 1.
    depths : ndarray, float32, (P,)
        Interpolated third coordinate; the greater is nearer.
    """

    pixels: NDArray[np.int64]
    triangles: NDArray[np.int64]
    corners: NDArray[np.float32]
    depths: NDArray[np.float32]

    def interpolate(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values (T, 3, C) at the triangles' corners ─▶ values (P, C), float32, in the pixels."""
        total = values[self.triangles, 0] * self.corners[:, :1]
        total += values[self.triangles, 1] * self.corners[:, 1:2]
        total += values[self.triangles, 2] * self.corners[:, 2:]
        return total


def rasterise(
    points: NDArray[np.float32], triangles: NDArray[np.int32], width: int, height: int
) -> Fragments:
    """Draw the triangles that face the viewer.

    Parameters
    ----------
    points : ndarray, float32, (V, 3)
        x and y in pixels (centres at whole numbers, y down), and a depth that is greater when nearer.
    triangles : ndarray, int32, (T, 3)
        Indices into `points`, counter-clockwise where they face the viewer.
    width, height : int
        Size of the picture.
    """
    corners = points[triangles]
    edges = corners[:, 1:, :2] - corners[:, :1, :2]
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    seen = np.flatnonzero(area < 0)
    seen = seen[np.argsort(corners[seen, :, 2].sum(axis=1))]  # far ones first: nearer ones overwrite them
    corners = corners[seen]
    across, down, base = _planes(corners)
    triangle, row, first, count = _rows(corners, across, down, base, width, height)
    at = np.repeat(np.arange(len(row)), count)
    column = np.arange(len(at)) - np.repeat(np.cumsum(count) - count - first, count)
    slope, start = across[triangle], base[triangle] + down[triangle] * row[:, None]
    depth = (start[:, 3][at] + slope[:, 3][at] * column).astype(np.float32)
    nearest = _nearest(row[at] * width + column, depth, width * height)
    at, column = at[nearest], column[nearest]
    weights = start[at, :3] + slope[at, :3] * column[:, None]
    return Fragments(row[at] * width + column, seen[triangle[at]], weights.astype(np.float32), depth[nearest])


def _planes(corners: NDArray[np.float32]) -> tuple[NDArray, NDArray, NDArray]:
    """Slopes across and down and the value at the origin (T, 4) of the three weights and the depth."""
    x, y, z = (corners[:, :, i].astype(np.float64) for i in range(3))
    x1, x2, y1, y2 = np.roll(x, -1, 1), np.roll(x, -2, 1), np.roll(y, -1, 1), np.roll(y, -2, 1)
    across, down, base = y1 - y2, x2 - x1, x1 * y2 - x2 * y1
    area = base.sum(axis=1, keepdims=True)
    three = (across / area, down / area, base / area)
    across, down, base = (np.column_stack([part, (part * z).sum(axis=1)]) for part in three)
    return across, down, base


def _rows(
    corners: NDArray[np.float32], across: NDArray, down: NDArray, base: NDArray, width: int, height: int
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Every row of every triangle: the triangle, the row, its first column, how many pixels."""
    top = np.ceil(corners[:, :, 1].min(axis=1)).clip(0, height).astype(np.int64)
    bottom = np.floor(corners[:, :, 1].max(axis=1)).clip(-1, height - 1).astype(np.int64)
    count = np.maximum(bottom - top + 1, 0)
    triangle = np.repeat(np.arange(len(corners)), count)
    row = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count - top, count)
    slope = across[triangle, :3]
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = -(down[triangle, :3] * row[:, None] + base[triangle, :3]) / slope
    # np.maximum over three columns: a reduction along so short an axis is slow
    left = np.maximum.reduce(list(np.where(slope > 0, zero, -np.inf).T)).clip(-1, width)
    right = np.minimum.reduce(list(np.where(slope < 0, zero, np.inf).T)).clip(-1, width)
    first = np.maximum(np.ceil(left - _SLACK), 0).astype(np.int64)
    last = np.minimum(np.floor(right + _SLACK), width - 1).astype(np.int64)
    return triangle, row, first, np.maximum(last - first + 1, 0)


def _nearest(pixels: NDArray, depths: NDArray[np.float32], size: int) -> NDArray[np.int64]:
    """Of several entries for one pixel the nearest: indices into the entries, one for each pixel drawn."""
    winner = np.full(size, -1, dtype=np.int64)
    left = np.arange(len(pixels))
    while len(left):
        winner[pixels[left]] = left  # where several write, one stays, and it is nearer than the one before
        left = left[depths[left] > depths[winner[pixels[left]]]]
    return winner[winner >= 0]
