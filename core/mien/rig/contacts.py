"""Where a face touches itself: the lids in a blink, the lips in speech.

A shape carried over from another head leaves lids open a little or pushes them into each other. So the gap
between pairs of places on the two margins is made to change as on the reference head, in proportion, and a
blink to close it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from .. import arkit
from .correspondence import Correspondence, ReferenceSkin
from .surface import Surface

LIDS: Final = {
    "eyeBlinkRight": ((36, 37, 38, 39), (36, 41, 40, 39)),
    "eyeBlinkLeft": ((42, 43, 44, 45), (42, 47, 46, 45)),
}
"""The landmarks along the upper and the lower lid's margin, by the shape that closes them."""
LIPS: Final = ((60, 61, 62, 63, 64), (60, 67, 66, 65, 64))
"""The landmarks along the upper and the lower lip where they part."""

_GAINS: Final = (0.4, 2.5)


@dataclass(frozen=True, eq=False)
class Contacts:
    """Pairs of places that close a gap.

    Attributes
    ----------
    rows : sparse matrix (P, V)
        Applied to the mesh's vertices: upper place minus lower place.
    changes : ndarray, float64, (52, P, 3)
        By how much each shape changes the gap, in the reference head's frame.
    gains : ndarray, float64, (52,)
        How much more than in proportion a blink must do for the lids to meet; 1 for the other shapes.
    """

    rows: sparse.csr_matrix
    changes: NDArray[np.float64]
    gains: NDArray[np.float64]


def contacts(found: Correspondence, sizes: NDArray[np.float64]) -> Contacts:
    """The lids' and the lips' contacts on a mesh.

    Parameters
    ----------
    found : Correspondence
    sizes : ndarray, float64, (N,)
        How large the mesh is around each vertex of the reference skin, compared with it.
    """
    reference = found.reference
    there = _on_mesh(found)
    rows, changes, gains = [], [], np.ones(arkit.COUNT)
    for name, margins in [*LIDS.items(), ("", LIPS)]:
        pairs = _pairs(reference, *margins, closing=name)
        on_mesh = (pairs @ there).tocsr()
        size = (abs(pairs) @ sizes / 2)[:, None]
        moves = np.stack([size * (pairs @ delta) for delta in reference.deltas])
        if name:
            gap = on_mesh @ found.mesh.vertices
            gains[arkit.INDEX[name]] = _gain(gap, size * (pairs @ reference.surface.vertices))
            moves[arkit.INDEX[name]] = -gap
        rows.append(on_mesh)
        changes.append(moves)
    return Contacts(sparse.vstack(rows).tocsr(), np.concatenate(changes, axis=1), gains)


def _gain(here: NDArray, usual: NDArray) -> float:
    """How much wider gaps (P, 3) are than usual, within reason."""
    wide = np.linalg.norm(here, axis=1).mean() / max(float(np.linalg.norm(usual, axis=1).mean()), 1e-9)
    return float(np.clip(wide, *_GAINS))


def _pairs(
    reference: ReferenceSkin, upper: Sequence[int], lower: Sequence[int], closing: str
) -> sparse.csr_matrix:
    """Upper vertex minus the place on the lower margin that it meets when closed: (P, N)."""
    surface = reference.surface
    moved = surface.vertices + (reference.deltas[arkit.INDEX[closing]] if closing else 0)
    top, bottom = (_path(surface, reference.landmarks[list(margin)]) for margin in (upper, lower))
    bottom = bottom[np.argsort(moved[bottom, 0])]
    inner = top[1:-1]
    inside = (moved[inner, 0] > moved[bottom[0], 0]) & (moved[inner, 0] < moved[bottom[-1], 0])
    inner = inner[inside & ~np.isin(inner, bottom)]
    after = np.searchsorted(moved[bottom, 0], moved[inner, 0]).clip(1, len(bottom) - 1)
    one, two = bottom[after - 1], bottom[after]
    share = (moved[inner, 0] - moved[one, 0]) / np.maximum(moved[two, 0] - moved[one, 0], 1e-9)
    number = np.arange(len(inner))
    values = np.concatenate([np.ones(len(inner)), share - 1, -share])
    places = (np.tile(number, 3), np.concatenate([inner, one, two]))
    return sparse.csr_matrix((values, places), shape=(len(inner), len(surface.vertices)))


def _path(surface: Surface, through: NDArray) -> NDArray[np.int64]:
    """The shortest way along edges through some vertices."""
    one, two = surface.edges.T
    lengths = np.linalg.norm(surface.vertices[one] - surface.vertices[two], axis=1)
    graph = sparse.coo_matrix((lengths, (one, two)), shape=(len(surface.vertices),) * 2).tocsr()
    way = [int(through[0])]
    for start, end in zip(through[:-1], through[1:]):
        _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
        leg = [int(end)]
        while leg[-1] != start:
            leg.append(int(before[leg[-1]]))
        way += leg[-2::-1]
    return np.array(way, np.int64)


def _on_mesh(found: Correspondence) -> sparse.csr_matrix:
    """The place on the mesh's face of each vertex of the reference skin, as a matrix (N, V)."""
    mesh = found.mesh
    of_face = mesh.pieces[mesh.triangles[:, 0]] == found.main
    face = Surface(mesh.vertices, mesh.triangles[of_face])
    normals = Surface(found.fitted, found.reference.surface.triangles).vertex_normals
    return face.closest(found.fitted, normals).matrix(len(mesh.vertices))
