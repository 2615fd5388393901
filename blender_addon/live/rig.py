# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of values onto a rig, and the rig's own values back: the only code of Live that writes to a scene.

Nothing of bpy is kept: a `LiveRig` holds names, and looks the things up at every write. What the rig was like
before is kept in the file itself, as a custom property (`MARK`) of each datablock that is driven. So undo,
which brings back a moment in which it was driven, a crash with an auto-save and a deleted scene all leave
enough behind to put the rig right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from mien.errors import RigError
from mien.rig.targets import Target
from numpy.typing import NDArray

from .. import curves
from ..drivers import drivers_of
from ..targets import address_of, find_object, key_path

MARK: Final = "mien_live"
"""The custom property of a datablock that is driven: JSON with its own values."""

_LAST: Final = re.compile(r'(?s)^(?:(.*)\.)?(\w+)$|^(.*)\["((?:[^"\\]|\\.)*)"\]$')
"""A path as what owns the property, and its name: an attribute, or a custom property."""


@dataclass(frozen=True)
class Slot:
    """One control: the column of the row that drives it, and where it lies in its datablock."""

    column: int
    path: str
    index: int
    unit: float


@dataclass(frozen=True)
class ShapeKeys:
    """The shape keys of a mesh object: all written in one go.

    Attributes
    ----------
    thing : str
        The object.
    names : list of str
        All its shape keys as they were when this was made.
    places, columns : ndarray, (K,)
        Which of them are driven, and by which column.
    """

    thing: str
    names: list[str]
    places: NDArray[np.intp]
    columns: NDArray[np.intp]


@dataclass(frozen=True)
class Loose:
    """Other controls of an object: properties, bones, the object's own turn."""

    thing: str
    slots: tuple[Slot, ...]


class LiveRig:
    """What a map drives of a character, by names.

    Parameters
    ----------
    character : MienCharacter
    targets : sequence of Target
        What each column of a row drives (`RetargetMap.targets`). Those that a driver holds are left alone.
    """

    def __init__(self, character: Any, targets: Iterable[Target]) -> None:
        slots: dict[tuple[str, bool], list[Slot]] = {}
        for column, target in enumerate(targets):
            address = address_of(character, target)
            block = address.block
            if address.key not in drivers_of(block):
                _check(block)
                is_key = isinstance(block, bpy.types.Key)
                holder = _holder_of(character, block) if is_key else block.name
                slots.setdefault((holder, is_key), []).append(
                    Slot(column, address.path, address.index, address.unit)
                )
        if not slots:
            raise RigError("Drivers hold every control that could move", "Remove the drivers of some.")
        self._keys = [_shape_keys(name, own) for (name, is_key), own in slots.items() if is_key]
        self._loose = [Loose(name, tuple(own)) for (name, is_key), own in slots.items() if not is_key]
        self._slots = slots

    def hold(self) -> None:
        """Note the rig's own values in the file, where they aren't yet, and silence its animation."""
        for (name, is_key), slots in self._slots.items():
            block = _block(name, is_key)
            if block is not None and MARK not in block:
                _hold(block, slots)

    def write(self, row: NDArray[np.float32]) -> str:
        """Move the rig.

        Parameters
        ----------
        row : ndarray, float32, (C,)
            A value for each target.

        Returns
        -------
        str
            "" if all went well; "changed" when shape keys came or went, so that the rig must be made anew;
            else the name of an object that is gone.
        """
        for keys in self._keys:
            block = _block(keys.thing, True)
            if block is None:
                return keys.thing
            blocks = block.key_blocks
            if blocks.keys() != keys.names:
                return "changed"
            values = np.empty(len(keys.names), np.float32)
            blocks.foreach_get("value", values)
            values[keys.places] = row[keys.columns]
            blocks.foreach_set("value", values)
            last = int(keys.places[-1])
            blocks[last].value = float(values[last])  # the one that tells Blender to draw the mesh anew
        for loose in self._loose:
            block = _block(loose.thing, False)
            if block is None:
                return loose.thing
            for slot in loose.slots:
                _set(block, slot.path, slot.index, float(row[slot.column]) * slot.unit)
            block.update_tag()
        return ""


