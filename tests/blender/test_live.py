"""Live in Blender, with the real worker and a looped file as the camera.

Timers do not fire in Blender as a module, so the tests call what the timers call, at their pace.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien.live import drive, recording, rig
from bl_ext.user_default.mien.live.drive import LIVE
from faces import action_curves, add_face, add_rig, evaluated, path_of, save_ramp
from making import write_video
from mien import arkit
from mien.hosting.live_worker import LiveSample
from mien.take import load_take
from toy_network import toy_picture

WAIT = 60.0
JAW = "jawOpen"


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3.2 s: a face that moves, and for 1.2 s none."""
    pictures = [toy_picture(i) if i < 50 else np.zeros((240, 320), np.uint8) for i in range(80)]
    return write_video(tmp_path_factory.mktemp("footage") / "actor.mp4", pictures, options={"crf": "12"})


@pytest.fixture
def begin(camera: Path, toy_folder: Path) -> Iterator[Callable[[], None]]:
    def start() -> None:
        target = bpy.context.scene
        target.mien.video, target.mien_live.source = str(camera), "FILE"
        target.mien_live.countdown = 0.0
        assert bpy.ops.mien.live_start(network=str(toy_folder)) == {"FINISHED"}

    yield start
    LIVE.stop()


def run_until(reached: Callable[[], bool]) -> None:
    """What Blender's timers do, until something is so."""
    end, looked = time.monotonic() + WAIT, 0.0
    while not reached():
        assert time.monotonic() < end, (LIVE.status, LIVE.trouble)
        assert (drive.tick() is not None) == LIVE.running
        if time.monotonic() - looked > drive.LOOK:
            drive.look()
            looked = time.monotonic()
        time.sleep(0.005)


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def value_of(thing: bpy.types.Object, shape: str) -> float:
    return float(thing.data.shape_keys.key_blocks[shape].value)


def face() -> bpy.types.Object:
    return bpy.data.objects["Face"]


def moves() -> Callable[[], bool]:
    """Whether the face's jaw has gone somewhere else since this was called."""
    first = value_of(face(), JAW)
    return lambda: abs(value_of(face(), JAW) - first) > 1e-3


def sample(number: int, level: float) -> LiveSample:
    return LiveSample(number, number / 60, np.full(52, level, np.float32), np.zeros(3, np.float32), 1.0, 1.0)


def test_the_face_moves_and_gets_its_own_values_back(begin):
    thing = add_face()
    thing.data.shape_keys.key_blocks[JAW].value = 0.25
    begin()
    run_until(moves())
    assert LIVE.status.text in ("Live", "No face")
    bpy.context.view_layer.update()
    assert evaluated(face(), JAW, bpy.context.scene.frame_current) == pytest.approx(
        value_of(face(), JAW), abs=1e-6
    )
    assert bpy.ops.mien.live_stop() == {"FINISHED"}
    assert value_of(face(), JAW) == 0.25
    assert all(value_of(face(), name) == 0.0 for name in arkit.NAMES if name != JAW)
    assert rig.MARK not in face().data.shape_keys
    assert not LIVE.running
    assert drive.tick() is None
    assert drive.look() is None


def test_a_lost_face_eases_to_neutral_and_is_said(begin):
    add_face()
    begin()
    run_until(lambda: LIVE.status.face is True)
    run_until(lambda: LIVE.status.face is False)
    assert LIVE.status.text == "No face"
    run_until(lambda: max(value_of(face(), name) for name in arkit.NAMES) == 0.0)


def test_a_tick_is_constant_work(begin):
    """A tick executes as many Python instructions for 52 channels as for 5: no step for each channel."""

    def steps_of(shapes: tuple[str, ...]) -> int:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        add_face(shapes=shapes)
        begin()
        LIVE._write(sample(0, 0.25))
        steps = 0

        def count(frame, event: str, _argument):
            nonlocal steps
            frame.f_trace_opcodes = True
            steps += event == "opcode"
            return count

        sys.settrace(count)
        LIVE._write(sample(1, 0.5))
        sys.settrace(None)
        assert value_of(face(), shapes[0]) == value_of(face(), shapes[-1]) == 0.5
        LIVE.stop()
        return steps

    few, many = steps_of(arkit.NAMES[:5]), steps_of(arkit.NAMES)
    assert 100 < many < 3000
    assert many <= few + 10


