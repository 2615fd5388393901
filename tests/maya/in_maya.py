"""For whoever owns a Maya: prove in two minutes what the fake can't. Prints a report; changes no file.

In Maya 2023 to 2026 with Mien installed, in the Script Editor (Python), with nothing open that you need:

    exec(open(r"…/tests/maya/in_maya.py", encoding="utf-8").read())

or without a window:  mayapy in_maya.py  (with PYTHONPATH as mien.mod says).

Each line of the report is a thing that docs/maya_proof.md says is awaited. Please send the whole report.
A new scene is made for each check, so save yours first. With MIEN_CHECK_VIDEO, the path of a short video of a
face, in the environment the whole road is gone, the worker and Live included.
"""

from __future__ import annotations

import math
import sys
import time
import traceback

import numpy as np

SQUARE = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
REPORT: list[str] = []
CHECKS = []


def check(act):
    """Count a function as a check; its first line says what it proves."""
    CHECKS.append(act)
    return act


def fresh(time_unit="film"):
    from maya import cmds

    cmds.file(new=True, force=True)
    cmds.currentUnit(time=time_unit, linear="cm", angle="deg")


def face(names=("jawOpen", "mouthLeft", "mouthRight")):
    """A plane with a blendShape `shapes` with targets of these names."""
    from maya import cmds

    base = cmds.polyPlane(name="face", subdivisionsX=2, subdivisionsY=2)[0]
    copies = [cmds.duplicate(base, name=name)[0] for name in names]
    for copy in copies:
        cmds.move(0, 1, 0, f"{copy}.vtx[4]", relative=True)
    cmds.blendShape(*copies, base, name="shapes")
    cmds.delete(copies)
    return base


def curve(values, first=1.0):
    from mien_maya.scene import Curve

    values = np.asarray(values, dtype=np.float64)
    return Curve(first + np.arange(len(values)), values)


def keys(plug):
    from maya import cmds

    times = cmds.keyframe(plug, query=True, timeChange=True) or []
    values = cmds.keyframe(plug, query=True, valueChange=True) or []
    return [(round(t, 4), round(v, 5)) for t, v in zip(times, values)]


@check
def bulk_keys_and_undo():
    """addKeys in bulk; one undo and one redo bring back exactly what was there, twice."""
    from maya import cmds
    from mien_maya import scene

    fresh()
    face()
    cmds.setKeyframe("shapes.jawOpen", time=-5, value=0.1)
    cmds.setKeyframe("shapes.jawOpen", time=2, value=0.9)
    cmds.setKeyframe("shapes.jawOpen", time=9, value=0.2)
    before = keys("shapes.jawOpen")
    scene.write_keys({"shapes.jawOpen": curve([0, 0.5, 1]), "shapes.mouthLeft": curve([1, 0, 1])})
    wanted = [(-5.0, 0.1), (1.0, 0.0), (2.0, 0.5), (3.0, 1.0), (9.0, 0.2)]
    assert keys("shapes.jawOpen") == wanted, keys("shapes.jawOpen")
    for _ in range(2):
        cmds.undo()
        assert keys("shapes.jawOpen") == before, keys("shapes.jawOpen")
        assert keys("shapes.mouthLeft") == [], keys("shapes.mouthLeft")
        cmds.redo()
        assert keys("shapes.jawOpen") == wanted, keys("shapes.jawOpen")
        assert len(keys("shapes.mouthLeft")) == 3, keys("shapes.mouthLeft")


@check
def speed():
    """52 channels of 3,000 keys."""
    from maya import cmds
    from mien.arkit import NAMES
    from mien_maya import scene

    fresh()
    face(NAMES)
    frames = np.arange(1.0, 3001.0)
    begun = time.perf_counter()
    scene.write_keys({f"shapes.{name}": scene.Curve(frames, np.sin(frames)) for name in NAMES})
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    scene.write_keys({f"shapes.{name}": scene.Curve(frames, np.cos(frames)) for name in NAMES})
    again = time.perf_counter() - begun
    begun = time.perf_counter()
    cmds.undo()
    return f"{seconds:.2f} s, over those {again:.2f} s, undo {time.perf_counter() - begun:.2f} s"


