# SPDX-License-Identifier: GPL-3.0-or-later
"""Train on This Actor, as far as it reads the scene: takes, their footage, the character's curves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import bpy
import numpy as np
from mien.errors import MienError
from mien.hosting.actor_training import Order, Shot, labels_of, prepare
from mien.hosting.networks import networks_in
from mien.hosting.training_python import TrainingPythons
from mien.picture_files import is_sequence
from mien.rig.targets import Target
from numpy.typing import NDArray

from . import baking, curves, footage, places, preferences, taking, targets
from .interpreter import NO_WINDOW

if TYPE_CHECKING:
    from mien.rig.corrected import Corrected

    from .properties.character import MienCharacter
    from .properties.takes import MienTake

PYTHONS: Final = TrainingPythons(NO_WINDOW)
"""What is known of the Pythons that the user has chosen for training."""


def python() -> str:
    """The Python that trains; "" where none was chosen."""
    chosen = preferences.of_user().training_python
    return bpy.path.abspath(chosen) if chosen else ""


@lru_cache(maxsize=16)
def gain_of(name: str, _folder: str) -> str:
    """How much better a network of the user's is, or "". Kept, for panels ask at each redraw.

    It is looked for again when one is chosen, or the preferences name another folder.
    """
    try:
        return next((known.gain for known in networks_in(places.networks()) if known.name == name), "")
    except MienError:
        return ""


def learnt_from(settings: bpy.types.PropertyGroup) -> list[MienTake]:
    """The takes that are meant and whose footage is known."""
    chosen = settings.chosen_take
    meant = list(settings.takes) if settings.training.takes == "ALL" else [chosen] if chosen else []
    return [take for take in meant if take.footage]


def order(target: bpy.types.Scene) -> Order:
    """Write down what to train on; MienError where that can't be."""
    settings = target.mien
    character = settings.character
    shots = [_shot(target, take, character) for take in learnt_from(settings)]
    name = settings.training.actor or (character.name if character else "") or shots[0].name
    return prepare(places.networks(), name, shots)


def _shot(target: bpy.types.Scene, take: MienTake, character: MienCharacter | None) -> Shot:
    which, found = target.mien.training.labels, None
    if which == "KEYS" or (which == "AUTO" and character and character.baked.take == take.path):
        found = _corrected(target, take, character)
    video = footage.file_of(take)
    rate = footage.rate_of(take) if is_sequence(video) else None
    return Shot(take.name, video, rate, take.rest_span, labels_of(which, found, take.name))


def _corrected(target: bpy.types.Scene, take: MienTake, character: MienCharacter | None) -> Corrected | None:
    from mien.rig.corrected import corrected

    if character is None or character.mesh is None:
        return None
    spans = [baking.playback_range(target)] if target.mien.training.in_range else []
    if character.baked.take == take.path:
        spans.append(tuple(character.baked.range))  # beyond it, curves only go on as they end
    line = baking.timeline_of(target, take).within(*spans)

    def values(wanted: Sequence[Target], frames: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([_values(character, each, frames) for each in wanted], axis=1)

    settings = target.mien.tune.settings(take)
    error = character.baked.max_error
    return corrected(taking.read_take(take.file), settings, baking.whole_map(character), line, values, error)


def _values(character: MienCharacter, wanted: Target, frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a control has on each frame (F,), in the map's units; NaN where it has no curve."""
    try:
        address = targets.address_of(character, wanted)
    except MienError:
        return np.full(len(frames), np.nan)
    curve = _curve(character, address)
    if curve is None:
        return np.full(len(frames), np.nan)
    return np.array([curve.evaluate(frame) for frame in frames]) / address.unit


def _curve(character: MienCharacter, address: targets.Address) -> bpy.types.FCurve | None:
    """The curve that Mien baked, else the one that plays."""
    for entry in character.baked.actions:
        if entry.block == address.block and entry.action is not None:
            slot = entry.action.slots.get(entry.slot) if entry.slot else None
            found = curves.Place(entry.block, entry.action, slot).existing(*address.key)
            if found is not None:
                return found
    animation = address.block.animation_data
    playing = curves.playing_curves(animation) if animation else ()
    return next((c for c in playing if (c.data_path, c.array_index) == address.key), None)