def test_undo_and_redo_while_live(begin):
    thing = add_face()
    thing.data.shape_keys.key_blocks[JAW].value = 0.1
    bpy.ops.ed.undo_push(message="posed")
    begin()
    run_until(moves())
    bpy.ops.object.empty_add("EXEC_DEFAULT", True)
    assert "Empty" in bpy.data.objects
    run_until(moves())
    bpy.ops.ed.undo()
    assert "Empty" not in bpy.data.objects
    assert LIVE.running
    run_until(moves())
    bpy.ops.ed.redo()
    assert "Empty" in bpy.data.objects
    run_until(moves())
    LIVE.stop()
    assert value_of(face(), JAW) == pytest.approx(0.1)


def test_undo_after_live_does_not_bring_its_values_back(begin):
    """An undo step that was made while the face was driven holds what the camera saw."""
    thing = add_face()
    thing.data.shape_keys.key_blocks[JAW].value = 0.1
    bpy.ops.ed.undo_push(message="posed")
    begin()
    run_until(moves())
    bpy.ops.object.empty_add("EXEC_DEFAULT", True)
    bpy.ops.object.empty_add("EXEC_DEFAULT", True)
    LIVE.stop()
    assert value_of(face(), JAW) == pytest.approx(0.1)
    bpy.ops.ed.undo()
    assert value_of(face(), JAW) == pytest.approx(0.1)
    assert rig.MARK not in face().data.shape_keys
    bpy.ops.ed.redo()
    assert value_of(face(), JAW) == pytest.approx(0.1)


def test_undo_to_before_live_is_what_stop_gives_back(begin):
    thing = add_face()
    bpy.ops.ed.undo_push(message="at rest")
    thing.data.shape_keys.key_blocks[JAW].value = 0.6
    bpy.ops.ed.undo_push(message="posed")
    begin()
    run_until(moves())
    bpy.ops.ed.undo()
    assert LIVE.running
    run_until(lambda: LIVE.ticks > 20)
    LIVE.stop()
    assert value_of(face(), JAW) == 0.0


def test_what_is_saved_is_the_rig_as_it_was(begin, tmp_path):
    add_face().data.shape_keys.key_blocks[JAW].value = 0.3
    begin()
    run_until(moves())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"), copy=True)
    assert LIVE.running
    run_until(moves())
    with bpy.data.libraries.load(str(tmp_path / "saved.blend")) as (_, wanted):
        wanted.objects = ["Face"]
    saved = wanted.objects[0].data.shape_keys
    assert saved.key_blocks[JAW].value == pytest.approx(0.3)
    assert rig.MARK not in saved
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert not LIVE.running
    assert "another file" in LIVE.trouble
    assert value_of(face(), JAW) == pytest.approx(0.3)
    assert rig.MARK not in face().data.shape_keys


def test_a_file_that_was_saved_while_driven_is_put_right(begin, tmp_path):
    """An auto-save, before a crash."""
    add_face().data.shape_keys.key_blocks[JAW].value = 0.3
    begin()
    run_until(moves())
    for name in ("save_pre", "save_post"):
        getattr(bpy.app.handlers, name).remove(drive._HANDLERS[name])
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "auto.blend"), copy=True)
    finally:
        for name in ("save_pre", "save_post"):
            getattr(bpy.app.handlers, name).append(drive._HANDLERS[name])
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "auto.blend"))
    assert value_of(face(), JAW) == pytest.approx(0.3)
    assert rig.MARK not in face().data.shape_keys


