"""Shapes made for people whose own shapes are known: `mien bench transfer` on two of them."""

from __future__ import annotations

import numpy as np
import pytest
from mien.rig.transfer import make_arkit_shapes
from mien_models.bench.transfer import errors, found_by_geometry, known_head, parted, skin_of
from mien_models.synthetic.head import WHEEL_NAME, HeadSource, cache_folder


@pytest.fixture(scope="module")
def source() -> HeadSource:
    if not (cache_folder() / WHEEL_NAME).is_file():
        pytest.skip("the wheel is not in the cache: run `mien setup`")
    return HeadSource()


@pytest.mark.parametrize("seed", [1, 4])
def test_made_shapes_are_the_heads_own(source: HeadSource, seed: int):
    head = known_head(source, seed)
    shares = errors(make_arkit_shapes(head.vertices, head.faces, head.points), head.units)
    assert len(shares) == 52
    assert np.mean(list(shares.values())) < 0.1
    assert max(shares.values()) < 0.25


def test_a_mouth_that_is_open_at_rest(source: HeadSource):
    head = parted(skin_of(source, known_head(source, 1)))
    shares = errors(make_arkit_shapes(head.vertices, head.faces, head.points), head.units)
    assert np.mean(list(shares.values())) < 0.12


def test_shapes_without_names_are_found_on_another_head(source: HeadSource):
    assert found_by_geometry(known_head(source, 2), np.random.default_rng(0)) >= 0.95


def test_the_errors_are_what_they_say():
    own = np.zeros((52, 4, 3))
    own[3, :2, 0] = 0.1
    made = own * 1.2
    made[3, 3] = 5  # not a displaced vertex
    assert errors(made, own) == {"eyeLookOutLeft": pytest.approx(0.2)}
