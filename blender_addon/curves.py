# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves in bulk, over the two shapes of Blender's animation API. Only `scene` calls this.

Up to 4.3 an action owns its curves. From 4.4 it holds slots, and curves belong to a slot: the action must be
assigned first and then asked for a curve *for that datablock*; filling an unslotted action animates nothing.
"""

from __future__ import annotations

from typing import Final

import bpy
import numpy as np
from numpy.typing import NDArray

SLOTTED: Final[bool] = "fcurve_ensure_for_datablock" in bpy.types.Action.bl_rna.functions
"""Whether actions have slots (4.4 and later). `hasattr` on an action would lie."""

_FIELDS: Final[dict[str, tuple[int, type]]] = {
    "co": (2, np.float32),
    "handle_left": (2, np.float32),
    "handle_right": (2, np.float32),
    "handle_left_type": (1, np.int32),
    "handle_right_type": (1, np.int32),
    "interpolation": (1, np.int32),
    "easing": (1, np.int32),
    "type": (1, np.int32),
    "back": (1, np.float32),
    "amplitude": (1, np.float32),
    "period": (1, np.float32),
}
"""What a key consists of: components and type of each field."""


def _enum(field: str, name: str) -> int:
    return int(bpy.types.Keyframe.bl_rna.properties[field].enum_items[name].value)


def held_paths(key: bpy.types.Key, paths: set[str]) -> set[str]:
    """Which of the paths can't be keyed: a driver moves them, or their curve is locked."""
    animation = key.animation_data
    if animation is None:
        return set()
    held = {driver.data_path for driver in animation.drivers}
    if animation.action is not None:
        held |= {curve.data_path for curve in _curves(animation) if curve.lock}
    return held & paths


def ensure_action(key: bpy.types.Key, name: str) -> bpy.types.Action:
    """The action that animates the shape keys; a new one where there is none."""
    animation = key.animation_data or key.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(name)
    return animation.action


def ensure_curve(action: bpy.types.Action, key: bpy.types.Key, path: str) -> bpy.types.FCurve:
    """The curve of one path, which the action (already assigned to the key) plays."""
    if SLOTTED:
        return action.fcurve_ensure_for_datablock(key, path)
    return action.fcurves.find(path) or action.fcurves.new(path)


def write(curve: bpy.types.FCurve, frames: NDArray[np.float64], values: NDArray[np.float32]) -> None:
    """Replace a curve's keys from the first to the last frame; those outside stay as they are.

    Parameters
    ----------
    frames : ndarray, float64, (M,), increasing
    values : ndarray, float32, (M,)
    """
    keys = _read(curve)
    outside = (keys["co"][:, 0] < frames[0] - 1e-3) | (keys["co"][:, 0] > frames[-1] + 1e-3)
    new = _linear(frames, values)
    merged = {name: np.concatenate([keys[name][outside], new[name]]) for name in _FIELDS}
    order = np.argsort(merged["co"][:, 0], kind="stable")
    curve.keyframe_points.clear()
    curve.keyframe_points.add(len(order))
    for name, column in merged.items():
        curve.keyframe_points.foreach_set(name, np.ascontiguousarray(column[order]).ravel())
    curve.update()


def _curves(animation: bpy.types.AnimData) -> list[bpy.types.FCurve]:
    """The curves that play for this datablock."""
    if not SLOTTED:
        return list(animation.action.fcurves)
    slot = animation.action_slot
    if slot is None:
        return []
    bags = [strip.channelbag(slot) for layer in animation.action.layers for strip in layer.strips]
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


def _read(curve: bpy.types.FCurve) -> dict[str, NDArray[np.generic]]:
    count = len(curve.keyframe_points)
    fields: dict[str, NDArray[np.generic]] = {}
    for name, (width, kind) in _FIELDS.items():
        column = np.empty(count * width, dtype=kind)
        curve.keyframe_points.foreach_get(name, column)
        fields[name] = column.reshape(count, width)
    return fields


def _linear(frames: NDArray[np.float64], values: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Keys joined by straight lines, with handles ready for whoever changes that."""
    count = len(frames)
    fields = {name: np.zeros((count, width), dtype=kind) for name, (width, kind) in _FIELDS.items()}
    points = np.stack([frames, values], axis=1).astype(np.float32)
    fields["co"] = fields["handle_left"] = fields["handle_right"] = points
    for name in ("handle_left_type", "handle_right_type"):
        fields[name] = np.full((count, 1), _enum(name, "AUTO_CLAMPED"), dtype=np.int32)
    fields["interpolation"] = np.full((count, 1), _enum("interpolation", "LINEAR"), dtype=np.int32)
    return fields
