"""The window in a real Qt, offscreen, over the fake Maya: driven by clicks, photographed.

It runs where Qt.py and a PySide are: PySide2 5.15 on Python 3.9 and 3.10, PySide6 on 3.11 (see matrix.py).
MIEN_PHOTOGRAPHS names a folder for the photographs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

if sys.version_info[:2] != (3, 11):  # there the dev extra brings a Qt, and nothing is skipped
    pytest.importorskip("Qt", reason="Qt.py and a PySide are not here", exc_type=ImportError)

from mien.take import Take, save_take
from Qt import QtCore, QtTest, QtWidgets
from windows import LEFT, click, photograph, until, wait


def test_what_can_not_be_had_yet_says_why(window):
    assert [window.sections[name].head.text() for name in window.sections] == [
        "Source", "Solve", "Tune", "Character", "Bake", "Live", "Actor"]  # fmt: skip
    greyed = {
        ("Solve", "solve"): "Choose a video", ("Solve", "again"): "Solve a video",
        ("Tune", "after"): "Solve a video",
        ("Character", "auto"): "then press +", ("Bake", "bake"): "Solve a video",
        ("Live", "go"): "then press +", ("Actor", "report"): "Choose a network",
    }  # fmt: skip
    for (page, name), words in greyed.items():
        widget = getattr(window.pages[page], name)
        assert not widget.isEnabled()
        assert words in widget.toolTip()
    photograph(window, "empty")


def test_the_road_by_clicks(window, maya, take_path):
    tune, cast, bake = (window.pages[name] for name in ("Tune", "Character", "Bake"))
    window.session.open_takes([str(take_path)])
    assert "168 of 180" in window.pages["Solve"].found.text()

    maya.cmds.select("hero:face")
    click(cast.characters.add)
    assert "49 of 50 channels" in cast.told.text()
    item = cast.list.topLevelItem(0)
    item.setCheckState(0, QtCore.Qt.Unchecked)
    assert "48 of 50" in cast.told.text()
    cast.list.topLevelItem(49).setText(1, "tongueOut")
    cast.list.topLevelItem(49).setText(2, "0.5")
    row = window.session.rig.rows[49]
    assert (row.path, row.source, row.gain, row.driven) == ("face_shapes.wrinkle_07", "tongueOut", 0.5, True)

    maya.cmds.select("hero:head")
    window.session.choose_joint("head")
    assert cast.joints.fields["head"].text() == "hero:head"

    tune.gain.box.setValue(1.3)
    assert window.session.settings.gain == 1.3
    click(tune.after)
    assert maya.s.now == pytest.approx(1 + round(3.0 * 24))
    assert "lost or doubtful from frame 73" in window.status.text()

    bake.layer.lineEdit().setText("Mien")
    bake.layer.lineEdit().editingFinished.emit()
    click(bake.bake)
    assert "52 channels, frames 1 to 144, on the layer Mien" in window.status.text(), window.status.text()
    assert max(maya.cmds.getAttr("hero:face_shapes.jawOpen", time=frame) for frame in range(1, 145)) > 0.5
    maya.cmds.currentTime(30)
    wait(0.25)
    photograph(window, "road")
    tune.auto.click()
    maya.cmds.undo()
    assert maya.cmds.getAttr("hero:face_shapes.jawOpen", time=60) == 0.0
    assert not maya.s.found("Mien")


def test_what_was_chosen_comes_back_with_the_scene(window, maya, take_path):
    window.session.open_takes([str(take_path)])
    maya.cmds.select("hero:face")
    click(window.pages["Character"].characters.add)
    window.pages["Tune"].smoothing.box.setValue(0.8)
    window.pages["Bake"].boxes["reduce"].click()
    from mien_maya import scene
    from mien_maya.window import MienWindow

    again = MienWindow(scene)
    assert again.pages["Tune"].smoothing.box.value() == 0.8
    assert again.pages["Bake"].boxes["reduce"].isChecked()
    assert again.session.rig.driven == 49
    assert again.session.why_not("bake") == ""
    again.release()
    maya.s.notes.clear()
    window.session.load()
    assert window.session.kept.characters == ()
    assert window.pages["Tune"].smoothing.box.value() == 0.5


def test_sliders_regions_and_boxes_change_the_settings(window):
    tune = window.pages["Tune"]
    tune.gain.slider.setValue(150)
    assert (window.session.settings.gain, tune.gain.box.value()) == (1.5, 1.5)
    _, regions, constraints = tune.parts
    gain, mute = regions.rows["jaw"]
    gain.box.setValue(0.4)
    mute.click()
    assert window.session.settings.gains["jaw"] == 0.4
    assert window.session.settings.muted == ("jaw",)
    constraints.boxes["seal_lips"].click()
    assert not window.session.settings.constraints.seal_lips


def test_clicking_the_curve_goes_to_that_moment(window, maya, take_path):
    window.session.open_takes([str(take_path)])
    curve = window.pages["Tune"].curve
    QtTest.QTest.mouseClick(curve, LEFT, QtCore.Qt.NoModifier, QtCore.QPoint(curve.width() - 6, 40))
    assert maya.s.now == 144


def test_a_solve_runs_and_can_be_cancelled(window, tmp_path, monkeypatch):
    """The worker is a real process; what it runs is a stand-in for `mien solve` that speaks its protocol."""
    program = stand_in(tmp_path, monkeypatch)
    solve = window.pages["Solve"]
    video = tmp_path / "shot.mp4"
    video.write_bytes(b"a video")
    window.session.choose_video(str(video))
    click(solve.solve)
    until(lambda: solve.bar.text() == "50%, 0:01 left")
    assert solve.found.text() == "58 frames a second"
    assert (solve.solve.isVisible(), solve.bar.isVisible()) == (False, True)
    assert solve.bar.value() == 500
    until(lambda: solve.crop.grab().toImage().pixelColor(20, 20).lightness() > 200)
    photograph(window, "solving")
    click(solve.cancel)
    until(lambda: window.session.work is None)
    assert "cancelled" in window.status.text()
    takes = window.session.scene.user_folder() / "takes"
    assert list(takes.iterdir()) == []
    (program.parent / "go on").touch()
    click(solve.solve)
    until(lambda: window.session.work is None)
    assert "Face in 3 of 3 frames" in window.status.text(), window.status.text()
    assert len(window.session.take) == 3
    assert window.session.chosen.video == str(video)
    assert [path.name for path in takes.iterdir()] == ["shot.mien"]


def test_it_docks_in_mayas_control_follows_the_scene_and_goes(app, maya):
    from mien_maya import dock
    from mien_maya.window import MienWindow
    from Qt import QtCompat

    holder = QtWidgets.QWidget()
    QtWidgets.QVBoxLayout(holder)
    maya.ui.pointers[dock.CONTROL] = int(QtCompat.getCppPointer(holder))
    dock.show()
    (window,) = holder.findChildren(MienWindow)
    assert maya.ui.controls[dock.CONTROL]["uiScript"] == dock.RESTORE
    dock.show()
    assert len(holder.findChildren(MienWindow)) == 1
    window.pages["Tune"].gain.box.setValue(1.7)
    maya.s.notes.clear()
    maya.ui.happen("SceneOpened")
    assert window.pages["Tune"].gain.box.value() == 1.0
    dock.close()
    assert dock.CONTROL not in maya.ui.controls
    assert not window.timer.isActive()


def test_keys_follow_the_sliders_and_presets_keep_them(window, maya, take_path, monkeypatch):
    tune, cast = window.pages["Tune"], window.pages["Character"]
    window.session.open_takes([str(take_path)])
    maya.cmds.select("hero:face")
    click(cast.characters.add)
    click(window.pages["Bake"].bake)
    before = maya.cmds.getAttr("hero:face_shapes.jawOpen", time=60)
    tune.gain.slider.setValue(150)
    until(lambda: maya.cmds.getAttr("hero:face_shapes.jawOpen", time=60) > 1.3 * before)
    assert window.status.text() == "Keys are up to date."

    monkeypatch.setattr("mien_maya.window.tuning.ask_for_name", lambda *_: "lively")
    tune._add_preset()
    assert tune.presets.currentText() == "lively"
    tune.gain.slider.setValue(100)
    tune.presets.activated[int].emit(0)
    assert window.session.settings.gain == 1.5
    click(tune.drop)
    assert window.session.presets == []
    assert not tune.drop.isEnabled()


def test_calibration_by_clicks(window, maya, take_path):
    calibration, session = window.pages["Tune"].parts[0], window.session
    session.open_takes([str(take_path)])
    maya.cmds.currentTime(30)
    window.pages["Tune"].findChildren(type(window.sections["Bake"]))[0].head.click()
    click(calibration.neutral[0])
    assert calibration.how.currentText() == "From Frames"
    assert "At Rest: 1.21 – 1.21 s" in calibration.told.text()
    click(calibration.motion)
    assert "Range of Motion: 0.00 – 5.96 s" in calibration.told.text()
    calibration.how.setCurrentIndex(4)
    assert session.chosen.calibrate == "PROFILE"
    assert calibration.profile.isVisible()
    calibration.head[1].setValue(12.5)
    assert session.chosen.head_rest[1] == 12.5
    click(calibration.clear)
    assert (session.chosen.calibrate, session.chosen.head_rest) == ("KEPT", (0.0, 0.0, 0.0))


def test_the_lists_choose_and_lose(window, maya, take_path, tmp_path):
    solve, cast, session = window.pages["Solve"], window.pages["Character"], window.session
    save_take(Take.from_weights([0.0, 1.0], np.zeros((2, 52))), tmp_path / "short.mien")
    session.open_takes([str(take_path), str(tmp_path / "short.mien")])
    rows = [solve.takes.items.topLevelItem(i).text(0) for i in range(2)]
    assert (rows, solve.takes.index) == (["shot_010", "short"], 1)
    solve.takes.items.setCurrentItem(solve.takes.items.topLevelItem(0))
    assert len(session.take) == 180
    solve.start.setValue(11)
    solve.takes.items.setCurrentItem(solve.takes.items.topLevelItem(1))
    assert (len(session.take), solve.start.value()) == (2, 1.0)
    click(solve.takes.remove)
    assert (len(session.take), solve.start.value()) == (180, 11.0)
    click(solve.takes.remove)
    assert solve.found.text() == "No take yet"
    assert not solve.takes.remove.isEnabled()

    for name in ("hero:face", "hero:head"):
        maya.cmds.select(name)
        click(cast.characters.add)
    cast.find.setText("rotate")
    assert "channels are driven" in cast.told.text()
    cast.characters.items.setCurrentItem(cast.characters.items.topLevelItem(0))
    assert session.who.name == "hero:face"
    cast.find.setText("jawop")
    shown = [i for i in range(50) if not cast.list.topLevelItem(i).isHidden()]
    assert [cast.list.topLevelItem(i).text(0) for i in shown] == ["jawOpen"]


def test_errors_are_told_in_the_window(window, tmp_path):
    window.session.choose_video(str(tmp_path / "none.mp4"))
    click(window.pages["Solve"].solve)
    assert "There is no file" in window.status.text()
    assert window.session.trouble


def stand_in(folder: Path, monkeypatch) -> Path:
    """A mayapy that answers `-m mien solve` with events, and waits at half until told to go on."""
    import sys

    take = Take.from_weights([0.0, 0.1, 0.2], np.zeros((3, 52)))
    save_take(take, folder / "ready.mien")
    program = folder / "maya" / "bin" / "mayapy"
    program.parent.mkdir(parents=True)
    program.write_text(f"""#!{sys.executable}
import json, pathlib, shutil, sys, time
say = lambda **event: print(json.dumps(event), flush=True)
output = sys.argv[sys.argv.index("-o") + 1]
say(event="start", source="s", output=output, frames=120, rate=30.0, size=[640, 480])
pathlib.Path(sys.argv[sys.argv.index("--preview") + 1]).write_bytes(b"P5 2 2 255 " + bytes([255, 0, 0, 255]))
say(event="progress", source="s", frame=60, frames=120, rate=58.0, left=1.0)
while not pathlib.Path({str(program.parent / "go on")!r}).exists():
    time.sleep(0.02)
shutil.copy({str(folder / "ready.mien")!r}, output)
say(event="done", source="s", output=output, frames=3, faces=3, seconds=1.0)
""")
    program.chmod(0o755)
    monkeypatch.setenv("MAYA_LOCATION", str(folder / "maya"))
    return program
