"""Maps of controls without telling names: by how they move, and from poses keyed by hand."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import mapping
from bl_ext.user_default.mien.session import SESSION
from faces import action_curves, add_face, add_rig, evaluated, path_of
from mien import arkit
from mien.rig.retarget_map import RetargetMap
from mien.take import Take, save_take


def channels() -> dict[str, bpy.types.PropertyGroup]:
    return {item.name: item for item in bpy.context.scene.mien.character.channels}


def test_shapes_are_found_by_how_they_move() -> None:
    bpy.ops.mien.add_reference_head()
    head = bpy.context.active_object
    kept = {"jawOpen": "a1", "mouthSmileLeft": "b2", "eyeBlinkRight": "c3", "browInnerUp": "d4"}
    for block in list(head.data.shape_keys.key_blocks)[1:]:
        if block.name in kept:
            block.name = kept[block.name]
        else:
            head.shape_key_remove(block)
    bpy.ops.mien.auto_map()
    assert all(item.mute for item in channels().values())
    with pytest.raises(RuntimeError, match="Place Points"):
        bpy.ops.mien.map_shapes()
    bpy.ops.mien.place_points(by_size=True)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.map_shapes("EXEC_DEFAULT", True) == {"FINISHED"}
    for source, name in kept.items():
        assert source in channels()[name].source, channels()[name].reason
        assert not channels()[name].mute
    assert not SESSION.running
    bpy.ops.ed.undo()
    assert all(item.mute for item in channels().values())


@pytest.fixture
def posed(tmp_path: Path) -> bpy.types.Object:
    """A rig with two properties and a bone without telling names, keyed on four frames of a take."""
    rng = np.random.default_rng(3)
    weights = np.zeros((49, arkit.COUNT), np.float32)
    for name in ("jawOpen", "mouthSmileLeft"):
        weights[:, arkit.INDEX[name]] = np.interp(np.arange(49), [0, 12, 24, 36, 48], rng.random(5))
    save_take(Take.from_weights(np.arange(49) / 24.0, weights), tmp_path / "t.mien")
    settings = bpy.context.scene.mien
    settings.take, settings.tune.smoothing = str(tmp_path / "t.mien"), 0.0
    add_face(shapes=("Shape",))
    rig = add_rig("x1")
    bone = rig.pose.bones["x1"]
    bone.rotation_mode = "XYZ"
    for number in (0, 12, 24, 36):
        jaw, smile = weights[number, [arkit.INDEX["jawOpen"], arkit.INDEX["mouthSmileLeft"]]]
        rig["p"], rig["q"] = float(10 * jaw), float(1 - smile)
        bone.rotation_euler.x = float(np.radians(30 * jaw))
        for path in ('["p"]', '["q"]'):
            rig.keyframe_insert(path, frame=1 + number)
        bone.keyframe_insert("rotation_euler", frame=1 + number)
    settings.character.armature = rig
    return rig


def test_poses_are_learnt_and_played(posed: bpy.types.Object) -> None:
    hand = posed.animation_data.action
    assert bpy.ops.mien.learn_map() == {"FINISHED"}
    told = channels()
    assert {"Rig.p", "Rig.q", "Rig.x1.rx"} <= set(told)
    assert "learnt from 4 poses" in told["Rig.p"].reason
    assert bpy.ops.mien.bake() == {"FINISHED"}
    assert posed.animation_data.action != hand, "the poses were overwritten"
    graph = bpy.context.evaluated_depsgraph_get()
    for frame in (1, 13, 37):
        bpy.context.scene.frame_set(frame)
        seen = posed.evaluated_get(bpy.context.evaluated_depsgraph_get())
        wanted = {curve.data_path: curve.evaluate(frame) for curve in _curves(hand)}
        assert seen["p"] == pytest.approx(wanted['["p"]'], abs=0.8)
        assert seen["q"] == pytest.approx(wanted['["q"]'], abs=0.1)
    assert graph is not None


def _curves(action: bpy.types.Action):
    if not hasattr(action, "layers"):
        return list(action.fcurves)
    return [curve for bag in action.layers[0].strips[0].channelbags for curve in bag.fcurves]


def test_keys_that_mien_baked_are_no_poses(posed: bpy.types.Object) -> None:
    bpy.ops.mien.learn_map()
    bpy.ops.mien.bake()
    with pytest.raises(RuntimeError, match="no poses to learn from"):
        bpy.ops.mien.learn_map()


def test_without_poses_it_says_what_to_do(posed: bpy.types.Object) -> None:
    posed.animation_data_clear()
    with pytest.raises(RuntimeError, match="Pose the character by hand"):
        bpy.ops.mien.learn_map()
    bpy.context.scene.mien.take_index = -1
    with pytest.raises(RuntimeError, match="choose a take"):
        bpy.ops.mien.learn_map()


def test_shape_keys_are_learnt_too(posed: bpy.types.Object) -> None:
    face = bpy.data.objects["Face"]
    block = face.data.shape_keys.key_blocks["Shape"]
    for frame, value in ((1, 0.1), (25, 0.9)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    bpy.ops.mien.learn_map()
    assert "learnt" in channels()["Shape"].reason
    bpy.ops.mien.bake()
    assert path_of("Shape") in action_curves(face)
    assert 0.0 <= evaluated(face, "Shape", 25) <= 1.5


def test_a_face_of_bones_alone_is_baked(posed: bpy.types.Object) -> None:
    bpy.data.objects["Face"].shape_key_clear()
    mapping.fill(bpy.context.scene.mien.character, RetargetMap(), [])
    with pytest.raises(RuntimeError, match="has no shape keys"):
        bpy.ops.mien.bake()
    bpy.ops.mien.learn_map()
    assert bpy.ops.mien.bake() == {"FINISHED"}
    assert {"Rig.p", "Rig.q", "Rig.x1.rx"} == set(channels())
