"""The z-buffer against one that looks at every pixel and every triangle by itself."""

from __future__ import annotations

import numpy as np
import pytest
from mien.rig.raster import rasterise

WIDTH, HEIGHT = 60, 44


def by_hand(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The nearest triangle that faces the viewer at each pixel (HEIGHT, WIDTH), −1 where there is none."""
    seen = np.full((HEIGHT, WIDTH), -1)
    nearest = np.full((HEIGHT, WIDTH), -np.inf)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    for number, triangle in enumerate(triangles):
        a, b, c = points[triangle].astype(float)
        plane = np.array([[a[0], b[0], c[0]], [a[1], b[1], c[1]], [1, 1, 1]])
        if np.linalg.det(plane) >= 0:
            continue
        share = np.linalg.solve(plane, np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)]))
        depth = (np.array([a[2], b[2], c[2]]) @ share).reshape(HEIGHT, WIDTH)
        won = (share.min(axis=0) >= 0).reshape(HEIGHT, WIDTH) & (depth > nearest)
        seen[won], nearest[won] = number, depth[won]
    return seen


def any_triangles(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of all sizes that cross each other, some beyond the picture, about half turned away."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-10, 70, (count, 1, 3))
    points = (middles + rng.normal(0, rng.uniform(1, 25, (count, 1, 1)), (count, 3, 3))).reshape(-1, 3)
    return points.astype(np.float32), np.arange(3 * count, dtype=np.int32).reshape(-1, 3)


@pytest.mark.parametrize("seed", range(4))
def test_each_pixel_shows_the_nearest_triangle(seed: int) -> None:
    points, triangles = any_triangles(60, seed)
    found = rasterise(points, triangles, WIDTH, HEIGHT)
    picture = np.full(WIDTH * HEIGHT, -1)
    picture[found.pixels] = found.triangles
    assert len(np.unique(found.pixels)) == len(found.pixels)
    assert (picture.reshape(HEIGHT, WIDTH) == by_hand(points, triangles)).mean() > 0.998


def test_values_are_interpolated_between_the_corners() -> None:
    """Columns and rows given as values at the corners come back as each pixel's own."""
    points, triangles = any_triangles(40, 9)
    found = rasterise(points, triangles, WIDTH, HEIGHT)
    places = found.interpolate(points[triangles])
    np.testing.assert_allclose(places[:, 0], found.pixels % WIDTH, atol=0.02)
    np.testing.assert_allclose(places[:, 1], found.pixels // WIDTH, atol=0.02)
    np.testing.assert_allclose(places[:, 2], found.depths, rtol=1e-3, atol=1e-2)


def test_a_sheet_of_triangles_has_no_gaps() -> None:
    rows, columns = np.mgrid[:9, :9]
    points = np.stack([columns * 7.1 - 2, rows * 5.3 - 1, np.ones_like(rows)], -1).reshape(-1, 3)
    points += np.random.default_rng(2).normal(0, 0.8, points.shape) * (1, 1, 0)
    corner = (rows[:-1, :-1] * 9 + columns[:-1, :-1]).ravel()
    halves = [[corner, corner + 9, corner + 10], [corner, corner + 10, corner + 1]]
    triangles = np.concatenate([np.stack(half, 1) for half in halves]).astype(np.int32)
    found = rasterise(points.astype(np.float32), triangles, WIDTH, HEIGHT)
    covered = np.zeros((HEIGHT, WIDTH), bool)
    covered.ravel()[found.pixels] = True
    assert covered[3:36, 3:50].all()


def test_nothing_to_draw() -> None:
    points = np.array([[-9, -9, 1], [-5, -9, 1], [-9, -5, 1]], np.float32)
    for triangles in (np.zeros((0, 3), np.int32), np.array([[0, 2, 1]], np.int32)):
        assert len(rasterise(points, triangles, WIDTH, HEIGHT).pixels) == 0
