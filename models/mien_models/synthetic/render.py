"""Draw a posed head in grey: project, rasterise, cast the key light's shadow, shade each pixel.

Linear light in, linear light out; what a camera makes of it is in `camera`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from mien.types import FaceBox
from numba import njit
from numpy.typing import NDArray

from .appearance import Appearance
from .head import PARTS, HeadSource
from .landmarks import VERTICES
from .paint import PAINT, paint_position
from .raster import rasterise, vertex_normals

SKIN, EYE, TEETH, TONGUE, LASHES = range(5)
MATERIAL: Final = {
    "body": SKIN, "helper-l-eye": EYE, "helper-r-eye": EYE, "helper-upper-teeth": TEETH,
    "helper-lower-teeth": TEETH, "helper-tongue": TONGUE,
}  # fmt: skip
SHADOW_SIZE: Final = 160
LIP_DEPTH: Final = 1.42
"""Depth z of the lips on the base head (decimetres): what lies behind is in the mouth's dark."""
BITE: Final = (6.6, 1.51, 0.22)
"""The plane in which the teeth of the base head meet: its height y at depth z, and how far it rises for each
decimetre further back."""
CROWN: Final = 0.105
"""Height of a tooth (decimetres); beyond it the gums begin."""
ARCH_CENTRE: Final = 0.95
"""Depth z of the point that teeth face away from, decimetres."""
TEETH_BEFORE_BAG: Final = 0.03
"""How much nearer (decimetres) teeth are drawn than they are: some heads' cheeks and mouth's bag cut into them."""


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
        self.teeth = np.concatenate([head.part(part) for part in ("helper-upper-teeth", "helper-lower-teeth")])
        facing = rest[self.teeth] * (1, 0, 1) - (0, 0, ARCH_CENTRE)
        self.teeth_facing = (facing / np.linalg.norm(facing, axis=1, keepdims=True)).astype(np.float32)
        inside = np.maximum(source.region("inside-mouth"), _behind_lips(rest) * self.is_body)
        lids = _lid_margins(rest, source.head.table[list(VERTICES)]) * self.is_body
        self.regions = np.stack([source.region("lips"), inside, lids], axis=1).astype(np.float32)
        eyes = [rest[head.part(part)] for part in ("helper-r-eye", "helper-l-eye")]
        self.eyes = np.array([(eye.min(0) + eye.max(0)) / 2 for eye in eyes], np.float32)

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
        points[self.teeth, 2] = 1 / (distance - TEETH_BEFORE_BAG - placed[self.teeth, 2])
        index, depth, corners = rasterise(points, self.triangles, size, size)
        normals = vertex_normals(placed, self.triangles)
        normals[self.teeth] = self.teeth_facing @ rotation.T
        shadow = self._shadow(placed, light.directions[0], index, corners) * light.shadow
        looks_vector = np.array(
            [looks.lips, looks.gloss, looks.iris, looks.sclera, looks.pupil, looks.iris_phase,
             looks.liner, looks.iris_size, looks.teeth], np.float32,
        )  # fmt: skip
        picture = _shade(
            index, corners, self.triangles, self.materials, placed, vertices[:, 2].copy(), normals, self.rest,
            self.paint_at, self.regions, looks.paint, looks.bump, self.eyes, looks_vector,
            light.directions, light.powers, light.ambient, shadow.astype(np.float32), np.float32(distance),
        )  # fmt: skip
        self._draw_lashes(picture, depth, points, looks.lashes)
        return picture, np.where(index >= 0, self.materials[index], -1).astype(np.int32)

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
        picture[cover] *= 1 - opacity * (0.5 + 0.5 * corners[..., 0][cover])


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
    return (
        (np.abs(rest[:, 0]) < 0.33) & (rest[:, 1] > 6.3) & (rest[:, 1] < 6.95) & (rest[:, 2] < 1.22)
        & (rest[:, 2] > 0.3)
    ).astype(np.float32)  # fmt: skip


def _lid_margins(rest: NDArray, landmarks: NDArray) -> NDArray[np.float32]:
    """How near vertices (V, 3) lie to the lids' margins, 0–1; the upper one is the darker."""
    near = np.zeros(len(rest))
    for ring in (landmarks[36:42], landmarks[42:48]):
        at = np.linspace(0, 6, 61)[:-1]
        loop = rest[np.r_[ring, ring[:1]]]
        line = np.stack([np.interp(at, np.arange(7), loop[:, k]) for k in range(3)], 1)
        away = np.linalg.norm(rest[:, None] - line, axis=2)
        strength = np.where(at < 3, 1.0, 0.45)
        near = np.maximum(near, (np.exp(-((away / 0.022) ** 2)) * strength).max(1))
    return near.astype(np.float32)


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


