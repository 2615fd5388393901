# SPDX-License-Identifier: GPL-3.0-or-later
"""The 52 shapes for a character: its meshes as one for the worker, and the worker's result as shape keys.

All is in the space of the face's own object; a point is an empty that says with a property which one it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree
from mien.errors import RigError
from numpy.typing import NDArray

from . import scene

if TYPE_CHECKING:
    from .properties.character import MienCharacter

POINT: Final = "mien_point"
"""The custom property of an empty that names the point it stands for."""

COLLECTION: Final = "Mien Points"


def check(character: MienCharacter) -> None:
    """RigError where shapes can't be made on the character's meshes."""
    for thing in character.meshes:
        if not thing.data.is_editable:
            raise RigError(
                f"The mesh of {thing.name} is linked from another file",
                "Make its mesh data local (Object, Relations, Make Local), or work in that file.",
            )
        if any(modifier.type == "MIRROR" for modifier in thing.modifiers):
            hint = "Apply the Mirror modifier first: both sides need shapes of their own."
            raise RigError(f"{thing.name} is only half a mesh", hint)


def place_points(
    target: bpy.types.Scene, character: MienCharacter, seen: Mapping[str, Sequence[float]] | None = None
) -> int:
    """Put the points, guessed, onto the face as empties; those that are there stay. How many were put.

    Parameters
    ----------
    seen : mapping of str to (x, y, z), optional
        Where the network saw some of them, in the world; the others lie to them as on the reference head.
    """
    face, there = character.mesh, points_of(target)
    rest = _rest(face)
    skin = BVHTree.FromPolygons(rest.tolist(), [polygon.vertices[:] for polygon in face.data.polygons])
    in_world = _in_space(rest, face.matrix_world)
    guessed = _guessed(in_world, seen or {})
    size = 0.02 * float(np.ptp(in_world, axis=0).max())
    collection = _collection(target)
    new = [name for name in guessed if name not in there]
    for name in new:
        empty = bpy.data.objects.new(name.replace("_", " ").title(), None)
        empty[POINT], empty.show_name, empty.show_in_front = name, True, True
        empty.empty_display_type, empty.empty_display_size = "SPHERE", size
        empty.location = _on_surface(skin, face.matrix_world, guessed[name])
        collection.objects.link(empty)
    return len(new)


def _guessed(points: NDArray[Any], seen: Mapping[str, Sequence[float]]) -> dict[str, Vector]:
    """The points in the world: as they were seen, else by the box of `points` and those seen."""
    from mien.rig.picked_points import similarity
    from mien.rig.point_guess import guess_points

    guessed = {name: _from_head(place) for name, place in guess_points(_to_head(points)).items()}
    if not seen:
        return guessed
    moved = similarity(np.array([guessed[name] for name in seen]), np.array(list(seen.values())))
    others = {name: moved(np.array(place)).tolist() for name, place in guessed.items()}
    return {name: Vector(place) for name, place in {**others, **seen}.items()}


def points_of(target: bpy.types.Scene) -> dict[str, bpy.types.Object]:
    """The points of a scene by their names."""
    return {str(thing[POINT]): thing for thing in target.objects if POINT in thing}


def write_look(character: MienCharacter, path: Path) -> None:
    """Write the character's meshes as triangles in the world, for the network to look at."""
    vertices, triangles, count = [], [], 0
    for thing in character.meshes:
        points = _in_space(_rest(thing), thing.matrix_world)
        thing.data.calc_loop_triangles()
        corners = np.empty(len(thing.data.loop_triangles) * 3, np.int32)
        thing.data.loop_triangles.foreach_get("vertices", corners)
        vertices.append(points)
        triangles.append(corners.reshape(-1, 3).astype(np.int64) + count)
        count += len(points)
    np.savez(path, vertices=np.concatenate(vertices), faces=np.concatenate(triangles))


def write_shapes(target: bpy.types.Scene, character: MienCharacter, path: Path) -> None:
    """Write the face, what each of its shape keys adds, and the points: for a map by movement."""
    face = character.mesh
    blocks = [
        block for block in face.data.shape_keys.key_blocks if block != face.data.shape_keys.reference_key
    ]
    offsets = [_places(block.data) - _places(block.relative_key.data) for block in blocks]
    _write(
        target, face, [face], path, shape_names=np.array([b.name for b in blocks]), shapes=np.array(offsets)
    )


