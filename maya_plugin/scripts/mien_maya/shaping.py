"""The files through which the worker makes the 52 shapes: `mien map landmarks`, `mien shapes`. No Maya."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mien.errors import RigError
from numpy.typing import NDArray

Polygons = Sequence[tuple[int, ...]]
_MESH, _POINTS, _INPUT, _SHAPES = "mesh.npz", "points.json", "input.npz", "shapes.npz"


def write_mesh(folder: Path, vertices: NDArray[np.float64], polygons: Polygons) -> None:
    """The mesh, in triangles, for the network to look at."""
    fans = [(face[0], face[i], face[i + 1]) for face in polygons for i in range(1, len(face) - 1)]
    np.savez(folder / _MESH, vertices=vertices, faces=np.array(fans, np.int32))


def point_words(folder: Path, up: str) -> list[str]:
    """What to say to `mien` so that it finds the face; `up` is the scene's up axis, "y" or "z"."""
    front = "z" if up == "y" else "-y"
    mesh, points = folder / _MESH, folder / _POINTS
    return ["map", "landmarks", str(mesh), "-o", str(points), f"--up={up}", f"--front={front}"]


def add_points(folder: Path, vertices: NDArray[np.float64], polygons: Polygons) -> None:
    """The mesh with the points that were found, for `mien shapes`."""
    try:
        points = json.loads((folder / _POINTS).read_text(encoding="utf-8"))["points"]
    except (OSError, ValueError, KeyError) as error:
        raise RigError("No face was found on the mesh.", "Choose the mesh of the face itself.") from error
    places = [vertices[where] if isinstance(where, int) else where for where in points.values()]
    corners = np.array([corner for face in polygons for corner in face], np.int64)
    sizes = np.array([len(face) for face in polygons], np.int64)
    np.savez(
        folder / _INPUT, vertices=vertices, corners=corners, sizes=sizes,
        point_names=np.array([*points]), points=np.array(places, np.float64),
    )  # fmt: skip


def shape_words(folder: Path) -> list[str]:
    """What to say to `mien` so that it makes the shapes."""
    return ["shapes", str(folder / _INPUT), "-o", str(folder / _SHAPES)]


def read_shapes(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Names, and deltas (52, V, 3) in the mesh's unit."""
    with np.load(folder / _SHAPES, allow_pickle=False) as stored:
        return [str(name) for name in stored["names"]], stored["deltas"]
