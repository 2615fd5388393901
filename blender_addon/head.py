# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference head as a mesh with the 52 shape keys, and shape keys for any other mesh."""

from __future__ import annotations

from typing import Final

import bpy
import numpy as np
from bpy_extras.object_utils import object_data_add
from mien.errors import RigError
from mien.rig.blendshape_model import BlendshapeModel
from numpy.typing import NDArray

HEIGHT: Final = 0.25
"""Metres from the neck to the crown."""

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


def add_reference(context: bpy.types.Context, height: float = HEIGHT) -> str:
    """Add Mien's reference head and choose it as the face to animate; its name."""
    from mien.rig import reference_head

    name = add_head(context, reference_head.load(), "Mien Head", height)
    context.scene.mien.mesh = bpy.data.objects[name]
    return name


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
