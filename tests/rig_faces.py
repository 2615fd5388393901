"""Heads for the tests of transfer and of mapping by geometry: the reference head, changed."""

from __future__ import annotations

import numpy as np
from mien.rig import reference_head
from mien.rig.picked_points import POINTS


def picked(vertices) -> dict[str, list[float]]:
    """The points of the reference head, or of one with its vertices."""
    return {name: vertices[reference_head.load().landmarks[i]].tolist() for name, i in POINTS.items()}


def finer(triangles, vertices, deltas):
    """Every triangle cut in four: triangles, vertices and deltas."""
    sides = np.sort(np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
    edges, number = np.unique(sides, axis=0, return_inverse=True)
    ab, bc, ca = number.reshape(3, -1) + len(vertices)
    a, b, c = triangles.T
    four = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    made = np.concatenate([np.stack(three, axis=1) for three in four])
    middles = [values[..., edges, :].mean(axis=-2) for values in (vertices, deltas)]
    joined = [np.concatenate(pair, axis=-2) for pair in zip((vertices, deltas), middles)]
    return made, joined[0], joined[1]


def coarser(triangles, vertices, deltas, cell):
    """Vertices in one cell of a grid, of one side of the skin, become one: triangles, vertices, deltas."""
    from mien.rig.surface import Surface

    surface = Surface(vertices, triangles)
    way = np.round(surface.vertex_normals * 1.2)
    keys = np.column_stack([np.floor(vertices / cell), way, surface.pieces])
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    made = number.ravel()[triangles]
    kept = (made[:, 0] != made[:, 1]) & (made[:, 1] != made[:, 2]) & (made[:, 0] != made[:, 2])
    return made[kept], vertices[first], deltas[:, first]


def stretched(vertices):
    """Other proportions: a wide low face with large eyes and a long chin; smooth, so the skin stays whole."""
    x, y, z = vertices.T
    eyes = np.exp(-((np.abs(x) - 0.3) ** 2 + y**2) / 0.08) * 0.25
    low = 1 / (1 + np.exp((y + 0.6) / 0.12))
    sign = np.sign(x)
    return np.column_stack(
        [1.15 * x + eyes * (x - 0.3 * sign), 0.95 * y + eyes * y - 0.12 * low * (-0.6 - y), z * 1.05]
    )


def share(made, own, moved=0.005) -> float:
    """The mean error of displaced vertices, as a share of their displacement, over all shapes."""
    size = np.linalg.norm(own, axis=2)
    off = np.linalg.norm(made - own, axis=2)
    rows = [off[i][s > moved].mean() / s[s > moved].mean() for i, s in enumerate(size) if (s > moved).any()]
    return float(np.mean(rows))
