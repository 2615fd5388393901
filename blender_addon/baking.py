# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is chosen in a scene to keys: reads the properties, asks the core, hands its curves to `scene`.

A bake is recorded with the character, so that `update` can bring the same keys up to date.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np
from mien.errors import RigError, TakeError
from mien.rig.baking import ChannelKeys, Timeline, channel_keys, with_head_rest
from mien.rig.map_file import map_fields

from . import curves, mapping, scene, taking, targets
from .drivers import drivers_of
from .scene import Baked, Track

if TYPE_CHECKING:
    from mien.rig.retarget_map import RetargetMap
    from mien.take import Take

    from .properties.bake import BakeOptions, MienBaked
    from .properties.character import MienCharacter
    from .properties.takes import MienTake

FAR = 1e9
"""A frame beyond any other, for a range without an end."""


def timeline_of(target: bpy.types.Scene, take: MienTake, whole_frames: bool = True) -> Timeline:
    """How the take lies on the scene's timeline."""
    return Timeline(target.render.fps, target.render.fps_base, take.start, whole_frames)


def playback_range(target: bpy.types.Scene) -> tuple[int, int]:
    """The first and the last frame that are played."""
    if target.use_preview_range:
        return target.frame_preview_start, target.frame_preview_end
    return target.frame_start, target.frame_end


def bake(target: bpy.types.Scene, options: BakeOptions) -> Baked:
    """Bake the chosen take on the chosen character."""
    settings = target.mien
    take, character = settings.chosen_take, settings.character
    _check(target, character)
    span = playback_range(target) if options.in_range else (-FAR, FAR)
    error = options.max_error if options.reduce else 0.0
    made = whole_map(character)
    keys = _keys(target, take, made, options.whole_frames, span, error)
    tracks = [_track(character, key) for key in keys]
    baked, places = scene.bake(tracks, f"{character.name} {take.name}", options.into)
    record = character.baked
    record.take, record.whole_frames, record.max_error = take.path, options.whole_frames, error
    record.range, record.span = span, (baked.first, baked.last)
    record.actions.clear()
    for place in places:
        _record(record.actions.add(), place, tracks)
    record.signature = _signature(target, take, made, record)
    return baked


def update(target: bpy.types.Scene) -> int:
    """Bring the keys of earlier bakes up to date with the settings; how many characters changed.

    A character whose bake is of a take that is not in the list any more stays as it is.
    """
    changed = 0
    for character in target.mien.characters:
        take = next((t for t in target.mien.takes if t.path == character.baked.take), None)
        if take is not None and character.mesh is not None and len(character.baked.actions):
            changed += _updated(target, character, take)
    return changed


def tuned_take(target: bpy.types.Scene, item: MienTake) -> Take:
    """A take of the scene's list with its settings, without gaps; TakeError where it shows no face."""
    from mien.tune import tune

    take = taking.read_take(item.file)
    if not take.found.any():
        raise TakeError("There is no face in the take", "Choose a video that shows one face well.")
    return tune(take, target.mien.tune.settings(item), landmarks=False)


def whole_map(character: MienCharacter) -> RetargetMap:
    """The character's map, which drives something at least."""
    made = mapping.whole_map(character)
    if not made.targets:
        raise RigError(
            f"No shape key of {character.mesh.name} has a name that Mien knows",
            "Name them after ARKit's 52 shapes, or choose sources in the Character panel.",
        )
    return made


def _check(target: bpy.types.Scene, character: MienCharacter) -> None:
    if character.mesh is None:
        raise RigError(f"The face of {character.name} is gone", "Choose it again in the Character panel.")
    for thing in (character.mesh, *([character.armature] if character.bones else [])):
        if thing.name not in target.objects:
            raise RigError(f"{thing.name} is no longer in this scene", "Choose the face to animate again.")
    kinds = {channel.target.kind for channel in character.kept_map().channels}
    if "shape_key" in kinds or not (kinds or character.bones):
        scene.check_face(character.mesh)
        if not character.channels:
            scene.check_can_be_keyed(character.mesh.data.shape_keys)


def _keys(
    target: bpy.types.Scene, item: MienTake, made: RetargetMap, whole: bool, span: Any, error: float
) -> list[ChannelKeys]:
    line = Timeline(target.render.fps, target.render.fps_base, item.start, whole, *map(_end, span))
    tuned = tuned_take(target, item)
    return channel_keys(tuned, with_head_rest(made, tuple(item.head_rest)), line, error)


def _end(frame: float) -> float:
    return math.copysign(math.inf, frame) if abs(frame) >= FAR else frame


def _track(character: MienCharacter, keys: ChannelKeys) -> Track:
    address = targets.address_of(character, keys.target)
    values = keys.values if address.unit == 1.0 else (keys.values * address.unit).astype(np.float32)
    return Track(keys.target.path, address, keys.frames, values)


def _record(entry: bpy.types.PropertyGroup, place: curves.Place, tracks: list[Track]) -> None:
    entry.block, entry.action = place.block, place.action
    entry.slot = place.slot.identifier if place.slot is not None else ""
    entry.curves = json.dumps([track.address.key for track in tracks if track.address.block == place.block])


def _signature(target: bpy.types.Scene, take: MienTake, made: RetargetMap, record: MienBaked) -> str:
    """What changes when the keys would."""
    told: list[Any] = [
        target.mien.tune.settings(take).to_json(),
        take.path, taking.stamp_of(Path(take.file)), take.start, list(take.head_rest),
        map_fields(made), target.render.fps, target.render.fps_base,
        record.whole_frames, list(record.range), record.max_error,
    ]  # fmt: skip
    return hashlib.sha1(json.dumps(told).encode()).hexdigest()


def _updated(target: bpy.types.Scene, character: MienCharacter, take: MienTake) -> bool:
    record, made = character.baked, whole_map(character)
    signature = _signature(target, take, made, record)
    if signature == record.signature:
        return False
    keys = _keys(target, take, made, record.whole_frames, record.range, record.max_error)
    tracks = [_track(character, key) for key in keys]
    for entry in record.actions:
        _rewrite(entry, [track for track in tracks if track.address.block == entry.block], tuple(record.span))
    ends = [frame for track in tracks for frame in (track.frames[0], track.frames[-1])]
    record.span, record.signature = (min(ends), max(ends)), signature
    return True


def _rewrite(entry: bpy.types.PropertyGroup, tracks: list[Track], span: tuple[float, float]) -> None:
    if entry.block is None or entry.action is None or not entry.action.is_editable:
        return
    slot = entry.action.slots.get(entry.slot) if entry.slot else None
    if entry.slot and slot is None:
        return
    old = {(path, index) for path, index in json.loads(entry.curves)}
    held = drivers_of(entry.block)
    free = [t for t in tracks if t.address.key in old or t.address.key not in held]
    scene.rewrite(curves.Place(entry.block, entry.action, slot), free, old, span)
    entry.curves = json.dumps([track.address.key for track in free])
