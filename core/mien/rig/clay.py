"""Any mesh in clay: what `mien bench transfer` shows of shapes, and what the network looks at on a rig."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .raster import Fragments, rasterise
from .surface import Surface

_LIGHT: Final = np.array([-0.41, 0.51, 0.76])
_BACKGROUND: Final = 60


def clay(
    vertices: NDArray, triangles: NDArray, colours: NDArray, middle: NDArray, tall: float, size: int
) -> tuple[NDArray[np.uint8], Fragments]:
    """Draw a mesh, seen along its own z axis, without perspective.

    Parameters
    ----------
    vertices : ndarray, float, (V, 3)
        x to the subject's left, y up, z out of the face.
    triangles : ndarray, int, (T, 3)
        Counter-clockwise from outside.
    colours : ndarray, float, (V, 3)
        BGR, 0–255.
    middle : ndarray, float, (3,)
        What is in the middle of the picture.
    tall : float
        What the picture shows from top to bottom, in the unit of `vertices`.
    size : int
        Width and height in pixels.

    Returns
    -------
    ndarray, uint8, (size, size, 3)
        BGR.
    Fragments
        Which triangle each pixel shows.
    """
    light = 0.25 + 0.75 * np.clip(Surface(vertices, triangles).vertex_normals @ _LIGHT * 0.8 + 0.2, 0, 1)
    place = (vertices - middle) * (size / tall)
    points = np.stack([(size - 1) / 2 + place[:, 0], (size - 1) / 2 - place[:, 1], place[:, 2]], axis=1)
    seen = rasterise(points.astype(np.float32), triangles.astype(np.int32), size, size)
    picture = np.full((size * size, 3), _BACKGROUND, np.uint8)
    lit = (colours * light[:, None]).astype(np.float32)[triangles]
    picture[seen.pixels] = np.clip(seen.interpolate(lit), 0, 255)
    return picture.reshape(size, size, 3), seen
