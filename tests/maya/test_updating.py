"""Baked keys that follow the settings, by themselves or when told. Against the fake Maya."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rigs
from mien.arkit import INDEX, NAMES
from mien.take import Take, save_take


def talking(jaw: float) -> Take:
    times = np.arange(60) / 30
    weights = np.full((60, 52), 0.05, np.float32)
    weights[:, INDEX["jawOpen"]] = jaw
    pose = np.tile([10.0, 0.0, 0.0], (60, 1))
    return Take.from_weights(times, weights, {"frame_size": [640, 480]}, pose=pose)


@pytest.fixture
def session(maya, tmp_path: Path):
    """Two takes, a character with a head joint, baked from frame 1."""
    from mien_maya import scene
    from mien_maya.road import Session

    rigs.add_face(maya)
    maya.s.add("joint", "head")
    made = Session(scene)
    for name, jaw in (("a", 0.4), ("b", 0.8)):
        save_take(talking(jaw), tmp_path / f"{name}.mien")
    made.open_takes([str(tmp_path / "b.mien"), str(tmp_path / "a.mien")])
    maya.cmds.select("face")
    made.add_character()
    maya.cmds.select("head")
    made.choose_joint("head")
    made.bake()
    assert not made.trouble, made.message
    yield made
    made.close()


def jaw(maya, frame: float = 20.0) -> float:
    return maya.cmds.getAttr("face_shapes.jawOpen", time=frame)


def test_a_setting_that_changes_changes_the_keys_in_one_step(session, maya):
    before = jaw(maya)
    steps = len(maya.s.queue.done)
    session.change_settings(gain=1.5)
    assert jaw(maya) == before, "not in the middle of a slider's way"
    session.keep_up()
    assert jaw(maya) == pytest.approx(1.5 * before, abs=0.01)
    assert session.message == "Keys are up to date."
    assert len(maya.s.queue.done) == steps + 1
    session.keep_up()
    assert len(maya.s.queue.done) == steps + 1
    maya.cmds.undo()
    assert jaw(maya) == before


@pytest.mark.parametrize("what", ["note", "view", "nothing"])
def test_what_does_not_change_the_keys_writes_none(session, maya, what):
    steps = len(maya.s.queue.done)
    if what == "note":
        session.change(layer="Other")
    elif what == "view":
        session.choose_take(0)
    session.keep_up()
    assert len(maya.s.queue.done) == steps


def test_the_start_frame_moves_all_keys(session, maya):
    first = [frame for frame, _ in maya.s.curve_keys("face_shapes.jawOpen")]
    session.change_take(start=11.0)
    session.keep_up()
    assert [f for f, _ in maya.s.curve_keys("face_shapes.jawOpen")] == [f + 10 for f in first]


def test_calibration_the_head_at_rest_and_the_map_are_followed(session, maya):
    assert maya.cmds.getAttr("head.rotateX", time=20) == pytest.approx(10, abs=0.1)
    maya.cmds.currentTime(20)
    session.neutral("FRAME")
    assert session.chosen.head_rest == pytest.approx((10.0, 0.0, 0.0))
    session.keep_up()
    assert maya.cmds.getAttr("head.rotateX", time=20) == pytest.approx(0, abs=0.1)
    assert jaw(maya) < 0.02
    session.clear_calibration()
    session.edit_channel("face_shapes.cheekPuff", source="jawOpen")
    session.keep_up()
    assert maya.cmds.getAttr("face_shapes.cheekPuff", time=20) == pytest.approx(jaw(maya), abs=1e-4)


def test_a_channel_that_is_driven_no_more_loses_its_keys_and_keeps_those_beside(session, maya):
    maya.cmds.setKeyframe("face_shapes.jawOpen", time=200.0, value=0.3)
    session.edit_channel("face_shapes.jawOpen", driven=False)
    session.keep_up()
    assert maya.s.curve_keys("face_shapes.jawOpen") == [(200.0, 0.3)]
    maya.cmds.undo()
    assert len(maya.s.curve_keys("face_shapes.jawOpen")) > 40


def test_on_a_layer_only_the_layers_keys_change(session, maya):
    maya.cmds.undo()
    base = maya.s.add_keys("face_shapes.jawOpen", {1: 0.9, 90: 0.9})
    session.change(layer="Mien")
    session.bake()
    session.change_settings(gain=0.5)
    session.keep_up()
    assert jaw(maya) == pytest.approx(0.2, abs=0.02)
    assert maya.s.curve_keys(base) == [(1, 0.9), (90, 0.9)]


def test_switched_off_it_waits_until_it_is_told(session, maya):
    session.change(auto_update=False)
    session.change_settings(gain=1.5)
    session.keep_up()
    assert jaw(maya) < 0.45
    session.update_keys()
    assert jaw(maya) == pytest.approx(0.6, abs=0.02)
    session.update_keys()
    assert session.message == "Nothing had changed."


def test_a_take_off_the_list_leaves_its_keys_as_they_are(session, maya):
    session.remove_take()
    session.change_settings(gain=1.5)
    session.keep_up()
    assert jaw(maya) == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize("what", ["face", "take", "locked"])
def test_what_can_not_be_updated_is_said_and_stays(session, maya, what):
    before = jaw(maya)
    if what == "face":
        maya.s.remove(maya.s.one("face"))
    elif what == "take":
        Path(session.chosen.path).unlink()
    else:
        for name in NAMES:
            maya.s.lock(f"face_shapes.{name}")
        maya.s.lock("head.rotate")
    session.change_settings(gain=1.5)
    session.keep_up()
    assert session.trouble
    assert jaw(maya) == before
    session.message = ""
    session.keep_up()
    assert session.message == "", "it is said once"


def test_a_take_whose_file_is_gone_is_not_baked(session, maya):
    """It is still loaded, but its keys could not follow: the scene stays as it was."""
    keys, baked, steps = maya.s.curve_keys("face_shapes.jawOpen"), session.who.baked, len(maya.s.queue.done)
    Path(session.chosen.path).unlink()
    session.change_take(start=11.0)
    session.bake()
    assert session.trouble
    assert session.message.startswith(f"There is no file {session.chosen.path}")
    assert maya.s.curve_keys("face_shapes.jawOpen") == keys
    assert session.who.baked == baked
    assert len(maya.s.queue.done) == steps


def test_two_characters_are_baked_and_updated_each_with_its_own_map(session, maya):
    rigs.add_face(maya, "twin")
    maya.cmds.select("twin")
    session.add_character()
    session.edit_channel("twin_shapes.jawOpen", source="jawOpen", gain=0.5)
    session.bake()
    session.change_settings(gain=1.5)
    session.keep_up()
    assert jaw(maya) == pytest.approx(0.6, abs=0.02)
    assert maya.cmds.getAttr("twin_shapes.jawOpen", time=20) == pytest.approx(0.3, abs=0.02)
    session.choose_character(0)
    assert session.rig.rows[INDEX["jawOpen"]].gain == 1.0
    session.remove_character()
    assert [who.name for who in session.kept.characters] == ["twin"]
