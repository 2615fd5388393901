"""Bad input and faults: what the scene, the disk and the user do wrong or meanwhile. Against the fake Maya.

Others stand where their part is: held, referenced and layered channels and units in test_scene_keys.py,
faults of Live in test_window_live.py, of the worker in test_worker.py, of installing in test_module.py, of
keys that follow in test_updating.py, of notes and folders in test_kept.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rigs
from making import write_video
from mien.arkit import INDEX
from mien.take import Take, load_take, save_take
from sessions import finish


@pytest.fixture
def session(maya, monkeypatch):
    from mien_maya import scene
    from mien_maya.road import Session

    monkeypatch.delenv("MAYA_LOCATION", raising=False)
    rigs.add_face(maya, "hero:face", reference="heroRN")
    made = Session(scene)
    maya.cmds.select("hero:face")
    made.add_character()
    yield made
    made.close()


@pytest.fixture
def take(tmp_path: Path) -> str:
    weights = np.full((30, 52), 0.4, np.float32)
    save_take(Take.from_weights(np.arange(30) / 30, weights), tmp_path / "a.mien")
    return str(tmp_path / "a.mien")


def test_another_scene_is_opened_while_a_solve_runs(session, maya, toy_clip, toy_folder):
    """As by opening the same one again, too: nothing is lost, and no scene gets what isn't its."""
    session.choose_video(str(toy_clip))
    session.solve(["--model", str(toy_folder)])
    assert session.work is not None, session.message
    maya.s.notes.clear()
    session.load()
    finish(session)
    assert session.kept.takes == ()
    assert "Another scene is open now. The result is " in session.message
    path = session.message.split("The result is ")[1]
    assert len(load_take(path)) == 40
    session.open_takes([path])
    assert session.chosen.name == "toy"


def test_a_take_can_not_be_written(session, toy_clip, toy_folder, maya):
    session.scene.user_folder().mkdir()
    (session.scene.user_folder() / "takes").write_text("in the way")
    session.choose_video(str(toy_clip))
    session.solve()
    assert session.work is None
    assert "Takes can't be written" in session.message
    assert "Save the scene" in session.message


def test_the_takes_folder_goes_while_the_worker_solves(session, toy_clip, toy_folder):
    session.choose_video(str(toy_clip))
    session.solve(["--model", str(toy_folder)])
    (session.scene.user_folder() / "takes").rmdir()
    finish(session)
    assert session.trouble
    assert session.take is None
    assert "takes" in session.message


@pytest.mark.parametrize("footage", ["", "gone.mp4", "a folder", "no video.mp4", "shot.####.png"])
def test_footage_that_is_none_is_said(session, tmp_path: Path, footage: str):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "no video.mp4").write_text("no video")
    session.choose_video(str(tmp_path / footage) if footage else "")
    if not footage:
        assert session.why_not("solve") == "Choose a video first"
        return
    session.solve()
    finish(session)
    assert session.trouble
    assert footage.split("####")[0] in session.message, session.message
    assert session.take is None
    assert session.kept.takes == ()


def test_footage_in_which_nobody_is_seen_is_said(session, tmp_path: Path, toy_folder):
    write_video(tmp_path / "wall.mp4", [np.full((120, 160), 90, np.uint8)] * 10)
    session.choose_video(str(tmp_path / "wall.mp4"))
    session.solve(["--model", str(toy_folder)])
    finish(session)
    assert "face" in session.message.lower()
    assert session.why_not("bake") or not session.take.found.any()


def test_the_footage_of_a_take_moves(session, take, tmp_path: Path):
    session.open_takes([take])
    session.change_take(video=str(tmp_path / "gone.mp4"))
    for act in (session.punch_in, session.add_sound, lambda: session.add_image_plane("persp")):
        act()
        assert "There is no file" in session.message
        assert session.work is None


@pytest.mark.parametrize("what", ["renamed", "namespace gone"])
def test_the_character_is_not_where_it_was(session, maya, take, what):
    from mien_maya import scene
    from mien_maya.road import Session

    session.open_takes([take])
    for i in maya.s.ids():
        if what == "namespace gone":
            maya.s.t["name", i] = maya.s.t["name", i].replace("hero:", "")
        elif maya.s.t["name", i] == "hero:face":
            maya.s.t["name", i] = "hero:head_geo"
    again = Session(scene)
    assert again.character is None
    assert "There is no object hero:face" in again.message
    assert again.why_not("bake") == "Select the character's meshes, then press +"
    session.bake()  # the window of before, with what it found then
    assert session.trouble == (what == "namespace gone")


