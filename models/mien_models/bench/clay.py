"""Pictures of any mesh in clay, for judging shapes by eye: one tile for each of the 52 on a sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from mien import arkit
from mien.rig.raster import rasterise
from mien.rig.surface import Surface
from numpy.typing import NDArray

COLUMNS: Final = 9
TURNED: Final = 20.0
"""Degrees by which the head turns, but for the eyes' shapes."""
TALL, TALL_EYES = 2.2, 1.2
"""What a tile shows from top to bottom, in decimetres of a head."""
_LIGHT: Final = np.array([-0.41, 0.51, 0.76])
_GREY: Final = 60


def clay(
    vertices: NDArray,
    triangles: NDArray,
    colours: NDArray,
    middle: NDArray,
    tall: float,
    yaw: float,
    size: int,
) -> NDArray[np.uint8]:
    """Draw a mesh, seen along its own z axis, without perspective.

    Parameters
    ----------
    vertices : ndarray, float, (V, 3)
        x to the subject's left, y up, z out of the face.
    triangles : ndarray, int, (T, 3)
    colours : ndarray, float, (V, 3)
        BGR, 0–255.
    middle : ndarray, float, (3,)
        What is in the middle of the picture.
    tall : float
        What the picture shows from top to bottom, in the unit of `vertices`.
    yaw : float
        Degrees; positive turns the face to the picture's right.
    size : int
        Width and height in pixels.

    Returns
    -------
    ndarray, uint8, (size, size, 3)
        BGR.
    """
    sine, cosine = np.sin(np.radians(yaw)), np.cos(np.radians(yaw))
    turned = (vertices - middle) @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T
    light = 0.25 + 0.75 * np.clip(Surface(turned, triangles).vertex_normals @ _LIGHT * 0.8 + 0.2, 0, 1)
    twice, scale = 2 * size, 2 * size / tall
    points = [size + scale * turned[:, 0], size - scale * turned[:, 1], turned[:, 2]]
    seen = rasterise(np.stack(points, axis=1).astype(np.float32), triangles.astype(np.int32), twice, twice)
    picture = np.full((twice * twice, 3), _GREY, np.uint8)
    lit = (colours * light[:, None]).astype(np.float32)[triangles]
    picture[seen.pixels] = np.clip(seen.interpolate(lit), 0, 255)
    return np.asarray(
        cv2.resize(picture.reshape(twice, twice, 3), (size, size), interpolation=cv2.INTER_AREA), np.uint8
    )


def sheet(
    path: Path,
    vertices: NDArray,
    triangles: NDArray,
    deltas: NDArray,
    colours: NDArray,
    eyes: NDArray,
    size: int = 240,
) -> None:
    """Write a picture of all 52 shapes, each at 1; mouthClose over an open jaw, as it is meant.

    Parameters
    ----------
    deltas : ndarray, float, (52, V, 3)
    eyes : ndarray, float, (3,)
        Midway between the eyes.
    """
    tiles = [_tile("rest", vertices, triangles, colours, eyes, size)]
    for name, delta in zip(arkit.NAMES, deltas):
        jaw = deltas[arkit.INDEX["jawOpen"]] if name == "mouthClose" else 0
        tiles.append(_tile(name, vertices + delta + jaw, triangles, colours, eyes, size))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(path), np.vstack(rows))


def _tile(
    name: str, vertices: NDArray, triangles: NDArray, colours: NDArray, eyes: NDArray, size: int
) -> NDArray[np.uint8]:
    of_eyes = name.startswith(("eye", "brow"))
    middle = eyes - [0, 0.05 if of_eyes else 0.35, 0]
    view = (TALL_EYES, 0.0) if of_eyes else (TALL, TURNED)
    tile = clay(vertices, triangles, colours, middle, *view, size)
    return np.asarray(cv2.putText(tile, name, (4, 14), 0, 0.42, (255, 255, 255), 1, cv2.LINE_AA), np.uint8)
