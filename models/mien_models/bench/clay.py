"""Contact sheets of a mesh in clay, for judging shapes by eye: one tile for each of the 52."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from mien import arkit
from mien.rig.clay import clay
from numpy.typing import NDArray

COLUMNS: Final = 9
TURNED: Final = 20.0
"""Degrees by which the head turns, but for the eyes' shapes."""
TALL, TALL_EYES = 2.2, 1.2
"""What a tile shows from top to bottom, in decimetres of a head."""


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
    tall, yaw = (TALL_EYES, 0.0) if of_eyes else (TALL, TURNED)
    sine, cosine = np.sin(np.radians(yaw)), np.cos(np.radians(yaw))
    turned = (vertices - eyes) @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T
    middle = np.array([0, -0.05 if of_eyes else -0.35, 0])
    picture, _ = clay(turned, triangles, colours, middle, tall, 2 * size)
    tile = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.putText(tile, name, (4, 14), 0, 0.42, (255, 255, 255), 1, cv2.LINE_AA), np.uint8)
