"""The 52 shapes made for meshes that have none: right, whatever the units, the axes and the topology."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.errors import CancelledError, RigError
from mien.rig import reference_head
from mien.rig.parts import reference_parts
from mien.rig.transfer import make_arkit_shapes
from mien.types import LEFT_PUPIL
from rig_faces import coarser, finer, picked, share, stretched

LIDS = {"eyeBlinkRight": ((37, 41), (38, 40)), "eyeBlinkLeft": ((43, 47), (44, 46))}


@pytest.fixture(scope="module")
def head():
    return reference_head.load()


@pytest.fixture(scope="module")
def other(head):
    """A head of other proportions, and the shapes made for it."""
    vertices = stretched(head.neutral)
    return vertices, make_arkit_shapes(vertices, head.faces, picked(vertices))


def test_the_reference_head_gets_its_own_shapes(head):
    """In millimetres, lying on its back, behind the origin, and mirrored: a left-handed host."""
    axes = 100 * np.array([[-1, 0, 0], [0, 0, 1], [0, 1, 0]])
    there = head.neutral @ axes.T - 300
    assert np.linalg.det(axes) > 0
    for turn in (axes, axes * [[-1], [1], [1]]):
        there = head.neutral @ turn.T - 300
        made = make_arkit_shapes(there, head.faces, picked(there))
        assert made.dtype == np.float32
        assert share(made, head.deltas @ turn.T, moved=0.5) < 0.04


@pytest.mark.parametrize("remade", ["finer", "coarser"])
def test_other_topologies_get_their_shapes(head, remade):
    change = finer if remade == "finer" else lambda *mesh: coarser(*mesh, 0.06)
    triangles, vertices, own = change(head.triangles, head.neutral, head.deltas)
    assert len(vertices) > 2 * len(head.neutral) or len(vertices) < 0.8 * len(head.neutral)
    made = make_arkit_shapes(vertices, triangles, picked(head.neutral))
    assert share(made, own) < 0.1


def test_lids_meet_and_lips_meet(head, other):
    vertices, made = other
    for name, pairs in LIDS.items():
        upper, lower = head.landmarks[np.array(pairs)].T
        closed = vertices + made[arkit.INDEX[name]]
        open_by = np.linalg.norm(vertices[upper] - vertices[lower], axis=1)
        assert (np.abs(closed[upper, 1] - closed[lower, 1]) < 0.12 * open_by).all()
    upper, lower = head.landmarks[[61, 62, 63]], head.landmarks[[67, 66, 65]]
    jaw = vertices + made[arkit.INDEX["jawOpen"]]
    sealed = jaw + made[arkit.INDEX["mouthClose"]]
    wide = (jaw[upper, 1] - jaw[lower, 1]).mean()
    assert wide > 0.2
    assert (
        abs((sealed[upper, 1] - sealed[lower, 1]) - (vertices[upper, 1] - vertices[lower, 1])).max()
        < 0.1 * wide
    )


def test_eyes_turn_and_teeth_stay_stiff(head, other):
    vertices, made = other
    of = reference_parts(head)
    pupil = head.landmarks[LEFT_PUPIL]
    gaze = made[arkit.INDEX["eyeLookOutLeft"]]
    assert gaze[pupil, 0] > 0.05
    assert np.abs(gaze[of["right_eye"]]).max() < 1e-3
    for part, shape in (("left_eye", "eyeLookUpLeft"), ("lower_teeth", "jawOpen")):
        before, after = vertices[of[part]], (vertices + made[arkit.INDEX[shape]])[of[part]]
        apart = [np.linalg.norm(points - points[0], axis=1) for points in (before, after)]
        np.testing.assert_allclose(*apart, atol=2e-3)
        assert np.abs(after - before).max() > 0.02
    assert np.abs(made[arkit.INDEX["jawOpen"]][of["upper_teeth"]]).max() < 0.01
    assert made[arkit.INDEX["tongueOut"]][of["tongue"], 2].max() > 0.1


def test_odd_meshes_work(head):
    """Polygons of all sizes, a third triangle on an edge, a loose vertex, a hat that floats above."""
    faces = [face[:3].tolist() if face[2] == face[3] else face.tolist() for face in head.faces]
    high = np.flatnonzero(head.neutral[:, 1] > 0.9)
    hat = head.neutral[high[:3]] + (0, 1, 0)
    vertices = np.concatenate([head.neutral, hat, [[0, 3, 0]]])
    count = len(head.neutral)
    faces += [[count, count + 1, count + 2], [faces[0][0], faces[0][1], count]]
    made = make_arkit_shapes(vertices, faces, picked(head.neutral))
    assert np.isfinite(made).all()
    assert np.abs(made[:, count:]).max() < 0.02
    assert share(made[:, :count], head.deltas) < 0.1


@pytest.mark.parametrize(("change", "said"), [
    (lambda v, f: (v, np.empty((0, 4), int)), "no faces"),
    (lambda v, f: (v, []), "no faces"),
    (lambda v, f: (np.where(np.arange(len(v))[:, None] == 7, np.nan, v), f), "not finite"),
    (lambda v, f: (v[:-10], f), "not there"),
    (lambda v, f: (v, f - 1), "not there"),
    (lambda v, f: (v[:, :2], f), "not finite points"),
    (lambda v, f: (v, "faces"), "not lists"),
])  # fmt: skip
def test_bad_meshes_are_named_and_left_alone(head, change, said):
    vertices, faces = change(head.neutral, head.faces)
    kept = vertices.copy()
    with pytest.raises(RigError, match=said):
        make_arkit_shapes(vertices, faces, picked(head.neutral))
    np.testing.assert_array_equal(vertices, kept)


def test_progress_grows_to_the_end_and_cancels(head):
    seen = []
    make_arkit_shapes(head.neutral, head.faces, picked(head.neutral), lambda share, what: seen.append(share))
    assert seen == sorted(seen)
    assert seen[0] < 0.05
    assert seen[-1] == 1.0
    assert len(seen) > 40
    with pytest.raises(CancelledError):
        make_arkit_shapes(head.neutral, head.faces, picked(head.neutral), lambda share, what: share < 0.7)
