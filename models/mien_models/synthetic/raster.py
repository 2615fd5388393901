"""A z-buffer in numba: projected triangles ─▶ which triangle each pixel shows, and where in it.

Nothing here knows what a face is. Compiled on first use (about 10 s) and kept in numba's cache.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, fastmath=True)
def rasterise(
    points: NDArray[np.float32], triangles: NDArray[np.int32], width: int, height: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Draw triangles into a z-buffer. Both faces of a triangle are drawn.

    Parameters
    ----------
    points : ndarray, float32, (V, 3)
        x and y in pixels (pixel centres at whole numbers), and 1/distance: the greater is nearer.
    triangles : ndarray, int32, (T, 3)
        Indices into `points`.
    width, height : int
        Size of the picture.

    Returns
    -------
    index : ndarray, int32, (height, width)
        The nearest triangle, −1 where there is none.
    depth : ndarray, float32, (height, width)
        Its 1/distance, 0 where there is none.
    corners : ndarray, float32, (height, width, 3)
        Perspective-correct barycentric coordinates in it.
    """
    index = np.full((height, width), -1, np.int32)
    depth = np.zeros((height, width), np.float32)
    corners = np.zeros((height, width, 3), np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, aw = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bw = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cw = points[c, 0], points[c, 1], points[c, 2]
        x0 = max(int(np.ceil(min(ax, bx, cx))), 0)
        x1 = min(int(np.floor(max(ax, bx, cx))), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy))), 0)
        y1 = min(int(np.floor(max(ay, by, cy))), height - 1)
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if x1 < x0 or y1 < y0 or area == 0.0:
            continue
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                near = u * aw + v * bw + w * cw
                if near > depth[y, x]:
                    depth[y, x] = near
                    index[y, x] = t
                    corners[y, x, 0] = u * aw / near
                    corners[y, x, 1] = v * bw / near
                    corners[y, x, 2] = w * cw / near
    return index, depth, corners


@njit(cache=True, fastmath=True)
def vertex_normals(vertices: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """Area-weighted unit normals (V, 3), float32, of a mesh whose faces turn counter-clockwise outside."""
    normals = np.zeros_like(vertices)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for i in (a, b, c):
            normals[i, 0] += nx
            normals[i, 1] += ny
            normals[i, 2] += nz
    for i in range(normals.shape[0]):
        length = np.sqrt(normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2) + 1e-12
        for k in range(3):
            normals[i, k] /= length
    return normals
