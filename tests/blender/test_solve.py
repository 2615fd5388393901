"""The Solve operator and a real worker: a take at the end, or an error in words and nothing on the disk."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import av
import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import places
from bl_ext.user_default.mien.session import SESSION, Session
from bl_ext.user_default.mien.worker import Event, Worker
from faces import action_curves

ROOT = Path(__file__).resolve().parents[2]
NETWORK = ROOT / "models/mien_models/weights/default/student.onnx"
pytestmark = pytest.mark.skipif(not NETWORK.exists(), reason="there is no default network yet (mien train)")


def write_video(path: Path, pictures: np.ndarray, count: int) -> Path:
    """Encode grey pictures (N, H, W), repeated up to `count` frames, at 30 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.height, stream.width = pictures.shape[1:]
        stream.pix_fmt = "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(pictures[number % len(pictures)], format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def faceless(tmp_path: Path) -> Path:
    """A long video without a face."""
    ramp = np.tile(np.linspace(0, 255, 128, dtype=np.uint8), (1, 96, 1))
    return write_video(tmp_path / "long ü.mp4", ramp, 6000)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a synthetic face."""
    commands = pytest.importorskip("mien_models.synthetic.commands", reason="`mien synth` is not there yet")
    path = tmp_path_factory.mktemp("clip") / "a clip ü.mp4"
    from argparse import ArgumentParser

    parser = ArgumentParser()
    commands.add_synth(parser.add_subparsers())
    arguments = parser.parse_args(["synth", "clip", "-o", str(path), "--seconds", "2"])
    assert not arguments.run(arguments)
    return path


def first_progress(worker: Worker, seconds: float = 60.0) -> None:
    """Wait until the worker is in the middle of it."""
    session, end = Session(), time.monotonic() + seconds
    session.worker = worker
    while not session.progress.frame and time.monotonic() < end:
        assert session.ended is None
        session.tick()
        time.sleep(0.01)
    assert session.progress.frame


def rest_of(worker: Worker) -> list[Event]:
    events: list[Event] = []
    worker.wait(events.append)
    return [event for event in events if event["event"] != "progress"]


def test_a_killed_worker_is_said_and_leaves_nothing(faceless: Path, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    worker = Worker(faceless, folder / "a.mien")
    worker.start()
    first_progress(worker)
    assert worker.process_id
    os.kill(worker.process_id, signal.SIGKILL)
    (last,) = rest_of(worker)
    assert last["code"] == "crashed"
    assert not list(folder.iterdir())


def test_cancel_ends_the_process_and_leaves_nothing(faceless: Path, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    (folder / "a.mien").write_text("an older take")
    worker = Worker(faceless, folder / "a.mien")
    worker.start()
    first_progress(worker)
    started = time.perf_counter()
    worker.cancel()
    assert time.perf_counter() - started < 0.05, "cancelling made the host wait"
    (last,) = rest_of(worker)
    assert last["code"] == "cancelled"
    assert [path.name for path in folder.iterdir()] == ["a.mien"]
    assert (folder / "a.mien").read_text() == "an older take"
    assert worker.process_id
    with pytest.raises(ProcessLookupError):
        os.kill(worker.process_id, 0)


def test_switching_the_extension_off_ends_the_worker(
    faceless: Path, tmp_path: Path, extension: object
) -> None:
    worker = SESSION.start(faceless, tmp_path / "a.mien", "Scene")
    first_progress(worker)
    extension.unregister()
    extension.register()
    assert not SESSION.running
    time.sleep(0.2)
    assert not (tmp_path / "a.mien").exists()
    assert not list(tmp_path.glob(".mien-*"))


def solve_refused(message: str) -> None:
    settings = bpy.context.scene.mien
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.mien.solve()
    assert (settings.take, settings.frames) == ("", 0)
    assert not SESSION.running


def test_no_video_is_chosen() -> None:
    solve_refused("No video is chosen")


def test_the_video_is_gone(tmp_path: Path) -> None:
    bpy.context.scene.mien.video = str(tmp_path / "gone.mp4")
    solve_refused("There is no file .*gone.mp4")


def test_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("no pictures here")
    bpy.context.scene.mien.video = str(path)
    solve_refused("notes.mp4")


def test_no_face_anywhere(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 60, (4, 96, 128), dtype=np.uint8)
    bpy.context.scene.mien.video = str(write_video(tmp_path / "dark.mp4", noise, 30))
    solve_refused("No face was found")


def test_solve_then_bake(clip: Path) -> None:
    """The road from a video to keys, through the operators."""
    settings = bpy.context.scene.mien
    settings.video = str(clip)
    assert bpy.ops.mien.solve() == {"FINISHED"}
    assert settings.faces > 0.9 * settings.frames > 0
    take = Path(bpy.path.abspath(settings.take))
    assert take.parent == Path(bpy.utils.extension_path_user(places.ADDON, path="takes"))
    assert bpy.ops.mien.add_reference_head() == {"FINISHED"}
    assert bpy.ops.mien.bake() == {"FINISHED"}
    assert len(action_curves(settings.mesh)) == 52


def test_the_take_goes_beside_a_saved_file_and_is_kept_relative(clip: Path, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.scene.mien
    settings.video = str(clip)
    for _ in range(2):
        bpy.ops.mien.solve()
        assert settings.take == f"//takes/{clip.stem}.mien"
    assert [path.name for path in (tmp_path / "takes").iterdir()] == [f"{clip.stem}.mien"]


def test_another_video_of_the_same_name_gets_a_take_of_its_own(tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.scene.mien
    first = places.take_for(tmp_path / "a" / "v.mp4", settings)
    first.touch()
    settings.solved_video, settings.take = str(tmp_path / "a" / "v.mp4"), "//takes/v.mien"
    assert places.take_for(tmp_path / "a" / "v.mp4", settings) == first
    assert places.take_for(tmp_path / "b" / "v.mp4", settings).name == "v-2.mien"
