"""Where a bake goes: current action in a range, a new action, an NLA strip; fewer keys; bones and parts."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import curves, retune
from faces import action_curves, add_face, evaluated, key_frames, path_of, save_ramp
from mien import arkit
from mien.take import Take, save_take


@pytest.fixture
def face(tmp_path: Path) -> bpy.types.Object:
    save_ramp(tmp_path / "ramp.mien", rate=24.0)
    settings = bpy.context.scene.mien
    settings.take, settings.tune.smoothing = str(tmp_path / "ramp.mien"), 0.0
    return add_face()


def own_keys(face: bpy.types.Object) -> bpy.types.Action:
    """An action of the user's on the face: jawOpen at 0.25 from frame 1 to 500."""
    block = face.data.shape_keys.key_blocks["jawOpen"]
    for frame in (1.0, 500.0):
        block.value = 0.25
        block.keyframe_insert("value", frame=frame)
    return face.data.shape_keys.animation_data.action


@pytest.mark.parametrize("into", ["CURRENT", "NEW", "NLA"])
@pytest.mark.parametrize("whole", [True, False])
def test_it_plays_wherever_it_goes(face: bpy.types.Object, into: str, whole: bool) -> None:
    bpy.context.scene.mien.chosen_take.start = 10.3
    bpy.ops.mien.bake(into=into, whole_frames=whole)
    for frame in (12.0, 30.0, 47.5):
        assert evaluated(face, "jawOpen", frame) == pytest.approx((frame - 10.3) / 48, abs=2e-3)


def test_a_new_action_keeps_the_old_one(face: bpy.types.Object) -> None:
    old = own_keys(face)
    bpy.ops.mien.bake(into="NEW")
    new = face.data.shape_keys.animation_data.action
    assert new != old
    assert new.name == "Face ramp"
    assert old.use_fake_user
    assert evaluated(face, "jawOpen", 49) == pytest.approx(1.0)
    bpy.ops.mien.bake(into="NEW")
    assert len(bpy.data.actions) == 3


def test_a_strip_leaves_the_current_action(face: bpy.types.Object) -> None:
    old = own_keys(face)
    bpy.ops.mien.bake(into="NLA")
    animation = face.data.shape_keys.animation_data
    assert animation.action == old
    (track,) = animation.nla_tracks
    (strip,) = track.strips
    assert (strip.frame_start, strip.frame_end, strip.scale) == (1.0, 49.0, 1.0)
    assert strip.action.name == "Face ramp"
    assert evaluated(face, "jawOpen", 10) == pytest.approx(0.25), "the action above it wins"
    assert evaluated(face, "cheekPuff", 49) == pytest.approx(1.0)
    if bpy.app.version[:2] != (5, 0):  # which leaves what nothing animates as it was last
        assert evaluated(face, "cheekPuff", 60) == 0.0


@pytest.mark.parametrize("into", ["CURRENT", "NEW", "NLA"])
def test_one_undo(face: bpy.types.Object, into: str) -> None:
    own_keys(face)
    bpy.ops.ed.undo_push(message="before")
    before = set(bpy.data.actions.keys())
    bpy.ops.mien.bake("EXEC_DEFAULT", True, into=into)
    bpy.ops.ed.undo()
    face = bpy.data.objects["Face"]
    assert set(bpy.data.actions.keys()) == before
    assert not face.data.shape_keys.animation_data.nla_tracks
    assert key_frames(action_curves(face)[path_of("jawOpen")]) == [1.0, 500.0]
    assert not len(bpy.context.scene.mien.character.baked.actions)


@pytest.mark.parametrize("into", ["NEW", "NLA"])
def test_settings_reach_the_strip_or_action_that_was_baked(face: bpy.types.Object, into: str) -> None:
    bpy.ops.mien.bake(into=into)
    animation = face.data.shape_keys.animation_data
    if into == "NEW":
        animation.action = None
        other = own_keys(face)
    bpy.context.scene.mien.tune.gain = 0.5
    retune.refresh()
    if into == "NEW":
        assert animation.action == other
        assert key_frames(action_curves(face)[path_of("jawOpen")]) == [1.0, 500.0], (
            "another action was written"
        )
        animation.action = bpy.data.actions["Face ramp"]
        if curves.SLOTTED:
            animation.action_slot = animation.action.slots[0]
    assert evaluated(face, "cheekPuff", 49) == pytest.approx(0.5)


def test_only_the_playback_range(face: bpy.types.Object) -> None:
    own_keys(face)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 10, 20
    bpy.ops.mien.bake(in_range=True)
    assert key_frames(action_curves(face)[path_of("jawOpen")]) == [1.0, *range(10, 21), 500.0]
    scene.frame_start, scene.frame_end = 300, 310
    with pytest.raises(RuntimeError, match=r"frames 1 to 49, outside the range"):
        bpy.ops.mien.bake(in_range=True)


def test_fewer_keys_stay_within_the_error(face: bpy.types.Object, tmp_path: Path) -> None:
    times = np.arange(240) / 24.0
    weights = np.repeat(0.5 + 0.5 * np.sin(3 * times)[:, None], 52, axis=1)
    save_take(Take.from_weights(times, weights), tmp_path / "wave.mien")
    settings = bpy.context.scene.mien
    settings.take = str(tmp_path / "wave.mien")
    bpy.ops.mien.bake(reduce=True, max_error=0.02)
    curve = action_curves(face)[path_of("jawOpen")]
    assert 10 < len(curve.keyframe_points) < 120
    played = [curve.evaluate(frame) for frame in range(1, 241)]
    assert np.abs(np.array(played) - weights[:, 0]).max() < 0.02 + 1e-4


