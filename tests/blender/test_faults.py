"""What can go wrong around the extension: nothing may be written, two scenes, the camera that goes, saving
mid-way. Others are beside what they break: test_solve (worker killed, extension off), test_live (mesh and
scene deleted, undo and redo, worker killed), test_preview, test_punch_in (file opened mid-way).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import pytest
from bl_ext.user_default.mien import places, preferences
from bl_ext.user_default.mien.live import drive
from bl_ext.user_default.mien.live.drive import LIVE
from bl_ext.user_default.mien.picture import CROP
from bl_ext.user_default.mien.session import SESSION
from faces import action_curves, add_face, save_ramp
from mien.errors import OutputError
from mien.hosting.live_session import LiveSession

NOBODY = 65534


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who may write to nothing of ours: root may write everywhere else."""
    if os.name != "posix":
        pytest.skip("rights are taken away as POSIX has them")
    if os.getuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def shut() -> Iterator[Path]:
    """A folder that everybody may read and nobody may write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.mp4").write_bytes(b"a video")
        save_ramp(folder / "ramp.mien")
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_project_folder_without_rights_is_gone_round(shut: Path, monkeypatch) -> None:
    """The take of a .blend on a read-only share goes where the user keeps those of unsaved files."""
    shut.chmod(0o755)
    bpy.ops.wm.save_as_mainfile(filepath=str(shut / "scene.blend"))
    shut.chmod(0o555)
    mine = Path(tempfile.gettempdir()) / "mine of nobody"
    monkeypatch.setattr(preferences, "of_user", lambda: preferences.Usual(takes=str(mine)))
    with without_rights():
        assert places.take_for(shut / "a.mp4", bpy.context.scene.mien) == mine / "a.mien"


def test_nowhere_to_write_is_said_before_anything_is_solved(shut: Path, monkeypatch) -> None:
    monkeypatch.setattr(bpy.utils, "extension_path_user", lambda *_, **__: str(shut))
    bpy.context.scene.mien.video = str(shut / "a.mp4")
    with without_rights(), pytest.raises(RuntimeError, match="Takes can't be written to"):
        bpy.ops.mien.solve()
    assert not SESSION.running
    assert len(bpy.context.scene.mien.takes) == 0


def test_a_chosen_folder_without_rights_is_said(shut: Path, monkeypatch) -> None:
    chosen = preferences.Usual(takes=str(shut / "takes"))
    monkeypatch.setattr(preferences, "of_user", lambda: chosen)
    bpy.context.scene.mien.video = str(shut / "a.mp4")
    with without_rights(), pytest.raises(RuntimeError, match="Nothing can be written to"):
        bpy.ops.mien.solve()
    assert not SESSION.running


@pytest.mark.parametrize("what", ["save_map", "save_settings", "save_profile"])
def test_files_that_may_not_be_written_are_said(shut: Path, what: str) -> None:
    bpy.context.scene.mien.take = str(shut / "ramp.mien")
    add_face()
    with without_rights(), pytest.raises(RuntimeError, match=str(shut)):
        getattr(bpy.ops.mien, what)(filepath=str(shut / "a.json"))
    assert not (shut / "a.json").exists()


def test_a_cache_without_rights_shows_no_picture_and_no_error(shut: Path, monkeypatch) -> None:
    with without_rights():
        CROP.path = shut / "crop.pgm"
        CROP.look()
        CROP.clear()
    assert CROP.icon == 0


def test_a_recording_that_may_not_be_written_is_refused(shut: Path, monkeypatch) -> None:
    from bl_ext.user_default.mien.live import recording

    monkeypatch.setattr(bpy.utils, "extension_path_user", lambda *_, **__: str(shut))
    with without_rights(), pytest.raises(OutputError, match="Takes can't be written to"):
        recording._new_file(bpy.context.scene, Path("Live.mien"))


def while_solving(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Something happens at the worker's first word."""
    hear, waiting = SESSION.hear, [happens]

    def heard(event) -> None:
        while waiting:
            waiting.pop()()
        hear(event)

    monkeypatch.setattr(SESSION, "hear", heard)