@check
def rates():
    """Frames fall on frames at 23.976, NTSC fields, PAL; the rate stays."""
    from maya import cmds
    from mien_maya import scene

    said = []
    for unit in ("23.976fps", "29.97fps", "ntscf", "pal", "film"):
        fresh(unit)
        face()
        scene.write_keys({"shapes.jawOpen": curve(np.linspace(0, 1, 100), 1001)})
        assert [t for t, _ in keys("shapes.jawOpen")] == [float(f) for f in range(1001, 1101)], unit
        assert cmds.currentUnit(query=True, time=True) == unit
        said.append(f"{scene.frames_per_second():.4f}")
    return ", ".join(said)


@check
def units():
    """Degrees and the scene's length unit arrive as such, in metres and in radians too."""
    from maya import cmds
    from mien_maya import scene

    for linear, angle in (("cm", "deg"), ("m", "deg"), ("cm", "rad")):
        fresh()
        cmds.currentUnit(linear=linear, angle=angle)
        cmds.createNode("joint", name="head")
        scene.write_keys({"head.rotateX": curve([0, 45, 90]), "head.translateY": curve([1, 2, 3])})
        turn = [v for _, v in keys("head.rotateX")]
        wanted = [0, 45, 90] if angle == "deg" else [0, math.pi / 4, math.pi / 2]
        assert np.allclose(turn, wanted, atol=1e-4), (linear, angle, turn)
        assert [v for _, v in keys("head.translateY")] == [1, 2, 3], (linear, keys("head.translateY"))


@check
def layers():
    """A new override layer, a second bake into it, the base below it; aliases of blendShapes on layers."""
    from maya import cmds
    from mien_maya import scene

    fresh()
    face()
    cmds.setKeyframe("shapes.jawOpen", time=1, value=0.9)
    for value in (0.2, 0.4):
        scene.write_keys(
            {"shapes.jawOpen": curve([value] * 3), "shapes.mouthLeft": curve([value] * 3)}, "Mien"
        )
        assert abs(cmds.getAttr("shapes.jawOpen", time=2) - value) < 1e-5, cmds.getAttr(
            "shapes.jawOpen", time=2
        )
    scene.write_keys({"shapes.jawOpen": curve([0.7] * 3)})
    assert abs(cmds.getAttr("shapes.jawOpen", time=2) - 0.4) < 1e-5
    for flag, usual, said, seen in (
        ("mute", False, "it is muted", 0.7),
        ("weight", 1.0, "its weight is 0.5", 0.5),
    ):
        cmds.animLayer("Mien", edit=True, **{flag: True if flag == "mute" else 0.5})
        written = scene.write_keys({"shapes.jawOpen": curve([0.3] * 3)}, "Mien")
        assert written.dimmed == said, written.dimmed
        assert abs(cmds.getAttr("shapes.jawOpen", time=2) - seen) < 1e-5, flag
        cmds.animLayer("Mien", edit=True, **{flag: usual})
        assert abs(cmds.getAttr("shapes.jawOpen", time=2) - 0.3) < 1e-5, flag
    cmds.animLayer("Other", solo=True)
    written = scene.write_keys({"shapes.jawOpen": curve([0.4] * 3)}, "Mien")
    assert written.dimmed == "another layer's mute or solo hides it", written.dimmed


