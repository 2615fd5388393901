"""The points that are picked on a character's face, and the similarity that they give.

A person clicks them, or a network finds them; either way they say which way the face looks, how large it is,
and where its features lie. What is done with them is in `correspondence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError

POINTS: Final[dict[str, int]] = {
    "eye_outer_right": 36, "eye_inner_right": 39, "eye_inner_left": 42, "eye_outer_left": 45,
    "mouth_corner_right": 48, "mouth_corner_left": 54, "upper_lip": 51, "lower_lip": 57,
    "nose_tip": 30, "chin": 8,
    "brow_outer_right": 17, "brow_inner_right": 21, "brow_inner_left": 22, "brow_outer_left": 26,
    "jaw_corner_right": 4, "jaw_corner_left": 12,
}  # fmt: skip
"""The points to pick and the landmark (see `mien.types`) that each is; left is the character's own.

upper_lip and lower_lip are the middle of the lips' outer edges, the chin is where its underside begins, the
jaw corners lie below the ears. Where more are known, e.g. from a network, they are named landmark_0 to
landmark_67.
"""

LEAST: Final = 8
"""So few points still say where a face is, when they are spread over it."""

NEARLY: Final = 10.0
"""Degrees from an upright head that are taken for the features' and not for the head's."""

_AXES: Final = tuple(
    np.diag(signs).astype(np.float64)[list(order)]
    for order in permutations(range(3))
    for signs in product((1, -1), repeat=3)
)
"""All ways to lay axes along axes: 48 turns, half of them mirrored."""

_MOST_MISFIT = 0.35
"""Of the points' spread: above, they are not a face's, or the names are mixed up."""


@dataclass(frozen=True, eq=False)
class Similarity:
    """p ─▶ scale · turn · p + shift.

    Attributes
    ----------
    scale : float
    turn : ndarray, float64, (3, 3)
        Orthogonal; its determinant is −1 where the axes are mirrored.
    shift : ndarray, float64, (3,)
    """

    scale: float
    turn: NDArray[np.float64]
    shift: NDArray[np.float64]

    def __call__(self, points: NDArray) -> NDArray[np.float64]:
        """Move points (…, 3)."""
        return np.asarray(self.scale * points @ self.turn.T + self.shift)

    def of_offsets(self, offsets: NDArray) -> NDArray[np.float64]:
        """Turn and scale offsets (…, 3)."""
        return np.asarray(self.scale * offsets @ self.turn.T)

    @property
    def inverse(self) -> Similarity:
        """The way back."""
        back = self.turn.T
        return Similarity(1 / self.scale, back, -(back @ self.shift) / self.scale)

    @property
    def is_mirrored(self) -> bool:
        """Whether it turns left hands into right ones."""
        return bool(np.linalg.det(self.turn) < 0)


def positions(
    picked: Mapping[str, Any], vertices: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which landmarks were picked (N,), and where (N, 3).

    Parameters
    ----------
    picked : mapping of str
        From names in `POINTS` (or landmark_0 … landmark_67) to a vertex's number or a position (3,).
    vertices : ndarray, float64, (V, 3)

    Raises
    ------
    RigError
        When a name is unknown, a vertex is not there, or there are fewer than `LEAST` points.
    """
    landmarks, places = [], []
    for name, where in picked.items():
        landmarks.append(_landmark(name))
        places.append(_position(name, where, vertices))
    if len(set(landmarks)) < LEAST:
        missing = ", ".join(name for name, number in POINTS.items() if number not in landmarks)
        raise RigError(f"{len(picked)} points are picked; {LEAST} are needed", f"Pick some of: {missing}.")
    return np.array(landmarks, np.int64), np.array(places, np.float64)


def _landmark(name: str) -> int:
    if name in POINTS:
        return POINTS[name]
    prefix, _, number = name.partition("_")
    if prefix == "landmark" and number.isdecimal() and int(number) < 68:
        return int(number)
    raise RigError(f"There is no point called {name!r}", f"The points are {', '.join(POINTS)}.")


def _position(name: str, where: Any, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    if isinstance(where, Sequence) or np.ndim(where):
        place = np.asarray(where, np.float64)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise RigError(f"The point {name} needs three finite coordinates, not {where!r}")
        return place
    if not 0 <= int(where) < len(vertices):
        raise RigError(
            f"The point {name} is vertex {where}, and the mesh has {len(vertices)}", "Pick it again."
        )
    return vertices[int(where)]


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> Similarity:
    """The similarity that brings points (N, 3) nearest to others (Umeyama 1991, eq. 40–42).

    Reflections are allowed: mirrored axes are found, not forbidden.
    """
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    one, other = source - middle, target - goal
    u, stretch, v = np.linalg.svd(other.T @ one)
    scale = stretch.sum() / (one**2).sum()
    turn = u @ v
    return Similarity(float(scale), turn, goal - scale * turn @ middle)


def upright(found: Similarity, source: NDArray[np.float64], target: NDArray[np.float64]) -> Similarity:
    """The same with its axes along the target's, when they nearly are: heads are modelled upright.

    The features of a person lie a little higher or farther in front than those of another, which looks like a
    head that nods.
    """
    axes = max(_AXES, key=lambda turn: float((turn * found.turn).sum()))
    if (axes * found.turn).sum() < 1 + 2 * np.cos(np.radians(NEARLY)):
        return found
    one, other = source - source.mean(axis=0), target - target.mean(axis=0)
    scale = float((other * (one @ axes.T)).sum() / (one**2).sum())
    return Similarity(scale, axes, target.mean(axis=0) - scale * axes @ source.mean(axis=0))


def alignment(places: NDArray[np.float64], landmarks: NDArray[np.float64]) -> Similarity:
    """The similarity from picked places (N, 3) to the reference head's same landmarks (N, 3).

    Raises
    ------
    RigError
        When the points lie on a line, or are arranged as no face's are.
    """
    spread = np.linalg.svd(places - places.mean(axis=0), compute_uv=False)
    if spread[2] < 1e-3 * spread[0] or not np.isfinite(spread).all():
        raise RigError("The picked points lie in a plane", "Pick the nose's tip and the jaw corners as well.")
    found = upright(similarity(places, landmarks), places, landmarks)
    misfit = np.linalg.norm(found(places) - landmarks, axis=1)
    size = np.linalg.norm(landmarks - landmarks.mean(axis=0), axis=1).mean()
    if np.sqrt((misfit**2).mean()) > _MOST_MISFIT * size:
        raise RigError(
            "The picked points are not arranged like a face",
            "Look for two that are mixed up; left is the character's left.",
        )
    return found
