# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape keys that drivers hold: what such a driver reads can be keyed in their place, where it is one number.

A driver that passes one custom property on is followed to that property. Any other is left alone, with words
that say what it reads.
"""

from __future__ import annotations

from typing import Final

import bpy
from mien.rig.targets import Target

_SUMS: Final = frozenset({"SUM", "AVERAGE", "MIN", "MAX"})


def drivers_of(block: bpy.types.ID) -> dict[tuple[str, int], bpy.types.FCurve]:
    """The drivers on a datablock by path and index."""
    animation = block.animation_data
    found = animation.drivers if animation else ()
    return {(curve.data_path, max(curve.array_index, 0)): curve for curve in found}


def input_of(curve: bpy.types.FCurve) -> tuple[Target | None, str]:
    """What a driver passes on, or None and why it can't be driven."""
    driver = curve.driver
    reads = ", ".join(_reading(variable) for variable in driver.variables)
    refusal = f"a driver moves it from {reads}" if reads else "a driver moves it"
    if len(driver.variables) != 1 or not _passes_on(curve):
        return None, f"{refusal}: animate that, or remove the driver"
    (variable,) = driver.variables
    read = variable.targets[0]
    if variable.type != "SINGLE_PROP" or not isinstance(read.id, bpy.types.Object) or not read.data_path:
        return None, f"{refusal}: animate that, or remove the driver"
    target = Target(read.data_path, "driver", read.id.name)
    return (target, "") if _is_number(read) else (None, f"{refusal}, which is not a number")


def _passes_on(curve: bpy.types.FCurve) -> bool:
    """Whether the shape key is just as its one variable is."""
    driver = curve.driver
    plain = driver.type in _SUMS or (
        driver.type == "SCRIPTED" and driver.expression.strip(" ()") == driver.variables[0].name
    )
    return plain and all(_is_line(modifier) for modifier in curve.modifiers) and _runs_straight(curve)


def _is_line(modifier: bpy.types.FModifier) -> bool:
    """The modifier that Blender 4.2 gives a new driver, which changes nothing."""
    if modifier.mute:
        return True
    if modifier.type != "GENERATOR" or modifier.mode != "POLYNOMIAL":
        return False
    return [round(number, 6) for number in modifier.coefficients] == [0.0, 1.0]


def _runs_straight(curve: bpy.types.FCurve) -> bool:
    """Whether the driver's own curve changes nothing."""
    return all(abs(point.co[0] - point.co[1]) < 1e-6 for point in curve.keyframe_points)


def _reading(variable: bpy.types.DriverVariable) -> str:
    read = variable.targets[0] if variable.targets else None
    if read is None or read.id is None:
        return "nothing"
    return ".".join(filter(None, (read.id.name, read.bone_target, read.data_path)))


def _is_number(read: bpy.types.DriverTarget) -> bool:
    try:
        return isinstance(read.id.path_resolve(read.data_path), float)
    except ValueError:
        return False
