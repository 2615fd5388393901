# SPDX-License-Identifier: GPL-3.0-or-later
"""What writes keys to a scene (through `curves`): into the current action, a new one, or an NLA strip.

Everything is refused before anything is written, by a RigError that says what to do. Nothing of bpy is kept
beyond a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mien.errors import RigError
from numpy.typing import NDArray

from . import curves
from .curves import Place
from .drivers import drivers_of
from .targets import Address, find_object


@dataclass(frozen=True, eq=False)
class Track:
    """What one control is to do.

    Attributes
    ----------
    name : str
        The control as the map calls it.
    address : Address
    frames : ndarray, float64, (M,), M ≥ 1
        Frames of the scene, increasing.
    values : ndarray, float32, (M,)
        In Blender's units.
    """

    name: str
    address: Address
    frames: NDArray[np.float64]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Baked:
    """What a bake wrote.

    Attributes
    ----------
    channels : int
        Controls that got keys.
    keys : int
        Keys on all of them.
    first, last : float
        Frames of the first and the last key.
    skipped : tuple of str
        Controls left alone, because a driver or a lock holds them.
    """

    channels: int
    keys: int
    first: float
    last: float
    skipped: tuple[str, ...]


def channel_names(object_name: str) -> tuple[str, ...]:
    """The mesh's shape keys but its rest shape, in their order; () where there are none."""
    thing = find_object(object_name)
    keys = getattr(thing.data, "shape_keys", None) if thing else None
    if keys is None:
        return ()
    return tuple(block.name for block in keys.key_blocks if block != keys.reference_key)


def check_face(thing: bpy.types.Object) -> None:
    """RigError when a mesh has no shape keys that can be animated."""
    if thing.type != "MESH":
        raise RigError(f"{thing.name} is not a mesh", "Choose a mesh with shape keys.")
    keys = thing.data.shape_keys
    if keys is None or len(keys.key_blocks) < 2:
        hint = "Press Make the 52 Shapes, choose a mesh that has shape keys, or add the reference head."
        raise RigError(f"{thing.name} has no shape keys", hint)
    if not keys.use_relative:
        raise RigError(
            f"The shape keys of {thing.name} are absolute", "Turn on Relative in Object Data, Shape Keys."
        )


def check_can_be_keyed(block: bpy.types.ID) -> None:
    """RigError when keys on a datablock would not last, or can't be written now."""
    name = (block.user.name if block.user else block.name) if isinstance(block, bpy.types.Key) else block.name
    if not block.is_editable:
        what, too = (
            ("The mesh of ", " of its mesh data too") if isinstance(block, bpy.types.Key) else ("", "")
        )
        message = f"{what}{name} is linked from another file: keys on it would not be saved"
        hint = f"Make a library override{too} (Outliner, right-click, Library Override)."
        raise RigError(message[0].upper() + message[1:] if what else message, hint)
    animation = block.animation_data
    if animation is None:
        return
    if animation.use_tweak_mode:
        raise RigError(f"A strip of {name} is being tweaked", "Leave tweak mode in the NLA editor (Tab).")
    if animation.action is not None and not animation.action.is_editable:
        raise RigError(
            f"The action {animation.action.name} on {name} is linked from another file",
            "Unlink it, or make it local, in the Action Editor.",
        )


def bake(tracks: Sequence[Track], name: str, into: str = "CURRENT") -> tuple[Baked, list[Place]]:
    """Key controls; in the current action their other keys within the range give way, all else stays.

    Parameters
    ----------
    tracks : sequence of Track
    name : str
        Of an action that has to be made.
    into : str
        CURRENT, NEW or NLA: see `properties.bake`.

    Returns
    -------
    Baked
    list of Place
        The actions with the keys, one for each datablock.
    """
    blocks = list(dict.fromkeys(track.address.block for track in tracks))
    for block in blocks:
        check_can_be_keyed(block)
    free = [track for track in tracks if not _is_held(track, into)]
    if not free:
        raise RigError(
            "Drivers or locks hold every control that the take could move",
            "Remove the drivers, or unlock the channels, of those to be keyed.",
        )
    first, last = min(track.frames[0] for track in free), max(track.frames[-1] for track in free)
    places: list[Place] = []
    for block in blocks:
        own = [track for track in free if track.address.block == block]
        if own:
            places.append(_written(block, own, name, into, places, float(first)))
    skipped = tuple(track.name for track in tracks if track not in free)
    keys = sum(len(track.frames) for track in free)
    return Baked(len(free), keys, float(first), float(last), skipped), places


def rewrite(
    place: Place, tracks: Sequence[Track], old: set[tuple[str, int]], span: tuple[float, float]
) -> None:
    """Replace what an earlier bake wrote: its curves `old` between the frames of `span`."""
    for path, index in old:
        place.erase(path, index, *span)
    for track in tracks:
        if not place.is_locked(*track.address.key):
            curves.write(place.curve(*track.address.key), track.frames, track.values)
    gone = old - {track.address.key for track in tracks}
    if isinstance(place.block, bpy.types.Key):
        for path, _ in gone:
            place.block.path_resolve(path.removesuffix(".value")).value = 0.0
    place.block.update_tag()


def _written(
    block: bpy.types.ID, tracks: Sequence[Track], name: str, into: str, others: Sequence[Place], first: float
) -> Place:
    before = curves.playing(block)
    if into == "CURRENT":
        place = curves.current(block, name)
    else:
        place = curves.fresh(block, name, others[0].action if others else None)
    for track in tracks:
        curves.write(place.curve(*track.address.key), track.frames, track.values)
    if into == "NLA":
        curves.as_strip(place, first, before)
    block.update_tag()
    return place


def _is_held(track: Track, into: str) -> bool:
    """Whether a driver moves the control, or its curve in the current action is locked."""
    block, key = track.address.block, track.address.key
    animation = block.animation_data
    if animation is None:
        return False
    if key in drivers_of(block):
        return True
    if into != "CURRENT" or animation.action is None:
        return False
    if curves.SLOTTED and animation.action_slot is None:
        return False
    return curves.current(block, "").is_locked(*key)
