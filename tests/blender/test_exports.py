"""What is baked goes out: glTF, USD and FBX, read again, play the same weights."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from faces import add_face
from mien import arkit
from mien.take import Take, save_take

SHAPES = ("jawOpen", "eyeBlinkLeft", "mouthSmileRight")
FRAMES = range(1, 49)


@pytest.fixture
def face(tmp_path: Path) -> bpy.types.Object:
    """A face that plays three different waves from frame 1 to 48."""
    times = np.arange(49) / 24.0
    weights = np.zeros((49, 52))
    for i, shape in enumerate(SHAPES):
        weights[:, arkit.INDEX[shape]] = 0.5 + 0.45 * np.sin((3 + i) * times)
    save_take(Take.from_weights(times, weights), tmp_path / "wave.mien")
    settings = bpy.context.scene.mien
    settings.take, settings.tune.smoothing = str(tmp_path / "wave.mien"), 0.0
    thing = add_face(shapes=SHAPES)
    for item in settings.character.channels:
        assert not item.mute
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 24, 1, 48
    thing.select_set(True)
    bpy.context.view_layer.objects.active = thing
    return thing


def played(thing: bpy.types.Object, frames: range = FRAMES) -> np.ndarray:
    """The weights (frames, shapes) as the scene plays them."""
    rows = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        keys = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.shape_keys.key_blocks
        rows.append([keys[shape].value for shape in SHAPES])
    assert (np.ptp(rows, axis=0) > 0.5).all(), "a channel stands still: nothing is compared"
    return np.array(rows)


def read_again(path: Path, operator: str, **options: object) -> bpy.types.Object:
    """Import into an empty file at the same rate."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 24
    group, name = operator.split(".")
    getattr(getattr(bpy.ops, group), name)(filepath=str(path), **options)
    return next(t for t in bpy.data.objects if t.type == "MESH" and t.data.shape_keys is not None)


@pytest.mark.parametrize("into", ["CURRENT", "NLA"])
def test_gltf(face: bpy.types.Object, tmp_path: Path, into: str) -> None:
    pytest.importorskip("io_scene_gltf2")
    bpy.ops.mien.bake(into=into)
    expected = played(face)
    path = tmp_path / "face.glb"
    bpy.ops.export_scene.gltf(filepath=str(path), export_force_sampling=True, export_animation_mode="SCENE")
    again = played(read_again(path, "import_scene.gltf"))
    start = next((d for d in (0, 1, -1) if np.allclose(again[5 + d], expected[5], atol=1e-3)), None)
    assert start is not None, (again[5], expected[5])
    np.testing.assert_allclose(again[5 + start : 40 + start], expected[5:40], atol=2e-3)


def test_usd(face: bpy.types.Object, tmp_path: Path) -> None:
    if "usd_export" not in dir(bpy.ops.wm):
        pytest.skip("this Blender has no USD")
    bpy.ops.mien.bake()
    expected = played(face)
    path = tmp_path / "face.usdc"
    bpy.ops.wm.usd_export(filepath=str(path), export_animation=True, export_shapekeys=True)
    again = played(read_again(path, "wm.usd_import"))
    np.testing.assert_allclose(again, expected, atol=2e-3)


def test_fbx(face: bpy.types.Object, tmp_path: Path) -> None:
    pytest.importorskip("io_scene_fbx")
    bpy.ops.mien.bake()
    expected = played(face)
    path = tmp_path / "face.fbx"
    options = {"bake_anim_use_nla_strips": False, "bake_anim_use_all_actions": False}
    bpy.ops.export_scene.fbx(filepath=str(path), bake_anim_simplify_factor=0.0, **options)
    again = played(read_again(path, "import_scene.fbx", anim_offset=1.0))
    start = next((d for d in (0, 1, -1) if np.allclose(again[5 + d], expected[5], atol=2e-2)), None)
    assert start is not None, (again[5], expected[5])
    np.testing.assert_allclose(again[5 + start : 40 + start], expected[5:40], atol=1e-2)
