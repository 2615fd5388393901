"""The fake itself: what it refuses, and that it makes up no command and no flag. It is not Maya."""

from __future__ import annotations

import fake_maya
import numpy as np
import pytest
import rigs
from fake_maya.flags import TABLE
from test_types import STUBS, stub_flags


def keyed(maya):
    rigs.add_face(maya)
    maya.s.add_keys("face_shapes.jawOpen", {1: 0.5, 5: 0.7})
    maya.s.add_keys("face_shapes.mouthLeft", {1: 0.5}, reference="heroRN")
    maya.s.lock("face_shapes.cheekPuff")
    maya.s.add("multiplyDivide", "math")
    maya.s.connect("math.outputX", "face_shapes.tongueOut")
    maya.s.add("joint", "head")
    maya.s.add("transform", "hero:ref", reference="heroRN")
    maya.s.add_mesh("other", np.zeros((3, 3)), [(0, 1, 2)])
    maya.s.add("camera", "cam")


def api():
    from maya.api import OpenMaya, OpenMayaAnim

    return OpenMaya, OpenMayaAnim


def fn_curve(name="face_shapes_jawOpen"):
    om, anim = api()
    return anim.MFnAnimCurve(om.MSelectionList().add(name).getDependNode(0))


def add(times, values, **wrong):
    _, anim = api()
    usual = {
        "in": 2,
        "out": 2,
        "keep": True,
        "change": anim.MAnimCurveChange(),
        "curve": "face_shapes_jawOpen",
    }
    how = {**usual, **wrong}
    fn_curve(how["curve"]).addKeys(times, values, how["in"], how["out"], how["keep"], how["change"])


def times(*frames):
    om, _ = api()
    return om.MTimeArray([om.MTime(float(frame), om.MTime.uiUnit()) for frame in frames])


def numbers(*values):
    return api()[0].MDoubleArray(values)


def plug(name):
    return api()[0].MSelectionList().add(name).getPlug(0)


def modified(how, source, destination):
    modifier = api()[0].MDGModifier()
    getattr(modifier, how)(plug(source), plug(destination))
    modifier.doIt()


def layered(c):
    c.animLayer("L", override=True)
    c.animLayer("L", edit=True, lock=True)


JAW = "face_shapes.jawOpen"
MISUSE = {
    # Flags
    "a flag that no command has": lambda c: c.setKeyframe(JAW, times=1.0),
    "a flag of another command": lambda c: c.cutKey(JAW, value=1.0, clear=True, time=(1, 2)),
    "an unknown command": lambda c: c.setKeyframes(JAW),
    "query and edit at once": lambda c: c.animLayer("L", query=True, edit=True, lock=True),
    "a flag in the wrong mode": lambda c: c.animLayer("L", query=True, findCurveForPlug=JAW),
    "a text for a number": lambda c: c.setKeyframe(JAW, time="1"),
    "a number of numpy": lambda c: c.setKeyframe(JAW, time=np.float32(1)),
    "a list for a range": lambda c: c.cutKey(JAW, time=[1, 2], clear=True),
    "a tangent that isn't": lambda c: c.setKeyframe(JAW, inTangentType="straight"),
    # Nodes and attributes
    "a node that is gone": lambda c: c.setKeyframe("gone.jawOpen", time=1.0),
    "an attribute that is gone": lambda c: c.getAttr("head.jawOpen"),
    "a node where an attribute is due": lambda c: c.getAttr("head"),
    "a target without its namespace": lambda c: c.nodeType("ref"),
    "a number for a string": lambda c: c.setAttr("cam.focalLength", "35"),
    "a locked attribute set": lambda c: c.setAttr("face_shapes.cheekPuff", 0.5),
    "a connected attribute set": lambda c: c.setAttr("face_shapes.tongueOut", 0.5),
    "a referenced node deleted": lambda c: c.delete("hero:ref"),
    "a referenced node renamed": lambda c: c.rename("hero:ref", "x"),
    "a connection broken that isn't there": lambda c: c.disconnectAttr("head.rotateX", JAW),
    "a second input": lambda c: c.connectAttr("head.rotateX", "face_shapes.tongueOut"),
    "an alias that is taken": lambda c: c.aliasAttr("jawOpen", "face_shapes.weight[3]"),
    "an alias that is no name": lambda c: c.aliasAttr("jaw open", "face_shapes.weight[3]"),
    "a target of another topology": lambda c: c.blendShape(
        "face_shapes", edit=True, target=("face", 60, "other", 1.0)),
    "a target's index twice": lambda c: c.blendShape(
        "face_shapes", edit=True, target=("face", 0, "other", 1.0)),
    "a sound that has no name of its own": lambda c: c.timeControl("timeSlider", edit=True, sound="gone"),
    # Keys
    "a key on a locked attribute": lambda c: c.setKeyframe("face_shapes.cheekPuff", time=1.0),
    "a key on a driven attribute": lambda c: c.setKeyframe("face_shapes.tongueOut", time=1.0),
    "a key on a referenced curve": lambda c: c.setKeyframe("face_shapes.mouthLeft", time=9.0),
    "a referenced curve cut": lambda c: c.cutKey("face_shapes.mouthLeft", time=(1, 2), clear=True),
    "a cut into the clipboard": lambda c: c.cutKey(JAW, time=(1, 2)),
    "a cut of a whole object": lambda c: c.cutKey("face", time=(1, 2), clear=True),
    "a value changed where no key is": lambda c: c.keyframe(
        "face_shapes_jawOpen", edit=True, time=(2, 2), valueChange=1.0),
    "a key on a locked layer": lambda c: (layered(c), c.setKeyframe(JAW, animLayer="L")),
    "an attribute onto a locked layer": lambda c: (
        layered(c), c.animLayer("L", edit=True, attribute=JAW)),
    "a key on a layer that isn't": lambda c: c.setKeyframe(JAW, animLayer="gone"),
    "a driven attribute onto a layer": lambda c: (
        c.animLayer("L"), c.animLayer("L", edit=True, attribute="face_shapes.tongueOut")),
    # Units and the API
    "the scene's rate changed to none": lambda c: c.currentUnit(time="23.98"),
    "what is played changed": lambda c: c.playbackOptions(minTime=1.0),
    "a time without a unit": lambda c: api()[0].MTime(1.0),
    "a time in no unit": lambda c: api()[0].MTime(1.0, 999),
    "plain numbers for times": lambda c: api()[0].MTimeArray([1.0]),
    "numpy's numbers in an array": lambda c: api()[0].MDoubleArray(np.float32([1.0])),
    "fewer values than times": lambda c: add(times(2, 3), numbers(0.5)),
    "a list for an array": lambda c: add([2.0], [0.5]),
    "keys that no undo would take back": lambda c: add(times(2), numbers(0.5), change=None),
    "keys over keys": lambda c: add(times(5), numbers(0.5)),
    "all keys dropped": lambda c: add(times(2), numbers(0.5), keep=False),
    "keys on a referenced curve": lambda c: add(times(2), numbers(0.5), curve="face_shapes_mouthLeft"),
    "an API curve of what is none": lambda c: fn_curve("head"),
    "an API name that is gone": lambda c: api()[0].MSelectionList().add("gone"),
    "a connection off that isn't there": lambda c: modified("disconnect", "head.rotateX", JAW),
    "a connection over another": lambda c: modified("connect", "head.rotateX", "face_shapes.tongueOut"),
    "a locked value through the API": lambda c: plug("face_shapes.cheekPuff").setDouble(0.5),
    "a connected value through the API": lambda c: plug("face_shapes.tongueOut").setDouble(0.5),
    # Undo and windows
    "a chunk closed twice": lambda c: (c.undoInfo(openChunk=True), c.undoInfo(closeChunk=True),
                                       c.undoInfo(closeChunk=True)),
    "an undo inside a chunk": lambda c: (c.undoInfo(openChunk=True), c.undo()),
    "an undo of nothing": lambda c: c.undo(),
    "a plug-in that isn't": lambda c: c.loadPlugin("gone.py"),
    "a menu item without a menu": lambda c: c.menuItem(label="x", parent="gone"),
    "a window's name twice": lambda c: (c.workspaceControl("w"), c.workspaceControl("w")),
    "a window deleted that isn't": lambda c: c.deleteUI("gone"),
}  # fmt: skip
"""What the adapter must never do, and the fake does not let it do."""


