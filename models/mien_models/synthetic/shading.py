"""What each pixel of a drawn head looks like: skin with its paint, eyes, teeth, tongue, under the lights."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

LIP_DEPTH: Final = 1.42
"""Depth z of the lips on the base head (decimetres): what lies behind is in the mouth's dark."""
BITE: Final = (6.6, 1.51, 0.22)
"""The plane in which the teeth of the base head meet: its height y at depth z, and how far it rises for each
decimetre further back."""
CROWN: Final = 0.105
"""Height of a tooth (decimetres); beyond it the gums begin."""


@njit(cache=True, fastmath=True)
def shade(
    index, corners, triangles, materials, placed, front, normals, rest, paint_at, regions, paint, bump, eyes,
    looks, directions, powers, ambient, shadow, distance,
):  # fmt: skip
    """Shade the pixels (H, W) that `raster.rasterise` found triangles for: linear light, 0 elsewhere."""
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
                gloss, sharp, albedo = 1.5, 500.0, looks[3] * (1 - 0.5 * ring * ring)
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
                dark = min(max(1 - 0.9 * (LIP_DEPTH - deep), 0.3), 1.0)
            else:
                albedo, gloss = 0.3, 0.5
                dark = min(max(1 - 1.1 * (LIP_DEPTH - 0.02 - deep), 0.2), 1.0)
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
