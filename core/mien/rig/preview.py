"""Draw a driven head: the other half of the overlay and of the pictures in the documentation.

A software renderer of numpy and OpenCV: project, rasterise, light each vertex, paint each pixel. It is made
for one head in a plain studio, fast enough for video; it is no general renderer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from ..types import LEFT_PUPIL, RIGHT_PUPIL, HeadPose
from .blendshape_model import BlendshapeModel
from .paint import EYE_MATERIALS, eye_vertices, globe_middle, of_material, paint, pupil_distance
from .raster import Fragments, rasterise

DISTANCE: Final = 26.0
"""From the camera to the middle of the eyes. Lengths here are in distances between the pupils."""
HEIGHT: Final = 4.45
"""What the picture shows from top to bottom."""
_MIDDLE: Final = np.array([0.0, -0.1, 0.0])
"""What is in the middle of the picture when the head looks ahead."""
_PIVOT: Final = np.array([0.0, -0.6, -1.0])
"""What the head turns about."""
_FADE: Final = (-2.75, -2.3)
"""Between which heights (of planes that rise to the front) the neck fades into the background."""
_MOUTH_DARK: Final = (("teeth", 1.3), ("mouth", 0.6), ("tongue", 0.9))
"""How far behind the lips these are black; teeth catch more light than the cheeks' inner sides."""

_UPPER_LASHES: Final = 0.95
_LOWER_LASHES: Final = 0.4
"""How much of the light behind them the lashes take at the lids."""

_LIGHTS: Final = (
    # towards the light, how far it reaches around, BGR
    ((-0.55, 0.55, 0.75), 0.25, (0.74, 0.80, 0.86)),
    ((0.75, 0.1, 0.55), 0.35, (0.22, 0.19, 0.17)),
    ((0.6, 0.55, -0.75), 0.0, (0.55, 0.50, 0.42)),
)
_AMBIENT: Final = ((0.20, 0.17, 0.16), (0.07, 0.07, 0.09))
"""BGR from above and from below."""
_BLEEDING: Final = np.array([0.0, 0.04, 0.12])
"""How much further light reaches around in skin, BGR."""
_BACKGROUND: Final = ((66, 60, 56), (34, 30, 28))
"""BGR at the top and at the bottom."""


def render(model: BlendshapeModel, weights: ArrayLike, pose: HeadPose, size: int) -> NDArray[np.uint8]:
    """Draw the head.

    Parameters
    ----------
    model : BlendshapeModel
        The reference head, or another with its materials' names.
    weights : array_like, float, (52,), about 0–1
    pose : HeadPose
        All 0 looks into the camera.
    size : int
        Width and height of the picture in pixels.

    Returns
    -------
    ndarray, uint8, (size, size, 3)
        BGR.
    """
    return _studio(model).draw(np.asarray(weights, np.float32), pose, size)