def test_switching_the_extension_off_stops(begin, extension):
    add_face()
    begin()
    run_until(moves())
    process_id = LIVE.session.worker.process_id
    extension.unregister()
    try:
        assert value_of(face(), JAW) == 0.0
        assert not bpy.app.timers.is_registered(drive.tick)
        assert not any(h.__module__.endswith("live.drive") for h in bpy.app.handlers.undo_post)
        end = time.monotonic() + 10
        while is_alive(process_id) and time.monotonic() < end:
            time.sleep(0.02)
        assert not is_alive(process_id)
    finally:
        extension.register()


@pytest.mark.parametrize("how", ["operator", "removed"])
def test_the_mesh_is_deleted_while_live(begin, how):
    thing = add_face()
    begin()
    run_until(moves())
    if how == "operator":
        with bpy.context.temp_override(selected_objects=[thing], object=thing, active_object=thing):
            bpy.ops.object.delete()
    else:
        bpy.data.objects.remove(thing)
    run_until(lambda: not LIVE.running)
    assert "Choose the face" in LIVE.hint


def test_the_scene_is_deleted_while_live(begin):
    add_face().data.shape_keys.key_blocks[JAW].value = 0.2
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(face())
    begin()
    run_until(moves())
    bpy.data.scenes.remove(bpy.data.scenes[LIVE.scene])
    run_until(lambda: not LIVE.running)
    assert "is gone" in LIVE.trouble
    assert value_of(face(), JAW) == pytest.approx(0.2)


def test_shape_keys_come_and_go_while_live(begin):
    thing = add_face()
    thing.data.shape_keys.key_blocks[JAW].value = 0.4
    begin()
    run_until(moves())
    thing.shape_key_add(name="extra", from_mix=False).value = 0.7
    thing.shape_key_remove(thing.data.shape_keys.key_blocks["browInnerUp"])
    before = LIVE.ticks
    run_until(lambda: LIVE.ticks > before + 5 or not LIVE.running)
    if LIVE.running:  # a map that lists the removed key stops instead, and says so
        run_until(moves())
    else:
        assert "browInnerUp" in LIVE.trouble
    LIVE.stop()
    assert value_of(face(), JAW) == pytest.approx(0.4)
    assert value_of(face(), "extra") == pytest.approx(0.7)


def test_a_baked_face_is_driven_and_plays_its_keys_again(begin, tmp_path):
    add_face()
    save_ramp(tmp_path / "ramp.mien")
    bpy.context.scene.mien.take = str(tmp_path / "ramp.mien")
    assert bpy.ops.mien.bake() == {"FINISHED"}
    played = evaluated(face(), JAW, 20)
    assert played > 0.1
    begin()
    run_until(moves())
    run_until(lambda: LIVE.status.face is True)
    LIVE._write(sample(10**6, 0.95))
    bpy.context.scene.frame_set(12)
    assert value_of(face(), JAW) == pytest.approx(0.95), "the keys moved the face while it was live"
    LIVE.stop()
    assert not any(curve.mute for curve in action_curves(face()).values())
    assert evaluated(face(), JAW, 20) == pytest.approx(played)


def test_a_muted_curve_stays_muted(begin, tmp_path):
    add_face()
    save_ramp(tmp_path / "ramp.mien")
    bpy.context.scene.mien.take = str(tmp_path / "ramp.mien")
    bpy.ops.mien.bake()
    action_curves(face())[path_of("browInnerUp")].mute = True
    begin()
    LIVE.stop()
    muted = [path for path, curve in action_curves(face()).items() if curve.mute]
    assert muted == [path_of("browInnerUp")]


def test_mirror_and_tuning_follow_the_panel(begin):
    add_face()
    begin()
    run_until(lambda: LIVE.status.face is True and max(value_of(face(), n) for n in arkit.NAMES) > 0)
    bpy.context.scene.mien.character.mirror = True
    drive.look()
    left = sample(10**6, 0.0)
    left.weights[arkit.INDEX["mouthSmileLeft"]] = 0.8
    LIVE._write(left)
    assert value_of(face(), "mouthSmileRight") == pytest.approx(0.8)
    assert value_of(face(), "mouthSmileLeft") == 0.0
    bpy.context.scene.mien.tune.gain = 0.0
    run_until(lambda: LIVE.ticks > 0 and max(value_of(face(), n) for n in arkit.NAMES) == 0.0)


