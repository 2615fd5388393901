"""What hides eyes or mouth altogether: nothing of them is left to be seen, and nothing is told of them."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit

pytest.importorskip("numba")

from mien_models.synthetic import covers
from mien_models.synthetic.covers import PARTS, cover


@pytest.fixture
def points():
    """Landmarks roughly in their places, pixels of a 160 crop."""
    rng = np.random.default_rng(0)
    shape = rng.uniform(30, 130, (70, 2)).astype(np.float32)
    shape[5:12] = np.column_stack([np.linspace(55, 105, 7), np.full(7, 140)])
    shape[36:42] = rng.normal((55, 65), 4, (6, 2))
    shape[42:48] = rng.normal((105, 65), 4, (6, 2))
    shape[48:68] = rng.normal((80, 112), 6, (20, 2))
    return shape


@pytest.mark.parametrize("part", PARTS[1:])
def test_all_of_a_part_is_hidden_and_the_rest_stays(monkeypatch, points, part):
    monkeypatch.setattr(covers, "PARTS", (part,))
    landmarks, hidden = part
    told = np.array([not name.startswith(hidden) for name in arkit.NAMES])
    assert 0 < told.sum() < arkit.COUNT
    truth = np.full(arkit.COUNT, 0.5, np.float32)
    monkeypatch.setattr(covers, "_stuff", lambda rng, image, places: np.zeros(image.shape, np.float32))
    columns, rows = points[list(landmarks)].round().astype(int).T
    picture = np.full((160, 160), 60, np.uint8)
    picture[rows, columns] = 255
    for seed in range(30):
        covered, weights = cover(np.random.default_rng(seed), picture, points, truth)
        np.testing.assert_array_equal(weights, np.where(told, 0.5, 0))
        assert covered[rows, columns].max() < 80
        assert np.median(covered[rows, columns]) < 5
        assert (covered == 60).any()
    assert (picture[rows, columns] == 255).all()


def test_another_side_hides_the_same_place(points):
    weights = np.zeros(arkit.COUNT, np.float32)
    one, two = (
        cover(np.random.default_rng(3), np.full((side, side), 200, np.uint8), points, weights)[0]
        for side in (160, 320)
    )
    small = (one != 200).mean(), (two != 200).mean()
    assert small[0] == pytest.approx(small[1], abs=0.08)
