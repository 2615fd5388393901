"""Draw a posed head in grey: project, rasterise, cast the key light's shadow, shade each pixel.

Linear light in, linear light out; what a camera makes of it is in `camera`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from mien.rig.paint import globe_middle
from mien.types import FaceBox
from numba import njit
from numpy.typing import NDArray

from .appearance import Appearance
from .head import PARTS, HeadSource
from .landmarks import VERTICES
from .paint import PAINT, paint_position
from .raster import rasterise, vertex_normals
from .shading import shade

SKIN, EYE, TEETH, TONGUE, LASHES = range(5)
MATERIAL: Final = {
    "body": SKIN, "helper-l-eye": EYE, "helper-r-eye": EYE, "helper-upper-teeth": TEETH,
    "helper-lower-teeth": TEETH, "helper-tongue": TONGUE,
}  # fmt: skip
LASH_STRENGTH: Final = {
    "helper-l-eyelashes-1": 0.4, "helper-r-eyelashes-1": 0.4,
    "helper-l-eyelashes-2": 1.0, "helper-r-eyelashes-2": 1.0,
}  # fmt: skip
"""How much the lower and the upper lashes hide at the lid."""
LIPS_MEET: Final = 0.03
"""Lips less than this apart (decimetres) leave no light on the teeth between them, only `SLIT_LIGHT`."""
SLIT_LIGHT: Final = 0.2
SHADOW_SIZE: Final = 160
ARCH_CENTRE: Final = 0.95
"""Depth z of the point that teeth face away from, decimetres."""
TEETH_BEFORE_BAG: Final = 0.03
"""How much nearer (decimetres) teeth are drawn than they are: some heads' mouths cut into them."""
BAG_BEHIND: Final = 0.15
"""How much further off the mouth's bag is drawn than it is: it sticks out of some heads' thin cheeks."""


@dataclass(frozen=True, eq=False)
class Light:
    """Distant lights: `directions` (L, 3) unit vectors towards them (camera space: x right, y up, z to the
    camera), `powers` (L,), the first one casting a shadow of `shadow` (0–1) strength; `ambient` from above
    and below (2,).
    """

    directions: NDArray[np.float32]
    powers: NDArray[np.float32]
    shadow: float
    ambient: NDArray[np.float32]