def restore() -> int:
    """Give every datablock that is marked its own values and its animation back; how many there were."""
    count = 0
    for block in (*bpy.data.shape_keys, *bpy.data.objects):
        if MARK in block:
            _restore(block)
            count += 1
    return count


def _holder_of(character: Any, block: bpy.types.ID) -> str:
    return next(thing.name for thing in character.meshes if thing.data.shape_keys == block)


def _shape_keys(name: str, slots: list[Slot]) -> ShapeKeys:
    block = _block(name, True)
    names = block.key_blocks.keys()
    place = {key_path(n): i for i, n in enumerate(names)}
    return ShapeKeys(
        name, names, np.array([place[slot.path] for slot in slots]), np.array([slot.column for slot in slots])
    )


def _block(name: str, is_key: bool) -> Any:
    """The datablock, if it is still there."""
    thing = find_object(name)
    if thing is None:
        return None
    return (thing.data.shape_keys if thing.type == "MESH" else None) if is_key else thing


def _check(block: bpy.types.ID) -> None:
    if not block.is_editable:
        owner = block.user.name if isinstance(block, bpy.types.Key) and block.user else block.name
        raise RigError(
            f"{owner} is linked from another file: it can't be moved here",
            "Make a library override of it, and of its mesh data (Outliner, right-click, Library Override).",
        )


def _hold(block: bpy.types.ID, slots: list[Slot]) -> None:
    own = [[slot.path, slot.index, _get(block, slot.path, slot.index)] for slot in slots]
    animation = block.animation_data
    kept: dict[str, Any] = {"values": own, "muted": []}
    if animation is not None:
        kept["nla"] = animation.use_nla
        animation.use_nla = False
        driven = {(slot.path, max(slot.index, 0)) for slot in slots}
        for curve in curves.playing_curves(animation):
            if (curve.data_path, curve.array_index) in driven and not curve.mute:
                curve.mute = True
                kept["muted"].append([curve.data_path, curve.array_index])
        kept["action"] = animation.action.name if animation.action else ""
    block[MARK] = json.dumps(kept)


def _restore(block: bpy.types.ID) -> None:
    try:
        kept = json.loads(block[MARK])
        for path, index, value in kept["values"]:
            _set(block, path, index, value)
        _unmute(block, kept)
    except (ValueError, TypeError, KeyError):
        pass  # not ours, or damaged: there is nothing to go by
    del block[MARK]
    block.update_tag()


def _unmute(block: bpy.types.ID, kept: dict[str, Any]) -> None:
    animation = block.animation_data
    if animation is None or "nla" not in kept:
        return
    animation.use_nla = kept["nla"]
    if animation.action is None or animation.action.name != kept["action"]:
        return
    muted = {(path, index) for path, index in kept["muted"]}
    for curve in curves.playing_curves(animation):
        if (curve.data_path, curve.array_index) in muted:
            curve.mute = False


def _owner(block: bpy.types.ID, path: str) -> tuple[Any, str, bool]:
    """What has the property, its name, and whether it is a custom one; KeyError where it is gone."""
    found = _LAST.match(path)
    if found is None:
        raise KeyError(path)
    before, name, holder, custom = found.groups()
    where = before if name else holder
    owner = block.path_resolve(where) if where else block
    return owner, name or bpy.utils.unescape_identifier(custom), not name


def _get(block: bpy.types.ID, path: str, index: int) -> float:
    owner, name, is_custom = _owner(block, path)
    value = owner[name] if is_custom else getattr(owner, name)
    return float(value if index < 0 else value[index])


def _set(block: bpy.types.ID, path: str, index: int, value: float) -> None:
    """Set one number; one that is gone is passed over."""
    try:
        owner, name, is_custom = _owner(block, path)
        if index >= 0:
            (owner[name] if is_custom else getattr(owner, name))[index] = value
        elif is_custom:
            owner[name] = value
        else:
            setattr(owner, name, value)
    except (KeyError, ValueError, AttributeError, IndexError):
        return
