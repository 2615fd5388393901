"""Make the 52 Shapes: points by guess and by hand, a real worker, shape keys on all meshes, one undo."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import head as head_module
from bl_ext.user_default.mien import scene, shaping
from bl_ext.user_default.mien.session import SESSION
from faces import add_face
from mien import arkit
from mien.rig import reference_head
from mien.rig.picked_points import POINTS


@pytest.fixture
def bare() -> bpy.types.Object:
    """The reference head in two objects without shape keys: skin and lips; all the rest. Scaled and moved."""
    model = reference_head.load()
    bpy.ops.mien.add_reference_head()
    head = bpy.context.active_object
    head.shape_key_clear()
    rest = np.array([name not in ("skin", "lips", "mouth") for name in model.material_names])
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    head.data.polygons.foreach_set("select", rest[model.materials])
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.separate(type="SELECTED")
    bpy.ops.object.mode_set(mode="OBJECT")
    other = next(thing for thing in bpy.context.selected_objects if thing != head)
    other.name, head.name = "Eyes", "Skin"
    other.parent = head
    head.scale = (2.0, 2.0, 2.0)
    head.location.x = 3.0
    bpy.context.view_layer.update()
    settings = bpy.context.scene.mien
    settings.characters.clear()
    settings.mesh = head
    settings.character.parts.add().mesh = other
    return head


def test_points_are_guessed_near_where_they_belong(bare: bpy.types.Object) -> None:
    assert bpy.ops.mien.place_points(by_size=True) == {"FINISHED"}
    points = shaping.points_of(bpy.context.scene)
    assert set(points) == set(POINTS)
    model = reference_head.load()
    placed = head_module.to_blender(model, model.neutral, 0.25)
    for name, number in POINTS.items():
        own = bare.matrix_world @ type(bare.location)(placed[model.landmarks[number]].tolist())
        assert (points[name].matrix_world.translation - own).length < 0.02 * 0.5, name
    points["chin"].location.z += 1.0
    assert bpy.ops.mien.place_points(by_size=True) == {"FINISHED"}
    assert len(shaping.points_of(bpy.context.scene)) == 16


def test_points_go_onto_the_face_at_rest_however_it_is_posed() -> None:
    bpy.ops.mien.add_reference_head()
    head = bpy.context.active_object
    spots = []
    for opened in (0.0, 1.0):
        head.data.shape_keys.key_blocks["jawOpen"].value = opened
        bpy.context.view_layer.update()
        assert bpy.ops.mien.place_points(by_size=True) == {"FINISHED"}
        points = shaping.points_of(bpy.context.scene)
        spots.append({name: tuple(point.location) for name, point in points.items()})
        for point in points.values():
            bpy.data.objects.remove(point)
    assert len(spots[0]) == 16
    assert spots[0] == spots[1]


def test_the_network_sees_the_points(bare: bpy.types.Object) -> None:
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.place_points("EXEC_DEFAULT", True) == {"FINISHED"}
    points = shaping.points_of(bpy.context.scene)
    assert set(points) == set(POINTS)
    model = reference_head.load()
    placed = head_module.to_blender(model, model.neutral, 0.25)
    off = {}
    for name, number in POINTS.items():
        own = bpy.data.objects["Skin"].matrix_world @ type(bare.location)(
            placed[model.landmarks[number]].tolist()
        )
        off[name] = (points[name].matrix_world.translation - own).length
    assert max(off.values()) < 0.02, off  # metres, of a head 0.5 m high
    assert not list(Path(bpy.app.tempdir or ".").glob("mien-*/*")), "scratch files stay"
    bpy.ops.ed.undo()
    assert not shaping.points_of(bpy.context.scene)


def test_where_no_face_is_seen_the_points_are_placed_by_size(toy_folder: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.scene.mien.mesh = bpy.context.active_object
    assert bpy.ops.mien.place_points() == {"FINISHED"}
    assert len(shaping.points_of(bpy.context.scene)) == 16


def test_a_point_goes_to_the_selected_vertex(bare: bpy.types.Object) -> None:
    bpy.ops.mien.place_points(by_size=True)
    bpy.context.view_layer.objects.active = bare
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    bare.data.vertices[7].select = True
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.mien.point_from_vertex(point="chin") == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    chin = shaping.points_of(bpy.context.scene)["chin"].matrix_world.translation
    assert (chin - bare.matrix_world @ bare.data.vertices[7].co).length < 1e-5


def test_the_shapes_come_onto_all_meshes_in_one_undo(bare: bpy.types.Object) -> None:
    bpy.ops.mien.place_points(by_size=True)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.make_shapes("EXEC_DEFAULT", True) == {"FINISHED"}
    skin, eyes = bpy.data.objects["Skin"], bpy.data.objects["Eyes"]
    assert len(scene.channel_names("Skin")) >= 45
    assert {"eyeLookUpLeft", "jawOpen"} <= set(scene.channel_names("Eyes"))
    assert not any(block.value for block in skin.data.shape_keys.key_blocks[1:])
    model = reference_head.load()
    rest = head_module.to_blender(model, model.neutral, 0.25)
    for thing, shape in ((skin, "jawOpen"), (skin, "mouthSmileLeft"), (eyes, "jawOpen")):
        own = head_module.to_blender(model, model.neutral + model.deltas[arkit.INDEX[shape]], 0.25) - rest
        made = np.empty(len(thing.data.vertices) * 3, np.float32)
        thing.data.shape_keys.key_blocks[shape].data.foreach_get("co", made)
        base = np.empty_like(made)
        thing.data.shape_keys.reference_key.data.foreach_get("co", base)
        furthest = np.linalg.norm((made - base).reshape(-1, 3), axis=1).max()
        assert furthest == pytest.approx(np.linalg.norm(own, axis=1).max(), rel=0.35), (thing.name, shape)
    items = {item.name for item in bpy.context.scene.mien.character.channels if not item.mute}
    assert {"jawOpen", "Eyes.jawOpen"} <= items
    bpy.ops.ed.undo()
    assert bpy.data.objects["Skin"].data.shape_keys is None
    assert bpy.data.objects["Eyes"].data.shape_keys is None


def test_too_few_points_are_said_by_the_greyed_button(bare: bpy.types.Object) -> None:
    with pytest.raises(RuntimeError, match="0 of 8 points are there"):
        bpy.ops.mien.make_shapes()
    bpy.ops.mien.place_points(by_size=True)
    for name in list(shaping.points_of(bpy.context.scene))[:9]:
        bpy.data.objects.remove(shaping.points_of(bpy.context.scene)[name])
    with pytest.raises(RuntimeError, match="7 of 8"):
        bpy.ops.mien.make_shapes()


def test_points_that_are_no_face_are_refused_and_nothing_changes(bare: bpy.types.Object) -> None:
    bpy.ops.mien.place_points(by_size=True)
    points = shaping.points_of(bpy.context.scene)
    for i, name in enumerate(points):
        points[name].location = (0.01 * i, 0.0, 0.0)
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match="lie in a plane"):
        bpy.ops.mien.make_shapes()
    assert bare.data.shape_keys is None
    assert not SESSION.running


def test_half_a_mesh_is_refused(bare: bpy.types.Object) -> None:
    bare.modifiers.new("Mirror", "MIRROR")
    bpy.ops.mien.place_points(by_size=True)
    with pytest.raises(RuntimeError, match="only half a mesh"):
        bpy.ops.mien.make_shapes()


def test_shapes_that_are_there_stay(tmp_path: Path) -> None:
    face = add_face(shapes=("jawOpen",))
    deltas = np.zeros((52, 3, 3), np.float32)
    deltas[:, 0] = 0.5
    np.savez(tmp_path / "shapes.npz", names=np.array(arkit.NAMES), deltas=deltas)
    made, had = shaping.read_shapes(bpy.context.scene.mien.character, tmp_path / "shapes.npz")
    assert (made, had) == (51, ("jawOpen",))
    assert face.data.shape_keys.key_blocks["jawOpen"].data[0].co.z == pytest.approx(1.0)
    np.savez(tmp_path / "shapes.npz", names=np.array(arkit.NAMES), deltas=deltas[:, :2])
    with pytest.raises(Exception, match="changed meanwhile"):
        shaping.read_shapes(bpy.context.scene.mien.character, tmp_path / "shapes.npz")
