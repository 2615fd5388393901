# SPDX-License-Identifier: GPL-3.0-or-later
"""What a target of a map is in Blender: a property of a datablock. And which of them a character has.

| kind | node | name |
|---|---|---|
| shape_key | the mesh object; "" for the face | the shape key |
| property | the object | its custom property, or `bone:property` |
| driver | the object that a driver reads | the path of the property that it reads |
| transform | the armature, or an object | the bone, or the object again |

Rotations and places of objects go to their delta transforms, so that they add to the pose they stand in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import bpy
from mien.errors import RigError
from mien.rig.targets import Target

from . import drivers

if TYPE_CHECKING:
    from .properties.character import MienCharacter

_BONE: Final = {"t": "location", "r": "rotation_euler", "q": "rotation_quaternion", "s": "scale"}
_PLACE: Final = re.compile(r"(.+)\[(\d+)\]")
"""A path to one number of several: `location[1]`."""
_OBJECT: Final = {name: f"delta_{path}" for name, path in _BONE.items()}


@dataclass(frozen=True)
class Address:
    """Where a control lies; for as long as a call lasts, for datablocks die with every undo.

    Attributes
    ----------
    block : bpy.types.ID
        The datablock that owns the property.
    path : str
        The property's path in it.
    index : int
        Which number of the property; -1 where it is one number.
    unit : float
        Blender's value for a value of 1 of the map: radians for a degree.
    """

    block: bpy.types.ID
    path: str
    index: int = -1
    unit: float = 1.0

    @property
    def key(self) -> tuple[str, int]:
        """What tells the curves of a datablock apart."""
        return self.path, max(self.index, 0)


class Control(NamedTuple):
    """A control that a map could drive."""

    label: str
    """The name that says what it does."""
    target: Target
    refusal: str = ""
    """Why it can't be driven, or ""."""
    gain: float = 1.0
    offset: float = 0.0
    """What a value of the shape means to the target: gain · value + offset."""


def controls_of(character: MienCharacter) -> list[list[Control]]:
    """The shape keys and custom properties of a character, one list for each thing that has them."""
    lists = [list(_shape_keys(character, thing)) for thing in character.meshes]
    lists += [list(found) for found in _properties(character.armature)] if character.armature else []
    return lists


def address_of(character: MienCharacter, target: Target) -> Address:
    """Where a target lies; RigError where the character has no such control."""
    thing = _node(character, target)
    found = _FINDERS[target.kind](thing, target)
    if found is None:
        what = {"shape_key": "shape key", "transform": "bone"}.get(target.kind, "property")
        raise RigError(f"{thing.name} has no {what} {target.name}", "Press Auto-Map, or load another map.")
    return found


def _node(character: MienCharacter, target: Target) -> bpy.types.Object:
    if not target.node:
        wanted = character.mesh if target.kind in ("shape_key", "blendshape") else character.armature
        thing = wanted or character.mesh
    else:
        known = {thing.name: thing for thing in reversed(character.things)}
        thing = known.get(target.node) or find_object(target.node)
    if thing is None:
        raise RigError(f"There is no object {target.node}, which the map drives", "Press Auto-Map again.")
    return thing


def find_object(name: str) -> bpy.types.Object | None:
    """An object of this file by name, else one that is linked."""
    objects = bpy.data.objects
    return objects.get((name, None)) or objects.get(name)


def _shape_keys(character: MienCharacter, thing: bpy.types.Object) -> Iterator[Control]:
    """Each shape key; where a driver holds it, what the driver reads."""
    keys = thing.data.shape_keys
    if keys is None:
        return
    node = "" if thing == character.mesh else thing.name
    held = drivers.drivers_of(keys)
    for block in keys.key_blocks:
        if block == keys.reference_key:
            continue
        driver = held.get((key_path(block.name), 0))
        if driver is None:
            yield Control(block.name, Target(block.name, "shape_key", node))
        else:
            read, refusal = drivers.input_of(driver)
            if read is None:
                yield Control(block.name, Target(block.name, "shape_key", node), refusal)
            else:
                yield Control(block.name, read.target, "", read.gain, read.offset)


def _properties(thing: bpy.types.Object) -> Iterator[Iterator[Control]]:
    """The numbers among the custom properties of an object, and of each of its bones."""
    yield (Control(name, Target(name, "property", thing.name)) for name in _numbers(thing))
    for bone in thing.pose.bones if thing.pose else ():
        yield (Control(n, Target(f"{bone.name}:{n}", "property", thing.name)) for n in _numbers(bone))


def _numbers(owner: bpy.types.bpy_struct) -> list[str]:
    return [name for name, value in owner.items() if isinstance(value, float)]


def key_path(name: str) -> str:
    """The path of a shape key's value in its datablock."""
    return f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'


def _shape_key_address(thing: bpy.types.Object, target: Target) -> Address | None:
    keys = thing.data.shape_keys if thing.type == "MESH" else None
    if keys is None or target.name not in keys.key_blocks:
        return None
    return Address(keys, key_path(target.name))


def _property_address(thing: bpy.types.Object, target: Target) -> Address | None:
    if thing.get(target.name) is not None:
        return Address(thing, f'["{bpy.utils.escape_identifier(target.name)}"]')
    bone, _, name = target.name.rpartition(":")
    bones = thing.pose.bones if thing.pose else {}
    if bone not in bones or bones[bone].get(name) is None:
        return None
    return Address(thing, f'{bone_path(bone)}["{bpy.utils.escape_identifier(name)}"]')


def _driver_address(thing: bpy.types.Object, target: Target) -> Address | None:
    try:
        value = thing.path_resolve(target.name)
    except ValueError:
        return None
    if not isinstance(value, float):
        return None
    several = _PLACE.fullmatch(target.name)
    return Address(thing, several[1], int(several[2])) if several else Address(thing, target.name)


def _transform_address(thing: bpy.types.Object, target: Target) -> Address | None:
    bones = thing.pose.bones if thing.pose else {}
    if target.name in bones:
        owner, path, names = bones[target.name], f"{bone_path(target.name)}.", _BONE
    elif target.name == thing.name:
        owner, path, names = thing, "", _OBJECT
    else:
        return None
    kind, letter = target.axis[0], target.axis[1]
    _check_mode(owner, target, kind)
    letters = "wxyz" if kind == "q" else "xyz"
    unit = math.radians(1.0) if kind == "r" else 1.0
    return Address(thing, path + names[kind], letters.index(letter), unit)


def _check_mode(owner: bpy.types.Object | bpy.types.PoseBone, target: Target, kind: str) -> None:
    """A rotation is only seen when the owner turns in that way."""
    mode = owner.rotation_mode
    fits = {"r": mode not in ("QUATERNION", "AXIS_ANGLE"), "q": mode == "QUATERNION"}
    if not fits.get(kind, True):
        raise RigError(
            f"{target.name} turns by {mode.replace('_', ' ').title()}, and the map drives it otherwise",
            "Choose the bone again in the Character panel, or change its rotation mode.",
        )


def bone_path(name: str) -> str:
    """The path of a bone's pose in its object."""
    return f'pose.bones["{bpy.utils.escape_identifier(name)}"]'


_FINDERS: Final = {
    "shape_key": _shape_key_address,
    "blendshape": _shape_key_address,
    "property": _property_address,
    "driver": _driver_address,
    "transform": _transform_address,
}
