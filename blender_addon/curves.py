# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves in bulk, over the two shapes of Blender's animation API. Only `scene` calls this.

Up to 4.3 an action owns its curves. From 4.4 it holds slots, and curves belong to a slot, which must be the
one that the datablock plays; filling an unslotted action animates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

SLOTTED: Final[bool] = "fcurve_ensure_for_datablock" in bpy.types.Action.bl_rna.functions
"""Whether actions have slots (4.4 and later). `hasattr` on an action would lie."""

Keys = dict[str, NDArray[Any]]
"""The keys of a curve, by field."""

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

_WRITTEN: Final = ("co", "handle_left_type", "handle_right_type", "interpolation")
"""Of Mien's own keys: Blender puts the handles where their type says, and the rest is as in any new key."""


def _enum(field: str, name: str) -> int:
    return int(bpy.types.Keyframe.bl_rna.properties[field].enum_items[name].value)


@dataclass(frozen=True)
class Place:
    """Where the curves of one datablock are: its action, and from 4.4 on its slot in it. For a call only."""

    block: bpy.types.ID
    action: bpy.types.Action
    slot: Any = None

    def curve(self, path: str, index: int = -1) -> bpy.types.FCurve:
        """The curve of a property, made where there is none."""
        curves = self._curves()
        return curves.find(path, index=max(index, 0)) or curves.new(path, index=max(index, 0))

    def existing(self, path: str, index: int = -1) -> bpy.types.FCurve | None:
        """The curve of a property, if there is one."""
        return self._curves().find(path, index=max(index, 0))

    def erase(self, path: str, index: int, first: float, last: float) -> None:
        """Take a curve's keys from the first to the last frame away, and an empty curve with them."""
        curves, curve = self._curves(), self.existing(path, index)
        if curve is None:
            return
        keys = _read(curve)
        outside = _outside(keys["co"], first, last)
        _replace(curve, {name: column[outside] for name, column in keys.items()})
        if not len(curve.keyframe_points):
            curves.remove(curve)

    def is_locked(self, path: str, index: int) -> bool:
        """Whether the user has locked the curve."""
        curve = self.existing(path, index)
        return curve is not None and curve.lock

    def _curves(self) -> Any:
        if not SLOTTED:
            return self.action.fcurves
        layer = self.action.layers[0] if self.action.layers else self.action.layers.new("Layer")
        strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
        return strip.channelbag(self.slot, ensure=True).fcurves


def current(block: bpy.types.ID, name: str) -> Place:
    """The action that animates a datablock; a new one where there is none."""
    animation = block.animation_data or block.animation_data_create()
    if animation.action is None:
        return fresh(block, name)
    if SLOTTED and animation.action_slot is None:
        animation.action_slot = animation.action.slots.new(id_type=block.id_type, name=block.name)
    return Place(block, animation.action, animation.action_slot if SLOTTED else None)


def fresh(block: bpy.types.ID, name: str, shared: bpy.types.Action | None = None) -> Place:
    """An action of its own, which plays; from 4.4 on another slot of one that is shared.

    The action that played before stays in the file, even if nothing else uses it.
    """
    animation = block.animation_data or block.animation_data_create()
    before = animation.action
    if before is not None and before.users == 1 and before.is_editable:
        before.use_fake_user = True
    action = shared if shared is not None and SLOTTED else bpy.data.actions.new(name)
    animation.action = action
    if SLOTTED:
        animation.action_slot = action.slots.new(id_type=block.id_type, name=block.name)
    return Place(block, action, animation.action_slot if SLOTTED else None)


def as_strip(place: Place, first: float, before: tuple[bpy.types.Action | None, Any]) -> None:
    """Lay a place's action on a new track as a strip beginning at a frame; what played before plays on."""
    animation = place.block.animation_data
    track = animation.nla_tracks.new()
    track.name = place.action.name
    strip = track.strips.new(place.action.name, math.floor(first), place.action)
    animation.action = before[0]
    if SLOTTED:
        strip.action_slot = place.slot
        if before[0] is not None:
            animation.action_slot = before[1]
    strip.frame_start_ui = first
    strip.extrapolation = "NOTHING"


def playing(block: bpy.types.ID) -> tuple[bpy.types.Action | None, Any]:
    """The action that plays now, and its slot: for `as_strip`."""
    animation = block.animation_data
    if animation is None:
        return None, None
    return animation.action, animation.action_slot if SLOTTED else None


def playing_curves(animation: bpy.types.AnimData) -> Iterator[bpy.types.FCurve]:
    """The curves that play for a datablock, as far as they may be changed."""
    action = animation.action
    if action is None or not action.is_editable:
        return
    if not SLOTTED:
        yield from action.fcurves
        return
    if animation.action_slot is None:
        return
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(animation.action_slot)
            yield from bag.fcurves if bag is not None else ()


def write(curve: bpy.types.FCurve, frames: NDArray[np.float64], values: NDArray[np.float32]) -> None:
    """Replace a curve's keys from the first to the last frame; those outside stay as they are.

    Parameters
    ----------
    frames : ndarray, float64, (M,), increasing
    values : ndarray, float32, (M,)
    """
    new = _linear(frames, values)
    there = _column(curve, "co")
    if not _outside(there, frames[0], frames[-1]).any():
        _replace(curve, {name: new[name] for name in _WRITTEN})
        return
    keys = _read(curve)
    outside = _outside(there, frames[0], frames[-1])
    merged = {name: np.concatenate([keys[name][outside], new[name]]) for name in _FIELDS}
    order = np.argsort(merged["co"][:, 0], kind="stable")
    _replace(curve, {name: column[order] for name, column in merged.items()})


def _outside(points: NDArray[Any], first: float, last: float) -> NDArray[np.bool_]:
    return (points[:, 0] < first - 1e-3) | (points[:, 0] > last + 1e-3)


def _replace(curve: bpy.types.FCurve, keys: Keys) -> None:
    curve.keyframe_points.clear()
    curve.keyframe_points.add(len(keys["co"]))
    for name, column in keys.items():
        curve.keyframe_points.foreach_set(name, np.ascontiguousarray(column).ravel())
    curve.update()


def _read(curve: bpy.types.FCurve) -> Keys:
    return {name: _column(curve, name) for name in _FIELDS}


def _column(curve: bpy.types.FCurve, name: str) -> NDArray[Any]:
    width, kind = _FIELDS[name]
    column: NDArray[Any] = np.empty(len(curve.keyframe_points) * width, dtype=kind)
    curve.keyframe_points.foreach_get(name, column)
    return column.reshape(-1, width)


def _linear(frames: NDArray[np.float64], values: NDArray[np.float32]) -> Keys:
    """Keys joined by straight lines, with handles ready for whoever changes that."""
    count = len(frames)
    fields: Keys = {name: np.zeros((count, width), kind) for name, (width, kind) in _FIELDS.items()}
    points = np.stack([frames, values], axis=1).astype(np.float32)
    fields["co"] = fields["handle_left"] = fields["handle_right"] = points
    for name in ("handle_left_type", "handle_right_type"):
        fields[name] = np.full((count, 1), _enum(name, "AUTO_CLAMPED"), dtype=np.int32)
    fields["interpolation"] = np.full((count, 1), _enum("interpolation", "LINEAR"), dtype=np.int32)
    return fields
