"""The Bake operator: keys at the right frames, one undo, and every refusal leaves the scene as it was."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from faces import action_curves, add_face, bake, evaluated, key_frames, path_of, save_ramp
from mien import arkit, interchange


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """Two seconds at 25 fps, from 0 up to 1."""
    path = tmp_path / "räm p.mien"
    save_ramp(path)
    bpy.context.scene.mien.take = str(path)
    return path


def looked_at() -> tuple[int, int]:
    take = bpy.context.scene.mien.chosen_take
    return take.frames, take.faces


def set_rate(fps: int, base: float) -> None:
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = fps, base


@pytest.mark.parametrize(
    ("fps", "base", "start"),
    [(24, 1.0, 1.0), (30, 1.001, 1.0), (24, 1.001, 101.0), (60, 1.0, -7.0), (25, 1.0, 0.0)],
)
@pytest.mark.parametrize("whole_frames", [True, False])
def test_keys_are_at_the_times_of_the_video(
    ramp: Path, fps: int, base: float, start: float, whole_frames: bool
) -> None:
    set_rate(fps, base)
    face = add_face()
    bpy.context.scene.mien.tune.smoothing = 0.0
    bpy.ops.mien.bake(start=start, whole_frames=whole_frames)
    assert (bpy.context.scene.render.fps, bpy.context.scene.render.fps_base) == (fps, pytest.approx(base))
    curve = action_curves(face)[path_of("jawOpen")]
    frames, rate = np.array(key_frames(curve)), fps / base
    if whole_frames:
        assert frames.tolist() == np.arange(frames[0], frames[-1] + 1).tolist()
        assert abs(frames[-1] - (start + 2.0 * rate)) < 1.0
    else:
        np.testing.assert_allclose(frames, start + np.arange(51) / 25.0 * rate, atol=1e-3)
    for seconds in (0.2, 1.0, 1.7):
        assert evaluated(face, "jawOpen", start + seconds * rate) == pytest.approx(seconds / 2.0, abs=0.02)


def test_all_channels_are_baked(ramp: Path) -> None:
    face = add_face()
    assert bpy.ops.mien.bake() == {"FINISHED"}
    assert set(action_curves(face)) == {path_of(name) for name in arkit.NAMES}


def test_what_the_caller_leaves_out_is_as_the_panel_says(ramp: Path) -> None:
    face = add_face()
    settings = bpy.context.scene.mien
    settings.chosen_take.start, settings.bake.whole_frames = 50.0, False
    bpy.ops.mien.bake()
    first = key_frames(action_curves(face)[path_of("jawOpen")])[0]
    bpy.ops.mien.bake(start=200.0)
    frames = key_frames(action_curves(face)[path_of("jawOpen")])
    assert first == pytest.approx(50.0)
    assert min(frames) == pytest.approx(50.0)
    assert max(frames) > 200.0
    assert settings.chosen_take.start == 200.0
    assert not settings.bake.whole_frames


def test_one_undo_takes_all_back_and_redo_brings_it(ramp: Path) -> None:
    add_face()
    bpy.ops.ed.undo_push(message="before")
    before = set(bpy.data.actions.keys())
    bpy.ops.mien.bake("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    face = bpy.data.objects["Face"]
    assert set(bpy.data.actions.keys()) == before == set()
    assert not action_curves(face)
    assert evaluated(face, "jawOpen", 51) == 0.0
    assert bpy.context.scene.mien.take == str(ramp)
    bpy.ops.ed.redo()
    assert evaluated(bpy.data.objects["Face"], "jawOpen", 51) > 0.9


def test_undo_gives_back_the_keys_that_were_replaced(ramp: Path) -> None:
    face = add_face()
    block = face.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((1, 0.9), (20, 0.1)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mien.bake("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    face = bpy.data.objects["Face"]
    assert key_frames(action_curves(face)[path_of("jawOpen")]) == [1.0, 20.0]
    assert evaluated(face, "jawOpen", 1) == pytest.approx(0.9)


def test_it_survives_saving_and_reopening(ramp: Path, tmp_path: Path) -> None:
    add_face()
    settings = bpy.context.scene.mien
    settings.chosen_take.start, settings.tune.smoothing = 12.0, 0.25
    bpy.ops.mien.bake()
    path = tmp_path / "shot ü.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    settings = bpy.context.scene.mien
    assert (settings.chosen_take.start, settings.tune.smoothing, settings.mesh.name) == (12.0, 0.25, "Face")
    assert (Path(bpy.path.abspath(settings.take)), *looked_at()) == (ramp, 51, 51)
    assert evaluated(settings.mesh, "jawOpen", 12 + 48) > 0.9
    assert bpy.ops.mien.bake() == {"FINISHED"}


def test_rigs_that_name_their_shapes_otherwise(ramp: Path) -> None:
    face = add_face(shapes=("eyeBlink_L", "JawOpen", "head_mouthSmileLeft", "Wrinkles"))
    bpy.ops.mien.bake()
    expected = {path_of(name) for name in ("eyeBlink_L", "JawOpen", "head_mouthSmileLeft")}
    assert set(action_curves(face)) == expected


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_recordings_in_other_formats(ramp: Path, suffix: str) -> None:
    other = ramp.with_suffix(suffix)
    interchange.write(interchange.read(ramp), other)
    face = add_face()
    bpy.context.scene.mien.take = str(other)
    assert looked_at() == (51, 51)
    bpy.context.scene.mien.tune.smoothing = 0.0
    bpy.ops.mien.bake()
    assert evaluated(face, "jawOpen", 1 + 24) == pytest.approx(0.5, abs=0.02)


def refused(message: str) -> None:
    """A bake that is refused in these words, leaving no action behind."""
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.mien.bake()
    assert not bpy.data.actions


def test_no_shape_keys(ramp: Path) -> None:
    bpy.context.scene.mien.mesh = add_face(shapes=())
    refused("Face has no shape keys.*reference head")


def test_no_channel_matches(ramp: Path) -> None:
    add_face(shapes=("Fat", "Thin"))
    refused("No shape key of Face has a name that Mien knows")


def test_no_take_and_no_face_are_said_by_the_greyed_button(ramp: Path) -> None:
    refused("Choose the face to animate first")
    add_face()
    bpy.context.scene.mien.take = ""
    refused("Solve a video first")


def test_the_take_has_vanished(ramp: Path) -> None:
    add_face()
    ramp.unlink()
    refused("There is no take .*Solve the footage")


@pytest.mark.parametrize("content", [b"", b"no take", b"PK\x03\x04 broken"])
def test_the_take_is_damaged(ramp: Path, content: bytes) -> None:
    add_face()
    ramp.write_bytes(content)
    bpy.context.scene.mien.take = str(ramp)
    assert looked_at() == (0, 0)
    refused("not a take|damaged")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    add_face()
    bpy.context.scene.mien.take = str(tmp_path / "face.blend")
    assert looked_at() == (0, 0)
    refused("none of the suffixes")


def test_a_take_without_any_face(tmp_path: Path) -> None:
    from mien.take import Take, save_take

    path = tmp_path / "empty.mien"
    save_take(Take.from_weights(np.arange(10) / 25.0, np.full((10, 52), np.nan)), path)
    bpy.context.scene.mien.take = str(path)
    assert looked_at() == (10, 0)
    add_face()
    refused("no face in the take")


def test_the_face_was_deleted_from_the_scene(ramp: Path) -> None:
    face = add_face()
    bpy.context.scene.collection.objects.unlink(face)
    refused("no longer in this scene")


def test_how_long_52_channels_of_18000_keys_take(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten minutes at 30 fps, in seconds of this process; printed, for machines differ."""
    add_face()
    frames = np.arange(18_000.0)
    values = {
        name: np.random.default_rng(i).random(18_000, dtype=np.float32) for i, name in enumerate(arkit.NAMES)
    }
    seconds = []
    for _ in range(2):
        started = time.process_time()
        bake("Face", frames, values)
        seconds.append(time.process_time() - started)
    with capsys.disabled():
        print(f"\n52 × 18,000 keys: {seconds[0]:.2f} s, over the same keys again {seconds[1]:.2f} s")
    assert len(action_curves(bpy.data.objects["Face"])[path_of("jawOpen")].keyframe_points) == 18_000
