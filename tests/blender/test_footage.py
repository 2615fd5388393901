"""Footage in the scene, in time with the keys at any rate."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import cv2
import numpy as np
import pytest
from faces import add_face
from making import write_video
from mien import arkit
from mien.take import Take, save_take


@pytest.fixture
def take(tmp_path: Path) -> bpy.types.PropertyGroup:
    """Two seconds at 30 fps, and its footage; the scene runs at 24."""
    video = write_video(
        tmp_path / "fa ce.mp4", [np.full((64, 64), i * 4, np.uint8) for i in range(60)], codec="mpeg4"
    )
    times = np.arange(60) / 30.0
    save_take(Take.from_weights(times, np.full((60, arkit.COUNT), 0.5)), tmp_path / "t.mien")
    settings = bpy.context.scene.mien
    settings.take = str(tmp_path / "t.mien")
    settings.chosen_take.footage = str(video)
    settings.chosen_take.start = 11.0
    bpy.context.scene.render.fps = 24
    return settings.chosen_take


def shown(user: str, block: bpy.types.ID, frame: int) -> int:
    """Which picture (from 1) is seen at a frame."""
    bpy.context.scene.frame_set(frame)
    played = block.evaluated_get(bpy.context.evaluated_depsgraph_get()).path_resolve(user)
    return frame - played.frame_start + 1 + played.frame_offset


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("where", ["BESIDE", "CAMERA"])
def test_the_picture_runs_with_the_keys(take: bpy.types.PropertyGroup, fps: int, where: str) -> None:
    scene = bpy.context.scene
    scene.render.fps = fps
    add_face()
    if where == "CAMERA":
        scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(scene.camera)
    for _ in range(2):
        assert bpy.ops.mien.show_footage(where=where) == {"FINISHED"}
    block, user = (scene.objects["Mien Footage"], "image_user") if where == "BESIDE" else (
        scene.camera.data, "background_images[0].image_user")  # fmt: skip
    for seconds in (0.0, 0.5, 1.0, 1.7):
        frame = round(11 + seconds * fps)
        assert abs(shown(user, block, frame) - (1 + (frame - 11) / fps * 30)) <= 1
    assert [image.source for image in bpy.data.images if image.filepath] == ["MOVIE"]
    assert scene.render.fps == fps


def test_the_sequencer_starts_where_the_keys_do(take: bpy.types.PropertyGroup) -> None:
    scene = bpy.context.scene
    scene.render.fps = 30
    for _ in range(2):
        assert bpy.ops.mien.show_footage(where="SEQUENCER") == {"FINISHED"}
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    (movie,) = [strip for strip in strips if strip.type == "MOVIE"]
    assert movie.frame_start == 11


def test_a_picture_at_another_rate_is_left_out_of_the_sequencer(take: bpy.types.PropertyGroup) -> None:
    bpy.ops.mien.show_footage(where="SEQUENCER")
    editor = bpy.context.scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    assert not list(strips), "this footage has no sound, either"
    assert not list(bpy.data.sounds)


@pytest.mark.parametrize("fps", [24, 30])
def test_an_image_sequence_runs_with_the_keys(tmp_path: Path, fps: int) -> None:
    for number in (1001, 1002, 1003, 1005, 1006):
        cv2.imencode(".png", np.full((32, 32), number % 256, np.uint8))[1].tofile(
            tmp_path / f"s.{number}.png"
        )
    times = np.array([0, 1, 2, 4, 5]) / 24.0
    save_take(Take.from_weights(times, np.full((5, 52), 0.5), {"rate": 24.0}), tmp_path / "s.mien")
    scene = bpy.context.scene
    scene.render.fps = fps
    scene.mien.take = str(tmp_path / "s.mien")
    scene.mien.chosen_take.footage = str(tmp_path / "s.1001.png")
    for where in ("BESIDE", "SEQUENCER"):
        assert bpy.ops.mien.show_footage(where=where) == {"FINISHED"}
    for picture in range(6):
        number = shown("image_user", scene.objects["Mien Footage"], 1 + round(picture * fps / 24))
        assert abs(number - 1001 - picture) <= (0 if fps == 24 else 1)
    editor = scene.sequence_editor
    strips = list(editor.strips if hasattr(editor, "strips") else editor.sequences)
    assert [strip.type for strip in strips] == (["IMAGE"] if fps == 24 else [])
    for strip in strips:
        names = [f"s.{number}.png" for number in (1001, 1002, 1003, 1003, 1005, 1006)]
        assert [element.filename for element in strip.elements] == names


def test_footage_that_moved_is_said(take: bpy.types.PropertyGroup) -> None:
    Path(take.footage).rename(Path(take.footage).with_name("elsewhere.mp4"))
    with pytest.raises(RuntimeError, match=r"There is no file .*fa ce\.mp4"):
        bpy.ops.mien.show_footage(where="BESIDE")
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.mien.punch_in()


def test_no_camera_is_said(take: bpy.types.PropertyGroup) -> None:
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.mien.show_footage(where="CAMERA")


def test_the_picture_stands_where_nothing_hides_it(take: bpy.types.PropertyGroup) -> None:
    face = add_face()
    for blocks, side in (((), -1.0), ((-1.2,), 1.0), ((-1.2, 1.2), -1.0)):
        for at in blocks:
            bpy.ops.mesh.primitive_cube_add(size=1.0, location=(at, 0.0, 0.5))
        bpy.ops.mien.show_footage(where="BESIDE")
        place = bpy.context.scene.objects["Mien Footage"].location.x - face.location.x
        assert np.sign(place) == side, blocks


def test_the_picture_behind_the_camera_is_not_stretched(take: bpy.types.PropertyGroup) -> None:
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    bpy.ops.mien.show_footage(where="CAMERA")
    assert scene.camera.data.background_images[0].frame_method == "FIT"


@pytest.mark.skipif(bpy.app.version < (5, 0), reason="sequencers show the window's scene before 5.0")
def test_sequencers_show_the_scene_with_the_sound(take: bpy.types.PropertyGroup) -> None:
    first, *others = bpy.data.workspaces
    chosen = bpy.data.scenes.new("Cut")
    first.sequencer_scene = chosen
    bpy.ops.mien.show_footage(where="SEQUENCER")
    assert first.sequencer_scene == chosen, "what the user has chosen stays"
    assert others
    assert all(workspace.sequencer_scene == bpy.context.scene for workspace in others)


@pytest.mark.parametrize("name", ["mien.show_footage", "mien.neutral"])
def test_each_button_of_several_says_what_it_does(name: str) -> None:
    kind = getattr(bpy.types, "MIEN_OT_" + name.split(".")[1])
    rule = "where" if "footage" in name else "when"
    items = getattr(bpy.ops.mien, name.split(".")[1]).get_rna_type().properties[rule].enum_items
    told = {kind.description(bpy.context, SimpleNamespace(**{rule: item.identifier})) for item in items}
    assert len(told) == len(items)
    assert all(told)
