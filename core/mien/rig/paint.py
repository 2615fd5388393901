"""What the preview's head is painted with: one picture that holds skin, brows, lips, eyes and mouth.

Skin is unrolled from a cylinder about the head, each eye from its axis; other materials are patches of one
colour. All is made from the model's own landmarks and materials, so any BlendshapeModel can be painted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import LEFT_PUPIL, RIGHT_PUPIL
from .blendshape_model import BlendshapeModel

SKIN_SIZE: Final = (1024, 640)
_EYE_SIZE: Final = 256
_EYE_REACH: Final = 80.0
"""Degrees from an eye's axis to the edge of its picture."""
_PATCH: Final = 48

EYE_MATERIALS: Final = ("sclera", "iris", "pupil")

COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "skin": (134, 164, 208), "lips": (98, 102, 176), "mouth": (52, 48, 118), "teeth": (200, 216, 226),
    "tongue": (92, 88, 184), "lashes": (24, 30, 38),
}  # fmt: skip
"""BGR, 0–255, under white light."""

_BROW: Final = (26, 37, 54)
_IRIS: Final = ((120, 96, 62), (60, 44, 28))
"""BGR around the pupil and at the iris's rim."""


@dataclass(frozen=True, eq=False)
class Paint:
    """The painted picture, and where each face looks into it.

    Attributes
    ----------
    picture : ndarray, uint8, (height, width, 3)
        BGR under white light.
    places : ndarray, float32, (F, 4, 2)
        Column and row for each corner of each face.
    """

    picture: NDArray[np.uint8]
    places: NDArray[np.float32]


def paint(model: BlendshapeModel) -> Paint:
    """Paint a picture for a model."""
    width, height = SKIN_SIZE
    rolled = unroll(model)
    picture = np.zeros((height, width + _EYE_SIZE, 3), np.uint8)
    picture[:, :width] = _skin(model, rolled)
    picture[:_EYE_SIZE, width:] = _eye(_iris_angles(model))
    places = rolled[model.faces]
    for eye in (RIGHT_PUPIL, LEFT_PUPIL):
        faces, corners = _eye_places(model, eye)
        places[faces] = np.add(corners, (width + _EYE_SIZE / 2, _EYE_SIZE / 2))
    flat = [name for name in model.material_names if name not in (*EYE_MATERIALS, "skin", "lips")]
    for i, name in enumerate(flat):
        top = _EYE_SIZE + i * _PATCH
        picture[top : top + _PATCH, width:] = COLOURS.get(name, COLOURS["skin"])
        places[of_material(model, name)] = (width + _EYE_SIZE / 2, top + _PATCH / 2)
    return Paint(picture, places.astype(np.float32))


def of_material(model: BlendshapeModel, *names: str) -> NDArray[np.bool_]:
    """Whether each face (F,) is of one of the materials."""
    return np.isin(model.materials, [i for i, name in enumerate(model.material_names) if name in names])


def pupil_distance(model: BlendshapeModel) -> float:
    """Between the pupils at rest: what sizes are measured by, as a model's unit is its own."""
    right, left = model.neutral[model.landmarks[[RIGHT_PUPIL, LEFT_PUPIL]]]
    return float(np.linalg.norm(left - right))


def unroll(model: BlendshapeModel) -> NDArray[np.float64]:
    """Where each vertex (V, 2) lies in the skin's picture: around the head, and from its top down."""
    x, y, z = model.neutral.T.astype(np.float64)
    angle = np.arctan2(x, z - z.min() * 0.5)
    width, height = SKIN_SIZE
    column = (0.5 + angle / (2 * np.pi)) * (width - 1)
    row = (y.max() - y) / np.ptp(y) * (height - 1)
    return np.column_stack([column, row])