@check
def held_channels():
    """Locked, driven and set-driven channels are told apart; with consent they are freed."""
    from maya import cmds
    from mien_maya import scene

    fresh()
    face()
    cmds.setAttr("shapes.jawOpen", lock=True)
    cmds.createNode("multiplyDivide", name="maths")
    cmds.connectAttr("maths.outputX", "shapes.mouthLeft")
    control = cmds.circle(name="ctrl")[0]
    cmds.addAttr(control, longName="right", attributeType="double", keyable=True)
    for value in (0.0, 1.0):
        cmds.setDrivenKeyframe(
            "shapes.mouthRight", currentDriver="ctrl.right", driverValue=value, value=value
        )
    reasons = [
        held.reason for held in scene.holding(["shapes.jawOpen", "shapes.mouthLeft", "shapes.mouthRight"])
    ]
    assert len(reasons) == 3, reasons
    assert "ctrl.right" in reasons[2], reasons
    written = scene.write_keys(
        {"shapes.jawOpen": curve([0, 1]), "shapes.mouthLeft": curve([0, 1])}, break_held=True
    )
    assert len(written.plugs) == 2, written
    cmds.undo()
    assert cmds.getAttr("shapes.jawOpen", lock=True)
    assert cmds.listConnections("shapes.mouthLeft", source=True, destination=False)
    return "; ".join(reasons)


@check
def the_52_shapes():
    """A blendShape is made through copies, its targets named and in place; one undo takes it away."""
    from maya import cmds
    from mien.arkit import COUNT, NAMES
    from mien_maya import scene

    fresh()
    base = face(("wrinkle",))
    count = len(scene.face_of(base).vertices)
    deltas = np.zeros((COUNT, count, 3), np.float32)
    deltas[:, 4, 2] = np.arange(COUNT)
    node = scene.make_blendshape(base, NAMES, deltas)
    assert cmds.listAttr(f"{node}.weight", multi=True) == list(NAMES), cmds.listAttr(
        f"{node}.weight", multi=True
    )
    cmds.setAttr(f"{node}.jawOpen", 1.0)
    z = cmds.pointPosition(f"{base}.vtx[4]", local=True)[2]
    assert abs(z - NAMES.index("jawOpen")) < 1e-4, z
    cmds.setAttr(f"{node}.jawOpen", 0.0)
    for _ in range(3):
        cmds.undo()
    assert not cmds.objExists(node), "the undo leaves the blendShape"


@check
def live_rig():
    """Values are written in how long, and everything comes back; over a save, an undo and a redo too."""
    from maya import cmds
    from mien.arkit import NAMES
    from mien.rig.targets import Target
    from mien_maya import scene

    fresh()
    face(NAMES)
    scene.write_keys({"shapes.jawOpen": curve([0.3, 0.4, 0.5])})
    baked = keys("shapes.jawOpen")
    rig = scene.LiveRig([Target(name, "blendshape", "shapes") for name in NAMES], "")
    rig.hold()
    mark = scene.UndoMark(rig.restore)
    times = []
    for i in range(300):
        begun = time.perf_counter()
        rig.write(np.full(52, i / 300))
        times.append(1e3 * (time.perf_counter() - begun))
    assert abs(cmds.getAttr("shapes.jawOpen") - 299 / 300) < 1e-5
    assert not cmds.listConnections("shapes.jawOpen", source=True, destination=False)
    cmds.undo()  # the mark: the bake stays, the rig has its own back
    assert keys("shapes.jawOpen") == baked, keys("shapes.jawOpen")
    assert abs(cmds.getAttr("shapes.mouthLeft")) < 1e-6
    cmds.undo()
    assert keys("shapes.jawOpen") == [], keys("shapes.jawOpen")
    cmds.redo()
    assert keys("shapes.jawOpen") == baked, keys("shapes.jawOpen")
    rig.hold()
    mark = scene.UndoMark(rig.restore)
    rig.write(np.full(52, 0.7))
    rig.restore()
    mark.close()
    assert keys("shapes.jawOpen") == baked
    assert cmds.undoInfo(query=True, undoName=True) != "Mien live", "the mark stays in the queue"
    return f"52 channels: median {np.median(times):.2f} ms, p99 {np.percentile(times, 99):.2f} ms"


