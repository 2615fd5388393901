"""The Solve operator and real workers: a take at the end, or an error in words and nothing on the disk.

All but the last test use the toy network of tests/toy_network.py, through the real command and onnxruntime.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import ModuleType

import bpy
import cv2
import numpy as np
import pytest
from bl_ext.user_default.mien import places
from bl_ext.user_default.mien.session import SESSION, Session
from bl_ext.user_default.mien.worker import Event, Worker
from faces import action_curves, add_face
from making import write_video
from mien.sources import open_video
from mien.take import load_take

ROOT = Path(__file__).resolve().parents[2]
NETWORK = ROOT / "models/mien_models/weights/default/student.onnx"


@pytest.fixture(scope="session")
def faceless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A long video without a face, at a path with a space and an umlaut."""
    ramp = np.tile(np.linspace(0, 60, 160, dtype=np.uint8), (120, 1))
    return write_video(tmp_path_factory.mktemp("footage") / "no fäce.mp4", [ramp] * 3000, codec="mpeg4")


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "takes"
    folder.mkdir()
    return folder


@pytest.fixture
def begun(faceless: Path, toy_folder: Path, takes: Path) -> Worker:
    """A worker in the middle of a solve."""
    worker = Worker(faceless, takes / "a.mien", ("--model", str(toy_folder)))
    worker.start()
    first_progress(worker)
    return worker


def first_progress(worker: Worker, seconds: float = 60.0) -> None:
    session, end = Session(), time.monotonic() + seconds
    session.worker = worker
    while not session.progress.frame and time.monotonic() < end:
        assert session.ended is None, session.ended
        session.tick()
        time.sleep(0.01)
    assert session.progress.frame


def rest_of(worker: Worker) -> list[Event]:
    events: list[Event] = []
    worker.wait(events.append)
    return [event for event in events if event["event"] != "progress"]


def is_alive(process_id: int | None) -> bool:
    assert process_id
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_worker_is_said_and_leaves_nothing(begun: Worker, takes: Path) -> None:
    assert begun.process_id
    os.kill(begun.process_id, signal.SIGKILL)
    (last,) = rest_of(begun)
    assert last["code"] == "crashed"
    assert "-9" in last["message"]
    assert not list(takes.iterdir())


def test_cancel_ends_the_process_and_leaves_what_was_there(begun: Worker, takes: Path) -> None:
    (takes / "a.mien").write_text("an older take")
    started = time.perf_counter()
    begun.stop()
    assert time.perf_counter() - started < 0.5, "cancelling made the host wait"
    (last,) = rest_of(begun)
    assert last["code"] == "cancelled"
    assert [path.name for path in takes.iterdir()] == ["a.mien"]
    assert (takes / "a.mien").read_text() == "an older take"
    assert not is_alive(begun.process_id)


def test_a_worker_that_does_not_listen_is_killed(begun: Worker, takes: Path) -> None:
    assert begun.process_id
    os.kill(begun.process_id, signal.SIGSTOP)
    begun.stop(grace=0.3)
    assert [event["code"] for event in rest_of(begun)] == ["cancelled"]
    assert not is_alive(begun.process_id)
    assert not list(takes.iterdir())


def test_switching_the_extension_off_ends_the_worker(
    faceless: Path, toy_folder: Path, takes: Path, extension: ModuleType
) -> None:
    worker = SESSION.start(faceless, takes / "a.mien", "Scene", ("--model", str(toy_folder)))
    first_progress(worker)
    extension.unregister()
    extension.register()
    assert not SESSION.running
    assert not is_alive(worker.process_id)
    assert not list(takes.iterdir())


def own_folder() -> Path:
    """Where takes of unsaved files go."""
    return Path(bpy.utils.extension_path_user(places.ADDON, path="takes", create=True))


@pytest.fixture(autouse=True)
def _no_takes_yet() -> None:
    for path in own_folder().iterdir():
        path.unlink()


def refused(message: str, **options: str) -> None:
    """A solve that ends in these words and leaves the scene as it was, and nothing on the disk."""
    settings = bpy.context.scene.mien
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.mien.solve(**options)
    assert (settings.take, len(settings.takes)) == ("", 0)
    assert not SESSION.running
    assert not list(own_folder().iterdir())


def test_without_footage_the_button_is_greyed_and_says_why() -> None:
    refused("Choose the footage in the Source panel first")


def test_an_image_sequence_is_solved_at_the_users_rate(
    tmp_path: Path, toy_clip: Path, toy_folder: Path
) -> None:
    with open_video(toy_clip) as video:
        for frame in video:
            cv2.imencode(".png", frame.grey)[1].tofile(tmp_path / f"shot.{1001 + frame.index}.png")
    settings = bpy.context.scene.mien
    settings.video = str(tmp_path / "shot.1003.png")
    bpy.context.scene.render.fps = 48
    assert bpy.ops.mien.solve(network=str(toy_folder)) == {"FINISHED"}
    take = settings.chosen_take
    assert take.file.name == "shot.mien"
    assert take.seconds == pytest.approx((take.frames - 1) / 48)
    settings.picture_rate = 12.0
    assert bpy.ops.mien.solve(network=str(toy_folder)) == {"FINISHED"}
    assert len(settings.takes) == 1
    assert take.seconds == pytest.approx((take.frames - 1) / 12)


