"""Faces and takes for the tests."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mien import arkit
from mien.take import Take, save_take


def add_face(name: str = "Face", shapes: tuple[str, ...] = arkit.NAMES) -> bpy.types.Object:
    """A triangle with shape keys at 0, chosen as the face to animate."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    if shapes:
        thing.shape_key_add(name="Basis", from_mix=False)
    for number, shape in enumerate(shapes):
        block = thing.shape_key_add(name=shape, from_mix=False)
        block.value = 0.0
        block.data[0].co.z = 1.0 + number
    if shapes:
        bpy.context.scene.mien.mesh = thing
    return thing


def add_rig(bone: str) -> bpy.types.Object:
    """An armature with one bone that stands upright, in Object Mode."""
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.new(bone).tail = (0.0, 0.0, 1.0)
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def save_ramp(path: Path, seconds: float = 2.0, rate: float = 25.0) -> Take:
    """A take in which every weight goes from 0 up to 1 in a straight line."""
    times = np.arange(round(seconds * rate) + 1) / rate
    weights = np.repeat((times / times[-1])[:, None], arkit.COUNT, axis=1)
    take = Take.from_weights(times, weights, {"name": path.stem, "rate": rate})
    save_take(take, path)
    return take


def action_curves(thing: bpy.types.Object) -> dict[str, bpy.types.FCurve]:
    """The F-curves that play on the object's shape keys, by data path."""
    animation = thing.data.shape_keys.animation_data
    if animation is None or animation.action is None:
        return {}
    if "fcurves" in bpy.types.Action.bl_rna.properties and not hasattr(animation, "action_slot"):
        return {curve.data_path: curve for curve in animation.action.fcurves}
    assert animation.action_slot is not None, "an action without a slot animates nothing"
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    return {curve.data_path: curve for curve in bag.fcurves}


def bake(name: str, frames, values: dict, into: str = "CURRENT"):
    """Key shape keys of an object through scene.bake; what it wrote."""
    from bl_ext.user_default.mien import scene, targets

    keys = bpy.data.objects[name].data.shape_keys
    tracks = [
        scene.Track(shape, targets.Address(keys, targets.key_path(shape)), frames, column)
        for shape, column in values.items()
    ]
    return scene.bake(tracks, f"{name} Mien", into)[0]


def path_of(shape: str) -> str:
    return f'key_blocks["{shape}"].value'


def key_frames(curve: bpy.types.FCurve) -> list[float]:
    return [float(point.co[0]) for point in curve.keyframe_points]


def evaluated(thing: bpy.types.Object, shape: str, frame: float) -> float:
    """What plays at a frame: the first vertex of the evaluated mesh, not the stored value."""
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=frame - whole)
    graph = bpy.context.evaluated_depsgraph_get()
    return float(thing.evaluated_get(graph).data.shape_keys.key_blocks[shape].value)