def _skin(model: BlendshapeModel, rolled: NDArray[np.float64]) -> NDArray[np.uint8]:
    width, height = SKIN_SIZE
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = COLOURS["skin"]
    picture *= 1 + 0.012 * cv2.GaussianBlur(_noise(height, width), (0, 0), 2.0)[..., None] * 4
    _blend(picture, 0.3 * _blush(model, rolled), (112, 124, 204))
    lips = np.zeros((height, width), np.float32)
    for face in rolled[model.faces[of_material(model, "lips")]]:
        cv2.fillConvexPoly(lips, np.rint(face).astype(np.int32), 1.0)
    _blend(picture, 0.8 * cv2.GaussianBlur(lips, (0, 0), 2.5), COLOURS["lips"])
    _blend(picture, _brows(rolled[model.landmarks[17:27]]), _BROW)
    return picture.clip(0, 255).astype(np.uint8)


def _blend(picture: NDArray[np.float32], share: NDArray, colour: tuple[int, int, int]) -> None:
    picture += share[..., None] * (np.array(colour, np.float32) - picture)


def _noise(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 1, (height, width)).astype(np.float32)


def _blush(model: BlendshapeModel, rolled: NDArray[np.float64]) -> NDArray[np.float32]:
    """Warm cheeks and tip of the nose: 0–1 for each pixel of the skin."""
    mark = rolled[model.landmarks]
    cheeks = [(mark[1 + side] * 0.35 + mark[nostril] * 0.65, 38.0) for side, nostril in ((0, 31), (14, 35))]
    share = np.zeros(SKIN_SIZE[::-1], np.float32)
    for (x, y), spread in [*cheeks, (mark[30], 16.0)]:
        columns, rows = np.arange(SKIN_SIZE[0]) - x, np.arange(SKIN_SIZE[1]) - y
        spot = np.exp(-(columns[None] ** 2 + 1.4 * rows[:, None] ** 2) / (2 * spread**2))
        share = np.maximum(share, spot.astype(np.float32))
    return share


def _brows(marks: NDArray[np.float64]) -> NDArray[np.float32]:
    """Hairs along landmarks 17–26: 0–1 for each pixel of the skin."""
    share = np.zeros(SKIN_SIZE[::-1], np.float32)
    rng = np.random.default_rng(0)
    for brow, side in ((marks[4::-1], -1.0), (marks[5:], 1.0)):
        for _ in range(420):
            _hair(share, brow, side, rng)
    soft = cv2.GaussianBlur(share, (0, 0), 0.8)
    return np.maximum(soft, 0.55 * cv2.GaussianBlur(share, (0, 0), 3.0)).clip(0, 0.9)


def _hair(share: NDArray[np.float32], brow: NDArray, side: float, rng: np.random.Generator) -> None:
    """One hair of a brow (5, 2) given from the nose outwards; `side` is the way outwards in columns."""
    along = rng.beta(1.05, 1.25) * 3.9
    x, y = (np.interp(along, range(5), brow[:, i]) for i in range(2))
    thickness = np.interp(along, (0, 0.6, 2, 3.9), (7, 11, 8, 2.5))
    lift = np.radians(np.interp(along, (0, 1, 2.5, 3.9), (75, 40, 5, -25)) + rng.normal(0, 9))
    start = np.array([x + rng.normal(0, 2), y + 4 + thickness * rng.uniform(-0.5, 0.5)])
    end = start + rng.uniform(9, 15) * np.array([side * np.cos(lift), -np.sin(lift)])
    ends = [tuple(int(v) for v in np.rint(16 * point)) for point in (start, end)]
    layer_value = float(rng.uniform(0.5, 0.95))
    cv2.line(share, ends[0], ends[1], layer_value, 1, cv2.LINE_AA, 4)


def _iris_angles(model: BlendshapeModel) -> tuple[float, float]:
    """Degrees from the axis at which the pupil and the iris end."""
    angles = []
    for name, usual in (("pupil", 8.0), ("iris", 23.0)):
        vertices = np.unique(model.faces[of_material(model, name)])
        vertices = vertices[model.neutral[vertices, 0] > 0] if len(vertices) else vertices
        seen = _from_axis(model, vertices, LEFT_PUPIL)[0] if len(vertices) else np.array([usual])
        angles.append(float(seen.max()))
    return angles[0], angles[1]


