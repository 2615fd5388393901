"""Moving vertices as weights of a rig's shapes, within bounds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mien import arkit
from mien.cli import main
from mien.errors import RigError
from mien.interchange import read
from mien.rig.bounded import least_squares
from mien_models.actor.caches import VertexClip, write_cache
from mien_models.actor.dense_fit import fit_shapes
from scipy.optimize import lsq_linear

NAMES = ("jawOpen", "mouthSmileLeft", "browInnerUp")


@pytest.fixture
def rig():
    rng = np.random.default_rng(0)
    return rng.normal(0, 60, (50, 3)), dict(zip(NAMES, rng.normal(0, 2, (3, 50, 3))))


def driven(rig, weights) -> VertexClip:
    rest, shapes = rig
    moved = rest + np.tensordot(weights, np.stack(list(shapes.values())), 1)
    return VertexClip(np.arange(len(weights)) / 30, moved.astype(np.float32))


def test_the_weights_that_moved_the_mesh_are_found(rig):
    weights = np.random.default_rng(1).uniform(0, 1, (6, 3))
    fit = fit_shapes(driven(rig, weights), *rig)
    np.testing.assert_allclose(fit.weights, weights, atol=2e-3)
    assert fit.names == NAMES
    assert (fit.residual < 0.01 * fit.motion).all()


def test_no_weight_leaves_its_bounds_and_the_fit_is_still_the_best(rig):
    weights = np.array([[1.6, -0.5, 0.4], [0.2, 1.3, -0.4]])
    fit = fit_shapes(driven(rig, weights), *rig)
    basis = np.stack(list(rig[1].values())).reshape(3, -1).T
    for row, found in zip(weights, fit.weights):
        best = lsq_linear(basis, basis @ row, (0, 1)).x
        np.testing.assert_allclose(found, best, atol=5e-3)
    assert fit.weights.min() >= 0
    assert fit.weights.max() <= 1
    wide = fit_shapes(driven(rig, weights), *rig, most=2.0)
    assert wide.weights[0, 0] == pytest.approx(1.6, abs=0.1)


def test_two_shapes_that_do_the_same_share_the_work(rig):
    rest, shapes = rig
    twins = {"jawOpen": shapes["jawOpen"], "again": shapes["jawOpen"]}
    fit = fit_shapes(driven(rig, np.array([[1.0, 0, 0]])), rest, twins)
    np.testing.assert_allclose(fit.weights, 0.5, atol=0.01)


def test_bounded_least_squares_is_scipys():
    rng = np.random.default_rng(2)
    for _ in range(20):
        a, b = rng.normal(size=(30, 5)), rng.normal(size=30) * 3
        np.testing.assert_allclose(
            least_squares(a.T @ a, a.T @ b, 0.3), lsq_linear(a, b, (0, 0.3)).x, atol=1e-5
        )


def test_another_rig_is_refused(rig):
    clip = driven(rig, np.zeros((2, 3)))
    rest, shapes = rig
    with pytest.raises(RigError, match="has 50"):
        fit_shapes(clip, rest[:40], shapes)
    with pytest.raises(RigError, match="jawOpen has vertices of shape"):
        fit_shapes(clip, rest, {"jawOpen": shapes["jawOpen"][:3]})
    with pytest.raises(RigError, match="not numbers"):
        fit_shapes(clip, rest, {"jawOpen": shapes["jawOpen"] * np.nan})
    with pytest.raises(RigError, match="no shapes"):
        fit_shapes(clip, rest, {})
    with pytest.raises(RigError, match="unit"):
        fit_shapes(clip, rest / 1000, shapes)


def test_the_command_writes_a_take_and_says_what_is_left(rig, tmp_path, capsys):
    rest, shapes = rig
    weights = np.random.default_rng(3).uniform(0, 1, (4, 3))
    write_cache(tmp_path / "face.mdd", driven(rig, weights), unit="cm")
    np.savez(tmp_path / "rig.npz", vertices=rest / 10, shape_names=np.array(NAMES),
             shapes=np.stack(list(shapes.values())) / 10)  # fmt: skip
    call = [
        "dense",
        "weights",
        str(tmp_path / "face.mdd"),
        "--mesh",
        str(tmp_path / "rig.npz"),
        "--unit",
        "cm",
    ]
    assert main([*call, "-o", str(tmp_path / "face.mien")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["residual_mm"] < 0.02 < said["motion_mm"]
    take = read(tmp_path / "face.mien")
    np.testing.assert_allclose(take.weights[:, [arkit.INDEX[n] for n in NAMES]], weights, atol=0.01)
    np.savez(tmp_path / "rig.npz", vertices=rest / 10, shape_names=np.array(["Face_01", *NAMES[1:]]),
             shapes=np.stack(list(shapes.values())) / 10)  # fmt: skip
    assert main([*call, "-o", str(tmp_path / "face.mien")]) == 5
    assert "Face_01" in capsys.readouterr().err
    assert main([*call, "-o", str(tmp_path / "face.npz")]) == 0
    with np.load(tmp_path / "face.npz") as arrays:
        assert arrays["weights"].shape == (4, 3)
