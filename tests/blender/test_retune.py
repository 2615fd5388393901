"""Tune in Blender: changed settings bring baked keys up to date; calibration, bad frames, files, presets."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import mapping, retune
from faces import action_curves, add_face, add_rig, evaluated, key_frames, path_of, save_ramp
from mien import arkit
from mien.rig.retarget_map import Channel, RetargetMap, Term
from mien.rig.targets import Target
from mien.take import Take, save_take


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """Two seconds at 24 fps from 0 up to 1, chosen, its smoothing off."""
    path = tmp_path / "ramp.mien"
    save_ramp(path, rate=24.0)
    bpy.context.scene.mien.take = str(path)
    bpy.context.scene.mien.tune.smoothing = 0.0
    bpy.context.scene.mien.tune.smoothing_head = 0.0
    return path


@pytest.fixture
def baked(ramp: Path) -> bpy.types.Object:
    face = add_face()
    bpy.ops.mien.bake()
    return face


def value(face: bpy.types.Object, shape: str, frame: float) -> float:
    return evaluated(bpy.data.objects[face if isinstance(face, str) else face.name], shape, frame)


def test_a_changed_gain_shows_in_the_keys(baked: bpy.types.Object) -> None:
    tune = bpy.context.scene.mien.tune
    tune.gain = 0.5
    assert value(baked, "jawOpen", 49) == pytest.approx(1.0), "before the moment has passed"
    assert bpy.app.timers.is_registered(retune.refresh)
    retune.refresh()
    assert value(baked, "jawOpen", 49) == pytest.approx(0.5)
    tune.gains[4] = 0.5
    tune.mutes[0] = True
    retune.refresh()
    regions = list(dict.fromkeys(arkit.REGION))
    for shape in ("jawOpen", "eyeBlinkLeft", "mouthPucker", "cheekPuff"):
        region = arkit.REGION[arkit.INDEX[shape]]
        gain = 0.5 * (0.5 if regions.index(region) == 4 else 1.0) * (0.0 if region == regions[0] else 1.0)
        assert value(baked, shape, 49) == pytest.approx(gain, abs=1e-6)


def test_each_setting_asks(baked: bpy.types.Object) -> None:
    settings = bpy.context.scene.mien
    take, character = settings.chosen_take, settings.character
    changes = [
        lambda: setattr(settings.tune, "smoothing", 0.7),
        lambda: setattr(settings.tune, "seal_lips", False),
        lambda: setattr(take, "start", 5.0),
        lambda: setattr(take, "calibrate", "GUESS"),
        lambda: setattr(character, "mirror", True),
        lambda: setattr(character.channels["jawOpen"], "gain", 0.3),
        lambda: setattr(character.channels["jawOpen"], "mute", True),
    ]
    for change in changes:
        if bpy.app.timers.is_registered(retune.refresh):
            bpy.app.timers.unregister(retune.refresh)
        before = character.baked.signature
        change()
        assert bpy.app.timers.is_registered(retune.refresh)
        retune.refresh()
        assert character.baked.signature != before


def test_a_take_that_moves_takes_its_keys_along(baked: bpy.types.Object) -> None:
    bpy.context.scene.mien.chosen_take.start = 101.0
    retune.refresh()
    frames = key_frames(action_curves(baked)[path_of("jawOpen")])
    assert (frames[0], frames[-1]) == (101.0, 149.0)


def test_keys_of_others_stay_when_keys_are_brought_up_to_date(ramp: Path) -> None:
    face = add_face()
    block = face.data.shape_keys.key_blocks["jawOpen"]
    for frame in (-10.0, 200.0):
        block.value = 0.25
        block.keyframe_insert("value", frame=frame)
    bpy.ops.mien.bake()
    bpy.context.scene.mien.tune.gain = 0.5
    retune.refresh()
    frames = key_frames(action_curves(face)[path_of("jawOpen")])
    assert (frames[0], frames[1], frames[-2], frames[-1]) == (-10.0, 1.0, 49.0, 200.0)


def test_a_driver_of_one_number_does_not_hold_its_neighbours(ramp: Path) -> None:
    """`location[0]` of a bone is baked and `location[2]` driven; `location[1]` joins them later."""
    add_face(shapes=("jawOpen",))
    rig = add_rig("jaw")
    character = bpy.context.scene.mien.character
    character.armature = rig
    targets = [Target("jaw", "transform", "Rig", axis) for axis in ("tx", "ty", "tz")]
    channels = [Channel(target, (Term(("jawOpen",)),), mute=target.axis != "tx") for target in targets]
    mapping.fill(character, RetargetMap(tuple(channels)), [(1.0, "")] * 3)
    bpy.ops.mien.bake()
    path = 'pose.bones["jaw"].location'
    rig.driver_add(path, 2)
    for item in character.channels:
        item.mute = False
    retune.refresh()
    action = rig.animation_data.action
    if hasattr(action, "layers") and action.layers:
        curves = action.layers[0].strips[0].channelbag(rig.animation_data.action_slot).fcurves
    else:
        curves = action.fcurves
    assert sorted(curve.array_index for curve in curves if curve.data_path == path) == [0, 1]


def test_a_muted_channel_gives_its_keys_back(baked: bpy.types.Object) -> None:
    item = bpy.context.scene.mien.character.channels["jawOpen"]
    item.mute = True
    retune.refresh()
    assert path_of("jawOpen") not in action_curves(baked)
    assert value(baked, "jawOpen", 49) == 0.0
    item.mute = False
    retune.refresh()
    assert value(baked, "jawOpen", 49) == pytest.approx(1.0)


def test_switched_off_nothing_moves_until_the_button(baked: bpy.types.Object) -> None:
    settings = bpy.context.scene.mien
    settings.auto_update = False
    settings.tune.gain = 0.5
    retune.refresh()
    assert value(baked, "jawOpen", 49) == pytest.approx(1.0)
    assert bpy.ops.mien.update_keys() == {"FINISHED"}
    assert value(baked, "jawOpen", 49) == pytest.approx(0.5)


def test_undo_and_redo_end_with_keys_as_the_settings_say(baked: bpy.types.Object) -> None:
    tune = bpy.context.scene.mien.tune
    bpy.ops.ed.undo_push(message="baked")
    for gain in (0.5, 0.25):
        bpy.context.scene.mien.tune.gain = gain
        bpy.ops.ed.undo_push(message=f"gain {gain}")
        retune.refresh()
    assert value("Face", "jawOpen", 49) == pytest.approx(0.25)
    for step, gain in ((bpy.ops.ed.undo, 0.5), (bpy.ops.ed.undo, 1.0), (bpy.ops.ed.redo, 0.5)):
        step()
        tune = bpy.context.scene.mien.tune
        assert bpy.app.timers.is_registered(retune.refresh)
        retune.refresh()
        assert (tune.gain, value("Face", "jawOpen", 49)) == (pytest.approx(gain), pytest.approx(gain))


def test_trouble_is_said_and_nothing_is_lost(baked: bpy.types.Object, ramp: Path) -> None:
    ramp.unlink()
    bpy.context.scene.mien.tune.gain = 0.5
    retune.refresh()
    assert "There is no take" in retune.RETUNER.trouble
    assert value(baked, "jawOpen", 49) == pytest.approx(1.0)


def test_a_deleted_mesh_is_no_trouble(baked: bpy.types.Object) -> None:
    bpy.data.objects.remove(baked)
    bpy.context.scene.mien.tune.gain = 0.5
    retune.refresh()
    assert retune.RETUNER.trouble == ""


def test_two_scenes_are_brought_up_to_date_apart(baked: bpy.types.Object, ramp: Path) -> None:
    first = bpy.context.scene
    second = bpy.data.scenes.new("Second")
    bpy.context.window.scene = second
    other = add_face("Other")
    second.mien.take = str(ramp)
    second.mien.tune.smoothing = 0.0
    bpy.ops.mien.bake()
    second.mien.tune.gain = 0.5
    retune.refresh()
    keys = {thing.name: action_curves(thing)[path_of("jawOpen")] for thing in (baked, other)}
    assert keys["Face"].evaluate(49) == pytest.approx(1.0)
    assert keys["Other"].evaluate(49) == pytest.approx(0.5)
    bpy.context.window.scene = first


@pytest.fixture
def rested(tmp_path: Path) -> bpy.types.Object:
    """Four seconds: a jaw that rests at 0.2 for two, then 0.6; a gap of no face from 3.0 to 3.2 s."""
    times = np.arange(97) / 24.0
    weights = np.zeros((97, 52))
    weights[:, arkit.INDEX["jawOpen"]] = np.where(times < 2.0, 0.2, 0.6)
    weights[(times >= 3.0) & (times <= 3.2)] = np.nan
    pose = np.tile([10.0, -5.0, 2.0], (97, 1))
    save_take(Take.from_weights(times, weights, pose=pose), tmp_path / "rest.mien")
    settings = bpy.context.scene.mien
    settings.take, settings.tune.smoothing = str(tmp_path / "rest.mien"), 0.0
    return add_face()


def test_neutral_from_the_current_frame(rested: bpy.types.Object) -> None:
    bpy.ops.mien.bake()
    bpy.context.scene.frame_set(13)
    assert bpy.ops.mien.neutral(when="FRAME") == {"FINISHED"}
    take = bpy.context.scene.mien.chosen_take
    assert (take.calibrate, take.rest_span) == ("TOLD", (0.5, 0.5))
    assert list(take.head_rest) == pytest.approx([10.0, -5.0, 2.0])
    retune.refresh()
    assert value(rested, "jawOpen", 20) == pytest.approx(0.0, abs=1e-6)
    assert value(rested, "jawOpen", 60) == pytest.approx((0.6 - 0.2) / 0.8, abs=1e-5)
    bpy.ops.mien.clear_calibration()
    retune.refresh()
    assert value(rested, "jawOpen", 20) == pytest.approx(0.2, abs=1e-5)


def test_neutral_and_motion_from_the_playback_range(rested: bpy.types.Object) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 25
    bpy.ops.mien.neutral(when="RANGE")
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 52, 70
    bpy.ops.mien.motion()
    take = scene.mien.chosen_take
    assert take.rest_span == pytest.approx((0.0, 1.0))
    assert take.motion_span == pytest.approx((51 / 24, 69 / 24))
    bpy.ops.mien.bake()
    assert value(rested, "jawOpen", 60) == pytest.approx(1.0, abs=1e-5)


def test_neutral_where_there_is_no_face(rested: bpy.types.Object) -> None:
    bpy.context.scene.frame_set(75)
    with pytest.raises(RuntimeError, match="no face in these frames"):
        bpy.ops.mien.neutral(when="FRAME")
    assert bpy.context.scene.mien.chosen_take.calibrate == "KEPT"


def test_next_bad_frame(rested: bpy.types.Object) -> None:
    scene = bpy.context.scene
    assert bpy.ops.mien.next_bad() == {"FINISHED"}
    assert scene.frame_current == 73
    assert bpy.ops.mien.next_bad() == {"CANCELLED"}
    scene.frame_set(90)
    assert bpy.ops.mien.next_bad(backward=True) == {"FINISHED"}
    assert scene.frame_current == 73


def test_settings_go_to_a_file_and_come_back(ramp: Path, tmp_path: Path) -> None:
    tune = bpy.context.scene.mien.tune
    tune.gain, tune.gains[3], tune.mutes[2], tune.hold_gaze = 1.5, 0.25, True, False
    path = tmp_path / "mine.json"
    assert bpy.ops.mien.save_settings(filepath=str(path)) == {"FINISHED"}
    assert json.loads(path.read_text())["kind"] == "mien tune settings"
    tune.gain, tune.gains[3], tune.mutes[2], tune.hold_gaze = 1.0, 1.0, False, True
    assert bpy.ops.mien.load_settings(filepath=str(path)) == {"FINISHED"}
    assert (tune.gain, tune.gains[3], tune.mutes[2], tune.hold_gaze) == (1.5, 0.25, True, False)
    path.write_text("{}")
    with pytest.raises(RuntimeError, match="is not a mien tune settings"):
        bpy.ops.mien.load_settings(filepath=str(path))


def test_an_actors_profile_calibrates_another_take(rested: bpy.types.Object, tmp_path: Path) -> None:
    bpy.context.scene.frame_set(13)
    bpy.ops.mien.neutral(when="FRAME")
    path = tmp_path / "Ada.json"
    assert bpy.ops.mien.save_profile(filepath=str(path)) == {"FINISHED"}
    bpy.ops.mien.clear_calibration()
    take = bpy.context.scene.mien.chosen_take
    take.profile, take.calibrate = str(path), "PROFILE"
    bpy.ops.mien.bake()
    assert value(rested, "jawOpen", 20) == pytest.approx(0.0, abs=1e-6)


def test_a_preset_is_kept_and_applied(ramp: Path) -> None:
    tune = bpy.context.scene.mien.tune
    tune.gain, tune.gains[1], tune.clamp = 1.25, 0.5, False
    assert bpy.ops.mien.add_tune_preset(name="own") == {"FINISHED"}
    tune.gain, tune.gains[1], tune.clamp = 1.0, 1.0, True
    (file,) = Path(bpy.utils.user_resource("SCRIPTS")).rglob("presets/mien/tune/own.py")
    bpy.ops.script.execute_preset(filepath=str(file), menu_idname="MIEN_MT_tune_presets")
    assert (tune.gain, tune.gains[1], tune.clamp) == (1.25, 0.5, False)
    file.unlink()


@pytest.mark.parametrize("name", ["Usual", "As_Measured", "Calm_Dialogue", "Lively", "Cartoon"])
def test_presets_come_with_the_extension(name: str) -> None:
    tune = bpy.context.scene.mien.tune
    tune.gain, tune.gains[0], tune.mutes[1] = 3.0, 0.1, True
    (folder,) = [path for path in bpy.utils.preset_paths("mien/tune") if "blender_addon" in path]
    file = Path(folder) / f"{name}.py"
    assert bpy.ops.script.execute_preset(filepath=str(file), menu_idname="MIEN_MT_tune_presets") == {
        "FINISHED"
    }
    assert tune.gain != 3.0
    assert (tune.gains[0], tune.mutes[1]) == (1.0, False)
    assert tune.clamp == (name not in ("As_Measured", "Cartoon"))


def test_takes_are_opened_and_taken_off_the_list(ramp: Path, tmp_path: Path) -> None:
    save_ramp(tmp_path / "second.mien")
    settings = bpy.context.scene.mien
    files = [{"name": "second.mien"}, {"name": "ramp.mien"}]
    assert bpy.ops.mien.open_takes(directory=str(tmp_path), files=files) == {"FINISHED"}
    assert [take.name for take in settings.takes] == ["ramp", "second"]
    assert settings.chosen_take.name == "ramp"
    bpy.ops.mien.remove_take()
    assert [take.name for take in settings.takes] == ["second"]
    assert ramp.exists()
    (tmp_path / "bad.mien").write_text("nothing")
    with pytest.raises(RuntimeError, match="can't be read as a take"):
        bpy.ops.mien.open_takes(
            filepath=str(tmp_path / "bad.mien"), directory=str(tmp_path), files=[{"name": "bad.mien"}]
        )
