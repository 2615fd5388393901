"""What a character can be driven by, the footage, the head joint, the shapes, notes. Against the fake."""

from __future__ import annotations

import numpy as np
import pytest
import rigs
from mien.arkit import COUNT, NAMES
from mien.errors import RigError, SourceNotFoundError
from mien.rig.targets import Target


def test_the_targets_of_several_meshes_and_the_attributes_of_controls(maya):
    from mien_maya import scene

    rigs.add_face(maya, "face", ("jawOpen", "", "mouthClose"))
    rigs.add_face(maya, "teeth", ("jawOpen",))
    control = rigs.add_control(maya.s, attributes=("smile", "note"))
    maya.s.t["dyn", maya.s.one(control), "note"] = "string"
    maya.cmds.setAttr(f"{control}.scaleX", keyable=False)
    found = scene.character_of(["face", "teeth", control])
    paths = [target.path for target in found.targets]
    assert paths[:4] == [
        "face_shapes.jawOpen",
        "face_shapes.mouthClose",
        "teeth_shapes.jawOpen",
        "ctrl.smile",
    ]
    assert "ctrl.rx" in paths
    assert "ctrl.sx" not in paths
    assert "ctrl.note" not in paths


def test_a_namespace_is_taken_off_and_put_back_so_that_a_map_fits_every_copy(maya):
    from mien_maya import scene

    rigs.add_face(maya, "hero:face", ("jawOpen",), reference="heroRN")
    rigs.add_face(maya, "twin:face", ("jawOpen",), reference="twinRN")
    hero, twin = (scene.character_of([f"{name}:face"]) for name in ("hero", "twin"))
    assert hero.targets == twin.targets == (Target("jawOpen", "blendshape", "face_shapes"),)
    assert (hero.namespace, twin.namespace) == ("hero", "twin")
    assert scene.plug_of(twin.targets[0], twin.namespace) == "twin:face_shapes.jawOpen"
    head = Target("head", "transform", axis="rx")
    assert scene.plug_of(head, "a:b") == "a:b:head.rotateX"
    assert (
        scene.plug_of(Target("grp|head", "transform", axis="ty"), "hero") == "hero:grp|hero:head.translateY"
    )
    assert scene.plug_of(Target("bs.jawOpen", "blendshape"), "hero") == "hero:bs.jawOpen"


def test_nodes_of_two_namespaces_keep_theirs(maya):
    from mien_maya import scene

    rigs.add_face(maya, "a:face", ("jawOpen",))
    rigs.add_face(maya, "b:face", ("jawOpen",))
    both = scene.character_of(["a:face", "b:face"])
    assert both.namespace == ""
    assert [target.path for target in both.targets] == ["a:face_shapes.jawOpen", "b:face_shapes.jawOpen"]


@pytest.mark.parametrize(
    ("nodes", "words"), [([], "chosen"), (["gone:face"], "no object"), (["group"], "no blend")]
)
def test_what_can_not_be_driven_is_refused_in_words(maya, nodes, words):
    from mien_maya import scene

    maya.s.add("camera", "group")
    with pytest.raises(RigError, match=words):
        scene.character_of(nodes)


def test_two_nodes_of_one_name_are_told_apart_by_their_paths(maya):
    from mien_maya import scene

    for group in ("left", "right"):
        maya.s.add("transform", group)
        maya.s.add("joint", "eye", group)
    with pytest.raises(RigError, match="2 objects are called eye"):
        scene.character_of(["eye"])
    maya.cmds.select("left|eye")
    assert scene.selected() == ("left|eye",)
    paths = [target.path for target in scene.character_of(scene.selected()).targets]
    assert "left|eye.rx" in paths


def test_a_quaternion_has_no_place_in_maya(maya):
    from mien_maya import scene

    with pytest.raises(RigError, match="qw"):
        scene.plug_of(Target("head", "transform", axis="qw"))


class TestFootage:
    def test_the_sound_begins_where_the_keys_do(self, maya, tmp_path):
        from mien_maya import scene

        sound = tmp_path / "7 père.wav"
        sound.write_bytes(b"RIFF")
        node = scene.add_sound(sound, 101.5)
        i = maya.s.one(node)
        assert maya.s.t["attr", i, "offset"] == 101.5
        assert maya.s.t["attr", i, "filename"] == sound.as_posix()
        assert maya.ui.controls["timeSlider"] == {"sound": node}
        maya.cmds.undo()
        assert not maya.s.found(node)

    def test_a_missing_file_is_no_sound(self, maya, tmp_path):
        from mien_maya import scene

        with pytest.raises(SourceNotFoundError):
            scene.add_sound(tmp_path / "b.wav", 1)

    def test_the_pictures_of_a_sequence_run_with_the_keys_at_any_rate(self, start_maya, tmp_path):
        maya = start_maya(time="ntscf")
        from mien_maya import scene

        maya.s.add("transform", "shot")
        maya.s.add("camera", "shotShape", "shot")
        picture = tmp_path / "f.0100.png"
        picture.write_bytes(b"")
        shape = scene.add_image_plane(picture, "shotShape", 1.0, 118.0, (100, 159), is_movie=False)
        assert maya.s.curve_keys(f"{shape}.frameExtension") == [(1, 100), (119, 159)]
        assert maya.cmds.getAttr(f"{shape}.type") == 0.0
        (tmp_path / "f.mov").write_bytes(b"")
        movie = scene.add_image_plane(tmp_path / "f.mov", "shotShape", 1.0, 118.0, (0, 59), is_movie=True)
        assert maya.cmds.getAttr(f"{movie}.type") == 2
        with pytest.raises(RigError, match="no camera"):
            scene.add_image_plane(picture, "gone", 1.0, 1.0, (1, 1), is_movie=False)

    def test_the_cameras_are_told_the_users_own_first(self, maya):
        from mien_maya import scene

        for name in ("persp", "top", "shotCam"):
            maya.s.add("transform", name)
            maya.s.add("camera", f"{name}Shape", name)
        assert scene.cameras() == ["shotCam", "persp", "top"]