def write_mesh(target: bpy.types.Scene, character: MienCharacter, path: Path) -> None:
    """Write the character's meshes, joined, and the points for the worker."""
    _write(target, character.mesh, character.meshes, path)


def _write(
    target: bpy.types.Scene,
    face: bpy.types.Object,
    meshes: Sequence[bpy.types.Object],
    path: Path,
    **more: Any,
) -> None:
    home = face.matrix_world.inverted()
    parts = [_mesh(thing, home @ thing.matrix_world) for thing in meshes]
    starts = np.cumsum([0, *(len(vertices) for vertices, _, _ in parts)])
    points = {name: home @ thing.matrix_world.translation for name, thing in points_of(target).items()}
    np.savez(
        path,
        vertices=np.concatenate([vertices for vertices, _, _ in parts]),
        corners=np.concatenate([corners + start for (_, corners, _), start in zip(parts, starts)]),
        sizes=np.concatenate([sizes for _, _, sizes in parts]),
        point_names=np.array(list(points)),
        points=np.array([list(point) for point in points.values()], np.float64).reshape(-1, 3),
        **more,
    )


def read_shapes(character: MienCharacter, path: Path) -> tuple[int, tuple[str, ...]]:
    """Make shape keys of the worker's result; how many, and the names that the face had already."""
    with np.load(path, allow_pickle=False) as stored:
        names, deltas = [str(name) for name in stored["names"]], stored["deltas"]
    expected = sum(len(thing.data.vertices) for thing in character.meshes)
    if deltas.shape != (len(names), expected, 3):
        raise RigError("The mesh has changed meanwhile", "Press Make the 52 Shapes again.")
    had = tuple(name for name in names if name in scene.channel_names(character.mesh.name))
    home, first, made = character.mesh.matrix_world.inverted(), 0, 0
    for thing in character.meshes:
        last = first + len(thing.data.vertices)
        there = np.linalg.inv(np.array((home @ thing.matrix_world).to_3x3()))
        made += _add_keys(thing, names, deltas[:, first:last] @ there.T.astype(np.float32))
        first = last
    return made, had


def _add_keys(thing: bpy.types.Object, names: list[str], deltas: NDArray[np.float32]) -> int:
    """Shape keys for those of the names that move the mesh and that it has not yet."""
    rest = _rest(thing)
    if thing.data.shape_keys is None:
        thing.shape_key_add(name="Basis", from_mix=False)
    known, made = thing.data.shape_keys.key_blocks, 0
    for name, delta in zip(names, deltas):
        if name in known or not np.abs(delta).max(initial=0.0):
            continue
        block = thing.shape_key_add(name=name, from_mix=False)
        block.slider_min, block.slider_max, block.value = 0.0, 1.0, 0.0
        block.data.foreach_set("co", (rest + delta).astype(np.float32).ravel())
        made += 1
    thing.data.update()
    return made


def _mesh(thing: bpy.types.Object, home: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Vertices (V, 3) in the face's space, corners of all faces, and how many each face has."""
    mesh = thing.data
    corners = np.empty(len(mesh.loops), np.int32)
    sizes = np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_total", sizes)
    return _in_space(_rest(thing), home), corners.astype(np.int64), sizes


def _in_space(points: NDArray[np.float64], space: Any) -> NDArray[np.float64]:
    matrix = np.array(space)
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def _rest(thing: bpy.types.Object) -> NDArray[np.float64]:
    """The mesh at rest (V, 3) in its own space."""
    keys = thing.data.shape_keys
    return _places(keys.reference_key.data if keys is not None else thing.data.vertices)


def _places(source: Any) -> NDArray[np.float64]:
    points = np.empty(len(source) * 3, np.float32)
    source.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def _collection(target: bpy.types.Scene) -> bpy.types.Collection:
    found = next((c for c in target.collection.children_recursive if c.name == COLLECTION), None)
    if found is None:
        found = bpy.data.collections.new(COLLECTION)
        target.collection.children.link(found)
    return found


def _to_head(points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """From Blender's axes (x left, y back, z up) to the head's (x left, y up, z forward), as a box."""
    turned = np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)
    return turned.min(axis=0), turned.max(axis=0)


def _from_head(point: NDArray[Any]) -> Vector:
    return Vector((point[0], -point[2], point[1]))


def _on_surface(skin: BVHTree, home: Matrix, point: Vector) -> Vector:
    """The nearest place on the face at rest, in the world: a pose or a key must not draw the points along."""
    place = skin.find_nearest(home.inverted() @ point)[0]
    return point if place is None else home @ place
