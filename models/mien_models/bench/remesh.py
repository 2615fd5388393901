"""Other topologies of one head, made in Blender (as a Python module).

    PYTHON_WITH_BPY remesh.py HEAD.npz OUT.npz KIND …

HEAD.npz holds `vertices` (V, 3) and `faces` (F, 4); OUT.npz gets `KIND_vertices` and `KIND_faces` (triangles)
for each KIND of `KINDS`. Run as a file: nothing of Mien is imported, since Blender's Python need not have it.
"""

import sys
from pathlib import Path

import bpy
import numpy as np

KINDS: dict[str, tuple] = {
    "half": ("DECIMATE", {"ratio": 0.5}),
    "quarter": ("DECIMATE", {"ratio": 0.25}),
    "unsubdivided": ("DECIMATE", {"decimate_type": "UNSUBDIV", "iterations": 2}),
    "subdivided": ("SUBSURF", {"subdivision_type": "SIMPLE", "levels": 1}),
    "smooth": ("SUBSURF", {"subdivision_type": "CATMULL_CLARK", "levels": 1}),
    "voxel": ("REMESH", {"mode": "VOXEL", "voxel_size": 0.02}),
}
"""The modifier, with its settings, that makes each kind."""
TRIANGLES: tuple = ("TRIANGULATE", {})


def remeshed(vertices, faces, kind):
    """Vertices (V, 3) and triangles (T, 3) of the head remade in one of `KINDS`."""
    mesh = bpy.data.meshes.new("head")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.validate()
    if kind == "voxel":
        _close(mesh)
    head = bpy.data.objects.new("head", mesh)
    bpy.context.collection.objects.link(head)
    for modifier, settings in (KINDS[kind], TRIANGLES):
        added = head.modifiers.new(modifier, modifier)
        for name, value in settings.items():
            setattr(added, name, value)
    made = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    points = np.empty(3 * len(made.vertices), np.float32)
    made.vertices.foreach_get("co", points)
    corners = np.empty(3 * len(made.polygons), np.int32)
    made.polygons.foreach_get("vertices", corners)
    bpy.data.objects.remove(head)
    return points.reshape(-1, 3), corners.reshape(-1, 3)


def _close(mesh):
    """Fill the neck: what is open has no inside for a voxel grid."""
    import bmesh  # it is there only once bpy is

    shape = bmesh.new()
    shape.from_mesh(mesh)
    bmesh.ops.holes_fill(shape, edges=[edge for edge in shape.edges if edge.is_boundary])
    shape.to_mesh(mesh)
    shape.free()


def main(source, target, *kinds):
    """Remesh one head in each kind."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with np.load(source) as head:
        vertices, faces = head["vertices"], head["faces"]
    made = {}
    for kind in kinds:
        made[f"{kind}_vertices"], made[f"{kind}_faces"] = remeshed(vertices, faces, kind)
    np.savez(Path(target), **made)


if __name__ == "__main__":
    main(*sys.argv[1:])
