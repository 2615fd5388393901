"""Eq. 1 of the paper, evaluated for one frame and for many."""

from __future__ import annotations

import numpy as np
import pytest
from mien.arkit import COUNT
from mien.errors import ModelError, RigError
from mien.rig import reference_head
from mien.rig.blendshape_model import BlendshapeModel


@pytest.fixture
def model() -> BlendshapeModel:
    rng = np.random.default_rng(3)
    faces = np.array([[0, 1, 2, 3], [3, 2, 4, 4]], np.int32)
    return BlendshapeModel(
        neutral=rng.normal(size=(5, 3)).astype(np.float32),
        deltas=rng.normal(size=(COUNT, 5, 3)).astype(np.float32),
        faces=faces,
        uvs=np.zeros((2, 4, 2), np.float32),
        materials=np.zeros(2, np.uint8),
        material_names=("skin",),
        landmarks=np.zeros(70, np.int32),
    )


def test_it_is_the_papers_sum_of_meshes(model: BlendshapeModel):
    """F = B·e with the neutral as B₀ and e₀ = 1 − Σ eᵢ, done the long way."""
    weights = np.random.default_rng(1).uniform(size=COUNT)
    meshes = np.concatenate([model.neutral[None], model.neutral + model.deltas]).astype(np.float64)
    e = np.concatenate([[1 - weights.sum()], weights])
    np.testing.assert_allclose(model.evaluate(weights), np.tensordot(e, meshes, 1), atol=1e-4)


def test_any_number_of_frames(model: BlendshapeModel):
    weights = np.random.default_rng(2).uniform(size=(2, 7, COUNT))
    many = model.evaluate(weights)
    assert many.shape == (2, 7, 5, 3)
    np.testing.assert_allclose(many[1, 3], model.evaluate(weights[1, 3]), atol=1e-5)
    assert model.evaluate(np.zeros((0, COUNT))).shape == (0, 5, 3)


def test_shapes_by_name(model: BlendshapeModel):
    moved = model.evaluate(model.weights_of({"jawOpen": 0.5})) - model.neutral
    np.testing.assert_allclose(moved, 0.5 * model.deltas[17], atol=1e-6)


def test_triangles_leave_out_what_has_no_area(model: BlendshapeModel):
    assert sorted(map(tuple, model.triangles.tolist())) == [(0, 1, 2), (0, 2, 3), (3, 2, 4)]


def test_wrong_shapes_are_refused(model: BlendshapeModel):
    with pytest.raises(RigError, match="52"):
        model.evaluate(np.zeros(51))
    with pytest.raises(RigError, match="Deltas"):
        BlendshapeModel(
            model.neutral,
            model.deltas[:51],
            model.faces,
            model.uvs,
            model.materials,
            ("skin",),
            model.landmarks,
        )


def test_a_missing_reference_head_says_how_to_get_it(tmp_path):
    with pytest.raises(ModelError, match="mien setup"):
        reference_head.load(tmp_path / "none.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"x" * 1000])
def test_a_damaged_reference_head_is_named(tmp_path, content: bytes):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        reference_head.load(tmp_path / "a.npz")
