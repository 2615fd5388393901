"""Where each vertex of any face lies on the reference head: picked points first, then a non-rigid fit.

The mesh is brought into the reference head's frame by its picked points, the reference head's skin is bent
onto it (optimal-step non-rigid ICP: Amberg, Romdhani and Vetter 2007), and each vertex takes the closest
place on that skin. What has no skin of its own to go by (eyes, teeth, hair) is told apart in `parts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import splu

from ..errors import CancelledError, RigError
from . import reference_head
from .blendshape_model import BlendshapeModel
from .picked_points import Similarity, alignment, positions
from .surface import Places, Surface

Progress = Callable[[float, str], Any]
"""Called with the share done (0–1) and what is being done; the work is cancelled when it returns False."""

SCHEDULE: Final = ((20.0, 100.0), (8.0, 100.0), (3.0, 50.0), (1.2, 30.0), (0.5, 10.0))
"""Stiffness and the picked points' weight, step by step (Amberg's α and β; the unit is the decimetre)."""
ROUNDS: Final = 3
"""Times that the closest places are looked up anew in each step."""
FAR: Final = 0.25
"""Decimetres: what is farther from the mesh pulls nothing."""
ALIKE: Final = 0.5
"""Cosine of the angle between two normals that may still lie on each other."""


@dataclass(frozen=True, eq=False)
class ReferenceSkin:
    """The reference head without eyes, teeth, tongue and lashes.

    Attributes
    ----------
    model : BlendshapeModel
    numbers : ndarray, int64, (N,)
        The model's number of each of the skin's vertices.
    surface : Surface
        At rest, decimetres, in the skin's own vertex numbers.
    landmarks : ndarray, int64, (68,)
        In the skin's own vertex numbers.
    """

    model: BlendshapeModel
    numbers: NDArray[np.int64]
    surface: Surface
    landmarks: NDArray[np.int64]

    @property
    def deltas(self) -> NDArray[np.float64]:
        """The shapes (52, N, 3), decimetres."""
        return self.model.deltas[:, self.numbers].astype(np.float64)


@lru_cache(maxsize=2)
def reference_skin(model: BlendshapeModel | None = None) -> ReferenceSkin:
    """The skin of the reference head, or of another model with its materials' names."""
    model = model or reference_head.load()
    wanted = [model.material_names.index(name) for name in ("skin", "lips", "mouth")]
    faces = model.faces[np.isin(model.materials, wanted)]
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    numbers, flat = np.unique(triangles, return_inverse=True)
    surface = Surface(model.neutral[numbers], flat.reshape(-1, 3))
    return ReferenceSkin(model, numbers, surface, np.searchsorted(numbers, model.landmarks[:68]))


@dataclass(frozen=True, eq=False)
class Correspondence:
    """A mesh on the reference head.

    Attributes
    ----------
    reference : ReferenceSkin
    frame : Similarity
        From the mesh's units and axes to the reference head's.
    mesh : Surface
        The mesh in the reference head's frame, its normals pointing outwards.
    main : int
        The number of the piece (see `Surface.pieces`) that is the face.
    fitted : ndarray, float64, (N, 3)
        The reference skin's vertices, bent onto the mesh.
    places : Places
        Where each of the mesh's vertices (V) lies on the reference skin.
    """

    reference: ReferenceSkin
    frame: Similarity
    mesh: Surface
    main: int
    fitted: NDArray[np.float64]
    places: Places


def checked_triangles(vertices: NDArray, faces: Any) -> NDArray[np.int64]:
    """Any polygons as triangles (T, 3), cut in fans from their first corners.

    Parameters
    ----------
    vertices : ndarray, float, (V, 3)
    faces : array_like of int, (F, K), or a sequence of sequences of different lengths

    Raises
    ------
    RigError
        When vertices are not finite numbers, or there is no face, or one names a vertex that is not there.
    """
    if vertices.ndim != 2 or vertices.shape[1] != 3 or not np.isfinite(vertices).all():
        raise RigError("The mesh's vertices are not finite points in space", "Repair the mesh.")
    try:
        rows = [np.asarray(faces, np.int64)] if len({len(face) for face in faces}) == 1 else \
            [np.asarray(face, np.int64)[None] for face in faces]  # fmt: skip
    except (TypeError, ValueError) as error:
        raise RigError(f"The mesh's faces are not lists of vertex numbers ({error})") from error
    fans = [row[:, [0, i, i + 1]] for row in rows for i in range(1, row.shape[1] - 1)]
    triangles = np.concatenate(fans) if fans else np.empty((0, 3), np.int64)
    if not len(triangles):
        raise RigError("The mesh has no faces", "Choose the mesh of the face itself, not points or curves.")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise RigError("A face of the mesh names a vertex that is not there", "Repair the mesh.")
    same = (triangles == np.roll(triangles, 1, axis=1)).any(axis=1)
    return triangles[~same]