def test_the_scenes_rate_stays(face: bpy.types.Object) -> None:
    render = bpy.context.scene.render
    render.fps, render.fps_base = 24, 1.001
    bpy.ops.mien.bake(into="NLA")
    assert (render.fps, render.fps_base) == (24, pytest.approx(1.001))
    assert evaluated(face, "jawOpen", 1 + 1.0 * 24 / 1.001) == pytest.approx(0.5, abs=0.02)


@pytest.fixture
def rig() -> bpy.types.Object:
    """An armature with a head bone that points up, eyes that look out, a jaw property and one of a bone."""
    data = bpy.data.armatures.new("Rig")
    thing = bpy.data.objects.new("Rig", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    for name, head, tail in (
        ("DEF-neck", (0, 0, 0), (0, 0, 1)),
        ("head", (0, 0, 1), (0, 0, 2)),
        ("eye.L", (0.3, 0, 1.5), (0.3, -0.3, 1.5)),
        ("eye.R", (-0.3, 0, 1.5), (-0.3, -0.3, 1.5)),
    ):
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = head, tail
    bpy.ops.object.mode_set(mode="OBJECT")
    thing["jawOpen"] = 0.0
    thing["ik"] = 0.5
    thing.pose.bones["head"]["mouthPucker"] = 0.0
    thing.pose.bones["eye.R"].rotation_mode = "XYZ"
    return thing


@pytest.fixture
def nodding(face: bpy.types.Object, tmp_path: Path) -> None:
    """A head that pitches down 20 degrees and turns 10 to its left; eyes that look left; weights at 0.6."""
    times = np.arange(49) / 24.0
    weights = np.full((49, 52), 0.6)
    for name in arkit.NAMES:
        if name.startswith("eyeLook"):
            weights[:, arkit.INDEX[name]] = 1.0 if name in ("eyeLookOutLeft", "eyeLookInRight") else 0.0
    pose = np.tile([20.0, 10.0, 0.0], (49, 1))
    save_take(Take.from_weights(times, weights, pose=pose), tmp_path / "nod.mien")
    settings = bpy.context.scene.mien
    settings.take = str(tmp_path / "nod.mien")


def test_bones_are_found_and_turn(face: bpy.types.Object, rig: bpy.types.Object, nodding: None) -> None:
    character = bpy.context.scene.mien.character
    character.armature = rig
    assert character.bones == {"head": "head", "neck": "DEF-neck", "left": "eye.L", "right": "eye.R"}
    bpy.ops.mien.bake()
    bpy.context.scene.frame_set(25)
    graph = bpy.context.evaluated_depsgraph_get()
    posed = rig.evaluated_get(graph).pose.bones
    for name, pitch, yaw in (("DEF-neck", 8.0, 4.0), ("eye.L", 0.0, 34.0), ("eye.R", 0.0, 34.0)):
        bone = posed[name]
        turn = bone.matrix_basis.to_3x3()
        rest = rig.data.bones[name].matrix_local.to_3x3()
        world = rest @ turn @ rest.inverted()
        looks = world @ type(bone.head)((0.0, -1.0, 0.0))
        found_yaw = np.degrees(np.arctan2(looks.x, -looks.y))
        found_pitch = np.degrees(np.arctan2(-looks.z, np.hypot(looks.x, looks.y)))
        assert (found_pitch, found_yaw) == (pytest.approx(pitch, abs=0.6), pytest.approx(yaw, abs=0.6)), name
    assert posed["head"].rotation_mode == "QUATERNION", "the rig was changed"


def test_properties_are_driven_and_others_left_alone(
    face: bpy.types.Object, rig: bpy.types.Object, nodding: None
) -> None:
    character = bpy.context.scene.mien.character
    character.armature = rig
    names = [item.name for item in character.channels]
    assert "Rig.jawOpen" in names
    assert "Rig.head:mouthPucker" in names
    assert not [name for name in names if "ik" in name]
    bpy.ops.mien.bake()
    bpy.context.scene.frame_set(25)
    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    assert posed["jawOpen"] == pytest.approx(0.6, abs=1e-3)
    assert posed.pose.bones["head"]["mouthPucker"] == pytest.approx(0.6, abs=1e-3)


@pytest.mark.parametrize("into", ["CURRENT", "NEW", "NLA"])
def test_several_meshes_and_the_armature_at_once(
    face: bpy.types.Object, rig: bpy.types.Object, nodding: None, into: str
) -> None:
    teeth = add_face("Teeth", ("jawOpen", "mouthClose"))
    settings = bpy.context.scene.mien
    settings.mesh = face
    character = settings.character
    character.parts.add().mesh = teeth
    character.armature = rig
    assert "Teeth.jawOpen" in [item.name for item in character.channels]
    bpy.ops.mien.bake(into=into)
    assert evaluated(teeth, "jawOpen", 25) == evaluated(face, "jawOpen", 25) == pytest.approx(0.6, abs=1e-3)
    if curves.SLOTTED and into != "CURRENT":
        assert len(bpy.data.actions) == 1
        assert len(bpy.data.actions[0].slots) == 3


def test_a_bone_that_turned_differently_since_is_said(
    face: bpy.types.Object, rig: bpy.types.Object, nodding: None
) -> None:
    character = bpy.context.scene.mien.character
    character.armature = rig
    rig.pose.bones["head"].rotation_mode = "AXIS_ANGLE"
    with pytest.raises(RuntimeError, match="axis and angle"):
        bpy.ops.mien.bake()
    rig.pose.bones["head"].rotation_mode = "XYZ"
    character.head_bone = "gone"
    with pytest.raises(RuntimeError, match="has no bone gone"):
        bpy.ops.mien.bake()
    assert not bpy.data.actions