def eye_vertices(model: BlendshapeModel, pupil: int) -> NDArray[np.int64]:
    """The vertices of the eye whose pupil is the given landmark."""
    vertices = np.unique(model.faces[of_material(model, *EYE_MATERIALS)])
    own = np.sign(model.neutral[model.landmarks[pupil], 0])
    return vertices[np.sign(model.neutral[vertices, 0]) == own].astype(np.int64)


def globe_middle(globe: NDArray) -> NDArray:
    """The middle (3,) of an eye's vertices (N, 3): that of their box, wherever they lie densest."""
    return np.asarray((globe.min(axis=0) + globe.max(axis=0)) / 2)


def _from_axis(model: BlendshapeModel, vertices: NDArray, pupil: int) -> tuple[NDArray, NDArray]:
    """Degrees from an eye's axis (N,) and the direction in which (N, 2), right and down seen from ahead."""
    globe = model.neutral[eye_vertices(model, pupil)]
    centre = globe_middle(globe)
    axis = model.neutral[model.landmarks[pupil]] - centre
    axis /= np.linalg.norm(axis)
    ways = model.neutral[vertices] - centre
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    angle = np.degrees(np.arccos(np.clip(ways @ axis, -1, 1)))
    off = (ways - (ways @ axis)[:, None] * axis)[:, :2] * (1, -1)
    return angle, off / np.maximum(np.linalg.norm(off, axis=1, keepdims=True), 1e-6)


def _eye_places(model: BlendshapeModel, pupil: int) -> tuple[NDArray, NDArray]:
    """The faces of an eye, and their corners (N, 4, 2) from the middle of the eye's picture."""
    vertices = eye_vertices(model, pupil)
    mine = np.zeros(len(model.neutral), bool)
    mine[vertices] = True
    faces = np.flatnonzero(of_material(model, *EYE_MATERIALS) & mine[model.faces].all(axis=1))
    place = np.zeros((len(model.neutral), 2))
    angle, way = _from_axis(model, vertices, pupil)
    reach = np.minimum(angle / _EYE_REACH, 1)[:, None] * (_EYE_SIZE / 2 - 2)
    place[vertices] = way * reach
    return faces, place[model.faces[faces]]


def _eye(angles: tuple[float, float]) -> NDArray[np.uint8]:
    """An eye unrolled about its axis: pupil, iris with its fibres and dark rim, white."""
    pupil, iris = angles
    middle = _EYE_SIZE / 2
    rows, columns = np.mgrid[:_EYE_SIZE, :_EYE_SIZE] - middle
    angle = np.hypot(rows, columns) * _EYE_REACH / (middle - 2)
    turn = np.arctan2(rows, columns)
    picture = np.empty((_EYE_SIZE, _EYE_SIZE, 3), np.float32)
    picture[:] = (222, 228, 234)
    _blend(picture, np.clip((angle - 35) / 45, 0, 1), (160, 170, 214))
    fibres = 0.5 + 0.25 * np.sin(37 * turn) + 0.25 * np.sin(61 * turn + 2)
    inside = np.clip((angle - pupil) / (iris - pupil), 0, 1)
    colour = np.array(_IRIS[0]) * (1 - inside[..., None]) + np.array(_IRIS[1]) * inside[..., None]
    colour = colour * (0.85 + 0.35 * fibres[..., None])
    share = np.clip((iris + 1 - angle) / 2, 0, 1)[..., None]
    picture += share * (colour - picture)
    _blend(picture, np.clip((pupil + 0.7 - angle) / 1.4, 0, 1), (14, 12, 10))
    return picture.clip(0, 255).astype(np.uint8)
