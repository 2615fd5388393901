"""Add Reference Head: a mesh with the 52 shape keys, each moving what the model says."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import head as head_module
from bl_ext.user_default.mien import scene
from faces import action_curves
from mathutils import Vector
from mien import arkit
from mien.rig import reference_head
from mien.rig.blendshape_model import BlendshapeModel


@pytest.fixture(scope="module")
def model() -> BlendshapeModel:
    return reference_head.load()


@pytest.fixture
def head(model: BlendshapeModel) -> bpy.types.Object:
    assert bpy.ops.mien.add_reference_head() == {"FINISHED"}
    return bpy.context.active_object


def test_it_is_made_of_quads_with_uvs_and_materials(head: bpy.types.Object, model: BlendshapeModel) -> None:
    mesh = head.data
    assert (len(mesh.vertices), len(mesh.polygons)) == (len(model.neutral), len(model.faces))
    sizes = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("loop_total", sizes)
    assert (sizes == 4).mean() > 0.95
    uvs = np.empty(len(mesh.loops) * 2, dtype=np.float32)
    mesh.uv_layers.active.data.foreach_get("uv", uvs)
    assert np.ptp(uvs) > 0.5
    assert len(mesh.materials) == len(model.material_names)


def test_it_has_a_natural_size_and_looks_along_minus_y(
    head: bpy.types.Object, model: BlendshapeModel
) -> None:
    assert head.dimensions.z == pytest.approx(0.25, abs=1e-4)
    points = np.empty(len(head.data.vertices) * 3, dtype=np.float32)
    head.data.vertices.foreach_get("co", points)
    nose, eyes, left_eye = (points.reshape(-1, 3)[model.landmarks[i]] for i in (30, 27, 45))
    assert nose[1] < eyes[1]
    assert nose[2] < eyes[2]
    assert left_eye[0] > 0.0


def test_its_keys_are_the_52_at_rest(head: bpy.types.Object) -> None:
    assert scene.channel_names(head.name) == arkit.NAMES
    for name in arkit.NAMES:
        block = head.data.shape_keys.key_blocks[name]
        assert (block.value, block.slider_min, block.slider_max) == (0.0, 0.0, 1.0)


def test_the_shapes_move_as_the_model_says(head: bpy.types.Object, model: BlendshapeModel) -> None:
    weights = np.zeros(arkit.COUNT, dtype=np.float32)
    for name, value in (("jawOpen", 0.8), ("eyeBlinkLeft", 0.5)):
        weights[arkit.INDEX[name]] = head.data.shape_keys.key_blocks[name].value = value
    mesh = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    points = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    expected = head_module.to_blender(model, model.evaluate(weights), 0.25)
    np.testing.assert_allclose(points.reshape(-1, 3), expected, atol=1e-5)


def test_it_becomes_the_face_to_animate_and_undo_takes_it_back(model: BlendshapeModel) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mien.add_reference_head("EXEC_DEFAULT", True)
    face = bpy.context.scene.mien.mesh
    assert face.name in bpy.context.scene.objects
    assert not action_curves(face)
    bpy.ops.ed.undo()
    assert not bpy.data.objects
    assert bpy.context.scene.mien.mesh is None


def test_a_second_one_shares_the_materials(head: bpy.types.Object) -> None:
    materials = len(bpy.data.materials)
    bpy.ops.mien.add_reference_head()
    assert bpy.context.active_object.name != head.name
    assert len(bpy.data.materials) == materials


def test_not_into_a_collection_of_another_file(tmp_path: Path) -> None:
    collection = bpy.data.collections.new("Theirs")
    bpy.context.scene.collection.children.link(collection)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, into):
        into.collections = ["Theirs"]
    bpy.context.scene.collection.children.link(bpy.data.collections["Theirs"])
    layers = bpy.context.view_layer.layer_collection.children
    bpy.context.view_layer.active_layer_collection = layers["Theirs"]
    with pytest.raises(RuntimeError, match="Nothing can be added to the collection Theirs"):
        bpy.ops.mien.add_reference_head()
    assert not bpy.data.meshes


def test_the_demo_brings_footage_and_a_head() -> None:
    from mien.sources import open_video

    settings = bpy.context.scene.mien
    assert bpy.ops.mien.demo() == {"FINISHED"}
    assert len(scene.channel_names(settings.mesh.name)) == 52
    with open_video(settings.video) as footage:
        assert footage.frames == 198
    assert bpy.ops.mien.demo() == {"FINISHED"}
    assert len(settings.characters) == 1, "a second head"


def test_the_demos_head_stands_beside_a_new_files_cube() -> None:
    bpy.ops.mesh.primitive_cube_add(size=2.0)
    assert bpy.ops.mien.demo() == {"FINISHED"}
    bpy.context.view_layer.update()
    face = bpy.context.scene.mien.mesh
    assert min((face.matrix_world @ Vector(corner)).x for corner in face.bound_box) > 1.0


def test_not_in_edit_mode(head: bpy.types.Object) -> None:
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Object Mode"):
        bpy.ops.mien.add_reference_head()