@njit(cache=True, fastmath=True)
def _shade(
    index, corners, triangles, materials, placed, front, normals, rest, paint_at, regions, paint, bump, eyes,
    looks, directions, powers, ambient, shadow, distance,
):  # fmt: skip
    height, width = index.shape
    picture = np.zeros((height, width), np.float32)
    most = paint.shape[0] - 2
    for y in range(height):
        for x in range(width):
            t = index[y, x]
            if t < 0:
                continue
            material = materials[t]
            nx = ny = nz = px = py = pz = rx = ry = rz = u = v = lip = inside = lid = deep = 0.0
            for k in range(3):
                i, share = triangles[t, k], corners[y, x, k]
                nx += share * normals[i, 0]
                ny += share * normals[i, 1]
                nz += share * normals[i, 2]
                px += share * placed[i, 0]
                py += share * placed[i, 1]
                pz += share * placed[i, 2]
                rx += share * rest[i, 0]
                ry += share * rest[i, 1]
                rz += share * rest[i, 2]
                u += share * paint_at[i, 0]
                v += share * paint_at[i, 1]
                lip += share * regions[i, 0]
                inside += share * regions[i, 1]
                lid += share * regions[i, 2]
                deep += share * front[i]
            dark, gloss, sharp = 1.0, looks[1], 12.0
            if material == 0:
                column, row = min(max(int(u), 0), most), min(max(int(v), 0), most)
                fu, fv = u - column, v - row
                albedo = (
                    paint[row, column] * (1 - fu) * (1 - fv) + paint[row, column + 1] * fu * (1 - fv)
                    + paint[row + 1, column] * (1 - fu) * fv + paint[row + 1, column + 1] * fu * fv
                )  # fmt: skip
                albedo *= (1 - lip * (1 - looks[0])) * (1 - 0.85 * lid * looks[6])
                nx += 0.06 * (bump[row, column + 1] - bump[row, column])
                ny += 0.06 * (bump[row + 1, column] - bump[row, column])
                gloss = looks[1] * (1 + lip)
                if inside > 0.3:
                    albedo, dark, gloss = 0.15, 0.25, 0.0
            elif material == 1:
                eye = 0 if rx < 0 else 1
                ex, ey, ez = rx - eyes[eye, 0], ry - eyes[eye, 1], rz - eyes[eye, 2]
                ring = np.sqrt(ex * ex + ey * ey) / (np.sqrt(ex * ex + ey * ey + ez * ez) + 1e-9)
                gloss, sharp, albedo = 1.2, 90.0, looks[3] * (1 - 0.25 * ring)
                if ez > 0 and ring < looks[7]:
                    streaks = np.sin(np.arctan2(ey, ex) * 17 + looks[5]) * np.sin(np.arctan2(ey, ex) * 29)
                    albedo = looks[2] * (1 + 0.35 * streaks) * (0.45 if ring > 0.88 * looks[7] else 1.0)
                    if ring < looks[7] * looks[4]:
                        albedo = 0.008
            elif material == 2:
                crown = np.abs(ry - BITE[0] - BITE[2] * (BITE[1] - rz)) / CROWN
                albedo, gloss, sharp = looks[8] - 0.14 * np.abs(np.sin(rx * 40)) ** 12, 0.6, 40.0
                albedo *= 1 - 0.5 * np.exp(-((crown / 0.06) ** 2))
                if crown > 1 - 0.15 * np.abs(np.sin(rx * 40)) ** 4:
                    albedo = 0.35
                dark = min(max(1 - 0.9 * (1.42 - deep), 0.3), 1.0)
            else:
                albedo, gloss = 0.3, 0.5
                dark = min(max(1 - 1.1 * (1.4 - deep), 0.2), 1.0)
            length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
            nx, ny, nz = nx / length, ny / length, nz / length
            vx, vy, vz = -px, -py, distance - pz
            length = np.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx / length, vy / length, vz / length
            if nx * vx + ny * vy + nz * vz < 0:
                nx, ny, nz = -nx, -ny, -nz
                if material == 0:
                    dark = 0.2
            sky = 0.5 + 0.5 * ny
            diffuse = ambient[0] * sky + ambient[1] * (1 - sky)
            shine = 0.0
            for q in range(directions.shape[0]):
                lx, ly, lz = directions[q, 0], directions[q, 1], directions[q, 2]
                lit = 1 - shadow[y, x] * (0.4 if material == 2 else 1.0) if q == 0 else 1.0
                facing = nx * lx + ny * ly + nz * lz
                wrapped = (facing + 0.25) / 1.25
                if wrapped > 0:
                    diffuse += powers[q] * wrapped * lit
                hx, hy, hz = lx + vx, ly + vy, lz + vz
                length = np.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
                half = (nx * hx + ny * hy + nz * hz) / length
                if half > 0 and facing > 0:
                    shine += powers[q] * lit * half**sharp * 0.35
            picture[y, x] = dark * (albedo * diffuse + gloss * shine)
    return picture
