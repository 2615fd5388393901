"""Closest places on a mesh, with and without normals, and its pieces."""

from __future__ import annotations

import numpy as np
import pytest
from mien.rig.surface import Surface


@pytest.fixture(scope="module")
def bumps() -> Surface:
    """A wavy sheet of 12 × 12 squares."""
    x, y = np.meshgrid(np.linspace(0, 1, 13), np.linspace(0, 1, 13))
    vertices = np.column_stack([x.ravel(), y.ravel(), 0.1 * np.sin(6 * x.ravel())])
    corner = (np.arange(12)[:, None] * 13 + np.arange(12)).ravel()
    halves = [np.stack([corner, corner + 1, corner + 14], 1), np.stack([corner, corner + 14, corner + 13], 1)]
    return Surface(vertices, np.concatenate(halves))


def test_closest_places_are_the_closest(bumps: Surface):
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.2, 1.2, (50, 3)) * (1, 1, 0.3)
    places = bumps.closest(points)
    shares = rng.dirichlet([1, 1, 1], 4000)
    corners = bumps.vertices[bumps.triangles[rng.integers(len(bumps.triangles), size=4000)]]
    cloud = (shares[:, :, None] * corners).sum(axis=1)
    nearest = np.linalg.norm(points[:, None] - cloud, axis=2).min(axis=1)
    assert (places.distances <= nearest + 1e-9).all()
    np.testing.assert_allclose(np.linalg.norm(places.of(bumps.vertices) - points, axis=1), places.distances)
    np.testing.assert_allclose(places.shares.sum(axis=1), 1)
    assert (places.shares >= 0).all()
    np.testing.assert_allclose(places.matrix(len(bumps.vertices)) @ bumps.vertices, places.of(bumps.vertices))


def test_a_normal_tells_two_sheets_apart():
    """Two sheets a hair apart that look at each other: lips."""
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    both = np.concatenate([square, square * (1, 1, 0) + (0, 0, 0.01)])
    lips = Surface(both, [[0, 1, 2], [0, 2, 3], [4, 6, 5], [4, 7, 6]])
    point, up = np.array([[0.4, 0.5, 0.009]]), np.array([[0, 0, 1.0]])
    assert lips.closest(point).triangles[0] >= 2
    assert lips.closest(point, up).triangles[0] < 2
    assert lips.closest(point, -up).triangles[0] >= 2
    assert len(np.unique(lips.pieces)) == 2


def test_triangles_without_area_are_left_out():
    flat = Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0]], [[0, 1, 2], [0, 1, 3]])
    assert len(flat.triangles) == 1
    assert flat.on_rim.tolist() == [True, True, True, False]
    np.testing.assert_allclose(flat.vertex_areas.sum(), 0.5)
