"""Preview without keys: the face follows scrubbing and tuning, and everything is as it was afterwards."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import bpy
import pytest
from bl_ext.user_default.mien import retune
from bl_ext.user_default.mien.live.rig import MARK
from bl_ext.user_default.mien.preview import PREVIEW
from faces import action_curves, add_face, evaluated, save_ramp


@pytest.fixture
def face(tmp_path: Path) -> bpy.types.Object:
    """A face and a take that goes from 0 to 1 in frames 1 to 49, as measured."""
    save_ramp(tmp_path / "ramp.mien", rate=24.0)
    settings = bpy.context.scene.mien
    settings.take, settings.tune.smoothing = str(tmp_path / "ramp.mien"), 0.0
    made = add_face(shapes=("jawOpen", "browInnerUp"))
    made.data.shape_keys.key_blocks["jawOpen"].value = 0.125
    return made


def jaw(face: bpy.types.Object) -> float:
    return face.data.shape_keys.key_blocks["jawOpen"].value


def is_as_it_was(face: bpy.types.Object) -> bool:
    keys = face.data.shape_keys
    return jaw(face) == 0.125 and MARK not in keys and not action_curves(face) and not PREVIEW.running


def test_it_follows_scrubbing_and_leaves_no_trace(face: bpy.types.Object) -> None:
    bpy.context.scene.frame_set(1)
    assert bpy.ops.mien.preview() == {"FINISHED"}
    for frame, value in ((25, 0.5), (49, 1.0), (200, 1.0), (-10, 0.0)):
        assert evaluated(face, "jawOpen", frame) == pytest.approx(value, abs=1e-5)
    assert not action_curves(face)
    bpy.ops.mien.preview()
    assert is_as_it_was(face)
    assert evaluated(face, "jawOpen", 25) == pytest.approx(0.125)


def test_settings_show_at_once_and_keys_follow_at_the_end(face: bpy.types.Object) -> None:
    bpy.ops.mien.bake()
    bpy.context.scene.frame_set(25)
    bpy.ops.mien.preview()
    bpy.context.scene.mien.tune.gain = 0.5
    retune.refresh()
    assert jaw(face) == pytest.approx(0.25, abs=1e-5)
    curve = next(iter(action_curves(face).values()))
    assert curve.evaluate(25) == pytest.approx(0.5, abs=1e-5), "a preview wrote keys"
    bpy.ops.mien.preview()
    retune.refresh()
    assert next(iter(action_curves(face).values())).evaluate(25) == pytest.approx(0.25, abs=1e-5)
    assert evaluated(face, "jawOpen", 25) == pytest.approx(0.25, abs=1e-5)


def test_bake_ends_it(face: bpy.types.Object) -> None:
    bpy.ops.mien.preview()
    bpy.ops.mien.bake()
    assert not PREVIEW.running
    assert evaluated(face, "jawOpen", 25) == pytest.approx(0.5, abs=1e-5)


def test_what_is_saved_is_the_rig_as_it_was(face: bpy.types.Object, tmp_path: Path) -> None:
    bpy.context.scene.frame_set(49)
    bpy.ops.mien.preview()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"), check_existing=False)
    assert PREVIEW.running
    assert jaw(face) == pytest.approx(1.0)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert is_as_it_was(bpy.data.objects["Face"])


def test_undo_while_it_runs(face: bpy.types.Object) -> None:
    bpy.context.scene.frame_set(25)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mien.preview()
    bpy.context.scene.mien.tune.gain = 0.5
    retune.refresh()
    bpy.ops.ed.undo_push(message="gain")
    bpy.ops.ed.undo()
    retune.refresh()
    face = bpy.data.objects["Face"]
    assert jaw(face) == pytest.approx(0.5, abs=1e-5)
    bpy.ops.mien.preview()
    assert is_as_it_was(face)
    bpy.ops.ed.redo()
    assert is_as_it_was(bpy.data.objects["Face"])


@pytest.mark.parametrize("gone", ["mesh", "take", "scene", "extension"])
def test_things_that_go_meanwhile(face: bpy.types.Object, extension: ModuleType, gone: str) -> None:
    other = bpy.data.scenes.new("Other")
    bpy.ops.mien.preview()
    target = bpy.context.scene
    if gone == "mesh":
        bpy.data.objects.remove(face)
        target.frame_set(7)
    elif gone == "take":
        target.mien.takes.clear()
        retune.refresh()
    elif gone == "scene":
        bpy.context.window.scene = other
        bpy.data.scenes.remove(target)
        retune.refresh()
    else:
        extension.unregister()
        extension.register()
    assert not PREVIEW.running
    if gone in ("take", "extension"):
        assert is_as_it_was(bpy.data.objects["Face"])


def test_another_scenes_frames_do_not_move_it(face: bpy.types.Object) -> None:
    bpy.context.scene.frame_set(25)
    bpy.ops.mien.preview()
    bpy.data.scenes.new("Other").frame_set(49)
    assert jaw(face) == pytest.approx(0.5, abs=1e-5)


def test_why_it_is_greyed(face: bpy.types.Object) -> None:
    bpy.context.scene.mien.take_index = -1
    with pytest.raises(RuntimeError, match="choose a take"):
        bpy.ops.mien.preview()
    bpy.context.scene.mien.take_index = 0
    bpy.context.scene.mien.characters.clear()
    with pytest.raises(RuntimeError, match="Choose the face"):
        bpy.ops.mien.preview()