@check
def live_and_autokey():
    """What live writes sets no keys of its own, whatever Auto Key says."""
    from maya import cmds
    from mien.rig.targets import Target
    from mien_maya import scene

    fresh()
    face()
    was_on = cmds.autoKeyframe(query=True, state=True)
    cmds.autoKeyframe(state=True)
    try:
        cmds.setKeyframe("shapes.jawOpen", time=1, value=0.3)
        rig = scene.LiveRig([Target("jawOpen", "blendshape", "shapes")], "")
        rig.hold()
        cmds.currentTime(5)
        rig.write(np.array([0.8]))
        rig.restore()
        assert keys("shapes.jawOpen") == [(1.0, 0.3)], keys("shapes.jawOpen")
    finally:
        cmds.autoKeyframe(state=was_on)


@check
def scene_messages():
    """Maya tells before a new scene, before a save and after it; and a save in between has the keys."""
    import os
    import tempfile

    from maya import cmds
    from mien.rig.targets import Target
    from mien_maya import scene

    fresh()
    face()
    cmds.setKeyframe("shapes.jawOpen", time=1, value=0.3)
    rig = scene.LiveRig([Target("jawOpen", "blendshape", "shapes")], "")
    rig.hold()
    told = []
    watch = scene.SceneWatch(
        lambda: told.append("goes"),
        lambda: (told.append("saves"), rig.restore()),
        lambda: (told.append("saved"), rig.hold()),
    )
    path = os.path.join(tempfile.mkdtemp(), "mien_check.ma")
    cmds.file(rename=path)
    cmds.file(save=True, type="mayaAscii")
    assert told == ["saves", "saved"], told
    assert not cmds.listConnections("shapes.jawOpen", source=True, destination=False)
    with open(path, encoding="utf-8", errors="replace") as stream:
        assert "shapes_jawOpen.o" in stream.read(), "the saved file lacks the connection of the keys"
    cmds.file(new=True, force=True)
    watch.close()
    assert told[2:] == ["goes"], told


@check
def updating():
    """Keys that follow: an earlier bake's keys go, on channels that are driven no more too; one undo."""
    from maya import cmds
    from mien_maya import scene

    fresh()
    face()
    cmds.setKeyframe("shapes.mouthLeft", time=40, value=0.2)
    first = scene.write_keys({"shapes.jawOpen": curve([0.3] * 9), "shapes.mouthLeft": curve([0.5] * 9)})
    earlier = scene.Earlier(first.plugs, (first.first, first.last))
    scene.write_keys({"shapes.jawOpen": curve([0.6] * 9, 21.0)}, instead=earlier)
    assert [t for t, _ in keys("shapes.jawOpen")] == [float(f) for f in range(21, 30)], keys("shapes.jawOpen")
    assert keys("shapes.mouthLeft") == [(40.0, 0.2)], keys("shapes.mouthLeft")
    cmds.undo()
    assert len(keys("shapes.jawOpen")) == 9
    assert len(keys("shapes.mouthLeft")) == 10


@check
def referenced_rig():
    """A referenced, namespaced rig is keyed; what is locked or keyed in it is left alone, in words."""
    import os
    import tempfile

    from maya import cmds
    from mien_maya import scene

    fresh()
    face()
    cmds.setAttr("shapes.mouthLeft", lock=True)
    cmds.setKeyframe("shapes.mouthRight", time=1, value=0.5)
    path = os.path.join(tempfile.mkdtemp(), "mien_rig.ma")
    cmds.file(rename=path)
    cmds.file(save=True, type="mayaAscii")
    cmds.file(new=True, force=True)
    cmds.file(path, reference=True, namespace="hero")
    character = scene.character_of(["hero:face"])
    plugs = [scene.plug_of(target, character.namespace) for target in character.targets]
    written = scene.write_keys({plug: curve([0, 1]) for plug in plugs}, break_held=True)
    assert "hero:shapes.jawOpen" in written.plugs, written
    assert len(keys("hero:shapes.jawOpen")) == 2
    said = {held.plug.split(".")[1]: held.reason for held in written.skipped}
    cmds.undo()
    assert keys("hero:shapes.jawOpen") == []
    return "; ".join(f"{name}: {reason}" for name, reason in said.items()) or "all of it could be keyed"