def correspond(
    vertices: ArrayLike,
    faces: Any,
    picked: Mapping[str, Any],
    progress: Progress | None = None,
    reference: ReferenceSkin | None = None,
) -> Correspondence:
    """Find where each vertex of a mesh lies on the reference head.

    Parameters
    ----------
    vertices : array_like, float, (V, 3)
        At rest, in any unit and with any axes.
    faces : array_like or sequence of sequences, int
        Polygons of any size.
    picked : mapping of str
        See `picked_points.positions`.
    progress : callable, optional
        See `Progress`.
    reference : ReferenceSkin, optional
        `reference_skin()` when not given.

    Raises
    ------
    RigError
        When the mesh or the points can't be used; CancelledError when `progress` says so.
    """
    reference = reference or reference_skin()
    points = np.asarray(vertices, np.float64)
    triangles = checked_triangles(points, faces)
    landmarks, places = positions(picked, points)
    rest = reference.surface.vertices[reference.landmarks[landmarks]]
    frame = alignment(places, rest)
    start = _bent_by_points(reference, rest, frame(places))
    mesh, main = _outward(
        Surface(frame(points), triangles), frame(places), Surface(start, reference.surface.triangles)
    )
    face = Surface(mesh.vertices, mesh.triangles[mesh.pieces[mesh.triangles[:, 0]] == main])
    fitted = _fit(reference, start, face, reference.landmarks[landmarks], frame(places), progress)
    skin = Surface(fitted, reference.surface.triangles)
    return Correspondence(
        reference, frame, mesh, main, fitted, skin.closest(mesh.vertices, mesh.vertex_normals)
    )


def _bent_by_points(reference: ReferenceSkin, rest: NDArray, places: NDArray) -> NDArray[np.float64]:
    """The reference skin with its landmarks on the picked places, the rest following smoothly."""
    vertices = reference.surface.vertices
    return np.asarray(vertices + RBFInterpolator(rest, places - rest, kernel="linear", degree=0)(vertices))


def _outward(mesh: Surface, places: NDArray, start: Surface) -> tuple[Surface, int]:
    """The mesh with every piece wound like the head that it lies on, and the piece that was picked on."""
    from scipy.spatial import cKDTree

    used = np.unique(mesh.triangles)
    _, nearest = cKDTree(mesh.vertices[used]).query(places)
    main = int(np.bincount(mesh.pieces[used[nearest]]).argmax())
    centres = mesh.vertices[mesh.triangles].mean(axis=1)
    near = start.closest(centres)
    agree = (start.normals[near.triangles] * mesh.normals).sum(axis=1) * mesh.areas * (near.distances < FAR)
    piece = mesh.pieces[mesh.triangles[:, 0]]
    votes = np.bincount(piece, agree, minlength=mesh.pieces.max() + 1)
    flipped = np.where((votes[piece] < 0)[:, None], mesh.triangles[:, ::-1], mesh.triangles)
    return Surface(mesh.vertices, flipped), main


def _fit(
    reference: ReferenceSkin,
    start: NDArray,
    face: Surface,
    pinned: NDArray,
    places: NDArray,
    progress: Progress | None,
) -> NDArray[np.float64]:
    """Bend the skin onto the face: Amberg 2007, eq. 8–12, one affine map for each vertex.

    Parameters
    ----------
    start : ndarray, float64, (N, 3)
    pinned, places : ndarray, (P,) and (P, 3)
        The skin's vertices that were picked, and where they belong.
    """
    count, triangles = len(start), reference.surface.triangles
    stiffness = _stiffness(reference.surface.edges, count)
    columns = np.arange(4 * count)
    maps = sparse.csr_matrix((np.column_stack([start, np.ones(count)]).ravel(), (columns // 4, columns)))
    fitted = start
    for step in range(len(SCHEDULE) * ROUNDS):
        tell(progress, step / (len(SCHEDULE) * ROUNDS), "Fitting the reference head")
        stiff, hold = SCHEDULE[step // ROUNDS]
        weights, goals = _pull(Surface(fitted, triangles), face)
        np.add.at(weights, pinned, hold)
        goals[pinned] += hold * places
        system = (stiff * stiffness + maps.T @ sparse.diags(weights) @ maps).tocsc()
        fitted = maps @ factorised(system).solve(np.asarray(maps.T @ goals))
    return np.asarray(fitted)


def _pull(skin: Surface, face: Surface) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How strongly each vertex of the skin is pulled (N,), 0 or 1, and that times the place (N, 3)."""
    normals = skin.vertex_normals
    near = face.closest(skin.vertices, normals)
    alike = (face.normals[near.triangles] * normals).sum(axis=1) > ALIKE
    held = alike & (near.distances < FAR) & ~face.on_rim[near.corners].any(axis=1)
    weights = held.astype(np.float64)
    return weights, near.of(face.vertices) * weights[:, None]


def _stiffness(edges: NDArray, count: int) -> sparse.csc_matrix:
    """What neighbours' maps differ by, squared (4N, 4N)."""
    numbers, ones = np.arange(len(edges)), np.ones(len(edges))
    ends = (np.tile(numbers, 2), edges.T.ravel())
    differ = sparse.csr_matrix((np.concatenate([ones, -ones]), ends), shape=(len(edges), count))
    return sparse.kron(differ.T @ differ, sparse.identity(4)).tocsc()


def factorised(system: sparse.csc_matrix) -> Any:
    """A symmetric positive definite system, ready to be solved for many right-hand sides."""
    try:
        return splu(
            system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
    except RuntimeError as error:
        raise RigError(
            "The mesh can't be fitted", "Check the picked points and the mesh for wild vertices."
        ) from error


def tell(progress: Progress | None, share: float, what: str) -> None:
    """Report progress.

    Raises
    ------
    CancelledError
        When the one who was told says False.
    """
    if progress is not None and progress(share, what) is False:
        raise CancelledError("Cancelled")
