# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape keys that drivers hold: what such a driver reads can be keyed in their place, where it is one number.

A driver that goes in a straight line from 0 to 1 with one property, or with one channel of a bone, is
followed to that: `var`, `var * 20`, `1 - var`, `max(0, -var)`, `clamp(var / 0.05)`, and a driver curve
likewise. Any other is left alone, with words that say what it reads.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Final, NamedTuple

import bpy
import numpy as np
from mien.rig.targets import Target
from numpy.typing import NDArray

_SUMS: Final = frozenset({"SUM", "AVERAGE", "MIN", "MAX"})

REACHES: Final = (1.5, 0.15, 0.015, 15.0, 150.0)
STEPS: Final = 20
LEAST: Final = 4
"""How far from 0 an input is tried, in how many steps to either side, and how many make a straight piece."""

_CHECKED: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


class Input(NamedTuple):
    """What a driver reads: input = gain · shape key + offset."""

    target: Target
    gain: float
    offset: float


def drivers_of(block: bpy.types.ID) -> dict[tuple[str, int], bpy.types.FCurve]:
    """The drivers on a datablock by path and index."""
    animation = block.animation_data
    found = animation.drivers if animation else ()
    return {(curve.data_path, max(curve.array_index, 0)): curve for curve in found}


def input_of(curve: bpy.types.FCurve) -> tuple[Input | None, str]:
    """What can be keyed in place of what a driver moves, or None and why nothing can."""
    driver = curve.driver
    reads = ", ".join(_reading(variable) for variable in driver.variables)
    refusal = f"a driver moves it from {reads}" if reads else "a driver moves it"
    if len(driver.variables) != 1:
        return None, f"{refusal}: animate that, or remove the driver"
    (variable,) = driver.variables
    target = _target_of(variable)
    line = _line_of(curve, variable.name) if target is not None else None
    if target is None or line is None:
        return None, f"{refusal}: animate that, or remove the driver"
    return Input(target, *line), ""


def _target_of(variable: bpy.types.DriverVariable) -> Target | None:
    """The one number of an object that a variable reads; None where it is none."""
    read = variable.targets[0]
    if not isinstance(read.id, bpy.types.Object):
        return None
    path = _bone_channel(read) if variable.type == "TRANSFORMS" else read.data_path
    if variable.type not in ("SINGLE_PROP", "TRANSFORMS") or not path or not _is_number(read.id, path):
        return None
    return Target(path, "driver", read.id.name)


def _bone_channel(read: bpy.types.DriverTarget) -> str:
    """The path of what a bone's own (local) transform is set by, or ""."""
    bone = read.id.pose.bones.get(read.bone_target) if read.id.pose else None
    kind, _, axis = read.transform_type.partition("_")
    if bone is None or read.transform_space != "LOCAL_SPACE" or axis not in ("X", "Y", "Z"):
        return ""
    if kind == "ROT" and (bone.rotation_mode in ("QUATERNION", "AXIS_ANGLE") or read.rotation_mode not in (
        "AUTO", bone.rotation_mode
    )):  # fmt: skip
        return ""
    name = {"LOC": "location", "ROT": "rotation_euler", "SCALE": "scale"}[kind]
    return f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"].{name}[{"XYZ".index(axis)}]'


def _line_of(curve: bpy.types.FCurve, variable: str) -> tuple[float, float] | None:
    """Gain and offset with which input = gain · key + offset, where the driver goes straight from 0 to 1."""
    made = _function_of(curve, variable)
    if made is None:
        return None
    for reach in REACHES:
        inputs = np.linspace(-reach, reach, 2 * STEPS + 1, dtype=np.float64)
        keys = np.array([made(float(value)) for value in inputs])
        line = _straight(inputs, keys)
        if line is not None:
            gain, offset = line
            seen = [made(gain * key + offset) for key in _CHECKED]
            if np.allclose(seen, _CHECKED, atol=1e-3):
                return line
    return None


def _straight(inputs: NDArray[np.float64], keys: NDArray[np.float64]) -> tuple[float, float] | None:
    """The longest straight piece that rises or falls through most of 0–1, the other way round."""
    if not np.isfinite(keys).all():
        return None
    slopes = np.diff(keys) / np.diff(inputs)
    breaks = np.flatnonzero(np.abs(np.diff(slopes)) > 1e-6 * (1.0 + np.abs(slopes[1:]))) + 1
    for piece in sorted(np.split(np.arange(len(slopes)), breaks), key=len, reverse=True):
        first, last, slope = piece[0], piece[-1] + 1, slopes[piece[0]]
        inside = np.clip([keys[first], keys[last]], 0.0, 1.0)
        if len(piece) >= LEAST and abs(inside[1] - inside[0]) > 0.5:
            gain, offset = float(1.0 / slope), float(inputs[first] - keys[first] / slope)
            return float(f"{gain:.5g}"), 0.0 if abs(offset) < 1e-5 * abs(gain) else float(f"{offset:.5g}")
    return None


def _function_of(curve: bpy.types.FCurve, variable: str) -> Callable[[float], float] | None:
    """What the driver makes of its variable; None where that can't be told."""
    driver = curve.driver
    if any(modifier.type not in ("GENERATOR", "LIMITS") for modifier in curve.modifiers):
        return None
    is_bent = len(curve.keyframe_points) or any(not modifier.mute for modifier in curve.modifiers)
    if driver.type in _SUMS:
        expression = variable
    elif driver.type == "SCRIPTED" and not driver.use_self:
        expression = driver.expression
    else:
        return None
    try:
        read = plain_function(expression, variable)
        read(0.5)
    except (ValueError, ArithmeticError):
        return None

    def made(value: float) -> float:
        try:
            number = read(value)
        except (ValueError, ArithmeticError):
            return math.nan
        return curve.evaluate(number) if is_bent else number

    return made


def plain_function(expression: str, variable: str) -> Callable[[float], float]:
    """The function of one variable that a driver's expression is; ValueError where it is anything else.

    Nothing of it is run as Python: numbers, the variable, + - * / **, min, max, abs and clamp are known.
    """
    try:
        body = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error
    return lambda value: _value(body, variable, value)


def _value(node: ast.expr, variable: str, value: float) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in (variable, "pi"):
        return value if node.id == variable else math.pi
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        inner = _value(node.operand, variable, value)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = (_value(part, variable, value) for part in (node.left, node.right))
        return float(_OPERATIONS[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = _FUNCTIONS.get(node.func.id)
        if function is not None:
            try:
                return float(function(*(_value(part, variable, value) for part in node.args)))
            except TypeError as error:
                raise ValueError(ast.dump(node)) from error
    raise ValueError(ast.dump(node)[:80])


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > 8.0 or base < 0.0:
        raise ValueError("no straight line")
    return float(base**exponent)


def _clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(value, low), high)


_OPERATIONS: Final[dict[type, Callable[[float, float], float]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: _power,
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Callable[..., float]]] = {"min": min, "max": max, "abs": abs, "clamp": _clamp}


def _reading(variable: bpy.types.DriverVariable) -> str:
    read = variable.targets[0] if variable.targets else None
    if read is None or read.id is None:
        return "nothing"
    return ".".join(filter(None, (read.id.name, read.bone_target, read.data_path)))


def _is_number(thing: bpy.types.Object, path: str) -> bool:
    try:
        return isinstance(thing.path_resolve(path), float)
    except ValueError:
        return False
