# SPDX-License-Identifier: GPL-3.0-or-later
"""A map learnt from poses: the frames on which an artist keyed the rig by hand are examples of what the take
means there (see `mien.rig.learn`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from mien.errors import MapError
from mien.rig.targets import Target
from numpy.typing import NDArray

from . import baking, curves, targets

if TYPE_CHECKING:
    from mien.rig.learn import Learned

    from .properties.character import MienCharacter

_SHAPE: Final = re.compile(r'key_blocks\["((?:[^"\\]|\\.)*)"\]\.value')
_PROPERTY: Final = re.compile(r'(?:pose\.bones\["((?:[^"\\]|\\.)*)"\])?\["((?:[^"\\]|\\.)*)"\]')
_BONE: Final = re.compile(
    r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\.(location|rotation_euler|rotation_quaternion|scale)'
)
_AXES: Final = {"location": "t", "rotation_euler": "r", "rotation_quaternion": "q", "scale": "s"}


def learn(target: bpy.types.Scene, character: MienCharacter) -> tuple[Learned, int]:
    """Fit a map to the poses that are keyed within the chosen take; it, and how many poses there were."""
    from mien.rig.learn import learn as fit

    take = target.mien.chosen_take
    tuned, line = baking.tuned_take(target, take), baking.timeline_of(target, take)
    posed = dict(_posed(character))
    frames = sorted({float(point.co[0]) for curve in posed.values() for point in curve.keyframe_points})
    times = np.array([line.time_of(frame) for frame in frames])
    inside = (times >= tuned.times[0] - 1e-3) & (times <= tuned.times[-1] + 1e-3)
    if not posed or inside.sum() < 2:
        raise MapError(
            "There are no poses to learn from",
            "Pose the character by hand on two frames of the take or more, and key the poses.",
        )
    kept = np.array(frames)[inside]
    values = _values(character, posed, kept)
    moving = np.ptp(values, axis=0) > 1e-6
    known = [control for control, moves in zip(posed, moving) if moves]
    weights = tuned.resample(np.clip(times[inside], tuned.times[0], tuned.times[-1])).weights
    return fit(weights, values[:, moving], known, name=character.name), len(kept)


def _values(
    character: MienCharacter, posed: dict[Target, bpy.types.FCurve], frames: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each control has on each frame (K, C), in the map's units."""
    columns = [
        np.array([curve.evaluate(frame) for frame in frames]) / targets.address_of(character, control).unit
        for control, curve in posed.items()
    ]
    return np.stack(columns, axis=1)


def _posed(character: MienCharacter) -> Iterator[tuple[Target, bpy.types.FCurve]]:
    """The controls of a character with curves that somebody else than Mien made."""
    own = set(_baked(character))
    turned = set(character.bones.values())
    for thing in dict.fromkeys(character.things):
        keys = thing.data.shape_keys if thing.type == "MESH" else None
        for block in filter(None, (keys, thing)):
            for curve in curves.playing_curves(block.animation_data) if block.animation_data else ():
                control = _control(character, thing, curve)
                made = (block, curve.data_path, curve.array_index) in own
                if control is not None and not made and control.name not in turned:
                    yield control, curve


def _control(character: MienCharacter, thing: bpy.types.Object, curve: bpy.types.FCurve) -> Target | None:
    """The control that a curve moves, as a map names it; None where it is none."""
    plain, path = bpy.utils.unescape_identifier, curve.data_path
    shape, custom, bone = (kind.fullmatch(path) for kind in (_SHAPE, _PROPERTY, _BONE))
    if shape:
        return Target(plain(shape[1]), "shape_key", "" if thing == character.mesh else thing.name)
    if custom:
        name = plain(custom[2])
        return Target(f"{plain(custom[1])}:{name}" if custom[1] else name, "property", thing.name)
    if bone:
        letters = "wxyz" if bone[2] == "rotation_quaternion" else "xyz"
        axis = _AXES[bone[2]] + letters[curve.array_index]
        return Target(plain(bone[1]), "transform", thing.name, axis)
    return None


def _baked(character: MienCharacter) -> Iterator[tuple[Any, str, int]]:
    """The curves that Mien's last bake wrote."""
    for entry in character.baked.actions:
        animation = entry.block.animation_data if entry.block else None
        if animation is not None and animation.action == entry.action:
            yield from ((entry.block, path, index) for path, index in json.loads(entry.curves))
