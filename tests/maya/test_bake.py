"""From a take to keys on a character: planned curves, the batch command, live. Against the fake Maya."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rigs
from mien.arkit import INDEX, NAMES
from mien.errors import RigError, TakeError
from mien.rig.map_file import write_map
from mien.rig.retarget_map import Channel, RetargetMap, Term
from mien.rig.targets import Target
from mien.take import Take, save_take
from mien.tune import TuneSettings


@pytest.fixture
def jaw_take(tmp_path: Path) -> Path:
    """Two seconds at 30 fps: the jaw opens evenly from 0 to 0.8, the head nods to 20 degrees."""
    times = np.arange(61) / 30
    weights = np.zeros((61, 52), np.float32)
    weights[:, INDEX["jawOpen"]] = 0.8 * times / times[-1]
    pose = np.zeros((61, 3))
    pose[:, 0] = 20 * times / times[-1]
    save_take(Take.from_weights(times, weights, pose=pose), tmp_path / "jaw.mien")
    return tmp_path / "jaw.mien"


@pytest.mark.parametrize(
    ("unit", "count"), [("film", 49), ("ntsc", 61), ("pal", 51), ("23.976fps", 48), ("ntscf", 121)]
)
def test_a_key_on_each_whole_frame_of_the_scenes_rate(start_maya, jaw_take: Path, unit: str, count: int):
    maya = start_maya(time=unit)
    from mien_maya import bake, scene
    from mien_maya.plan import BakeOptions

    rigs.add_face(maya)
    written = bake(jaw_take, ["face"], options=BakeOptions(start=101.0))
    keys = np.array(maya.s.curve_keys("face_shapes.jawOpen"))
    assert list(keys[:, 0]) == list(range(101, 101 + count))
    assert (written.first, written.last) == (101, 100 + count)
    middle = np.interp((keys[10:-10, 0] - 101) / scene.frames_per_second(), [0, 2], [0, 0.8])
    assert np.abs(keys[10:-10, 1] - middle).max() < 0.02


def test_sub_frames_and_fewer_keys(maya, jaw_take: Path):
    from mien_maya import bake
    from mien_maya.plan import BakeOptions

    rigs.add_face(maya)
    bake(jaw_take, ["face"], options=BakeOptions(whole_frames=False))
    frames = [frame for frame, _ in maya.s.curve_keys("face_shapes.jawOpen")]
    assert np.allclose(frames, 1 + 24 * np.arange(61) / 30, atol=1e-6)
    written = bake(jaw_take, ["face"], options=BakeOptions(tolerance=0.01))
    assert written.keys < 52 * 10
    assert len(maya.s.curve_keys("face_shapes.cheekPuff")) == 2


def test_only_channels_with_a_shapes_name_get_keys_whatever_their_spelling(maya, jaw_take: Path):
    from mien_maya import bake

    rigs.add_face(maya, targets=("head_jawOpen", "EyeBlinkLeft", "wrinkle_07"))
    written = bake(jaw_take, ["face"])
    assert set(written.plugs) == {"face_shapes.head_jawOpen", "face_shapes.EyeBlinkLeft"}
    assert max(value for _, value in maya.s.curve_keys("face_shapes.head_jawOpen")) > 0.7


def test_a_map_a_layer_settings_and_a_namespace(maya, jaw_take: Path, tmp_path: Path):
    from mien_maya import bake
    from mien_maya.plan import BakeOptions

    rigs.add_face(maya, "hero:face", ("a", "b"), reference="heroRN")
    target = Target("a", "blendshape", "face_shapes")
    write_map(RetargetMap((Channel(target, (Term(("jawOpen",), 0.5),)),)), tmp_path / "map.json")
    settings = TuneSettings(gain=0.5, smoothing=0.0)
    written = bake(jaw_take, ["hero:face"], tmp_path / "map.json", settings, BakeOptions(layer="Mien"))
    assert (written.plugs, written.layer) == (("hero:face_shapes.a",), "Mien")
    assert maya.cmds.getAttr("hero:face_shapes.a", time=49.0) == pytest.approx(0.2, abs=1e-3)


def test_the_head_turns_a_joint_in_its_own_rotation_order(maya, jaw_take: Path):
    from mien.interchange import read
    from mien_maya import scene
    from mien_maya.batch import write
    from mien_maya.plan import BakeOptions, channels
    from mien_maya.rigging import Rig
    from mien_maya.road.kept import Joint

    maya.s.add("joint", "hero:head")
    maya.cmds.setAttr("hero:head.rotateOrder", 2)
    lie = scene.lie_of("hero:head")
    joint = Joint("hero:head", lie.axes.up, lie.axes.forward, lie.order)
    mapping = Rig().whole({"head": ("head", joint)}, mirror=False)
    made = channels(read(jaw_take), TuneSettings(smoothing=0), mapping, 24.0, BakeOptions())
    written = write(made, "hero", BakeOptions())
    assert set(written.plugs) == {f"hero:head.rotate{axis}" for axis in "XYZ"}
    assert maya.s.curve_keys("hero:head.rotateX")[-1] == (49.0, pytest.approx(20.0, abs=0.1))
    assert maya.s.value(*maya.s.plug("hero:head.rotateX"), ticks=10**10) == pytest.approx(
        np.radians(20), abs=2e-3
    )


@pytest.mark.parametrize("what", ["no shape", "damaged", "no face"])
def test_what_can_not_be_baked_is_refused_and_changes_nothing(maya, jaw_take: Path, what: str):
    from mien_maya import bake

    rigs.add_face(maya, targets=("wrinkle_07",) if what == "no shape" else NAMES)
    if what == "damaged":
        jaw_take.write_bytes(jaw_take.read_bytes()[:200])
    elif what == "no face":
        save_take(Take.from_weights([0.0, 0.1], np.full((2, 52), np.nan)), jaw_take)
    before = dict(maya.s.t)
    with pytest.raises(RigError if what == "no shape" else TakeError):
        bake(jaw_take, ["face"])
    assert dict(maya.s.t) == before


class TestBatch:
    def test_a_scene_is_opened_baked_and_saved_under_another_name(self, maya, jaw_take, tmp_path, capsys):
        from mien_maya import batch

        scene, output = tmp_path / "rig.ma", tmp_path / "shot.mb"
        scene.write_text("//Maya ASCII")
        rigs.add_face(maya)
        words = [str(scene), str(jaw_take), "face", "-o", str(output), "--layer", "Mien", "--start", "1001"]
        assert batch.main(words) == 0
        assert maya.ui.files == [
            ("begin", "python"),
            ("open", str(scene)),
            ("save", str(output)),
            ("end", ""),
        ]
        assert "52 channels, frames 1001 to 1049, on the layer Mien." in capsys.readouterr().out

    def test_errors_have_their_exit_codes_and_nothing_is_saved(self, maya, jaw_take, tmp_path, capsys):
        from mien_maya import batch

        words = [str(tmp_path / "gone.ma"), str(jaw_take), "face", "-o", str(tmp_path / "out.mb")]
        assert batch.main(words) == 3
        assert "There is no scene" in capsys.readouterr().err
        (tmp_path / "gone.ma").write_text("")
        assert batch.main(words) == 8
        assert not [name for what, name in maya.ui.files if what == "save"]


class TestLiveRig:
    def targets(self):
        jaw = Target("jawOpen", "blendshape", "face_shapes")
        return [jaw, Target("head", "transform", axis="rx"), Target("head", "transform", axis="ty")]

    def test_it_writes_what_the_map_gives_and_gives_all_back(self, start_maya):
        maya = start_maya(linear="m")
        from mien_maya import scene

        rigs.add_face(maya, targets=("jawOpen", "mouthLeft"))
        maya.s.add("joint", "head")
        maya.cmds.setAttr("head.rotateX", 5.0)
        maya.s.add_keys("face_shapes.jawOpen", {1: 0.25, 9: 0.5})
        before, queue = dict(maya.s.t), list(maya.s.queue.done)
        rig = scene.LiveRig(self.targets(), "")
        rig.hold()
        rig.write(np.array([0.75, 30.0, 2.0], np.float32))
        assert maya.cmds.getAttr("face_shapes.jawOpen") == pytest.approx(0.75)
        assert maya.cmds.getAttr("head.rotateX") == pytest.approx(30.0)
        assert maya.cmds.getAttr("head.translateY") == pytest.approx(2.0)
        rig.restore()
        kept = {key: value for key, value in maya.s.t.items() if key in before}
        assert kept == before
        assert maya.cmds.getAttr("face_shapes.jawOpen", time=9) == pytest.approx(0.5)
        assert maya.s.queue.done == queue, "nothing of it is for undo"
        assert maya.s.queue.on

    def test_a_part_that_goes_is_said_and_the_rest_is_given_back(self, maya):
        from mien_maya import scene

        rigs.add_face(maya)
        maya.s.add("joint", "head")
        rig = scene.LiveRig(self.targets(), "")
        rig.hold()
        maya.cmds.delete("head")
        with pytest.raises(RigError, match="gone: head"):
            rig.write(np.zeros(3))
        rig.restore()

    def test_what_is_locked_is_left_alone(self, maya):
        from mien_maya import scene

        rigs.add_face(maya)
        maya.s.add("joint", "head")
        maya.s.lock("head.rotateX")
        rig = scene.LiveRig(self.targets(), "")
        assert [held.plug for held in rig.held] == ["head.rotateX"]
        rig.hold()
        rig.write(np.array([0.5, 30.0, 2.0]))
        assert maya.cmds.getAttr("head.translateY") == pytest.approx(2.0)
        assert maya.cmds.getAttr("head.rotateX") == 0.0
