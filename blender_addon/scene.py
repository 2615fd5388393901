# SPDX-License-Identifier: GPL-3.0-or-later
"""The only module that writes to a scene: keys on shape keys (through `curves`), and the reference head.

Everything is refused before anything is written, by a RigError that says what to do. Objects are looked up by
name; nothing of bpy is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from bpy_extras.object_utils import object_data_add
from mien.errors import RigError
from mien.rig.blendshape_model import BlendshapeModel
from numpy.typing import NDArray

from . import curves

_MATERIALS: Final = {
    "skin": ((0.72, 0.50, 0.40, 1.0), 0.5),
    "lips": ((0.58, 0.27, 0.24, 1.0), 0.4),
    "mouth": ((0.30, 0.08, 0.08, 1.0), 0.5),
    "sclera": ((0.85, 0.84, 0.82, 1.0), 0.15),
    "iris": ((0.16, 0.24, 0.30, 1.0), 0.15),
    "pupil": ((0.01, 0.01, 0.01, 1.0), 0.1),
    "teeth": ((0.80, 0.76, 0.68, 1.0), 0.3),
    "tongue": ((0.55, 0.20, 0.20, 1.0), 0.4),
    "lashes": ((0.09, 0.06, 0.05, 0.5), 0.8),
}
"""Colour (linear RGBA) and roughness by the name the reference head gives a material."""


@dataclass(frozen=True)
class Baked:
    """What a bake wrote.

    Attributes
    ----------
    channels : int
        Shape keys that got keys.
    keys : int
        Keys on each.
    first, last : float
        Frames of the first and the last key.
    skipped : tuple of str
        Shape keys left alone, because a driver or a lock holds them.
    """

    channels: int
    keys: int
    first: float
    last: float
    skipped: tuple[str, ...]


def channel_names(object_name: str) -> tuple[str, ...]:
    """The mesh's shape keys but its rest shape, in their order; () where there are none."""
    thing = bpy.data.objects.get(object_name)
    keys = getattr(thing.data, "shape_keys", None) if thing else None
    if keys is None:
        return ()
    return tuple(block.name for block in keys.key_blocks if block != keys.reference_key)


def check_can_be_keyed(object_name: str) -> None:
    """RigError when the mesh can't be animated by shape keys that last."""
    keys = _shape_keys(object_name)
    if not keys.is_editable:
        raise RigError(
            f"The mesh of {object_name} is linked from another file: keys on it would not be saved",
            "Make a library override of its mesh data too (Outliner, right-click, Library Override).",
        )
    if not keys.use_relative:
        raise RigError(
            f"The shape keys of {object_name} are absolute", "Turn on Relative in Object Data, Shape Keys."
        )
    action = keys.animation_data.action if keys.animation_data else None
    if action is not None and not action.is_editable:
        raise RigError(
            f"The action {action.name} on {object_name} is linked from another file",
            "Unlink it, or make it local, in the Action Editor.",
        )


def bake(object_name: str, frames: NDArray[np.float64], values: Mapping[str, NDArray[np.float32]]) -> Baked:
    """Key shape keys; their other keys within the range give way, all else stays.

    Parameters
    ----------
    object_name : str
        A mesh object that passes `check_can_be_keyed`.
    frames : ndarray, float64, (M,), M ≥ 1
        Frames of the scene, increasing.
    values : mapping of str to ndarray, float32, (M,)
        Values by shape key.
    """
    check_can_be_keyed(object_name)
    keys = _shape_keys(object_name)
    paths = {name: f'key_blocks["{bpy.utils.escape_identifier(name)}"].value' for name in values}
    held = curves.held_paths(keys, set(paths.values()))
    free = {name: path for name, path in paths.items() if path not in held}
    if not free:
        raise RigError(
            f"Drivers or locks hold every shape key of {object_name} that the take could move",
            "Remove the drivers, or unlock the channels, of those to be keyed.",
        )
    action = curves.ensure_action(keys, f"{object_name} Mien")
    for name, path in free.items():
        curves.write(curves.ensure_curve(action, keys, path), frames, values[name])
    keys.update_tag()
    skipped = tuple(name for name in paths if name not in free)
    return Baked(len(free), len(frames), float(frames[0]), float(frames[-1]), skipped)


