"""Writing keys: bulk, undo, units, layers, what holds a channel. Against the fake, which proves no Maya."""

from __future__ import annotations

import time

import numpy as np
import pytest
import rigs
from mien.errors import RigError


def curve_of(values, first=1.0, step=1.0):
    from mien_maya.scene import Curve

    values = np.asarray(values, dtype=np.float64)
    return Curve(first + step * np.arange(len(values)), values)


def write(curves, **how):
    from mien_maya import scene

    return scene.write_keys(curves, **how)


def snapshot(maya):
    return dict(maya.s.t)


def test_keys_land_where_they_belong_and_one_undo_takes_all_back(maya):
    rigs.add_face(maya)
    before = snapshot(maya)
    written = write(
        {"face_shapes.jawOpen": curve_of([0, 0.5, 1]), "face_shapes.mouthClose": curve_of([0, 0, 1])}
    )
    assert (len(written.plugs), written.keys, written.first, written.last) == (2, 6, 1.0, 3.0)
    assert maya.s.curve_keys("face_shapes.jawOpen") == [(1, 0), (2, 0.5), (3, 1)]
    after = snapshot(maya)
    assert maya.s.queue.undo_name == "Mien bake"
    maya.cmds.undo()
    assert snapshot(maya) == before
    maya.cmds.redo()
    assert snapshot(maya) == after
    maya.cmds.undo()
    assert snapshot(maya) == before


def test_keys_outside_the_range_stay_and_those_inside_go(maya):
    rigs.add_face(maya)
    maya.s.add_keys("face_shapes.jawOpen", {-5: 0.1, 1: 0.9, 2.5: 0.8, 3: 0.7, 9: 0.2})
    maya.s.add_keys("face_shapes.mouthLeft", {2: 0.3})
    before = snapshot(maya)
    write({"face_shapes.jawOpen": curve_of([0, 0.5, 1])})
    assert maya.s.curve_keys("face_shapes.jawOpen") == [(-5, 0.1), (1, 0), (2, 0.5), (3, 1), (9, 0.2)]
    assert maya.s.curve_keys("face_shapes.mouthLeft") == [(2, 0.3)]
    for _ in range(2):
        maya.cmds.undo()
        assert snapshot(maya) == before
        maya.cmds.redo()
    assert maya.s.curve_keys("face_shapes.jawOpen") == [(-5, 0.1), (1, 0), (2, 0.5), (3, 1), (9, 0.2)]


def test_a_channel_whose_first_key_comes_late_loses_its_old_keys_before_it(maya):
    rigs.add_face(maya)
    maya.s.add_keys("face_shapes.jawOpen", {1: 0.9, 2: 0.9, 7: 0.9})
    write({"face_shapes.jawOpen": curve_of([0, 1], first=4), "face_shapes.mouthLeft": curve_of([0] * 9)})
    assert maya.s.curve_keys("face_shapes.jawOpen") == [(4, 0), (5, 1)]


@pytest.mark.parametrize(
    ("unit", "fps"),
    [("film", 24), ("ntscf", 60), ("ntsc", 30), ("pal", 25), ("23.976fps", 24000 / 1001),
     ("29.97fps", 30000 / 1001), ("59.94fps", 60000 / 1001), ("millisec", 1000), ("game", 15)],
)  # fmt: skip
def test_the_scenes_own_rate_counts_and_is_never_changed(start_maya, unit, fps):
    maya = start_maya(time=unit)
    from mien_maya import scene

    assert scene.frames_per_second() == pytest.approx(fps, rel=1e-12)
    rigs.add_face(maya)
    write({"face_shapes.jawOpen": curve_of(np.linspace(0, 1, 50), first=1001)})
    assert [frame for frame, _ in maya.s.curve_keys("face_shapes.jawOpen")] == list(range(1001, 1051))
    assert maya.s.time == unit
    assert "playbackOptions" not in maya.s.calls


def test_sub_frames_fall_on_the_nearest_tick(start_maya):
    maya = start_maya(time="23.976fps")
    rigs.add_face(maya)
    write({"face_shapes.jawOpen": curve_of([0, 0.5, 1], first=10.25, step=0.799)})
    frames = [frame for frame, _ in maya.s.curve_keys("face_shapes.jawOpen")]
    assert frames == pytest.approx([10.25, 11.049, 11.848], abs=2e-7)


@pytest.mark.parametrize("angle", ["deg", "rad"])
@pytest.mark.parametrize("linear", ["cm", "m", "in"])
def test_degrees_and_the_scenes_length_become_what_the_api_wants(start_maya, angle, linear):
    maya = start_maya(angle=angle, linear=linear)
    maya.s.add("joint", "head")
    write({"head.rotateX": curve_of([0, 90, 180]), "head.translateY": curve_of([2, 3, 4])})
    turn = [value for _, value in maya.s.curve_keys("head.rotateX")]
    assert turn == pytest.approx([0, 90, 180] if angle == "deg" else [0, np.pi / 2, np.pi])
    assert [value for _, value in maya.s.curve_keys("head.translateY")] == pytest.approx([2, 3, 4])
    metre = {"cm": 1, "m": 100, "in": 2.54}[linear]
    assert maya.s.value(*maya.s.plug("head.translateY"), ticks=0) == pytest.approx(2 * metre)


