"""`mien map shapes`: a rig whose shapes have no names gets a map that plays what the weights say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mien import arkit
from mien.rig.map_file import read_map
from mien_models.bench.transfer import known_head
from mien_models.synthetic.head import WHEEL_NAME, HeadSource, cache_folder

KNOWN = ("jawOpen", "mouthSmileLeft", "browInnerUp", "mouthPucker", "eyeBlinkRight")


@pytest.fixture(scope="module")
def mesh(tmp_path_factory) -> Path:
    """A head with five shapes of other strength and without names."""
    if not (cache_folder() / WHEEL_NAME).is_file():
        pytest.skip("the wheel is not in the cache: run `mien setup`")
    head = known_head(HeadSource(), 2)
    path = tmp_path_factory.mktemp("mesh") / "head.npz"
    np.savez(
        path, vertices=head.vertices, corners=np.concatenate([np.asarray(face) for face in head.faces]),
        sizes=np.array([len(face) for face in head.faces]), point_names=np.array(list(head.points)),
        points=np.array(list(head.points.values())),
        shape_names=np.array([f"target_{i:02d}" for i in range(len(KNOWN))]),
        shapes=np.stack([0.8 * head.units[arkit.INDEX[name]] for name in KNOWN]),
    )  # fmt: skip
    return path


def test_unnamed_shapes_are_driven_by_what_they_do(mesh: Path):
    out = mesh.with_name("map.json")
    command = [sys.executable, "-m", "mien", "map", "shapes", str(mesh), "-o", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    made = read_map(out)
    places = {channel.target.name: channel for channel in made.channels}
    for i, name in enumerate(KNOWN):
        channel = places[f"target_{i:02d}"]
        assert next(iter(told[channel.target.name]["mixture"])) == name
        assert not channel.mute
        weights = np.zeros((1, arkit.COUNT), np.float32)
        weights[0, arkit.INDEX[name]] = 1
        assert made.apply(weights)[0, list(places).index(f"target_{i:02d}")] == pytest.approx(1.0, abs=0.3)
