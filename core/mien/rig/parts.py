"""Eyes, teeth, tongue, lashes: the pieces of a character that are not its skin, and how each follows it.

Eyes turn about their centres and teeth move as stiff bodies, both as on the reference head; the tongue bends
as the reference head's; whatever else there is (lashes, brows, hair) goes with the skin that it is fixed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from .blendshape_model import BlendshapeModel
from .correspondence import Correspondence
from .surface import Surface

ROUND: Final = 0.12
"""How far from a sphere an eye may be, in radii."""
COVERED: Final = 0.3
"""The share of its sphere that a piece covers at least, when it is an eye and not a row of lashes."""
ROOTS: Final = 0.25
"""The share of a piece's vertices, nearest to the skin, by which it is fixed."""
_INSIDE: Final = (1.08, 1.3)
"""How far from an eye's centre its pieces reach, in radii: on average and at most (not all are round)."""
_NEAREST: Final = 8
"""So many roots say how a vertex of a fixed piece turns; fewer for a piece of many vertices (`_LARGE`)."""
_LARGE: Final = 100_000
_EYES: Final = ("right_eye", "left_eye")
_MOUTH: Final = ("upper_teeth", "lower_teeth", "tongue")
_IN_MOUTH: Final = 0.06
"""Decimetres around the reference head's teeth and tongue, bent onto the mesh, that belong to the mouth."""
_SKIN_DISTANCE: Final = 0.04
_SKIN_SHARE: Final = 0.02
"""A piece is skin when it is so near to the fitted one (decimetres) and so large (in shares of the face)."""


@dataclass(frozen=True, eq=False)
class _Part:
    """A part of the reference head, also bent onto the mesh: vertices (P, 3) and deltas (52, P, 3)."""

    rest: NDArray[np.float64]
    deltas: NDArray[np.float64]
    fitted: NDArray[np.float64]

    @property
    def size(self) -> float:
        """How large it is on the mesh, compared with the reference head."""
        before, after = (points - points.mean(axis=0) for points in (self.rest, self.fitted))
        return float(np.sqrt((after**2).sum() / (before**2).sum()))


@dataclass(frozen=True, eq=False)
class _Ball:
    centre: NDArray[np.float64]
    radius: float


def follow(found: Correspondence, deltas: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shapes (52, V, 3), with everything but the face moved as is right for it.

    Parameters
    ----------
    found : Correspondence
    deltas : ndarray, float64, (52, V, 3)
        As if everything were skin.
    """
    mesh, moved = found.mesh, deltas.copy()
    parts = _parts(found)
    used = np.unique(mesh.pieces[mesh.triangles])
    others = [np.flatnonzero(mesh.pieces == piece) for piece in used if piece != found.main]
    balls = {name: _ball(mesh, others, parts[name]) for name in _EYES}
    loose = []
    for piece in others:
        points = mesh.vertices[piece]
        eye = next((name for name in _EYES if _is_in(balls[name], points)), None)
        kind = eye or _in_mouth(points, parts)
        if kind == "tongue":
            moved[:, piece] = _bent(points, parts[kind])
        elif kind:
            moved[:, piece] = _turned(points, parts[kind], balls[eye] if eye else None)
        elif not _is_skin(found, piece):
            loose.append(piece)
    for piece in loose:
        moved[:, piece] = _fixed(found, deltas, piece)
    return moved


def reference_parts(model: BlendshapeModel) -> dict[str, NDArray[np.int64]]:
    """The vertices of the reference head's eyes, teeth and tongue."""
    of = {name: np.unique(model.faces[model.materials == i]) for i, name in enumerate(model.material_names)}
    eyes = np.unique(np.concatenate([of["sclera"], of["iris"], of["pupil"]]))
    teeth, x, y = of["teeth"], model.neutral[:, 0], model.neutral[:, 1]
    pieces = Surface(model.neutral, model.triangles).pieces
    heights = {piece: y[teeth[pieces[teeth] == piece]].mean() for piece in np.unique(pieces[teeth])}
    is_upper = np.array([heights[piece] for piece in pieces[teeth]]) > np.mean(list(heights.values()))
    return {
        "right_eye": eyes[x[eyes] < 0],
        "left_eye": eyes[x[eyes] > 0],
        "upper_teeth": teeth[is_upper],
        "lower_teeth": teeth[~is_upper],
        "tongue": of["tongue"],
    }


def _parts(found: Correspondence) -> dict[str, _Part]:
    skin, model = found.reference.surface.vertices, found.reference.model
    bend = RBFInterpolator(skin, found.fitted - skin, neighbors=48, kernel="linear", degree=0, smoothing=1e-4)
    parts = {}
    for name, numbers in reference_parts(model).items():
        rest = model.neutral[numbers].astype(np.float64)
        parts[name] = _Part(rest, model.deltas[:, numbers].astype(np.float64), rest + bend(rest))
    return parts


def _ball(mesh: Surface, pieces: list[NDArray], eye: _Part) -> _Ball | None:
    """The piece that is round, of an eye's size, and where the eye should be; the largest of several."""
    usual = _sphere(eye.fitted) or _Ball(
        eye.fitted.mean(axis=0), float(np.ptp(eye.fitted, axis=0).mean()) / 2
    )
    found = []
    for piece in pieces:
        ball = _sphere(mesh.vertices[piece])
        off = np.linalg.norm(ball.centre - usual.centre) / usual.radius if ball else np.inf
        if ball and off < 0.8 and 0.4 < ball.radius / usual.radius < 2.5:
            covered = mesh.vertex_areas[piece].sum() / (4 * np.pi * ball.radius**2)
            if covered > COVERED:
                found.append(ball)
    return max(found, key=lambda ball: ball.radius, default=None)


def _sphere(points: NDArray) -> _Ball | None:
    """The sphere through points (N, 3) by least squares, if they lie on one."""
    middle = points.mean(axis=0)
    local = points - middle
    table = np.column_stack([2 * local, np.ones(len(local))])
    solution = np.linalg.lstsq(table, (local**2).sum(axis=1), rcond=None)[0]
    squared = solution[3] + (solution[:3] ** 2).sum()
    if not squared > 0:
        return None
    radius = float(np.sqrt(squared))
    off = np.abs(np.linalg.norm(local - solution[:3], axis=1) - radius).mean()
    return _Ball(middle + solution[:3], radius) if off < ROUND * radius else None


def _is_in(ball: _Ball | None, points: NDArray) -> bool:
    """Whether a piece is an eye, or lies in one: an iris, a pupil, a cornea."""
    if ball is None:
        return False
    out = np.linalg.norm(points - ball.centre, axis=1) / ball.radius
    return bool(out.mean() < _INSIDE[0] and out.max() < _INSIDE[1])


def _in_mouth(points: NDArray, parts: dict[str, _Part]) -> str | None:
    """Which part of the mouth a piece is: the one it is nearest to, when it lies where those are."""
    inside = np.concatenate([parts[name].fitted for name in _MOUTH])
    low, high = inside.min(axis=0) - _IN_MOUTH, inside.max(axis=0) + _IN_MOUTH
    if not ((points > low) & (points < high)).all(axis=1).mean() > 0.9:
        return None
    distances = {name: cKDTree(parts[name].fitted).query(points)[0].mean() for name in _MOUTH}
    return min(distances, key=distances.__getitem__)


def _turned(points: NDArray, part: _Part, ball: _Ball | None) -> NDArray[np.float64]:
    """Points (P, 3) moved as a stiff body in each shape as the part is (Kabsch 1976): (52, P, 3).

    Eyes turn about their centres, `ball`'s and the part's own; the rest about the parts' means.
    """
    pivot = _sphere(part.rest).centre if ball else part.rest.mean(axis=0)  # type: ignore[union-attr]
    middle = ball.centre if ball else part.fitted.mean(axis=0)
    mean = part.rest.mean(axis=0)
    moves = np.empty((len(part.deltas), *points.shape))
    for move, delta in zip(moves, part.deltas):
        after = part.rest + delta
        u, _, v = np.linalg.svd((after - after.mean(axis=0)).T @ (part.rest - mean))
        swing = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ v))]) @ v - np.eye(3)
        shift = delta.mean(axis=0) + swing @ (pivot - mean)
        move[:] = (points - middle) @ swing.T + part.size * shift
    return moves