def test_what_holds_a_channel_is_said_and_the_rest_is_keyed(maya):
    rigs.add_face(maya)
    control = rigs.add_control(maya.s)
    maya.s.lock("face_shapes.mouthLeft")
    maya.s.add("multiplyDivide", "math")
    maya.s.connect("math.outputX", "face_shapes.mouthRight")
    driven = maya.s.add("animCurveUU", "driven")
    maya.s.connect(f"{control}.jawOpen", f"{driven}.input")
    maya.s.connect(f"{driven}.output", "face_shapes.jawOpen")
    maya.s.add("joint", "head")
    maya.s.lock("head.rotate")
    names = ["face_shapes.mouthLeft", "face_shapes.mouthRight", "face_shapes.jawOpen", "head.rotateX"]
    curves = {
        name: curve_of([0, 1]) for name in [*names, "face_shapes.mouthClose", "gone.jawOpen", "face.nope"]
    }
    written = write(curves)
    assert written.plugs == ("face_shapes.mouthClose",)
    reasons = {held.plug: held.reason for held in written.skipped}
    assert reasons["face_shapes.mouthLeft"] == "it is locked"
    assert reasons["face_shapes.mouthRight"] == "math.outputX drives it"
    assert "ctrl.jawOpen" in reasons["face_shapes.jawOpen"]
    assert reasons["head.rotateX"] == "it is locked"
    assert "no such node" in reasons["gone.jawOpen"]
    assert "no such attribute" in reasons["face.nope"]


def test_with_consent_locks_and_connections_are_broken_and_undone(maya):
    rigs.add_face(maya)
    maya.s.lock("face_shapes.mouthLeft")
    maya.s.add("multiplyDivide", "math")
    maya.s.connect("math.outputX", "face_shapes.mouthRight")
    before = snapshot(maya)
    names = ("face_shapes.mouthLeft", "face_shapes.mouthRight")
    written = write({name: curve_of([0, 1]) for name in names}, break_held=True)
    assert set(written.broken) == set(names)
    assert not written.skipped
    maya.cmds.undo()
    assert snapshot(maya) == before


def test_what_a_reference_locks_is_left_alone_even_with_consent(maya):
    rigs.add_face(maya, "hero:face", reference="heroRN")
    i, name = maya.s.plug("hero:face_shapes.mouthLeft")
    maya.s.lock("hero:face_shapes.mouthLeft")
    maya.s.t["reflocked", i, name] = True
    maya.s.add_keys("hero:face_shapes.jawOpen", {1: 0.5}, reference="heroRN")
    plugs = [f"hero:face_shapes.{name}" for name in ("mouthLeft", "jawOpen", "mouthClose")]
    written = write({plug: curve_of([0, 1]) for plug in plugs}, break_held=True)
    assert written.plugs == ("hero:face_shapes.mouthClose",)
    assert "Maya refuses" in next(h.reason for h in written.skipped if h.plug.endswith("mouthLeft"))
    assert "referenced file" in next(h.reason for h in written.skipped if h.plug.endswith("jawOpen"))


def test_when_nothing_can_be_keyed_nothing_is_changed(maya):
    rigs.add_face(maya)
    maya.s.lock("face_shapes.jawOpen")
    before = snapshot(maya)
    with pytest.raises(RigError, match="it is locked"):
        write({"face_shapes.jawOpen": curve_of([0, 1])})
    assert snapshot(maya) == before
    assert maya.s.queue.done == []


def test_a_failure_half_way_takes_back_the_half(maya, monkeypatch):
    rigs.add_face(maya)
    maya.s.add_keys("face_shapes.jawOpen", {1: 0.5})
    before = snapshot(maya)
    from mien_maya.scene import keys

    real, count = keys._add_keys, iter(range(9))

    def fails(*arguments):
        if next(count) == 1:
            raise RuntimeError("(kFailure): Unexpected Internal Failure")
        return real(*arguments)

    monkeypatch.setattr(keys, "_add_keys", fails)
    with pytest.raises(RigError, match="Internal Failure"):
        write({f"face_shapes.{name}": curve_of([0, 1, 0]) for name in ("jawOpen", "mouthLeft", "cheekPuff")})
    assert snapshot(maya) == before
    monkeypatch.undo()
    write({"face_shapes.jawOpen": curve_of([0, 1])})


