"""The points to pick, guessed by the shipped network on a clay picture of the mesh."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mien.errors import NoFaceError, UsageError
from mien.mesh_landmarks import FRONTAL, axes, guess_points
from mien.rig import reference_head
from mien.rig.picked_points import POINTS
from mien.student import Student


@pytest.fixture(scope="module")
def head():
    return reference_head.load()


@pytest.fixture(scope="module")
def student():
    return Student()


def test_points_are_found_in_maya_and_in_blender(head, student):
    for turn in (np.eye(3), np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])):
        mesh = 10 * head.neutral @ turn.T
        found = guess_points(mesh, head.faces, student)
        assert tuple(found) == FRONTAL
        off = [np.linalg.norm(found[name] - mesh[head.landmarks[POINTS[name]]]) for name in FRONTAL]
        assert np.mean(off) < 0.4  # 4 mm
        assert np.max(off) < 1.2


def test_axes_are_turned_and_checked():
    np.testing.assert_array_equal(axes("y", "z"), np.eye(3))
    np.testing.assert_array_equal(axes("z", "-y") @ [0, 0, 1], [0, 1, 0])
    assert np.linalg.det(axes("-x", "y")) == 1
    for pair in (("y", "-y"), ("up", "z"), ("z", "")):
        with pytest.raises(UsageError):
            axes(*pair)


def test_a_mesh_without_a_face(student):
    box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    faces = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    with pytest.raises(NoFaceError, match="--up"):
        guess_points(box, faces, student)
    with pytest.raises(UsageError, match="both"):
        guess_points(box, faces, student, up="y")


def test_the_command(head, run_mien, tmp_path):
    mesh, points = tmp_path / "mesh.npz", tmp_path / "points.json"
    np.savez(mesh, vertices=head.neutral, faces=head.faces)
    done = run_mien("map", "landmarks", mesh, "-o", points, "--up", "y", "--front", "z")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(points.read_text())["points"]) == set(FRONTAL)
    mesh.write_bytes(b"PK nonsense")
    done = run_mien("map", "landmarks", mesh)
    assert done.returncode == 3
    assert "numpy.savez" in done.stderr
