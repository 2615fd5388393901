"""Shapes without names are found by how they move the face."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.errors import RigError
from mien.rig import reference_head
from mien.rig.geometry_map import map_by_geometry
from rig_faces import coarser, finer, picked


@pytest.fixture(scope="module")
def head():
    return reference_head.load()


@pytest.mark.parametrize("remade", ["same", "finer", "coarser"])
def test_shuffled_renamed_remeshed_and_scaled_shapes_are_found(head, remade):
    mesh = head.triangles, head.neutral, head.deltas
    mesh = finer(*mesh) if remade == "finer" else coarser(*mesh, 0.05) if remade == "coarser" else mesh
    rng = np.random.default_rng(3)
    order, strength = rng.permutation(arkit.COUNT), rng.uniform(0.5, 2, arkit.COUNT)
    axes = 100 * np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    triangles, vertices, deltas = mesh[0], mesh[1] @ axes.T + 5, mesh[2] @ axes.T
    shapes = {f"target_{i:02d}": strength[k] * deltas[k] for i, k in enumerate(order)}
    found = map_by_geometry(vertices, triangles, shapes, picked(head.neutral @ axes.T + 5))
    right = [next(iter(match.mixture), "") == arkit.NAMES[k] for match, k in zip(found.values(), order)]
    assert np.mean(right) >= 0.95
    assert np.mean([match.is_clear for match in found.values()]) > 0.9
    assert all(
        match.gains == dict.fromkeys(match.mixture, 1.0)
        for match in found.values()
        if len(match.mixture) == 1
    )


def test_mixtures_halves_and_strangers(head):
    """One shape for both brows; one of ARKit's cut in two; a turn of the whole head, none of the 52."""
    delta = dict(zip(arkit.NAMES, head.deltas))
    left = 1 / (1 + np.exp(-head.neutral[:, :1] / 0.05))
    turn = np.cross(head.neutral, [0, 0.1, 0])
    shapes = {
        "both": delta["browDownLeft"] + delta["browDownRight"],
        "inner_l": delta["browInnerUp"] * left,
        "inner_r": delta["browInnerUp"] * (1 - left),
        "half": 0.5 * delta["jawOpen"],
        "turn": turn,
        "nothing": np.zeros_like(turn),
    }
    found = map_by_geometry(head.neutral, head.faces, shapes, picked(head.neutral))
    assert set(found["both"].mixture) == {"browDownLeft", "browDownRight"}
    assert found["both"].gains == pytest.approx({"browDownLeft": 0.5, "browDownRight": 0.5}, abs=0.05)
    assert found["inner_l"].gains == pytest.approx({"browInnerUp": 1.0}, abs=0.1)
    assert found["inner_r"].gains == pytest.approx({"browInnerUp": 1.0}, abs=0.1)
    assert 0.3 < found["inner_l"].explained < 0.7
    assert found["half"].mixture == pytest.approx({"jawOpen": 0.5}, abs=0.03)
    assert found["half"].gains == {"jawOpen": 1.0}
    assert found["turn"].mixture == found["turn"].gains == {}
    assert found["nothing"].mixture == {}
    assert found["nothing"].explained == 0


def test_a_shape_of_another_mesh_is_named(head):
    with pytest.raises(RigError, match="target_1"):
        map_by_geometry(head.neutral, head.faces, {"target_1": head.deltas[0, :-1]}, picked(head.neutral))