@check
def display_layers():
    """A mesh on a hidden display layer, and on one that can't be selected, is keyed like any other."""
    from maya import cmds
    from mien_maya import scene

    fresh()
    base = face()
    layer = cmds.createDisplayLayer(name="geo", empty=True)
    cmds.editDisplayLayerMembers(layer, base)
    cmds.setAttr(f"{layer}.displayType", 2)
    cmds.setAttr(f"{layer}.visibility", False)
    assert scene.holding(["shapes.jawOpen"]) == []
    scene.write_keys({"shapes.jawOpen": curve([0, 1])})
    assert len(keys("shapes.jawOpen")) == 2


@check
def footage():
    """A sound on the time slider, numbered pictures behind a camera, playing in real time for a moment."""
    import tempfile
    import wave
    from pathlib import Path

    from maya import cmds
    from mien_maya import scene

    fresh()
    folder = Path(tempfile.mkdtemp())
    with wave.open(str(folder / "tone.wav"), "wb") as stream:
        stream.setparams((2, 2, 48000, 0, "NONE", ""))
        stream.writeframes(bytes(4 * 48000))
    node = scene.add_sound(folder / "tone.wav", 11.0)
    assert cmds.getAttr(f"{node}.offset") == 11.0, cmds.getAttr(f"{node}.offset")
    for number in (1001, 1002, 1003):
        (folder / f"f.{number}.ppm").write_bytes(b"P6 2 2 255 " + bytes(12))
    shape = scene.add_image_plane(folder / "f.1001.ppm", "persp", 11.0, 2.0, (1001, 1003), is_movie=False)
    seen = [cmds.getAttr(f"{shape}.frameExtension", time=frame) for frame in (11, 12, 13)]
    assert seen == [1001, 1002, 1003], seen
    assert "persp" in scene.cameras(), scene.cameras()
    if cmds.about(batch=True):
        return "not played: no windows here"
    speed = cmds.playbackOptions(query=True, playbackSpeed=True)
    playing = scene.Playing()
    assert scene.is_playing()
    playing.stop()
    assert not scene.is_playing()
    assert cmds.playbackOptions(query=True, playbackSpeed=True) == speed
    return str(node)


@check
def notes_and_names():
    """Notes survive fileInfo; namespaces are read."""
    from maya import cmds
    from mien_maya import scene

    fresh()
    text = '{"path": "C:\\\\new", "ü": "日本 \\"x\\""}'
    scene.write_note("mien_check", text)
    assert scene.read_note("mien_check") == text
    cmds.namespace(add="hero")
    cmds.namespace(set="hero")
    face()
    cmds.namespace(set=":")
    character = scene.character_of(["hero:face"])
    assert character.namespace == "hero", character
    assert [target.name for target in character.targets] == ["jawOpen", "mouthLeft", "mouthRight"], character


@check
def module():
    """mien.mod is read: the module's folders are on Python's path, its plug-in and user set-up are found."""
    import os

    import mien
    import mien_maya
    from maya import cmds
    from mien_maya import menu
    from mien_maya.module import modules_folder, paths, platform

    cmds.loadPlugin("mien_undo.py", quiet=True)
    assert cmds.pluginInfo("mien_undo.py", query=True, loaded=True)
    file = modules_folder() / "mien.mod"
    if not file.is_file():
        return f"no {file}: Mien is here by another way, {os.path.dirname(mien.__file__)}"
    wanted = [str(path) for path in paths(file, str(cmds.about(version=True)), platform())]
    missing = [path for path in wanted if os.path.normpath(path) not in map(os.path.normpath, sys.path)]
    assert wanted, "mien.mod has no block for this Maya"
    assert not missing, missing
    assert any(os.path.normpath(mien_maya.__file__).startswith(os.path.normpath(path)) for path in wanted)
    if not cmds.about(batch=True):
        assert cmds.menu(menu.MENU, exists=True), "userSetup.py has put up no menu"
    return f"{len(wanted)} folders"


