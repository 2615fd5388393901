"""The picked points of a face, guessed: its mesh drawn in clay, and the network's landmarks on the picture.

For the worker process (it needs the network); hosts call `mien map landmarks`. What a guess is good for, and
what the points are called, is in `mien.rig.picked_points`.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from .errors import NoFaceError, UsageError
from .rig.clay import clay
from .rig.correspondence import checked_triangles
from .rig.picked_points import POINTS
from .rig.raster import Fragments
from .sighting import Sighting
from .student import Student
from .tracker import Tracker
from .types import Frame

AXES: Final = ("x", "y", "z", "-x", "-y", "-z")
USUAL: Final = (("y", "z"), ("z", "-y"))
"""Up and front in Maya and in Blender."""
SIZE: Final = 1024
"""Pixels of the pictures of the whole mesh and of the face."""
AROUND: Final = 1.8
"""Of the face's box, what the second picture shows."""
FRONTAL: Final = tuple(name for name in POINTS if name != "chin" and not name.startswith("jaw"))
"""The points that a view from the front shows where they are: the others lie behind what it shows."""
_GREY: Final = 190.0


def guess_points(
    vertices: ArrayLike, faces: Any, student: Student, up: str | None = None, front: str | None = None
) -> dict[str, list[float]]:
    """Where the points to pick probably are.

    Parameters
    ----------
    vertices : array_like, float, (V, 3)
        At rest, standing upright, in any unit.
    faces : array_like of int (F, K), or a sequence of polygons
        Counter-clockwise from outside.
    up, front : str, optional
        One of `AXES` each: where the head's top is, and where the face looks. Both or none; `USUAL` ones are
        tried when not given.

    Returns
    -------
    dict of str to list of float
        For each of `FRONTAL` a position in the mesh's own unit and axes.

    Raises
    ------
    RigError
        When the mesh can't be used.
    NoFaceError
        When no face is seen on it.
    """
    points = np.asarray(vertices, np.float64)
    triangles = checked_triangles(points, faces)
    if (up is None) != (front is None):
        raise UsageError("Give both axes, --up and --front, or none")
    pairs = [(up, front)] if up and front else USUAL
    turns = [axes(*pair) for pair in pairs]
    seen = [(turn, _look(points @ turn.T, triangles, student)) for turn in turns]
    good = [(sighting.presence, turn, places) for turn, (sighting, places) in seen if sighting]
    if not good:
        hint = "Name its axes with --up and --front, or pick the points."
        raise NoFaceError("No face is seen on the mesh", hint)
    _, turn, places = max(good, key=lambda one: one[0])
    return {name: (place @ turn).tolist() for name, place in places.items()}


def axes(up: str, front: str) -> NDArray[np.float64]:
    """The turn (3, 3) from a mesh's axes to x to its left, y up, z to the front.

    Raises
    ------
    UsageError
        When they are not two of `AXES` at a right angle.
    """
    if up not in AXES or front not in AXES or up[-1] == front[-1]:
        raise UsageError(
            f"{up} and {front} are not two axes at a right angle", f"Axes are {', '.join(AXES)}."
        )
    top, ahead = (np.eye(3)["xyz".index(one[-1])] * (-1 if one[0] == "-" else 1) for one in (up, front))
    return np.stack([np.cross(top, ahead), top, ahead])


def _look(
    vertices: NDArray, triangles: NDArray, student: Student
) -> tuple[Sighting | None, dict[str, NDArray[np.float64]]]:
    """Find the face from the front, look at it again from nearby, and fetch the points from there."""
    used = vertices[np.unique(triangles)]
    middle, tall = (used.min(axis=0) + used.max(axis=0)) / 2, 1.2 * float(np.ptp(used, axis=0)[:2].max())
    colours = np.full(vertices.shape, _GREY)
    sighting = None
    for _ in range(2):
        picture, seen = clay(vertices, triangles, colours, middle, tall, SIZE)
        sighting = Tracker(student).update(Frame(0, 0.0, cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)))
        if sighting is None:
            return None, {}
        places = _places(sighting.landmarks, seen, vertices[triangles])
        box, unit = sighting.box, tall / SIZE
        middle = middle + unit * np.array([box.x - (SIZE - 1) / 2, (SIZE - 1) / 2 - box.y, 0])
        tall = AROUND * box.size * unit
    return sighting, places


def _places(landmarks: NDArray, seen: Fragments, corners: NDArray) -> dict[str, NDArray[np.float64]]:
    """The places of the surface that the points' pixels, or those nearest to them, show."""
    tree = cKDTree(np.column_stack([seen.pixels % SIZE, seen.pixels // SIZE]))
    _, nearest = tree.query(landmarks[[POINTS[name] for name in FRONTAL]])
    shares, triangles = seen.corners[nearest], seen.triangles[nearest]
    return dict(zip(FRONTAL, (shares[:, :, None] * corners[triangles]).sum(axis=1)))