def test_several_meshes_bones_and_properties(begin):
    """A mesh of teeth, a head bone, and the jaw as a custom property of the armature."""
    add_face()
    teeth = add_face("Teeth", (JAW,))
    bones = add_rig("head")
    bones.pose.bones["head"].rotation_mode = "XYZ"
    bones["mouthPucker"] = 0.25
    settings = bpy.context.scene.mien
    settings.mesh = face()
    character = settings.character
    character.parts.add().mesh = teeth
    character.armature = bones
    assert bpy.ops.mien.auto_map() == {"FINISHED"}
    assert character.head_bone == "head"
    begin()
    moved = LiveSample(10**6, 1.0, np.full(52, 0.5, np.float32), np.array([10, 20, 5], np.float32), 1.0, 1.0)
    LIVE._write(moved)
    bones = bpy.data.objects["Rig"]
    assert value_of(bpy.data.objects["Teeth"], JAW) == 0.5
    assert bones["mouthPucker"] == 0.5
    assert np.abs(np.degrees(bones.pose.bones["head"].rotation_euler)).max() > 5.0
    LIVE.stop()
    assert bones["mouthPucker"] == 0.25
    assert np.abs(bones.pose.bones["head"].rotation_euler).max() == 0.0
    assert value_of(bpy.data.objects["Teeth"], JAW) == 0.0
    assert rig.MARK not in bones


def test_a_recording_becomes_the_chosen_take(begin, tmp_path):
    add_face()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    begin()
    run_until(lambda: LIVE.status.face is True)
    bpy.context.scene.mien_live.countdown = 0.3
    assert bpy.ops.mien.live_record() == {"FINISHED"}
    bpy.context.scene.frame_set(40)  # during the countdown
    run_until(lambda: LIVE.session.recording.phase == "running")
    before = LIVE.ticks
    run_until(lambda: LIVE.ticks > before + 15)
    assert bpy.ops.mien.live_record() == {"FINISHED"}
    run_until(lambda: recording.RECORDING.message)
    assert LIVE.session.recording.phase == "saved"
    take = bpy.context.scene.mien.chosen_take
    assert take.path == "//takes/Live.mien"
    assert take.start == 40.0
    assert take.frames == len(load_take(tmp_path / "takes" / "Live.mien")) >= 15
    assert "frames show a face" in recording.RECORDING.message
    LIVE.stop()
    assert bpy.ops.mien.bake() == {"FINISHED"}


def test_stopping_while_recording_keeps_the_take(begin, tmp_path):
    add_face()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    begin()
    run_until(lambda: LIVE.status.face is True)
    bpy.ops.mien.live_record()
    run_until(lambda: LIVE.session.recording.phase == "running")
    before = LIVE.ticks
    run_until(lambda: LIVE.ticks > before + 15)
    LIVE.stop()
    assert bpy.context.scene.mien.chosen_take.frames >= 10
    assert [path.name for path in (tmp_path / "takes").iterdir()] == ["Live.mien"]


