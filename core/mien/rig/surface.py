"""A triangle mesh to measure on: normals, areas, connected pieces, and the closest place to a point.

Where a face lies on itself (the lips, the corners of the eyes) the closest place alone is often on the wrong
side; asking with a normal finds the side that looks the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

_CANDIDATES = 8
_SAMPLES = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
)
"""Where on each triangle its tree of points samples it."""


@dataclass(frozen=True, eq=False)
class Places:
    """Places on a surface.

    Attributes
    ----------
    corners : ndarray, int64, (N, 3)
        The vertices of the triangle that each lies in.
    shares : ndarray, float64, (N, 3)
        Barycentric coordinates, each 0–1, their sum 1.
    triangles : ndarray, int64, (N,)
    distances : ndarray, float64, (N,)
        From the points that were asked for.
    """

    corners: NDArray[np.int64]
    shares: NDArray[np.float64]
    triangles: NDArray[np.int64]
    distances: NDArray[np.float64]

    def of(self, values: NDArray) -> NDArray:
        """Values (V, …) at the vertices, interpolated: (N, …)."""
        shares = self.shares.reshape(*self.shares.shape, *[1] * (values.ndim - 1))
        return np.asarray((values[self.corners] * shares).sum(axis=1))

    def matrix(self, vertices: int) -> sparse.csr_matrix:
        """What `of` does, as a matrix (N, V)."""
        rows = np.repeat(np.arange(len(self.corners)), 3)
        shape = (len(self.corners), vertices)
        return sparse.csr_matrix((self.shares.ravel(), (rows, self.corners.ravel())), shape=shape)


class Surface:
    """A mesh in triangles.

    Parameters
    ----------
    vertices : array_like, float, (V, 3)
    triangles : array_like, int, (T, 3)
        Those without area are left out.
    reach : float
        The distance that counts as much as normals at a right angle do; about a thirtieth of a head.
    """

    def __init__(self, vertices: ArrayLike, triangles: ArrayLike, reach: float = 0.1) -> None:
        self.vertices = np.asarray(vertices, np.float64)
        corners = np.asarray(triangles, np.int64)
        cross = _cross(self.vertices, corners)
        double = np.linalg.norm(cross, axis=1)
        real = double > 1e-12 * max(double.max(initial=0), 1e-30)
        self.triangles = corners[real]
        self.areas = double[real] / 2
        self.normals = cross[real] / double[real, None]
        self.reach = reach

    @cached_property
    def vertex_normals(self) -> NDArray[np.float64]:
        """Unit normals (V, 3); zero at vertices without a triangle."""
        gathered = self.gather @ (self.normals * self.areas[:, None])
        return np.asarray(gathered / np.maximum(np.linalg.norm(gathered, axis=1, keepdims=True), 1e-300))

    @cached_property
    def vertex_areas(self) -> NDArray[np.float64]:
        """A third of the triangles around each vertex (V,)."""
        return np.asarray(self.gather @ self.areas) / 3

    @cached_property
    def gather(self) -> sparse.csr_matrix:
        """Sums triangles' values (T, …) at their vertices (V, …)."""
        number = np.repeat(np.arange(len(self.triangles)), 3)
        shape = (len(self.vertices), len(self.triangles))
        return sparse.csr_matrix((np.ones(len(number)), (self.triangles.ravel(), number)), shape=shape)

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        """Each edge once (E, 2), the lower vertex first."""
        return np.unique(self._sides, axis=0)

    @cached_property
    def on_rim(self) -> NDArray[np.bool_]:
        """Vertices (V,) on an edge that only one triangle has."""
        sides, counts = np.unique(self._sides, axis=0, return_counts=True)
        rim = np.zeros(len(self.vertices), bool)
        rim[sides[counts == 1]] = True
        return rim

    @cached_property
    def _sides(self) -> NDArray[np.int64]:
        return np.sort(np.concatenate([self.triangles[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)

    @cached_property
    def pieces(self) -> NDArray[np.int32]:
        """The number (V,) of the connected piece that each vertex is in."""
        return pieces(self.triangles, len(self.vertices))

    def closest(self, points: NDArray, normals: NDArray | None = None) -> Places:
        """The closest place to each point, among those that look about the same way.

        Parameters
        ----------
        points : ndarray, float, (N, 3)
        normals : ndarray, float, (N, 3), optional
            Unit vectors; without them every side of the surface is as good.
        """
        tree = self._tree if normals is None else self._tree_with_normals
        asked = points if normals is None else np.column_stack([points, normals * self._weight])
        _, found = tree.query(asked, k=min(_CANDIDATES, tree.n))
        candidates = np.asarray(found).reshape(len(points), -1) // len(_SAMPLES)
        shares, distances = _project(points, self.vertices[self.triangles[candidates]])
        cost = distances**2
        if normals is not None:
            turned = 1 - np.einsum("nkc,nc->nk", self.normals[candidates], normals)
            cost = cost + 2 * self._weight**2 * turned
        best = cost.argmin(axis=1)
        row = np.arange(len(points))
        triangles = candidates[row, best]
        return Places(self.triangles[triangles], shares[row, best], triangles, distances[row, best])

    @property
    def _weight(self) -> float:
        return self.reach / np.sqrt(2)

    @cached_property
    def _samples(self) -> NDArray[np.float64]:
        return np.einsum("sk,tkc->tsc", _SAMPLES, self.vertices[self.triangles]).reshape(-1, 3)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._samples)

    @cached_property
    def _tree_with_normals(self) -> cKDTree:
        return cKDTree(
            np.column_stack([self._samples, np.repeat(self.normals, len(_SAMPLES), axis=0) * self._weight])
        )


def pieces(triangles: NDArray, vertices: int) -> NDArray[np.int32]:
    """The number (V,), int32, of the connected piece that each vertex is in."""
    ends = triangles[:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(vertices, vertices))
    return np.asarray(connected_components(graph, directed=False)[1], np.int32)


def _cross(vertices: NDArray, triangles: NDArray) -> NDArray:
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    return np.asarray(np.cross(b - a, c - a))


def _project(points: NDArray, corners: NDArray) -> tuple[NDArray, NDArray]:
    """Barycentric coordinates (N, K, 3) of the closest places in triangles (N, K, 3, 3), and distances."""
    a, b, c = (corners[..., i, :] for i in range(3))
    ab, ac, ap = b - a, c - a, points[:, None] - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-300)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    inner = np.stack([1 - v - w, v, w], axis=-1)
    choices = [np.where((inner >= 0).all(-1, keepdims=True), inner, np.nan)]
    for one, other in ((0, 1), (1, 2), (2, 0)):
        start, way = corners[..., one, :], corners[..., other, :] - corners[..., one, :]
        along = ((points[:, None] - start) * way).sum(-1) / np.maximum((way * way).sum(-1), 1e-300)
        share = np.zeros_like(inner)
        share[..., other] = along.clip(0, 1)
        share[..., one] = 1 - share[..., other]
        choices.append(share)
    shares = np.stack(choices)
    places = np.einsum("mnki,nkic->mnkc", shares, corners)
    distances = np.linalg.norm(places - points[:, None], axis=-1)
    best = np.nanargmin(distances, axis=0)[None, ..., None]
    return np.take_along_axis(shares, best, 0)[0], np.take_along_axis(distances, best[..., 0], 0)[0]
