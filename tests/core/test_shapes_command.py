"""`mien shapes`: a mesh in, 52 shapes out, in a process of its own; and the first guess of its points."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mien import arkit
from mien.rig import reference_head
from mien.rig.correspondence import reference_skin
from mien.rig.picked_points import POINTS
from mien.rig.point_guess import guess_points
from rig_faces import picked, stretched


def write(path: Path, **changes) -> Path:
    """The reference head's quads as a host would write them."""
    head = reference_head.load()
    points = picked(head.neutral)
    mesh = {
        "vertices": head.neutral,
        "corners": head.faces.ravel(),
        "sizes": np.full(len(head.faces), 4),
        "point_names": np.array(list(points)),
        "points": np.array(list(points.values())),
    }
    np.savez(path, **{**mesh, **changes})
    return path


def test_shapes_of_the_reference_head_are_its_own(run_mien, tmp_path):
    out = tmp_path / "shapes.npz"
    done = run_mien("shapes", write(tmp_path / "mesh.npz"), "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    percents = [event["frame"] for event in events[:-1]]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert (events[-1]["event"], events[-1]["output"]) == ("done", str(out))
    with np.load(out) as made:
        assert made["names"].tolist() == list(arkit.NAMES)
        head = reference_head.load()
        jaw = arkit.INDEX["jawOpen"]
        assert np.abs(made["deltas"][jaw] - head.deltas[jaw]).max() < 0.1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vertices": np.zeros((3, 3))}, "not there"),
        ({"point_names": np.array(["chin"]), "points": np.zeros((1, 3))}, "8 are needed"),
        ({"sizes": np.array([], np.int64), "corners": np.array([], np.int64)}, "no faces"),
    ],
)
def test_meshes_that_cannot_be_used_are_said(run_mien, tmp_path, changes, words):
    done = run_mien("shapes", write(tmp_path / "mesh.npz", **changes), "-o", tmp_path / "out.npz", "--json")
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], done.returncode > 0) == ("error", True)
    assert words in last["message"]
    assert not (tmp_path / "out.npz").exists()


def test_a_file_that_is_no_mesh(run_mien, tmp_path):
    (tmp_path / "mesh.npz").write_text("no mesh")
    done = run_mien("shapes", tmp_path / "mesh.npz", "-o", tmp_path / "out.npz")
    assert "can't be read as a mesh" in done.stderr


def test_the_guess_on_other_proportions():
    """On a head with other proportions the points are off by less than a tenth of its height."""
    skin = reference_skin()
    vertices = stretched(skin.surface.vertices)
    guessed = guess_points((vertices.min(axis=0), vertices.max(axis=0)))
    height = np.ptp(vertices[:, 1])
    off = [np.linalg.norm(guessed[n] - vertices[skin.landmarks[i]]) / height for n, i in POINTS.items()]
    assert max(off) < 0.1
    assert np.mean(off) > 0.001, "the head is the reference head: the test says nothing"


def test_the_guess_on_a_whole_body_is_at_its_top():
    points = guess_points(((-0.3, 0.0, -0.2), (0.3, 1.8, 0.2)))
    assert all(1.5 < point[1] < 1.8 for point in points.values())
    assert points["eye_outer_left"][0] > 0 > points["eye_outer_right"][0]
    assert points["chin"][1] < points["nose_tip"][1]