@pytest.mark.parametrize("misuse", MISUSE)
def test_misuse_is_refused_and_changes_nothing(maya, misuse):
    keyed(maya)
    layers = misuse.startswith(("a key on a locked layer", "an attribute onto", "a driven attribute onto"))
    before = dict(maya.s.t)
    with pytest.raises((TypeError, ValueError, RuntimeError, AttributeError)):
        MISUSE[misuse](maya.cmds)
    assert layers or dict(maya.s.t) == before


def test_keys_outside_the_undo_queue_are_caught(maya):
    """As Maya: what the API writes is not in the queue by itself."""
    rigs.add_face(maya)
    maya.cmds.setKeyframe("face_shapes.jawOpen", time=1.0, value=0.0)
    add(times(2, 3), numbers(0.1, 0.2))
    with pytest.raises(fake_maya.FakeSceneError, match="2 keys"):
        maya.cmds.undo()


def test_a_keys_layer_is_ignored_for_what_is_not_on_it(maya):
    """As the documentation of setKeyframe says: an easy way to write into the base by mistake."""
    keyed(maya)
    maya.cmds.animLayer("L", override=True)
    maya.cmds.setKeyframe("face_shapes.jawOpen", time=3.0, value=0.1, animLayer="L")
    assert (3.0, 0.1) in maya.s.curve_keys("face_shapes.jawOpen")


def test_a_curve_goes_with_its_last_key(maya):
    keyed(maya)
    maya.cmds.cutKey("face_shapes.jawOpen", time=(0, 9), clear=True)
    assert not maya.s.found("face_shapes_jawOpen")
    maya.cmds.undo()
    assert maya.s.curve_keys("face_shapes.jawOpen") == [(1, 0.5), (5, 0.7)]


def test_it_does_not_stay_behind():
    import sys

    with fake_maya.pretending():
        assert "FAKE" in sys.modules["maya.cmds"].__doc__
    assert not [name for name in sys.modules if name.split(".")[0] == "maya"]


@pytest.mark.parametrize("spec", STUBS)
def test_no_command_and_no_flag_of_the_fake_is_made_up(spec):
    known = stub_flags(spec, TABLE)
    assert set(TABLE) <= set(known)
    assert {name: set(flags) - known[name] for name, flags in TABLE.items() if set(flags) - known[name]} == {}