def test_the_scene_that_asked_gets_the_take(toy_clip: Path, toy_folder: Path, monkeypatch) -> None:
    asked, other = bpy.context.scene, bpy.data.scenes.new("Other")
    asked.mien.video = str(toy_clip)
    while_solving(monkeypatch, lambda: setattr(bpy.context.window, "scene", other))
    assert bpy.ops.mien.solve(network=str(toy_folder)) == {"FINISHED"}
    assert bpy.context.scene == other
    assert (len(asked.mien.takes), len(other.mien.takes)) == (1, 0)


def test_the_scene_that_asked_is_gone(toy_clip: Path, toy_folder: Path, tmp_path: Path, monkeypatch) -> None:
    asked, other = bpy.context.scene, bpy.data.scenes.new("Other")
    asked.mien.video = str(toy_clip)

    def gone() -> None:
        bpy.context.window.scene = other
        bpy.data.scenes.remove(asked)

    while_solving(monkeypatch, gone)
    assert bpy.ops.mien.solve(network=str(toy_folder), take=str(tmp_path / "kept.mien")) == {"CANCELLED"}
    assert (tmp_path / "kept.mien").is_file(), "the solve was lost with its scene"


def test_saving_and_reopening_in_the_middle_of_a_solve(
    toy_clip: Path, toy_folder: Path, tmp_path: Path, monkeypatch
) -> None:
    """Saved mid-way the file is whole; the take comes into the scene that is there then."""
    bpy.context.scene.mien.video = str(toy_clip)
    path = tmp_path / "scene.blend"
    while_solving(monkeypatch, lambda: bpy.ops.wm.save_as_mainfile(filepath=str(path)))
    bpy.ops.mien.solve(network=str(toy_folder))
    assert len(bpy.context.scene.mien.takes) == 1
    bpy.ops.wm.open_mainfile(filepath=str(path))
    settings = bpy.context.scene.mien
    assert (settings.video, len(settings.takes)) == (str(toy_clip), 0)


def test_two_scenes_with_a_face_each_are_baked_apart(tmp_path: Path) -> None:
    save_ramp(tmp_path / "ramp.mien")
    first = add_face("A")
    bpy.context.scene.mien.take = str(tmp_path / "ramp.mien")
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    second = add_face("B")
    bpy.context.scene.mien.take = str(tmp_path / "ramp.mien")
    bpy.context.scene.mien.tune.gain = 0.5
    bpy.ops.mien.bake()
    assert len(action_curves(second)) == 52
    assert not action_curves(first)
    assert bpy.data.scenes["Scene"].mien.tune.gain == 1.0


class UnpluggedCamera:
    """What `mien live` says when the camera is pulled out and put in again (see mien.live_lines)."""

    newest = None

    def __init__(self) -> None:
        self.said: list[dict] = []
        self.told: list[str] = []

    def events(self) -> Iterator[dict]:
        said, self.said = self.said, []
        yield from said

    def say(self, do: str, **_: object) -> bool:
        self.told.append(do)
        return True

    def start(self) -> None:
        """Nothing to start."""

    stop = kill = start


def test_a_camera_that_is_unplugged_is_said_and_live_goes_on(monkeypatch) -> None:
    """The words come from the worker, and tests/core holds that it says them; here they are shown."""
    face = add_face()
    face.data.shape_keys.key_blocks["jawOpen"].value = 0.25
    camera = UnpluggedCamera()
    monkeypatch.setattr(drive, "LiveWorker", lambda *_: camera)
    bpy.context.scene.mien_live.source = "CAMERA"
    assert bpy.ops.mien.live_start() == {"FINISHED"}
    assert isinstance(LIVE.session, LiveSession)
    camera.said = [
        {"event": "start", "source": "Camera 0"},
        {"event": "source", "there": False, "message": "The camera is gone", "hint": "Plug it in again."},
    ]
    drive.tick()
    assert (LIVE.status.there, LIVE.status.message, LIVE.status.hint) == (
        False, "The camera is gone", "Plug it in again.",
    )  # fmt: skip
    assert LIVE.running
    camera.said = [{"event": "source", "there": True}]
    drive.tick()
    assert (LIVE.status.there, LIVE.status.message) == (True, "")
    bpy.ops.mien.live_stop()
    assert face.data.shape_keys.key_blocks["jawOpen"].value == 0.25
