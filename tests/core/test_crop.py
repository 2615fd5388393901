"""The crop's geometry: there and back, where the edges fall, and that shrinking does not alias."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from mien.crop import CROP_CENTRE, CROP_SCALE, box_from_landmarks, crop_affine, cut, to_crop, to_frame
from mien.types import CROP_SIZE, FaceBox


def upright_face(centre=(300.0, 200.0), eye_gap=60.0, mouth_drop=70.0) -> np.ndarray:
    """70 points: eyes as small hexagons, mouth corners below, the rest at the centre."""
    points = np.tile(np.asarray(centre, float), (70, 1))
    ring = 10 * np.stack([np.cos(np.pi - np.arange(6) * np.pi / 3), np.sin(np.arange(6) * np.pi / 3)], axis=1)
    points[36:42] = ring + centre + np.array([-eye_gap / 2, 0])
    points[42:48] = ring + centre + np.array([eye_gap / 2, 0])
    points[48] = centre + np.array([-20, mouth_drop])
    points[54] = centre + np.array([20, mouth_drop])
    return points


def turned(points: np.ndarray, degrees: float, about=(300.0, 200.0)) -> np.ndarray:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return (points - about) @ turn.T + about


def test_the_box_of_an_upright_face():
    box = box_from_landmarks(upright_face())
    assert (box.x, box.y) == pytest.approx((300, 200 + 70 * CROP_CENTRE))
    assert box.size == pytest.approx(CROP_SCALE * 70)
    assert box.roll == pytest.approx(0)


def test_a_short_mouth_drop_leaves_the_eyes_to_measure_the_face():
    box = box_from_landmarks(upright_face(eye_gap=100, mouth_drop=40))
    assert box.size == pytest.approx(CROP_SCALE * 0.75 * 120)


@pytest.mark.parametrize("degrees", [-170, -90, -31, 12, 45, 120])
def test_roll_is_clockwise_and_leaves_the_size(degrees):
    level, tilted = box_from_landmarks(upright_face()), box_from_landmarks(turned(upright_face(), degrees))
    assert tilted.roll == pytest.approx(degrees)
    assert tilted.size == pytest.approx(level.size)


@pytest.mark.parametrize("degrees", [0, 25, -140])
def test_a_tilted_face_stands_upright_in_its_crop(degrees):
    points = turned(upright_face(), degrees)
    inside = to_crop(points, box_from_landmarks(points))
    upright = to_crop(upright_face(), box_from_landmarks(upright_face()))
    np.testing.assert_allclose(inside, upright, atol=1e-3)


def test_the_box_falls_on_the_outer_edges_of_the_crop():
    box = FaceBox(100.0, 50.0, 40.0)
    corners = np.array([[80, 30], [120, 30], [120, 70], [80, 70]])
    expected = np.array([[-0.5, -0.5], [159.5, -0.5], [159.5, 159.5], [-0.5, 159.5]])
    np.testing.assert_allclose(to_crop(corners, box), expected, atol=1e-4)
    np.testing.assert_allclose(crop_affine(box) @ [100, 50, 1], [79.5, 79.5])


def test_to_frame_is_the_inverse_of_to_crop():
    box = FaceBox(321.7, -45.2, 87.3, 33.0)
    points = np.random.default_rng(1).uniform(-50, 500, (3, 70, 2))
    np.testing.assert_allclose(to_frame(to_crop(points, box), box), points, atol=2e-3)


def test_an_identity_box_copies_the_pixels():
    grey = np.random.default_rng(2).integers(0, 256, (CROP_SIZE, CROP_SIZE), dtype=np.uint8)
    box = FaceBox((CROP_SIZE - 1) / 2, (CROP_SIZE - 1) / 2, CROP_SIZE)
    np.testing.assert_array_equal(cut(grey, box).image, grey)


@pytest.mark.parametrize("size", [90.0, 230.0, 700.0, 2000.0])
def test_a_bright_spot_lands_where_to_crop_says(size):
    grey = np.zeros((1200, 1600), np.uint8)
    spot, radius = (830, 560), max(3, round(size / 40))
    cv2.circle(grey, spot, radius, 255, -1)
    box = FaceBox(800.3, 590.8, size, 20.0)
    image = cut(grey, box).image.astype(float)
    rows, columns = np.mgrid[:CROP_SIZE, :CROP_SIZE]
    centre = np.array([(image * columns).sum(), (image * rows).sum()]) / image.sum()
    np.testing.assert_allclose(centre, to_crop(spot, box), atol=0.15)


def test_shrinking_averages_instead_of_skipping():
    stripes = np.zeros((960, 960), np.uint8)
    stripes[:, ::2] = 200
    image = cut(stripes, FaceBox(479.5, 479.5, 640.0, 15.0)).image
    assert abs(image.astype(float).mean() - 100) < 1
    assert image.std() < 3


def test_black_beyond_the_frame():
    crop = cut(np.full((100, 100), 255, np.uint8), FaceBox(-500.0, -500.0, 200.0))
    assert crop.image.max() == 0
    half = cut(np.full((100, 100), 255, np.uint8), FaceBox(0.0, 50.0, 80.0)).image
    assert half[:, :70].max() == 0
    assert half[:, 90:].min() == 255
