"""The similarity that picked points give, and what is said when they can't be used."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.errors import RigError
from mien.rig import reference_head
from mien.rig.picked_points import POINTS, alignment, positions, similarity
from scipy.spatial.transform import Rotation


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    head = reference_head.load()
    return head.neutral[head.landmarks[list(POINTS.values())]].astype(float)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.booleans())
def test_any_similarity_is_found_again(seed: int, scale: float, mirrored: bool):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(9, 3))
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix() @ np.diag([-1 if mirrored else 1, 1, 1])
    shift = rng.normal(size=3) * scale
    found = similarity(points, scale * points @ turn.T + shift)
    assert found.is_mirrored == mirrored
    np.testing.assert_allclose(found.turn, turn, atol=1e-6)
    assert found.scale == pytest.approx(scale, rel=1e-6)
    np.testing.assert_allclose(found.inverse(found(points)), points, atol=1e-6)


def test_a_head_that_nearly_stands_upright_stands_upright(face):
    for degrees, upright in ((6, True), (25, False)):
        nod = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
        found = alignment(face @ nod.T, face)
        assert np.allclose(found.turn, np.eye(3)) == upright


def test_wrong_points_are_named(face):
    vertices = np.zeros((5, 3))
    with pytest.raises(RigError, match="no point called 'nose'"):
        positions({"nose": 1}, vertices)
    with pytest.raises(RigError, match="vertex 5"):
        positions({"nose_tip": 5}, vertices)
    with pytest.raises(RigError, match="three finite"):
        positions({"nose_tip": [0, 0, float("nan")]}, vertices)
    with pytest.raises(RigError, match=r"8 are needed\n.*chin"):
        positions({"nose_tip": 1, "landmark_3": [0, 0, 1]}, vertices)
    with pytest.raises(RigError, match="in a plane"):
        alignment(face * (1, 1, 0), face)
    with pytest.raises(RigError, match="not arranged like a face"):
        alignment(face[np.random.default_rng(0).permutation(len(face))], face)