def test_the_face_is_deleted_between_choosing_and_baking(session, maya, take):
    session.open_takes([take])
    maya.s.remove(maya.s.one("hero:face_shapes"))
    session.bake()
    assert "no such node" in session.message
    assert session.trouble


def test_the_undo_plug_in_is_not_there(session, maya, take):
    maya.s.plug_in_folders.clear()
    session.open_takes([take])
    before = dict(maya.s.t)
    session.bake()
    assert "Maya does not find mien_undo.py" in session.message
    assert dict(maya.s.t) == before


def test_what_maya_refuses_by_another_name_is_said_too(session, maya, take, monkeypatch):
    from mien_maya.scene import keys

    def gone(*_words):
        raise ValueError("No object matches name: hero:face_shapes")

    session.open_takes([take])
    monkeypatch.setattr(keys, "_add_keys", gone)
    before = dict(maya.s.t)
    session.bake()
    assert "Maya refuses to write the keys: No object matches name" in session.message
    assert dict(maya.s.t) == before


@pytest.mark.parametrize("axis", ["translateY", "scaleX", "rotateZ"])
def test_a_locked_parent_of_any_axis_is_freed_with_consent(maya, axis):
    from mien_maya import scene

    maya.s.add("joint", "head")
    maya.s.lock(f"head.{axis[:-1]}")
    curve = {f"head.{axis}": scene.Curve(np.arange(1.0, 4.0), np.ones(3))}
    written = scene.write_keys(curve, break_held=True)
    assert written.broken == (f"head.{axis}",)
    maya.cmds.undo()
    assert maya.cmds.getAttr(f"head.{axis[:-1]}", lock=True)


@pytest.mark.parametrize("name", ["", "  ", "..", "a/b\\c:d", "père"])
def test_presets_of_any_name(session, name: str):
    session.change_settings(gain=1.7)
    session.add_preset(name)
    if not name.strip(" ."):
        assert "needs a name" in session.message
        assert session.presets == []
        return
    (kept,) = session.presets
    session.change_settings(gain=1.0)
    session.use_preset(kept)
    assert session.settings.gain == 1.7
    session.remove_preset(kept)
    assert session.presets == []
    session.use_preset(kept)
    assert "There is no file" in session.message


def test_damaged_files_are_said_and_change_nothing(session, take, tmp_path: Path):
    session.open_takes([take])
    kept = session.kept
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for act in (session.load_settings, session.load_map, session.choose_profile,
                lambda path: session.open_takes([path])):  # fmt: skip
        act(str(broken))
        assert session.trouble
        assert "broken.json" in session.message
        assert session.kept == kept


def test_a_profile_calibrates_another_take_and_goes_missing(session, take, tmp_path: Path, maya):
    session.open_takes([take])
    maya.cmds.currentTime(10)
    session.neutral("FRAME")
    session.save_profile(str(tmp_path / "actor.json"))
    session.clear_calibration()
    assert session.tuned.weights[:, INDEX["jawOpen"]].max() > 0.3
    session.choose_profile(str(tmp_path / "actor.json"))
    assert session.message == "Calibrated as actor."
    assert session.tuned.weights[:, INDEX["jawOpen"]].max() < 0.02
    (tmp_path / "actor.json").unlink()
    assert session.tuned is None
    session.bake()
    assert "actor.json" in session.message


def test_numbered_pictures_are_solved_at_their_rate_and_shown_by_their_numbers(
    session, maya, tmp_path: Path, toy_folder
):
    import cv2
    from toy_network import toy_picture

    for i in range(12):
        cv2.imwrite(str(tmp_path / f"shot.{1001 + i}.png"), toy_picture(i))
    session.choose_video(str(tmp_path / "shot.1003.png"))
    session.change(rate=25.0)
    session.solve(["--model", str(toy_folder)])
    finish(session)
    assert session.take is not None, session.message
    assert np.allclose(session.take.times, np.arange(12) / 25)
    assert session.chosen.name == "shot"
    maya.s.add("transform", "shotCam")
    maya.s.add("camera", "shotCamShape", "shotCam")
    session.add_image_plane("shotCam")
    assert not session.trouble, session.message
    shape = session.message.split()[0]
    keys = maya.s.curve_keys(f"{shape}.frameExtension")
    assert keys == [(1.0, 1001.0), (pytest.approx(1 + 24 * 11 / 25), 1012.0)]
    assert maya.cmds.getAttr(f"{shape}.imageName").endswith("shot.1001.png")