class TestHeadJoint:
    @pytest.mark.parametrize(
        ("rows", "up", "axes", "oblique"),
        [
            (np.eye(3), "y", ("+y", "+z"), False),
            ([[0, 1, 0], [0, 0, 1], [1, 0, 0]], "y", ("+x", "+y"), False),  # x up the neck, y forward
            ([[0, 2, 0], [0, 0, -2], [-2, 0, 0]], "y", ("+x", "-y"), False),  # scaled
            ([[1, 0, 0], [0, 0, 1], [0, -1, 0]], "z", ("+y", "+z"), False),
            ([[1, 0, 0], [0, 0.87, 0.5], [0, -0.5, 0.87]], "y", ("+y", "+z"), True),
        ],
    )
    def test_its_axes_are_read_from_how_it_stands(self, maya, rows, up, axes, oblique):
        from mien_maya.scene.joints import lie_from

        lie = lie_from(np.array(rows, float), up, "zxy")
        assert ((lie.axes.up, lie.axes.forward), lie.order, lie.oblique) == (axes, "zxy", oblique)

    def test_the_rotation_order_is_the_joints_own(self, maya):
        from mien_maya import scene

        maya.s.add("joint", "head")
        for number, order in enumerate(("xyz", "yzx", "zxy", "xzy", "yxz", "zyx")):
            maya.cmds.setAttr("head.rotateOrder", number)
            assert scene.lie_of("head").order == order


class TestShapes:
    def test_the_52_shapes_come_as_a_blendshape_before_the_other_deformers(self, maya):
        from mien_maya import scene

        rigs.add_face(maya, "hero:face", ("wrinkle",), reference="heroRN")
        face = scene.face_of("hero:face")
        assert face.vertices.tolist() == rigs.SQUARE.tolist()
        assert face.polygons == ((0, 1, 2, 3),)
        deltas = np.random.default_rng(1).normal(size=(COUNT, 4, 3)).astype(np.float32)
        before = dict(maya.s.t)
        node = scene.make_blendshape("hero:face", NAMES, deltas)
        assert maya.cmds.listAttr(f"{node}.weight", multi=True) == [*NAMES]
        i = maya.s.one(node)
        assert np.allclose([maya.s.t["delta", i, k] for k in range(COUNT)], deltas, atol=1e-6)
        mesh = maya.s.shape_of(maya.s.one("hero:face"))
        assert maya.s.t["history", mesh][-1] == i
        assert not maya.cmds.ls(*NAMES), "the copies are gone"
        maya.cmds.undo()
        assert dict(maya.s.t) == before

    def test_names_that_the_scene_has_already_are_still_the_targets_names(self, maya):
        from mien_maya import scene

        rigs.add_face(maya, "face", ("wrinkle",))
        maya.s.add("transform", "jawOpen")
        node = scene.make_blendshape("face", NAMES, np.zeros((COUNT, 4, 3), np.float32))
        assert maya.cmds.listAttr(f"{node}.weight", multi=True) == [*NAMES]
        assert maya.cmds.ls("jawOpen") == ["jawOpen"]

    def test_stopping_takes_all_back(self, maya):
        from mien_maya import scene

        rigs.add_face(maya, "face", ("wrinkle",))
        before = dict(maya.s.t)
        with pytest.raises(RigError, match="cancelled"):
            scene.make_blendshape("face", NAMES, np.zeros((COUNT, 4, 3), np.float32), lambda done: done < 5)
        assert dict(maya.s.t) == before

    def test_shapes_of_another_mesh_are_refused(self, maya):
        from mien_maya import scene

        rigs.add_face(maya, "face", ("wrinkle",))
        with pytest.raises(RigError, match="another mesh"):
            scene.make_blendshape("face", NAMES, np.zeros((COUNT, 5, 3), np.float32))


@pytest.mark.parametrize("text", ["", '{"a": "b\\\\c", "ü": "日本"}', 'C:\\new\\"quoted"\n'])
def test_notes_come_back_as_they_were(maya, text):
    from mien_maya import scene

    assert scene.read_note("mien") == ""
    scene.write_note("mien", text)
    assert scene.read_note("mien") == text