@check
def packages():
    """The module's numpy, scipy and Qt.py come first, and Maya's own Qt is the one that is used."""
    import scipy
    from maya import cmds

    said = [f"numpy {np.__version__}", f"scipy {scipy.__version__}"]
    if not cmds.about(batch=True):
        from Qt import QtCore, __binding__

        said.append(f"{__binding__} {QtCore.qVersion()}")
    return ", ".join(said)


@check
def window():
    """The window docks, is restored by its script as with the layout, and closes (in a Maya with windows)."""
    from maya import cmds

    if cmds.about(batch=True):
        return "skipped: no windows here"
    from mien_maya import dock

    fresh()
    dock.show()
    assert cmds.workspaceControl(dock.CONTROL, exists=True)
    pages = list(dock._windows[dock.CONTROL].pages)
    first = dock._windows[dock.CONTROL]
    exec(dock.RESTORE, {})  # what Maya runs at its next start
    assert dock._windows[dock.CONTROL] is not first
    dock._windows[dock.CONTROL].session.change(layer="Mien check")
    cmds.file(new=True, force=True)
    assert dock._windows[dock.CONTROL].session.kept.layer == "", "the window doesn't follow a new scene"
    dock.close()
    assert not cmds.workspaceControl(dock.CONTROL, exists=True)
    return ", ".join(pages)


@check
def road():
    """All of it: a solve by the worker, the bake, the update, live from footage (needs MIEN_CHECK_VIDEO)."""
    import os

    from maya import cmds
    from mien.arkit import NAMES
    from mien_maya import scene
    from mien_maya.driving import Drive
    from mien_maya.road import Session

    video = os.environ.get("MIEN_CHECK_VIDEO", "")
    if not os.path.isfile(video):
        return "skipped: set MIEN_CHECK_VIDEO to a short video of a face"
    fresh()
    cmds.select(face(NAMES))
    session = Session(scene)
    session.add_character()
    session.choose_video(video)
    session.solve()
    _until(lambda: session.work is None, session.listen)
    assert session.take is not None, session.message
    said = session.message
    session.bake()
    assert not session.trouble, session.message
    before = keys("shapes.jawOpen")
    session.change_settings(gain=1.5)
    session.keep_up()
    assert len(before) > 1
    assert keys("shapes.jawOpen") != before
    session.kept = session.kept.of(session.kept.text.replace('"CAMERA"', '"FILE"'))
    drive = Drive(session)
    drive.start()
    _until(lambda: drive.ticks > 60 or not drive.running, drive.tick)
    assert drive.running, session.message
    took = 1e3 * np.array(drive.seconds[1:60])
    drive.stop()
    session.close()
    return f"{said} Live: median {np.median(took):.2f} ms, slowest {took.max():.2f} ms"


def _until(done, look, seconds=300.0):
    end = time.perf_counter() + seconds
    while not done():
        assert time.perf_counter() < end, "it takes too long"
        look()
        time.sleep(0.005)


@check
def worker():
    """mayapy starts the worker from the module's own packages."""
    import subprocess

    from mien_maya.worker import environment, python_program

    done = subprocess.run(
        [python_program(), "-m", "mien", "--version"], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout.strip()


def run():
    """All checks; 0 if every one passed."""
    if "mayapy" in sys.executable.lower():
        import maya.standalone

        maya.standalone.initialize(name="python")
    import mien
    from maya import cmds

    python = sys.version.split()[0]
    where = f"Maya {cmds.about(version=True)}, {cmds.about(operatingSystem=True)}, Python {python}"
    REPORT.append(f"Mien in Maya: {where}, numpy {np.__version__}, {mien.__file__}")
    failed = 0
    for act in CHECKS:
        try:
            said = act() or ""
            REPORT.append(f"  passed  {act.__name__}: {act.__doc__} {said}")
        except Exception as error:
            failed += 1
            line = traceback.extract_tb(error.__traceback__)[-1].lineno
            REPORT.append(f"  FAILED  {act.__name__} (line {line}): {type(error).__name__}: {error}")
    REPORT.append(f"{len(CHECKS) - failed} of {len(CHECKS)} passed")
    print("\n".join(REPORT))
    return failed


run()
