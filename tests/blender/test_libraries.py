"""Linked and overridden meshes: keys that would be lost on saving are refused, the others last."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from faces import add_face, evaluated, save_ramp


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A .blend with a face in it; a new file is open afterwards."""
    path = tmp_path / "library.blend"
    add_face("Face")
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def link(path: Path) -> bpy.types.Object:
    with bpy.data.libraries.load(str(path), link=True) as (_, into):
        into.objects = ["Face"]
    face = next(thing for thing in bpy.data.objects if thing.library)
    bpy.context.scene.collection.objects.link(face)
    return face


def override(face: bpy.types.Object, mesh_too: bool) -> bpy.types.Object:
    own = face.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    if mesh_too:
        own.data = own.data.override_create(remap_local_usages=False)
    return own


def bake(face: bpy.types.Object, folder: Path) -> set[str]:
    take = folder / "ramp.mien"
    save_ramp(take)
    settings = bpy.context.scene.mien
    settings.mesh, settings.take = face, str(take)
    return bpy.ops.mien.bake()


@pytest.mark.parametrize("overridden", [False, True])
def test_a_linked_mesh_is_refused_and_nothing_is_written(
    library: Path, tmp_path: Path, overridden: bool
) -> None:
    face = link(library)
    if overridden:
        face = override(face, mesh_too=False)
    with pytest.raises(RuntimeError, match=r"linked from another file.*library override of its mesh"):
        bake(face, tmp_path)
    assert face.data.shape_keys.animation_data is None
    assert not bpy.data.actions


def test_an_overridden_mesh_keeps_its_keys_in_the_file(library: Path, tmp_path: Path) -> None:
    face = override(link(library), mesh_too=True)
    assert bake(face, tmp_path) == {"FINISHED"}
    assert evaluated(face, "jawOpen", 25) == pytest.approx(0.5, abs=0.03)
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    face = bpy.context.scene.mien.mesh
    assert face.library is None
    assert evaluated(face, "jawOpen", 25) == pytest.approx(0.5, abs=0.03)


def test_a_linked_action_is_refused(tmp_path: Path) -> None:
    face = add_face()
    face.data.shape_keys.key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    name = face.data.shape_keys.animation_data.action.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    face = add_face()
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, into):
        into.actions = [name]
    face.data.shape_keys.animation_data_create().action = bpy.data.actions[0]
    with pytest.raises(RuntimeError, match=r"The action .* is linked"):
        bake(face, tmp_path)
