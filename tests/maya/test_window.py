"""The window in a real Qt, offscreen, over the fake Maya: driven by clicks, photographed.

It runs where Qt.py and a PySide are: PySide2 5.15 on Python 3.9 and 3.10, PySide6 on 3.11 (see matrix.py).
MIEN_PHOTOGRAPHS names a folder for the photographs.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip("Qt", reason="Qt.py and a PySide are not here", exc_type=ImportError)

import rigs
from mien.arkit import INDEX, NAMES
from mien.take import Take, save_take
from Qt import QtCore, QtGui, QtTest, QtWidgets

LEFT = QtCore.Qt.LeftButton


@pytest.fixture(scope="session")
def app():
    made = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["mien"])
    made.setStyle("Fusion")
    palette = QtGui.QPalette()
    for role, shade in (
        ("Window", 68),
        ("Base", 43),
        ("AlternateBase", 50),
        ("Button", 93),
        ("ToolTipBase", 43),
    ):
        palette.setColor(getattr(QtGui.QPalette, role), QtGui.QColor(shade, shade, shade))
    for role in ("WindowText", "Text", "ButtonText", "ToolTipText"):
        palette.setColor(getattr(QtGui.QPalette, role), QtGui.QColor(205, 205, 205))
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(QtGui.QPalette.Disabled, getattr(QtGui.QPalette, role), QtGui.QColor(155, 155, 155))
    palette.setColor(QtGui.QPalette.PlaceholderText, QtGui.QColor(130, 130, 130))
    palette.setColor(QtGui.QPalette.Highlight, QtGui.QColor(82, 133, 166))
    made.setPalette(palette)
    font = made.font()
    font.setPixelSize(12)
    made.setFont(font)
    return made


def face_points(open_: float) -> np.ndarray:
    """70 landmarks of a plain face, 0–1 in the crop."""

    def arc(x, y, width, height, first, last, count):
        turn = np.radians(np.linspace(first, last, count))
        return np.stack([x + width * np.cos(turn), y + height * np.sin(turn)], axis=1)

    jaw = arc(0.5, 0.42, 0.32, 0.42 + 0.04 * open_, 180, 0, 17)
    brows = [arc(x, 0.33, 0.09, 0.03, 200, 340, 5) for x in (0.36, 0.64)]
    nose = [np.stack([np.full(4, 0.5), np.linspace(0.40, 0.54, 4)], 1), arc(0.5, 0.55, 0.05, 0.02, 180, 0, 5)]
    eyes = [arc(x, 0.40, 0.055, 0.022, 180, 540, 7)[:6] for x in (0.37, 0.63)]
    lips = [arc(0.5, 0.68, 0.11, 0.035 + 0.05 * open_, 180, 540, 13)[:12]]
    inner = [arc(0.5, 0.68, 0.08, 0.008 + 0.05 * open_, 180, 540, 9)[:8]]
    pupils = np.array([[0.37, 0.40], [0.63, 0.40]])
    return np.concatenate([jaw, *brows, *nose, *eyes, *lips, *inner, pupils])


@pytest.fixture
def take_path(tmp_path: Path) -> Path:
    """Six seconds of someone who talks and blinks, jittering; no face from 3.0 to 3.4 s."""
    times = np.arange(180) / 30
    noise = np.random.default_rng(3).normal(0, 0.02, (180, 52))
    weights = np.clip(noise + 0.02, 0, 1)
    weights[:, INDEX["jawOpen"]] = np.clip(0.3 + 0.3 * np.sin(times * 5) * np.sin(times) + noise[:, 0], 0, 1)
    for side in ("Left", "Right"):
        blink = np.exp(-(((times % 2.1 - 1.0) / 0.08) ** 2))
        weights[:, INDEX[f"eyeBlink{side}"]] = np.clip(blink + noise[:, 1], 0, 1)
        weights[:, INDEX[f"mouthSmile{side}"]] = np.clip(0.3 + 0.3 * np.sin(times * 0.9), 0, 1)
    lost = (times >= 3.0) & (times < 3.4)
    weights[lost] = np.nan
    base = Take.from_weights(times, weights, {"name": "shot_010", "frame_size": [640, 480]})
    boxes = np.tile(np.float32([320, 240, 300, 6]), (180, 1))
    turn = np.radians(6.0)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = np.stack(
        [((face_points(w) - 0.5) * 300) @ turned.T + (320, 240) for w in np.nan_to_num(weights[:, 17])]
    )
    points[lost], boxes[lost] = np.nan, np.nan
    save_take(base.replaced(landmarks=points, boxes=boxes), tmp_path / "shot_010.mien")
    return tmp_path / "shot_010.mien"


@pytest.fixture
def window(app, maya):
    from mien_maya import scene
    from mien_maya.window import MienWindow

    rigs.add_face(maya, "hero:face", (*NAMES[:-3], "wrinkle_07"), reference="heroRN")
    maya.s.add("joint", "hero:head")
    maya.s.playback = (1.0, 144.0)
    made = MienWindow(scene)
    made.resize(420, 900)
    made.show()
    yield made
    made.release()
    made.close()
    made.deleteLater()
    QtWidgets.QApplication.processEvents()


def click(widget):
    assert widget.isEnabled(), widget.toolTip()
    QtTest.QTest.mouseClick(widget, LEFT)


def photograph(window, name):
    assert window.findChild(QtWidgets.QScrollArea).widget().width() <= window.width(), (
        "it is cut off at the side"
    )
    folder = os.environ.get("MIEN_PHOTOGRAPHS")
    tall = window.findChild(QtWidgets.QScrollArea).widget().sizeHint().height()
    window.resize(window.width(), tall + 50)
    QtWidgets.QApplication.processEvents()
    picture = window.grab()
    assert picture.width() == window.width()
    if folder:
        assert picture.save(str(Path(folder) / f"{name}_{QtCore.qVersion().split('.')[0]}.png"))


def wait(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.005)


def until(done, seconds=60.0):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it takes too long"
        wait(0.02)


def test_what_can_not_be_had_yet_says_why(window):
    assert [window.sections[name].head.text() for name in window.sections] == [
        "Source", "Solve", "Tune", "Character", "Bake", "Live"]  # fmt: skip
    greyed = {
        ("Solve", "solve"): "Choose a video", ("Solve", "again"): "Solve a video",
        ("Tune", "after"): "Solve a video",
        ("Character", "auto"): "Use the selected", ("Bake", "bake"): "Solve a video",
        ("Live", "go"): "Use the selected",
    }  # fmt: skip
    for (page, name), words in greyed.items():
        widget = getattr(window.pages[page], name)
        assert not widget.isEnabled()
        assert words in widget.toolTip()
    photograph(window, "empty")


def test_the_road_by_clicks(window, maya, take_path):
    tune, cast, bake = (window.pages[name] for name in ("Tune", "Character", "Bake"))
    window.session.open_take(str(take_path))
    assert "168 of 180" in window.pages["Solve"].found.text()

    maya.cmds.select("hero:face")
    click(cast.use)
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
    assert "lost or doubtful at 3.0" in window.status.text()

    bake.layer.setText("Mien")
    bake.layer.editingFinished.emit()
    click(bake.bake)
    assert "52 channels, frames 1 to 144, on the layer Mien" in window.status.text(), window.status.text()
    assert max(maya.cmds.getAttr("hero:face_shapes.jawOpen", time=frame) for frame in range(1, 145)) > 0.5
    maya.cmds.currentTime(30)
    wait(0.25)
    photograph(window, "road")
    maya.cmds.undo()
    assert maya.cmds.getAttr("hero:face_shapes.jawOpen", time=60) == 0.0
    assert not maya.s.found("Mien")


def test_what_was_chosen_comes_back_with_the_scene(window, maya, take_path):
    window.session.open_take(str(take_path))
    maya.cmds.select("hero:face")
    click(window.pages["Character"].use)
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
    assert window.session.kept.nodes == ()
    assert window.pages["Tune"].smoothing.box.value() == 0.5


def test_sliders_regions_and_boxes_change_the_settings(window):
    tune = window.pages["Tune"]
    tune.gain.slider.setValue(150)
    assert (window.session.settings.gain, tune.gain.box.value()) == (1.5, 1.5)
    regions, constraints, _ = tune.parts
    gain, mute = regions.rows["jaw"]
    gain.box.setValue(0.4)
    mute.click()
    assert window.session.settings.gains["jaw"] == 0.4
    assert window.session.settings.muted == ("jaw",)
    constraints.boxes["seal_lips"].click()
    assert not window.session.settings.constraints.seal_lips


def test_clicking_the_curve_goes_to_that_moment(window, maya, take_path):
    window.session.open_take(str(take_path))
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
    until(lambda: "60 of 120" in solve.bar.text())
    assert (solve.solve.isVisible(), solve.bar.isVisible()) == (False, True)
    assert solve.bar.value() == 500
    until(lambda: solve.crop.grab().toImage().pixelColor(20, 20).lightness() > 200)
    photograph(window, "solving")
    click(solve.cancel)
    until(lambda: window.session.work is None)
    assert "cancelled" in window.status.text()
    assert not video.with_suffix(".mien").exists()
    (program.parent / "go on").touch()
    click(solve.solve)
    until(lambda: window.session.work is None)
    assert "Face in 3 of 3 frames" in window.status.text(), window.status.text()
    assert window.session.take is not None


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


def test_errors_are_told_in_the_window(window, tmp_path):
    window.session.choose_video(str(tmp_path / "none.mp4"))
    click(window.pages["Solve"].solve)
    assert "There is no file" in window.status.text()
    assert window.session.trouble


def test_live_drives_the_character_and_gives_it_back(window, maya, tmp_path, monkeypatch):
    """The worker is a real process that speaks the protocol of `mien live`; its samples are made up."""
    monkeypatch.setenv("MAYA_LOCATION", str(live_stand_in(tmp_path)))
    live = window.pages["Live"]
    maya.cmds.select("hero:face")
    click(window.pages["Character"].use)
    maya.s.add_keys("hero:face_shapes.jawOpen", {1: 0.1, 50: 0.1})
    before = maya.s.curve_keys("hero:face_shapes.jawOpen")
    window.sections["Live"].head.click()
    click(live.go)
    until(lambda: window.drive.ticks > 20)
    assert 0.2 < maya.cmds.getAttr("hero:face_shapes.jawOpen") < 0.8
    assert "Live, 60 frames a second, 12 ms" in live.told.text()
    assert live.go.text() == "Stop Live"
    photograph(window, "live")
    maya.s.happens(8)  # the scene is about to be saved
    assert not window.drive.running
    assert maya.s.curve_keys("hero:face_shapes.jawOpen") == before
    assert maya.s.callbacks == {}
    click(live.go)
    until(lambda: window.drive.ticks > 5)
    click(live.go)
    assert maya.s.curve_keys("hero:face_shapes.jawOpen") == before


def live_stand_in(folder: Path) -> Path:
    import sys

    program = folder / "maya" / "bin" / "mayapy"
    program.parent.mkdir(parents=True)
    program.write_text(f"""#!{sys.executable}
import json, math, time
say = lambda **event: print(json.dumps(event), flush=True)
say(event="start", protocol=1, source="Camera 0", size=[640, 480], rate=60, network="x")
say(event="face", found=True, time=0.0)
say(event="stats", frames=60, rate=60.0, dropped=0, latency=[12.0, 15.0])
begun = time.time()
while time.time() - begun < 30:
    weights = [0.0] * 52
    weights[{INDEX["jawOpen"]}] = 0.5 + 0.2 * math.sin(time.time())
    now = time.time() - begun
    say(event="sample", time=now, weights=weights, pose=[0, 0, 0], confidence=1.0, latency=12.0)
    time.sleep(0.016)
""")
    program.chmod(0o755)
    return folder / "maya"


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