class TestLayers:
    def test_a_new_layer_overrides_and_the_base_keeps_its_keys(self, maya):
        rigs.add_face(maya)
        base = maya.s.add_keys("face_shapes.jawOpen", {1: 0.9, 5: 0.9})
        before = snapshot(maya)
        curves = {f"face_shapes.{name}": curve_of([0.1, 0.2, 0.3]) for name in ("jawOpen", "mouthLeft")}
        written = write(curves, layer="Mien")
        assert written.layer == "Mien"
        assert maya.s.curve_keys(base) == [(1, 0.9), (5, 0.9)]
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=2) == pytest.approx(0.2)
        assert maya.cmds.getAttr("face_shapes.mouthLeft", time=3) == pytest.approx(0.3)
        for _ in range(2):
            maya.cmds.undo()
            assert snapshot(maya) == before
            maya.cmds.redo()

    def test_baking_again_into_the_layer_replaces_its_own_keys_only(self, maya):
        rigs.add_face(maya)
        maya.s.add_keys("face_shapes.jawOpen", {1: 0.9, 5: 0.9})
        for value in (0.1, 0.4):
            write({"face_shapes.jawOpen": curve_of([value] * 3)}, layer="Mien")
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=2) == pytest.approx(0.4)
        assert len([key for key in maya.s.t if key[0] == "layer"]) == 1

    def test_the_base_of_a_layered_channel_is_written_below_the_layer(self, maya):
        rigs.add_face(maya)
        write({"face_shapes.jawOpen": curve_of([0.4] * 3)}, layer="Mien")
        write({"face_shapes.jawOpen": curve_of([0.7] * 3), "face_shapes.mouthLeft": curve_of([0.6] * 3)})
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=2) == pytest.approx(0.4)
        maya.cmds.animLayer("Mien", edit=True, mute=True)
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=2) == pytest.approx(0.7)
        assert maya.s.curve_keys("face_shapes.mouthLeft") == [(1, 0.6), (2, 0.6), (3, 0.6)]

    @pytest.mark.parametrize(
        ("how", "said", "seen"),
        [
            ({}, "", 0.4),
            ({"mute": True}, "it is muted", 0.2),
            ({"solo": True}, "", 0.4),
            ({"weight": 0.5}, "its weight is 0.5", 0.3),
            ({"override": False}, "it adds to what is below it", 0.6),
        ],
    )
    def test_what_dims_a_layer_stays_and_is_said(self, maya, how, said, seen):
        """Mute, solo and weight are the animator's: the keys are as they were baked."""
        rigs.add_face(maya)
        maya.s.add_keys("face_shapes.jawOpen", {1: 0.2, 5: 0.2})
        maya.cmds.animLayer("Mien", **{"override": True, **how})
        written = write({"face_shapes.jawOpen": curve_of([0.4] * 3)}, layer="Mien")
        assert written.dimmed == said
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=2) == pytest.approx(seen)
        for flag, value in how.items():
            assert maya.cmds.animLayer("Mien", query=True, **{flag: True}) == value
        maya.cmds.animLayer("Mien", edit=True, mute=False, weight=1.0, override=True)
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=2) == pytest.approx(0.4)

    def test_a_layer_under_anothers_solo_or_with_an_animated_weight_is_said(self, maya):
        rigs.add_face(maya)
        maya.cmds.animLayer("Mien", override=True)
        maya.cmds.animLayer("Other", solo=True)
        curves = {"face_shapes.jawOpen": curve_of([0.4] * 3)}
        assert write(curves, layer="Mien").dimmed == "another layer's mute or solo hides it"
        maya.cmds.animLayer("Other", edit=True, solo=False)
        maya.s.add_keys("Mien.weight", {1: 0.0, 5: 1.0})
        assert write(curves, layer="Mien").dimmed == "its weight is animated"

    def test_the_report_says_what_dims_the_layer(self, maya):
        from mien_maya import batch

        rigs.add_face(maya)
        maya.cmds.animLayer("Mien", override=True, mute=True)
        written = write({"face_shapes.jawOpen": curve_of([0.4] * 3)}, layer="Mien")
        assert batch.told(written) == "1 channels, frames 1 to 3, on the layer Mien (it is muted)."

    def test_a_locked_layer_is_refused_before_anything_is_touched(self, maya):
        rigs.add_face(maya)
        maya.cmds.animLayer("Mien", override=True)
        maya.cmds.animLayer("Mien", edit=True, lock=True)
        before = snapshot(maya)
        with pytest.raises(RigError, match="layer Mien is locked"):
            write({"face_shapes.jawOpen": curve_of([0, 1])}, layer="Mien")
        assert snapshot(maya) == before


def test_52_channels_of_3000_keys_take_few_commands(maya):
    rigs.add_face(maya)
    from mien.arkit import NAMES

    frames = np.arange(1.0, 3001.0)
    from mien_maya.scene import Curve

    begun = time.perf_counter()
    write({f"face_shapes.{name}": Curve(frames, np.sin(frames)) for name in NAMES})
    assert time.perf_counter() - begun < 30, "the adapter goes key by key"
    assert len(maya.s.calls) < 52 * 25
    assert maya.s.calls.count("setKeyframe") == 52