def add_head(context: bpy.types.Context, head: BlendshapeModel, name: str, height: float) -> str:
    """Add a mesh with UVs, plain materials and a shape key for each shape, standing on the 3D cursor.

    Parameters
    ----------
    height : float
        Metres from the bottom to the top of the mesh.

    Returns
    -------
    str
        The name of the new object, which is selected and active.
    """
    if not context.collection.is_editable:
        raise RigError(
            f"Nothing can be added to the collection {context.collection.name} of another file",
            "Choose another one in the Outliner first.",
        )
    mesh = _mesh(head, name, height)
    thing = object_data_add(context, mesh, name=name)
    thing.shape_key_add(name="Basis", from_mix=False)
    for shape, delta in zip(head.names, head.deltas):
        block = thing.shape_key_add(name=shape, from_mix=False)
        block.slider_min, block.slider_max, block.value = 0.0, 1.0, 0.0
        block.data.foreach_set("co", to_blender(head, head.neutral + delta, height).ravel())
    mesh.update()
    return str(thing.name)


def _shape_keys(object_name: str) -> bpy.types.Key:
    thing = bpy.data.objects.get(object_name)
    if thing is None:
        raise RigError(f"There is no object {object_name}", "Choose the face's mesh again.")
    if thing.type != "MESH":
        raise RigError(f"{object_name} is not a mesh", "Choose a mesh with shape keys.")
    keys = thing.data.shape_keys
    if keys is None or len(keys.key_blocks) < 2:
        raise RigError(
            f"{object_name} has no shape keys",
            "Choose a mesh with ARKit shape keys, or add the reference head.",
        )
    return keys


def to_blender(head: BlendshapeModel, points: NDArray[np.float32], height: float) -> NDArray[np.float32]:
    """From x left, y up, z forward to x left, y back, z up; the head stands in the middle of the ground.

    Parameters
    ----------
    points : ndarray, float32, (V, 3)
        In the head's own unit.
    height : float
        Metres that the neutral head shall be high.

    Returns
    -------
    ndarray, float32, (V, 3)
        Metres.
    """
    low, high = head.neutral.min(axis=0), head.neutral.max(axis=0)
    foot = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    x, y, z = ((points - foot) * (height / (high[1] - low[1]))).T
    return np.stack([x, -z, y], axis=1).astype(np.float32)


def _mesh(head: BlendshapeModel, name: str, height: float) -> bpy.types.Mesh:
    """The rest mesh. A face whose last vertex repeats is a triangle."""
    mesh = bpy.data.meshes.new(name)
    corners = np.ones(head.faces.shape, dtype=bool)
    corners[:, 3] = head.faces[:, 3] != head.faces[:, 2]
    faces = [face[kept].tolist() for face, kept in zip(head.faces, corners)]
    mesh.from_pydata(to_blender(head, head.neutral, height).tolist(), [], faces)
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", head.uvs[corners].astype(np.float32).ravel())
    mesh.polygons.foreach_set("material_index", head.materials.astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), dtype=bool))
    for material in head.material_names:
        mesh.materials.append(_material(material))
    mesh.validate()
    mesh.update()
    return mesh


def _material(name: str) -> bpy.types.Material:
    """A plain material; one made earlier is used again."""
    full_name = f"Mien {name}"
    found = bpy.data.materials.get(full_name)
    if found is not None:
        return found
    material = bpy.data.materials.new(full_name)
    colour, roughness = _MATERIALS.get(name, _MATERIALS["skin"])
    material.diffuse_color, material.roughness = colour, roughness
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    surface = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Base Color"].default_value = colour
    surface.inputs["Roughness"].default_value = roughness
    surface.inputs["Alpha"].default_value = colour[3]
    return material
