"""scene.py and curves.py: keys on shape keys, in every version's animation API."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import curves, scene
from faces import action_curves, add_face, bake, evaluated, key_frames, path_of
from mien.errors import RigError

FRAMES = np.arange(1.0, 12.0)
RAMP = np.linspace(0.0, 1.0, 11, dtype=np.float32)


def test_keys_play() -> None:
    face = add_face()
    baked = bake("Face", FRAMES, {"jawOpen": RAMP, "tongueOut": 1.0 - RAMP})
    assert (baked.channels, baked.keys, baked.first, baked.last, baked.skipped) == (2, 22, 1.0, 11.0, ())
    assert evaluated(face, "jawOpen", 6) == pytest.approx(0.5)
    assert evaluated(face, "jawOpen", 6.5) == pytest.approx(0.55)
    assert evaluated(face, "tongueOut", 3) == pytest.approx(0.8)


def test_the_mesh_moves() -> None:
    face = add_face(shapes=("jawOpen",))
    bake("Face", FRAMES, {"jawOpen": RAMP})
    bpy.context.scene.frame_set(6)
    mesh = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    assert mesh.vertices[0].co.z == pytest.approx(0.5)


def test_values_show_at_once_on_the_current_frame() -> None:
    face = add_face()
    bpy.context.scene.frame_set(6)
    bake("Face", FRAMES, {"jawOpen": RAMP})
    graph = bpy.context.evaluated_depsgraph_get()
    assert face.evaluated_get(graph).data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(0.5)


def test_only_own_channels_in_the_range_are_replaced() -> None:
    face = add_face()
    keys = face.data.shape_keys
    for shape in ("jawOpen", "cheekPuff"):
        for frame in (-20.0, 5.0, 5.5, 40.0):
            keys.key_blocks[shape].value = 0.25
            keys.key_blocks[shape].keyframe_insert("value", frame=frame)
    for point in action_curves(face)[path_of("jawOpen")].keyframe_points:
        point.interpolation = "BOUNCE"
    bake("Face", FRAMES, {"jawOpen": RAMP})
    played = action_curves(face)
    assert key_frames(played[path_of("cheekPuff")]) == [-20.0, 5.0, 5.5, 40.0]
    jaw = played[path_of("jawOpen")]
    assert key_frames(jaw) == [-20.0, *FRAMES, 40.0]
    assert [p.interpolation for p in jaw.keyframe_points] == ["BOUNCE", *["LINEAR"] * 11, "BOUNCE"]
    assert jaw.keyframe_points[0].co[1] == pytest.approx(0.25)
    assert evaluated(face, "jawOpen", 11) == pytest.approx(1.0)


def test_baking_twice_is_baking_once() -> None:
    face = add_face()
    for _ in range(2):
        bake("Face", FRAMES, {"jawOpen": RAMP})
    assert key_frames(action_curves(face)[path_of("jawOpen")]) == list(FRAMES)
    assert len(bpy.data.actions) == 1


@pytest.mark.skipif(not curves.SLOTTED, reason="before 4.4 an action serves one kind of datablock only")
def test_an_action_with_keys_of_something_else_keeps_them() -> None:
    face = add_face()
    face.location.x = 1.0
    face.keyframe_insert("location", frame=3)
    action = face.animation_data.action
    face.data.shape_keys.animation_data_create().action = action
    bake("Face", FRAMES, {"jawOpen": RAMP})
    assert face.data.shape_keys.animation_data.action == action
    assert evaluated(face, "jawOpen", 6) == pytest.approx(0.5)
    face.location.x = 9.0
    bpy.context.scene.frame_set(3)
    assert face.location.x == pytest.approx(1.0), "the object's own animation is gone"


def test_an_empty_action_already_assigned_plays() -> None:
    face = add_face()
    face.data.shape_keys.animation_data_create().action = bpy.data.actions.new("Mine")
    bake("Face", FRAMES, {"jawOpen": RAMP})
    assert evaluated(face, "jawOpen", 6) == pytest.approx(0.5)
    assert [action.name for action in bpy.data.actions] == ["Mine"]


def test_names_with_quotes_and_backslashes() -> None:
    shape = 'jaw "Open" \\ ü'
    face = add_face(shapes=(shape,))
    bake("Face", FRAMES, {shape: RAMP})
    assert evaluated(face, shape, 6) == pytest.approx(0.5)


def test_drivers_and_locks_are_left_alone() -> None:
    face = add_face()
    keys = face.data.shape_keys
    keys.driver_add(path_of("cheekPuff"))
    bake("Face", FRAMES, {"jawLeft": RAMP})
    action_curves(face)[path_of("jawLeft")].lock = True
    baked = bake("Face", FRAMES, {"jawOpen": RAMP, "cheekPuff": RAMP, "jawLeft": 1.0 - RAMP})
    assert (baked.channels, baked.skipped) == (1, ("cheekPuff", "jawLeft"))
    assert set(action_curves(face)) == {path_of("jawOpen"), path_of("jawLeft")}
    assert evaluated(face, "jawLeft", 11) == pytest.approx(1.0)
    with pytest.raises(RigError, match="Drivers or locks"):
        bake("Face", FRAMES, {"cheekPuff": RAMP})


def test_faces_that_cannot_be_keyed() -> None:
    face = add_face(shapes=("jawOpen",))
    scene.check_face(face)
    face.data.shape_keys.use_relative = False
    with pytest.raises(RigError, match="absolute"):
        scene.check_face(face)
    with pytest.raises(RigError, match="no shape keys"):
        scene.check_face(add_face("Bare", shapes=()))
    with pytest.raises(RigError, match="not a mesh"):
        scene.check_face(bpy.data.objects.new("Empty", None))
    assert scene.channel_names("Nobody") == scene.channel_names("Empty") == ()


def test_a_strip_in_tweak_mode_is_refused() -> None:
    face = add_face(shapes=("jawOpen",))
    bake("Face", FRAMES, {"jawOpen": RAMP}, "NLA")
    animation = face.data.shape_keys.animation_data
    animation.nla_tracks[0].select = animation.nla_tracks[0].strips[0].select = True
    animation.use_tweak_mode = True
    with pytest.raises(RigError, match="tweak"):
        bake("Face", FRAMES, {"jawOpen": RAMP})


def test_the_rest_shape_is_no_channel() -> None:
    face = add_face(shapes=("jawOpen", "tongueOut"))
    assert scene.channel_names("Face") == ("jawOpen", "tongueOut")
    face.data.shape_keys.key_blocks["Basis"].name = "jawLeft"
    assert scene.channel_names("Face") == ("jawOpen", "tongueOut")
