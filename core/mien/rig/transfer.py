"""The 52 shapes for a face that has none: deformation transfer from the reference head.

Sumner and Popović 2004, in the form of Botsch, Sumner, Pauly and Gross 2006: every triangle is told how to
deform by its place on the reference head, and one Poisson system, factorised once, finds the vertices for all
shapes together. A second term holds each vertex near the reference head's own offset there, so that what does
not move stays, and a third one lets lids and lips meet (`contacts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from .contacts import contacts
from .correspondence import Correspondence, Progress, ReferenceSkin, correspond, factorised, tell
from .parts import follow
from .surface import Surface

DETAIL: Final = 0.02
"""Decimetres below which the triangles' deformations decide, and above which the offsets do."""
NEIGHBOURHOOD: Final = 0.3
"""Decimetres over which it is measured how large the face is."""
CONTACT_WEIGHT: Final = 5.0
"""Of a contact, where neighbouring triangles have about 1."""
STILL: Final = 2e-4
"""Decimetres: what moves less does not move."""


def make_arkit_shapes(
    rest_vertices: ArrayLike,
    faces: Any,
    picked_points: Mapping[str, Any],
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """The 52 shapes for a face.

    Where a character has several meshes (eyes, teeth, lashes), give them joined: what is not connected with
    the face follows it, each kind in its way.

    Parameters
    ----------
    rest_vertices : array_like, float, (V, 3)
        Any unit, any axes.
    faces : array_like of int (F, K), or a sequence of polygons
        In vertex numbers from 0.
    picked_points : mapping
        From the names in `picked_points.POINTS` to vertex numbers or positions.
    progress : callable, optional
        `progress(share, what)`, share 0–1; the work is cancelled when it returns False.

    Returns
    -------
    ndarray, float32, (52, V, 3)
        What each shape adds at weight 1, in the unit and axes of `rest_vertices`.

    Raises
    ------
    RigError
        When the mesh or the points can't be used.
    CancelledError
        When `progress` returned False.
    """
    found = correspond(
        rest_vertices, faces, picked_points, lambda share, what: _scaled(progress, 0.6 * share, what)
    )
    deltas = transferred(found, lambda share, what: _scaled(progress, 0.6 + 0.4 * share, what))
    tell(progress, 1.0, "Done")
    return found.frame.inverse.of_offsets(deltas).astype(np.float32)


def _scaled(progress: Progress | None, share: float, what: str) -> Any:
    return None if progress is None else progress(share, what)


def transferred(found: Correspondence, progress: Progress | None = None) -> NDArray[np.float64]:
    """The shapes (52, V, 3), float64, in the reference head's frame."""
    tell(progress, 0.0, "Preparing the shapes")
    sizes = local_sizes(found)
    joints = contacts(found, sizes)
    mass = _masses(found.mesh)
    gradient = _gradient(found.mesh)
    weighted = gradient.T @ sparse.diags(np.repeat(found.mesh.areas, 3))
    system = weighted @ gradient + sparse.diags(mass) / DETAIL**2
    system = (system + CONTACT_WEIGHT * joints.rows.T @ joints.rows).tocsc()
    tell(progress, 0.1, "Preparing the shapes")
    solver = factorised(system)
    bent = _vertex_jacobians(found.reference)
    scaled = found.reference.deltas * sizes[:, None] * joints.gains[:, None, None]
    deltas = np.empty((len(scaled), len(mass), 3))
    for shape in range(len(deltas)):
        tell(progress, 0.2 + 0.6 * shape / len(deltas), "Carrying the shapes over")
        at_vertices = found.places.of(joints.gains[shape] * bent[shape])
        slopes = at_vertices[found.mesh.triangles].mean(axis=1).transpose(0, 2, 1).reshape(-1, 3)
        goals = weighted @ slopes + found.places.of(scaled[shape]) * (mass / DETAIL**2)[:, None]
        deltas[shape] = solver.solve(goals + CONTACT_WEIGHT * (joints.rows.T @ joints.changes[shape]))
    tell(progress, 0.85, "Moving eyes, teeth and tongue")
    deltas = follow(found, deltas)
    deltas[np.linalg.norm(deltas, axis=2) < STILL] = 0
    return deltas


def local_sizes(found: Correspondence) -> NDArray[np.float64]:
    """How large the mesh is around each vertex of the reference skin (N,), 1 where it is just as large."""
    rest = found.reference.surface
    fitted = Surface(found.fitted, rest.triangles)
    gradient, mass = _gradient(rest), _masses(rest) / NEIGHBOURHOOD**2
    system = gradient.T @ sparse.diags(np.repeat(rest.areas, 3)) @ gradient + sparse.diags(mass)
    goals = np.column_stack([rest.vertex_areas, fitted.vertex_areas]) / NEIGHBOURHOOD**2
    before, after = factorised(system.tocsc()).solve(goals).T
    return np.asarray(np.sqrt(np.maximum(after, 0) / np.maximum(before, 1e-12)))


def _masses(surface: Surface) -> NDArray[np.float64]:
    """Each vertex's share of the area (V,), never quite 0."""
    areas = surface.vertex_areas
    return np.asarray(np.maximum(areas, 1e-4 * areas.mean()))


def _gradient(surface: Surface) -> sparse.csr_matrix:
    """From values at vertices (V,) to their slopes along x, y, z in each triangle (3T,)."""
    a, b, c = (surface.vertices[surface.triangles[:, i]] for i in range(3))
    height = surface.normals / (2 * surface.areas[:, None])
    slopes = np.stack([np.cross(height, c - b), np.cross(height, a - c), np.cross(height, b - a)], axis=1)
    rows = np.arange(3 * len(a)).reshape(-1, 1, 3).repeat(3, axis=1)
    columns = surface.triangles[:, :, None].repeat(3, axis=2)
    shape = (3 * len(a), len(surface.vertices))
    return sparse.csr_matrix((slopes.ravel(), (rows.ravel(), columns.ravel())), shape=shape)


def _vertex_jacobians(reference: ReferenceSkin) -> NDArray[np.float64]:
    """How each shape deforms the reference skin at its vertices, less the identity: (52, N, 3, 3).

    [i, n, r, c] is the change of coordinate r along axis c: Q = Ṽ V⁻¹ of Sumner and Popović, eq. 2–4, with
    the fourth vertex above the triangle, averaged over the triangles at each vertex.
    """
    surface = reference.surface
    back = np.linalg.inv(_frames(surface.vertices, surface.triangles))
    around = surface.gather.multiply(surface.areas).tocsr()
    around = sparse.diags(1 / np.maximum(np.asarray(around.sum(axis=1)).ravel(), 1e-300)) @ around
    jacobians = np.empty((len(reference.deltas), len(surface.vertices), 3, 3))
    for jacobian, delta in zip(jacobians, reference.deltas):
        bent = _frames(surface.vertices + delta, surface.triangles) @ back - np.eye(3)
        jacobian[:] = (around @ bent.reshape(-1, 9)).reshape(-1, 3, 3)
    return jacobians


def _frames(vertices: NDArray, triangles: NDArray) -> NDArray[np.float64]:
    """Two sides and the scaled normal of each triangle as columns (T, 3, 3)."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.sqrt(np.linalg.norm(normal, axis=1, keepdims=True)) + 1e-30
    return np.stack([b - a, c - a, normal], axis=2)