def test_the_video_is_gone(tmp_path: Path) -> None:
    bpy.context.scene.mien.video = str(tmp_path / "gone.mp4")
    refused("There is no file .*gone.mp4")


def test_not_a_video(tmp_path: Path, toy_folder: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("no pictures here")
    bpy.context.scene.mien.video = str(path)
    refused("notes.mp4", network=str(toy_folder))


def test_no_face_anywhere(tmp_path: Path, toy_folder: Path) -> None:
    video = write_video(tmp_path / "dark.mp4", [np.full((120, 160), 20, np.uint8)] * 30)
    bpy.context.scene.mien.video = str(video)
    refused("No face was found", network=str(toy_folder))


def test_a_network_that_is_not_there(toy_clip: Path, tmp_path: Path) -> None:
    bpy.context.scene.mien.video = str(toy_clip)
    refused("nowhere", network=str(tmp_path / "nowhere"))


def test_the_take_of_an_unsaved_file_goes_to_the_extensions_folder(toy_clip: Path, toy_folder: Path) -> None:
    settings = bpy.context.scene.mien
    settings.video = str(toy_clip)
    assert bpy.ops.mien.solve(network=str(toy_folder)) == {"FINISHED"}
    assert (settings.chosen_take.frames, settings.chosen_take.faces) == (40, 35)
    take = Path(bpy.path.abspath(settings.take))
    assert take.parent == own_folder()
    assert len(load_take(take)) == 40


def test_the_take_goes_beside_a_saved_file_and_is_kept_relative(
    toy_clip: Path, toy_folder: Path, tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot ü.blend"))
    settings = bpy.context.scene.mien
    settings.video = str(toy_clip)
    for _ in range(2):
        bpy.ops.mien.solve(network=str(toy_folder))
        assert settings.take == f"//takes/{toy_clip.stem}.mien"
    assert [path.name for path in (tmp_path / "takes").iterdir()] == [f"{toy_clip.stem}.mien"]


def test_another_video_of_the_same_name_gets_a_take_of_its_own(tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.scene.mien
    first = places.take_for(tmp_path / "a" / "v.mp4", settings)
    first.parent.mkdir()
    first.touch()
    settings.take = "//takes/v.mien"
    settings.chosen_take.footage = str(tmp_path / "a" / "v.mp4")
    assert places.take_for(tmp_path / "a" / "v.mp4", settings) == first
    assert places.take_for(tmp_path / "b" / "v.mp4", settings).name == "v-2.mien"


def test_undoing_the_bake_keeps_the_take(toy_clip: Path, toy_folder: Path) -> None:
    add_face()
    bpy.context.scene.mien.video = str(toy_clip)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mien.solve("EXEC_DEFAULT", True, network=str(toy_folder))
    take = bpy.context.scene.mien.take
    bpy.ops.mien.bake("EXEC_DEFAULT", True)
    assert action_curves(bpy.data.objects["Face"])
    bpy.ops.ed.undo()
    assert not action_curves(bpy.data.objects["Face"])
    assert (bpy.context.scene.mien.take, bpy.context.scene.mien.chosen_take.frames) == (take, 40)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A video of a face: $MIEN_CLIP, or two seconds of a synthetic one."""
    if os.environ.get("MIEN_CLIP"):
        return Path(os.environ["MIEN_CLIP"]).resolve()
    pytest.importorskip("numba", reason="drawing a synthetic face needs numba (or name a video in MIEN_CLIP)")
    from mien_models.synthetic.clip import film

    path = tmp_path / "a clip ü.mp4"
    film(path, 2.0)
    return path


@pytest.mark.skipif(not NETWORK.exists(), reason="there is no default network yet (mien train)")
def test_the_default_network_moves_the_reference_head(clip: Path) -> None:
    """The road of an artist: a video of a face, the shipped network, the reference head."""
    settings = bpy.context.scene.mien
    bpy.context.scene.mien.video = str(clip)
    assert bpy.ops.mien.solve() == {"FINISHED"}
    assert settings.chosen_take.faces > 0.9 * settings.chosen_take.frames > 0
    assert bpy.ops.mien.add_reference_head() == {"FINISHED"}
    assert bpy.ops.mien.bake() == {"FINISHED"}
    curves = action_curves(settings.mesh)
    assert len(curves) == 52
    moved = [curve for curve in curves.values() if np.ptp([p.co[1] for p in curve.keyframe_points]) > 0.05]
    assert len(moved) >= 5