def _bent(points: NDArray, part: _Part) -> NDArray[np.float64]:
    """Points (P, 3) moved as the nearest vertices of the part, bent onto the mesh, are: (52, P, 3)."""
    distances, nearest = cKDTree(part.fitted).query(points, k=3)
    shares = 1 / np.maximum(distances, 1e-6)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("pk,spkc->spc", shares, part.deltas[:, nearest]) * part.size)


def _is_skin(found: Correspondence, piece: NDArray) -> bool:
    mesh = found.mesh
    face = mesh.vertex_areas[mesh.pieces == found.main].sum()
    near = float(np.median(found.places.distances[piece])) < _SKIN_DISTANCE
    return near and float(mesh.vertex_areas[piece].sum()) > _SKIN_SHARE * face


def _fixed(found: Correspondence, deltas: NDArray, piece: NDArray) -> NDArray[np.float64]:
    """A piece that goes with the face where it is fixed, each vertex with its nearest root: (52, P, 3).

    It turns as the roots around do on the whole, since single triangles at a lid's corner turn wildly.
    """
    mesh = found.mesh
    face = Surface(mesh.vertices, mesh.triangles[mesh.pieces[mesh.triangles[:, 0]] == found.main])
    points = mesh.vertices[piece]
    near = face.closest(points)
    roots = np.flatnonzero(near.distances <= np.quantile(near.distances, ROOTS))
    several = min(_NEAREST, len(roots), max(1, _LARGE // len(piece)))
    root = roots[cKDTree(points[roots]).query(points, k=several)[1].reshape(len(points), several)]
    arms = points - near.of(mesh.vertices)[root[:, 0]]
    moves = np.empty((len(deltas), *points.shape))
    for move, delta in zip(moves, deltas):
        swing = _rotations(face.vertices, delta, near.corners)[root].mean(axis=1)
        move[:] = near.of(delta)[root[:, 0]] + np.einsum("prc,pc->pr", swing, arms) - arms
    return moves


def _rotations(vertices: NDArray, delta: NDArray, corners: NDArray) -> NDArray[np.float64]:
    """How triangles (P, 3) turn when their vertices move: (P, 3, 3)."""
    before, after = _axes(vertices[corners]), _axes((vertices + delta)[corners])
    return np.asarray(after @ before.transpose(0, 2, 1))


def _axes(corners: NDArray) -> NDArray[np.float64]:
    """A right-angled frame on each triangle (P, 3, 3): along the first side, across it, and the normal."""
    along = corners[:, 1] - corners[:, 0]
    normal = np.cross(along, corners[:, 2] - corners[:, 0])
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-30)
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    return np.stack([along, np.cross(normal, along), normal], axis=2)