def test_punch_in_replaces_the_range_only(begin, tmp_path):
    add_face()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    target = bpy.context.scene
    target.render.fps, target.render.fps_base = 25, 1.0
    old = save_ramp(tmp_path / "old.mien", seconds=4.0)
    target.mien.take = str(tmp_path / "old.mien")
    target.mien.chosen_take.start = 11.0
    target.frame_start, target.frame_end = 36, 60  # seconds 1 to 2 of the take
    target.mien_live.punch_in, target.mien_live.fade = True, 0.0
    begin()
    run_until(lambda: LIVE.status.face is True)
    assert bpy.ops.mien.live_record() == {"FINISHED"}
    run_until(lambda: recording.RECORDING.message)
    take = target.mien.chosen_take
    assert Path(take.path).name == "old.mien"
    assert take.path.startswith("//takes")
    assert take.start == 11.0
    made = load_take(Path(bpy.path.abspath(take.path)))
    inside = (made.times >= 1.0) & (made.times <= 2.0 + 0.2)
    before, after = made.times < 1.0, made.times > 2.4
    np.testing.assert_array_equal(
        made.weights[before], old.weights[old.times < made.times[inside][0] - 1e-4][: before.sum()]
    )
    np.testing.assert_array_equal(made.weights[after], old.weights[old.times > 2.4])
    assert np.isfinite(made.landmarks[inside]).any(), "nothing was recorded in the range"
    np.testing.assert_array_equal(load_take(tmp_path / "old.mien").weights, old.weights)


def test_a_killed_worker_is_said_and_the_rig_restored(begin, tmp_path):
    add_face().data.shape_keys.key_blocks[JAW].value = 0.2
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    begin()
    run_until(lambda: LIVE.status.face is True)
    bpy.ops.mien.live_record()
    run_until(lambda: LIVE.session.recording.phase == "running")
    before = LIVE.ticks
    run_until(lambda: LIVE.ticks > before + 15)
    os.kill(LIVE.session.worker.process_id, signal.SIGKILL)
    run_until(lambda: not LIVE.running)
    assert "ended by itself" in LIVE.trouble
    assert value_of(face(), JAW) == pytest.approx(0.2)
    assert bpy.context.scene.mien.chosen_take.frames >= 10, "the recording was lost"


def test_a_scene_without_sound_keeps_time_by_the_clock():
    assert recording.in_time(bpy.context.scene) == "FRAME_DROP"
    bpy.context.scene.sequence_editor_create()
    assert recording.in_time(bpy.context.scene) == "FRAME_DROP"


def test_what_cannot_start_says_why(camera):
    with pytest.raises(RuntimeError, match="Choose the face"):
        bpy.ops.mien.live_start()
    add_face()
    target = bpy.context.scene
    target.mien_live.source = "FILE"
    with pytest.raises(RuntimeError, match="footage"):
        bpy.ops.mien.live_start()
    target.mien.video = "/no/such.mp4"
    with pytest.raises(RuntimeError, match="no file"):
        bpy.ops.mien.live_start()
    assert not LIVE.running
    with pytest.raises(RuntimeError, match="Start Live"):
        bpy.ops.mien.live_record()


def test_a_camera_that_is_not_there(begin):
    add_face().data.shape_keys.key_blocks[JAW].value = 0.2
    bpy.context.scene.mien_live.camera = 63
    assert bpy.ops.mien.live_start() == {"FINISHED"}
    run_until(lambda: not LIVE.running)
    assert "no camera 63" in LIVE.trouble
    assert LIVE.hint
    assert value_of(face(), JAW) == pytest.approx(0.2)


def test_a_bug_gives_the_rig_back(begin, monkeypatch, capsys):
    add_face().data.shape_keys.key_blocks[JAW].value = 0.2
    begin()
    run_until(moves())

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(type(LIVE._map), "apply", broken)
    run_until(lambda: not LIVE.running)
    assert "a bug" in LIVE.trouble
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert value_of(face(), JAW) == pytest.approx(0.2)


def test_a_mark_that_is_none_is_only_removed():
    keys = add_face().data.shape_keys
    keys.key_blocks[JAW].value = 0.2
    for mark in (
        "x",
        "[]",
        "{}",
        json.dumps({"values": [["no", -1, 1.0], ["key_blocks[", 0, 1.0], ["location", 9, 1.0]]}),
    ):
        keys[rig.MARK] = mark
        assert rig.restore() == 1
        assert rig.MARK not in keys
    assert value_of(face(), JAW) == pytest.approx(0.2)