def rotation(pose: HeadPose) -> NDArray[np.float64]:
    """Head to camera (3, 3): first the pitch, then the yaw, then the roll."""
    pitch, yaw, roll = np.radians([pose.pitch, pose.yaw, -pose.roll])
    nod = [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    turn = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    tilt = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    return np.asarray(np.array(tilt) @ np.array(turn) @ np.array(nod), np.float64)


@lru_cache(maxsize=2)
def _studio(model: BlendshapeModel) -> _Studio:
    return _Studio(model)


class _Studio:
    """A model made ready for drawing: what does not change from frame to frame."""

    def __init__(self, model: BlendshapeModel) -> None:
        self._model = model
        self._unit = pupil_distance(model)
        painted = paint(model)
        self._picture = painted.picture
        lashes = of_material(model, "lashes")
        self._triangles, self._places = _triangles(model.faces[~lashes], painted.places[~lashes])
        self._lash_strength = _strength(model, lashes)
        self._lashes, _ = _triangles(model.faces[lashes], painted.places[lashes])
        self._gather = _incidence(self._triangles, len(model.neutral))
        self._smooth = _smoothing(model.faces, len(model.neutral))
        self._eyes = [eye_vertices(model, pupil) for pupil in (RIGHT_PUPIL, LEFT_PUPIL)]
        is_eye = np.zeros(len(model.neutral), bool)
        is_eye[np.unique(model.faces[of_material(model, *EYE_MATERIALS)])] = True
        self._eye_triangles = is_eye[self._triangles].all(axis=1)
        parts = [(np.unique(model.faces[of_material(model, name)]), far) for name, far in _MOUTH_DARK]
        self._inside = np.concatenate([part for part, _ in parts])
        self._dark_at = np.concatenate([np.full(len(part), far) for part, far in parts])
        self._lips = model.landmarks[[51, 57]]
        self._is_skin = np.ones(len(model.neutral), np.float32)
        self._is_skin[np.concatenate([*self._eyes, self._inside])] = 0
        height = (model.neutral[:, 1] + 0.35 * model.neutral[:, 2]) / self._unit
        self._fade = np.clip((height - _FADE[0]) / (_FADE[1] - _FADE[0]), 0, 1).astype(np.float32)

    def draw(self, weights: NDArray[np.float32], pose: HeadPose, size: int) -> NDArray[np.uint8]:
        """See `render`."""
        rest = self._model.evaluate(weights) / self._unit
        turn = rotation(pose)
        placed = ((rest - _PIVOT) @ turn.T + _PIVOT).astype(np.float32)
        points = _project(placed, size)
        normals = self._normals(placed)
        light = self._light(rest, placed, normals)
        seen = rasterise(points, self._triangles, size, size)
        values = np.column_stack([light, self._fade, self._shine(normals)])[self._triangles]
        colours, fade = self._colours(seen, seen.interpolate(np.concatenate([values, self._places], axis=2)))
        flat = _background(size).reshape(-1, 3)
        picture = flat.copy()
        picture[seen.pixels] += fade * (colours - flat[seen.pixels])
        depth = np.zeros(size * size, np.float32)
        depth[seen.pixels] = seen.depths
        self._draw_lashes(picture, depth, points, size)
        return _soften(picture.reshape(size, size, 3), depth.reshape(size, size))

    def _colours(self, seen: Fragments, inside: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
        """BGR (P, 3) and opacity (P, 1) from what `draw` interpolates."""
        light, fade, shine = inside[:, :3], inside[:, 3:4], inside[:, 4:6]
        colours = _sample(self._picture, inside[:, 6:]) * light
        colours += 26 * shine[:, 1:]
        eye = np.flatnonzero(self._eye_triangles[seen.triangles])
        colours[eye] += 235 * np.maximum(shine[eye, :1], 0) ** 180
        return colours, fade

    def _normals(self, placed: NDArray[np.float32]) -> NDArray[np.float32]:
        corners = placed[self._triangles]
        faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = self._gather @ faces
        return (normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)).astype(np.float32)

    def _light(self, rest: NDArray, placed: NDArray, normals: NDArray) -> NDArray[np.float32]:
        """BGR light (square root of its power) of each vertex: (V, 3)."""
        up = 0.5 + 0.5 * normals[:, 1:2]
        power = up * _AMBIENT[0] + (1 - up) * _AMBIENT[1]
        for towards, around, colour in _LIGHTS:
            facing = normals @ (np.array(towards) / np.linalg.norm(towards))
            reach = around + self._is_skin[:, None] * _BLEEDING
            power = power + np.maximum((facing[:, None] + reach) / (1 + reach), 0) ** 1.2 * np.array(colour)
        power *= self._open_to_light(rest, placed, normals)[:, None]
        return (np.sqrt(power) * 1.06).astype(np.float32)

    def _open_to_light(self, rest: NDArray, placed: NDArray, normals: NDArray) -> NDArray[np.float32]:
        """0–1 (V,): little in folds, in the mouth and under the upper lids."""
        hollow = np.zeros(len(placed))
        mean = placed
        for scale in (1.0, 0.7):
            mean = self._smooth @ (self._smooth @ mean)
            hollow += scale * np.maximum(((mean - placed) * normals).sum(axis=1), 0)
        share = np.exp(-9 * hollow)
        behind = rest[self._lips, 2].mean() - rest[self._inside, 2]
        share[self._inside] = np.clip(1 - behind / self._dark_at, 0.03, 1) ** 2
        for eye in self._eyes:
            share[eye] = _under_lid(rest[eye])
        return share.astype(np.float32)

    def _shine(self, normals: NDArray[np.float32]) -> NDArray[np.float32]:
        """How nearly the key light is mirrored to the camera, for eyes, and a faint shine of skin (V, 2)."""
        halfway = np.array(_LIGHTS[0][0]) / np.linalg.norm(_LIGHTS[0][0]) + (0, 0, 1)
        mirrored = np.maximum(normals @ (halfway / np.linalg.norm(halfway)), 0)
        return np.column_stack([mirrored, mirrored**24 * self._is_skin]).astype(np.float32)

    def _draw_lashes(self, picture: NDArray, depth: NDArray, points: NDArray, size: int) -> None:
        """Darken what lies behind the lashes, less towards their tips."""
        both = np.concatenate([self._lashes, self._lashes[:, ::-1]])
        seen = rasterise(points, both, size, size)
        dark = seen.interpolate(self._lash_strength[both, None])
        front = seen.depths > depth[seen.pixels] - 1e-5
        picture[seen.pixels[front]] *= 1 - dark[front]


def _strength(model: BlendshapeModel, lashes: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How dark lashes are at each vertex (V,): most at the lids, which are nearest to the globes."""
    strength = np.zeros(len(model.neutral), np.float32)
    vertices = np.unique(model.faces[lashes])
    for pupil in (RIGHT_PUPIL, LEFT_PUPIL):
        globe = model.neutral[eye_vertices(model, pupil)]
        side = vertices[model.neutral[vertices, 0] * model.neutral[model.landmarks[pupil], 0] > 0]
        out = np.linalg.norm(model.neutral[side] - globe_middle(globe), axis=1)
        low = model.neutral[side, 1] < model.neutral[model.landmarks[pupil], 1]
        if len(side):
            most = np.where(low, _LOWER_LASHES, _UPPER_LASHES)
            strength[side] = most * (1 - (out - out.min()) / np.ptp(out)) ** 1.5
    return strength


def _triangles(faces: NDArray[np.int32], places: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    """The faces' halves (T, 3) and the same corners' places (T, 3, 2); without those that have no area."""
    halves = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    corners = np.concatenate([places[:, [0, 1, 2]], places[:, [0, 2, 3]]])
    real = (halves[:, 1] != halves[:, 2]) & (halves[:, 0] != halves[:, 2]) & (halves[:, 0] != halves[:, 1])
    return halves[real], corners[real]


def _incidence(triangles: NDArray[np.int32], vertices: int) -> sparse.csr_matrix:
    """Adds up values of triangles (T, …) at their vertices (V, …)."""
    number = np.repeat(np.arange(len(triangles)), 3)
    shape = (vertices, len(triangles))
    return sparse.csr_matrix((np.ones(len(number), np.float32), (triangles.ravel(), number)), shape=shape)


def _smoothing(faces: NDArray[np.int32], vertices: int) -> sparse.csr_matrix:
    """Replaces values (V, …) by the mean of those next to each."""
    ends = np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)])
    ends = np.concatenate([ends, ends[:, ::-1], np.repeat(np.arange(vertices)[:, None], 2, axis=1)])
    near = sparse.csr_matrix((np.ones(len(ends), np.float32), (ends[:, 0], ends[:, 1])), (vertices,) * 2)
    near.data[:] = 1
    return (sparse.diags(1 / np.asarray(near.sum(axis=1)).ravel()) @ near).tocsr()


def _project(placed: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Pixels (V, 2) and 1/distance (V,) as one array (V, 3)."""
    near = 1 / (DISTANCE - placed[:, 2])
    scale = size / HEIGHT * DISTANCE * near
    x = (size - 1) / 2 + scale * (placed[:, 0] - _MIDDLE[0])
    y = (size - 1) / 2 - scale * (placed[:, 1] - _MIDDLE[1])
    return np.column_stack([x, y, near]).astype(np.float32)


def _sample(picture: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture's colours (P, 3) at columns and rows (P, 2), between its pixels."""
    table = np.zeros((-(-len(places) // 512) * 512, 2), np.float32)  # OpenCV takes no more rows than 32,767
    table[: len(places)] = places
    columns, rows = np.moveaxis(table.reshape(-1, 512, 2), 2, 0)
    colours = cv2.remap(picture, columns.copy(), rows.copy(), cv2.INTER_LINEAR)
    return colours.reshape(-1, 3)[: len(places)].astype(np.float32)


def _under_lid(globe: NDArray) -> NDArray:
    """0–1 (N,): the upper lid's shadow and the corners of an eye."""
    centre = globe_middle(globe)
    way = (globe - centre) / np.linalg.norm(globe - centre, axis=1, keepdims=True)
    return (1 - 0.75 * np.clip((way[:, 1] - 0.05) / 0.45, 0, 1)) * (
        1 - 0.5 * np.clip(abs(way[:, 0]) - 0.3, 0, 1)
    )


@lru_cache(maxsize=4)
def _background(size: int) -> NDArray[np.float32]:
    down = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    top, bottom = (np.array(colour, np.float32) for colour in _BACKGROUND)
    return np.broadcast_to(top + down * (bottom - top), (size, size, 3)).copy()


def _soften(picture: NDArray[np.float32], depth: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blur a little where something nearer ends, since edges come out of the z-buffer in steps."""
    whole = picture.clip(0, 255).astype(np.uint8)
    step = cv2.morphologyEx(depth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.0002
    blurred = cv2.GaussianBlur(whole, (3, 3), 0.8)
    whole[step] = blurred[step]
    return whole
