"""What of moving vertices a rig's shapes can show: weights by bounded least squares, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from mien.errors import RigError
from mien.rig.bounded import least_squares
from numpy.typing import ArrayLike, NDArray

from .caches import VertexClip

ELSEWHERE: Final = 0.1
"""Of the mesh's size: a rig whose rest lies farther from the motion's middle is another one."""
LEAN: Final = 1e-4
"""Towards small weights, in units of the mean shape's power: decides between shapes that do the same."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights that bring a rig nearest to moving vertices.

    Attributes
    ----------
    names : tuple of str
    weights : ndarray, float32, (T, S)
        0 to the greatest value.
    residual : ndarray, float64, (T,)
        Root mean square distance that the shapes leave, mm.
    motion : ndarray, float64, (T,)
        The same before the fit: the distance from rest.
    """

    names: tuple[str, ...]
    weights: NDArray[np.float32]
    residual: NDArray[np.float64]
    motion: NDArray[np.float64]


def fit_shapes(clip: VertexClip, rest: ArrayLike, shapes: Mapping[str, ArrayLike], most: float = 1.0) -> Fit:
    """Weights of a rig's shapes by bounded least squares, each frame by itself.

    Parameters
    ----------
    clip : VertexClip
        What a dense network found, the head held still.
    rest : array_like, float, (V, 3)
        The rig at rest: millimetres, and the axes, place and vertices of the clip.
    shapes : mapping of str to array_like, float, (V, 3)
        What each of the rig's shapes adds at 1, likewise.
    most : float
        The greatest weight.

    Raises
    ------
    RigError
        When the rig's mesh is not the clip's, or has no shapes.
    """
    if not shapes:
        raise RigError("The rig has no shapes to fit", "Choose the mesh that carries them.")
    meshes = {name: np.asarray(mesh, np.float64) for name, mesh in {"the rig": rest, **shapes}.items()}
    for name, mesh in meshes.items():
        _check_mesh(name, mesh, clip.vertices.shape[1])
    still = meshes.pop("the rig")
    near = float(np.sqrt(np.square(np.median(clip.vertices, axis=0) - still).sum(1).mean()))
    if near > ELSEWHERE * float(np.ptp(still, axis=0).max()):
        raise RigError(
            f"The rig at rest lies {near:.1f} mm from the moving mesh: another place, unit or mesh",
            "Fit to the rig that the network was trained on, and say its unit.",
        )
    return _fitted(clip, still, np.stack(list(meshes.values())), tuple(meshes), most)


def _fitted(
    clip: VertexClip,
    still: NDArray[np.float64],
    basis: NDArray[np.float64],
    names: tuple[str, ...],
    most: float,
) -> Fit:
    flat = basis.reshape(len(basis), -1)
    gram = flat @ flat.T
    leaning = gram + LEAN * float(np.diag(gram).mean()) * np.eye(len(gram))
    weights = np.empty((len(clip), len(names)), np.float32)
    residual, motion = np.empty(len(clip)), np.empty(len(clip))
    for at, mesh in enumerate(clip.vertices):
        moved = (mesh - still).reshape(-1)
        weights[at] = least_squares(leaning, flat @ moved, most)
        residual[at] = _distance(moved - weights[at] @ flat)
        motion[at] = _distance(moved)
    return Fit(names, weights, residual, motion)


def _distance(offsets: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(offsets).sum() / (len(offsets) / 3)))


def _check_mesh(name: str, mesh: NDArray[np.float64], vertices: int) -> None:
    if mesh.shape != (vertices, 3):
        raise RigError(
            f"{name} has vertices of shape {mesh.shape}; the moving mesh has {vertices}",
            "Fit to the rig whose mesh the network was trained on.",
        )
    if not np.isfinite(mesh).all():
        raise RigError(f"{name} has vertices that are not numbers", "Export the mesh again.")