class HeadRenderer:
    """Holds what all heads share: topology, materials, paint coordinates."""

    def __init__(self, source: HeadSource) -> None:
        head = source.head
        rest = source.vertices[head.indices]
        materials = np.repeat([MATERIAL.get(part, LASHES) for part in PARTS], 1)[head.groups].astype(np.int32)
        solid = materials != LASHES
        both = np.repeat(solid, 2)
        self.triangles = np.ascontiguousarray(head.triangles[both])
        self.materials = np.repeat(materials, 2)[both].astype(np.int32)
        self.lash_triangles = np.ascontiguousarray(head.triangles[~both])
        self.rest = np.ascontiguousarray(rest)
        self.paint_at = paint_position(rest)
        self.is_body = np.zeros(len(rest), bool)
        self.is_body[head.part("body")] = True
        rows = ("helper-upper-teeth", "helper-lower-teeth")
        self.teeth = np.concatenate([head.part(part) for part in rows])
        facing = rest[self.teeth] * (1, 0, 1) - (0, 0, ARCH_CENTRE)
        self.teeth_facing = (facing / np.linalg.norm(facing, axis=1, keepdims=True)).astype(np.float32)
        inside = np.maximum(source.region("inside-mouth"), _behind_lips(rest) * self.is_body)
        lids = _lid_margins(rest, source.head.table[list(VERTICES)]) * self.is_body
        self.lash_cover = _lash_cover(source, rest)
        self.regions = np.stack([source.region("lips"), inside, lids], axis=1).astype(np.float32)
        eyes = [rest[head.part(part)] for part in ("helper-r-eye", "helper-l-eye")]
        self.eyes = np.array([globe_middle(eye) for eye in eyes], np.float32)

    def lift_hair(self, vertices: NDArray[np.float32], looks: Appearance) -> NDArray[np.float32]:
        """The head with its hair's volume: body vertices (V, 3) pushed out along their normals."""
        column, row = np.clip(self.paint_at.T, 0, PAINT - 1).astype(int)
        lift = looks.volume[row, column] * self.is_body * (1 - self.regions[:, 1])
        return vertices + lift[:, None] * vertex_normals(vertices, self.triangles)

    def render(
        self,
        vertices: NDArray[np.float32],
        rotation: NDArray[np.float32],
        distance: float,
        box: FaceBox,
        size: int,
        looks: Appearance,
        light: Light,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Draw a head.

        Parameters
        ----------
        vertices : ndarray, float32, (V, 3)
            In head space (decimetres), the point to turn about at the origin.
        rotation : ndarray, float32, (3, 3)
            Head to camera.
        distance : float
            From the camera to the origin, decimetres.
        box : FaceBox
            What to show, in the units of `project`.
        size : int
            Pixels of the picture's side.

        Returns
        -------
        picture : ndarray, float32, (size, size)
            Linear light.
        surface : ndarray, int32, (size, size)
            `SKIN`, `EYE`, `TEETH`, `TONGUE`, or −1 where the head is not.
        """
        placed = (vertices @ rotation.T).astype(np.float32)
        points = _to_raster(placed, distance, box, size)
        points[:, 2] = 1 / (1 / points[:, 2] + BAG_BEHIND * self.regions[:, 1])
        points[self.teeth, 2] = 1 / (distance - TEETH_BEFORE_BAG - placed[self.teeth, 2])
        index, depth, corners = rasterise(points, self.triangles, size, size)
        normals = vertex_normals(placed, self.triangles)
        normals[self.teeth] = self.teeth_facing @ rotation.T
        shadow = self._shadow(placed, light.directions[0], index, corners) * light.shadow
        looks_vector = np.array(
            [looks.lips, looks.gloss, looks.iris, looks.sclera, looks.pupil, looks.iris_phase,
             looks.liner, looks.iris_size, looks.teeth], np.float32,
        )  # fmt: skip
        picture = shade(
            index, corners, self.triangles, self.materials, placed, vertices[:, 2].copy(), normals, self.rest,
            self.paint_at, self.regions, looks.paint, looks.bump, self.eyes, looks_vector,
            light.directions, light.powers, light.ambient, shadow.astype(np.float32), np.float32(distance),
        )  # fmt: skip
        self._draw_lashes(picture, depth, points, looks.lashes)
        surface = np.where(index >= 0, self.materials[index], -1).astype(np.int32)
        _darken_slits(picture, surface == TEETH, size * LIPS_MEET / box.size)
        return picture, surface

    def _shadow(
        self, placed: NDArray, towards: NDArray, index: NDArray, corners: NDArray
    ) -> NDArray[np.float32]:
        """0–1 per pixel: how far the key light is hidden by the head itself."""
        side = np.cross(towards, [0.0, 1.0, 0.05])
        side /= np.linalg.norm(side) + 1e-6
        frame = np.stack([side, np.cross(side, towards), towards]).astype(np.float32)
        seen = placed @ frame.T
        scale = SHADOW_SIZE / 3.6
        points = np.empty_like(seen)
        points[:, :2] = seen[:, :2] * scale + SHADOW_SIZE / 2
        points[:, 2] = 1 / (10 - seen[:, 2])
        _, near, _ = rasterise(points, self.triangles, SHADOW_SIZE, SHADOW_SIZE)
        return cv2.GaussianBlur(_compare(index, corners, self.triangles, points, near), (0, 0), 1.5)

    def _draw_lashes(self, picture: NDArray, depth: NDArray, points: NDArray, opacity: float) -> None:
        size = picture.shape[0]
        index, near, corners = rasterise(points, self.lash_triangles, size, size)
        cover = (index >= 0) & (near >= depth * 0.9985)
        there = (corners[cover] * self.lash_cover[self.lash_triangles[index[cover]]]).sum(1)
        picture[cover] *= 1 - opacity * there


def project(placed: NDArray, distance: float) -> NDArray[np.float32]:
    """Camera space (…, 3) ─▶ picture plane (…, 2): x right, y down, 1 = one decimetre at the origin."""
    scale = distance / (distance - placed[..., 2])
    return np.stack([placed[..., 0] * scale, -placed[..., 1] * scale], axis=-1).astype(np.float32)


def _to_raster(placed: NDArray, distance: float, box: FaceBox, size: int) -> NDArray[np.float32]:
    flat = project(placed, distance)
    turn, scale = np.radians(box.roll), size / box.size
    matrix = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = np.empty(placed.shape, np.float32)
    points[:, :2] = (flat - (box.x, box.y)) @ matrix.T + (size - 1) / 2
    points[:, 2] = 1 / (distance - placed[:, 2])
    return points


def _behind_lips(rest: NDArray) -> NDArray[np.float32]:
    """Body vertices of the mouth's bag, which has no region of its own in the mask."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    neck = (x > 0.24) & (y < 6.35)
    return ((x < 0.33) & (y > 6.3) & (y < 6.95) & (z < 1.22) & (z > 0.3) & ~neck).astype(np.float32)


def _darken_slits(picture: NDArray[np.float32], teeth: NDArray[np.bool_], pixels: float) -> None:
    """Teeth behind lips less than so many `pixels` apart get next to no light; in place."""
    reach = 2 * int(pixels / 2) + 1
    if reach > 1 and teeth.any():
        seen = cv2.morphologyEx(teeth.astype(np.uint8), cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
        picture[teeth & (seen == 0)] *= SLIT_LIGHT


def _lid_margins(rest: NDArray, landmarks: NDArray) -> NDArray[np.float32]:
    """How near vertices (V, 3) lie to the lids' margins, 0–1; the upper one is the darker."""
    near = np.zeros(len(rest))
    for ring in (landmarks[36:42], landmarks[42:48]):
        at, line = _margin(rest[ring])
        away = np.linalg.norm(rest[:, None] - line, axis=2)
        strength = np.where(at < 3, 1.0, 0.45)
        near = np.maximum(near, (np.exp(-((away / 0.022) ** 2)) * strength).max(1))
    return near.astype(np.float32)


def _lash_cover(source: HeadSource, rest: NDArray) -> NDArray[np.float32]:
    """How much lashes (V,) hide of what is behind them, 0–1: thick at the lid, thin at their tips."""
    cover = np.zeros(len(rest), np.float32)
    landmarks = source.head.table[list(VERTICES)]
    lids = np.concatenate([_margin(rest[ring])[1] for ring in (landmarks[36:42], landmarks[42:48])])
    for part, strength in LASH_STRENGTH.items():
        at = source.head.part(part)
        away = np.linalg.norm(rest[at][:, None] - lids, axis=2).min(1)
        cover[at] = strength * (1 - 0.8 * (away - away.min()) / np.ptp(away))
    return cover


def _margin(ring: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lids' margin through six landmarks (6, 3): the number of the landmark (60,), the line (60, 3)."""
    at = np.linspace(0, 6, 61)[:-1]
    loop = ring[np.r_[:6, 0]]
    return at, np.stack([np.interp(at, np.arange(7), loop[:, k]) for k in range(3)], 1)


@njit(cache=True, fastmath=True)
def _compare(index, corners, triangles, points, near):
    height, width = index.shape
    hidden = np.zeros((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            t = index[y, x]
            if t < 0:
                continue
            px = py = pz = 0.0
            for k in range(3):
                i, share = triangles[t, k], corners[y, x, k]
                px += share * points[i, 0]
                py += share * points[i, 1]
                pz += share * points[i, 2]
            column, row = int(px + 0.5), int(py + 0.5)
            if 0 <= column < near.shape[1] and 0 <= row < near.shape[0] and near[row, column] > pz + 0.0007:
                hidden[y, x] = 1.0
    return hidden
