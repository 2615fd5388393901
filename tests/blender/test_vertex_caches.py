"""Caches of moving vertices, played by Blender itself: Mesh Cache modifier (PC2, MDD) and USD import."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mien_models.actor.caches import VertexClip, write_cache

SIDE = 5
RATE = 24.0
FIRST = 10


@pytest.fixture
def clip() -> VertexClip:
    """Seven frames of a bent sheet, millimetres, 24 a second."""
    rng = np.random.default_rng(0)
    rest = np.stack([*np.meshgrid(np.arange(SIDE), np.arange(SIDE)), np.zeros((SIDE, SIDE))], -1).reshape(
        -1, 3
    )
    return VertexClip(
        np.arange(7) / RATE, (100 * rest + rng.normal(0, 20, (7, SIDE**2, 3))).astype(np.float32)
    )


def faces() -> list[list[int]]:
    """Quads, and one corner cut into two triangles."""
    quads = [[r * SIDE + c, r * SIDE + c + 1, (r + 1) * SIDE + c + 1, (r + 1) * SIDE + c]
             for r in range(SIDE - 1) for c in range(SIDE - 1)]  # fmt: skip
    a, b, c, d = quads.pop()
    return [*quads, [a, b, c], [a, c, d]]


def played(thing, frame: float) -> np.ndarray:
    """The evaluated vertices (V, 3) in the world."""
    bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    places = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", places.ravel())
    world = np.array(evaluated.matrix_world)
    return places @ world[:3, :3].T + world[:3, 3]


def with_modifier(clip: VertexClip, path: Path):
    mesh = bpy.data.meshes.new("sheet")
    mesh.from_pydata(np.zeros((clip.vertices.shape[1], 3)).tolist(), [], faces())
    thing = bpy.data.objects.new("sheet", mesh)
    bpy.context.scene.collection.objects.link(thing)
    modifier = thing.modifiers.new("Cache", "MESH_CACHE")
    modifier.cache_format = path.suffix[1:].upper()
    modifier.filepath = str(path)
    modifier.frame_start = FIRST
    return thing


def scene_at(rate: float) -> None:
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = round(rate), 1.0


@pytest.mark.parametrize("suffix", [".pc2", ".mdd"])
def test_the_mesh_cache_modifier_plays_every_frame(clip, tmp_path, suffix):
    scene_at(RATE)
    write_cache(tmp_path / f"sheet{suffix}", clip, rate=RATE, start_frame=FIRST, unit="m")
    thing = with_modifier(clip, tmp_path / f"sheet{suffix}")
    for at in range(len(clip)):
        np.testing.assert_allclose(played(thing, FIRST + at), clip.vertices[at] / 1000, atol=1e-6)
    between = played(thing, FIRST + 2.5)
    np.testing.assert_allclose(between, clip.vertices[2:4].mean(0) / 1000, atol=1e-5)


def test_a_film_of_another_rate_keeps_its_seconds(clip, tmp_path):
    """The clip's 24 frames a second become the scene's 48: every second frame is one of the clip's."""
    scene_at(48)
    write_cache(tmp_path / "sheet.mdd", clip, rate=48.0)
    thing = with_modifier(clip, tmp_path / "sheet.mdd")
    for at in range(len(clip)):
        np.testing.assert_allclose(played(thing, FIRST + 2 * at), clip.vertices[at] / 1000, atol=1e-6)


def test_usd_is_imported_with_its_motion(clip, tmp_path):
    scene_at(RATE)
    before = set(bpy.data.objects)
    write_cache(tmp_path / "sheet.usda", clip, rate=RATE, start_frame=FIRST, unit="m", faces=faces())
    bpy.ops.wm.usd_import(filepath=str(tmp_path / "sheet.usda"), set_frame_range=True)
    (thing,) = [each for each in set(bpy.data.objects) - before if each.type == "MESH"]
    assert [list(face.vertices) for face in thing.data.polygons] == faces()
    assert (bpy.context.scene.frame_start, bpy.context.scene.frame_end) == (FIRST, FIRST + 6)
    for at in range(len(clip)):
        x, y, z = clip.vertices[at].T / 1000  # Blender's z is up
        np.testing.assert_allclose(played(thing, FIRST + at), np.stack([x, -z, y], 1), atol=1e-5)


def test_alembic_is_imported_with_its_motion(clip, tmp_path):
    pytest.importorskip("alembic3d", reason="Alembic is written with alembic3d, which is optional")
    scene_at(RATE)
    before = set(bpy.data.objects)
    write_cache(tmp_path / "sheet.abc", clip, rate=RATE, start_frame=FIRST, unit="m", faces=faces())
    bpy.ops.wm.alembic_import(filepath=str(tmp_path / "sheet.abc"), as_background_job=False)
    (thing,) = [each for each in set(bpy.data.objects) - before if each.type == "MESH"]
    corners = [list(face.vertices) for face in thing.data.polygons]
    assert [sorted(face) for face in corners] == [sorted(face) for face in faces()]
    assert all(_turned(face, wanted) for face, wanted in zip(corners, faces())), "faces look the other way"
    for at in range(len(clip)):
        x, y, z = clip.vertices[at].T / 1000  # Blender's z is up
        np.testing.assert_allclose(played(thing, FIRST + at), np.stack([x, -z, y], 1), atol=1e-5)


def _turned(face: list[int], wanted: list[int]) -> bool:
    """Whether two faces are the same, from whichever corner on."""
    return any(face[at:] + face[:at] == wanted for at in range(len(face)))
