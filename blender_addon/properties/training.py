# SPDX-License-Identifier: GPL-3.0-or-later
"""What Train on This Actor is told, and which networks there are to choose from."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from mien.errors import MienError
from mien.hosting.actor_training import LABELS
from mien.hosting.networks import DEFAULT, networks_in

from .. import places, training


class MienTraining(bpy.types.PropertyGroup):
    actor: StringProperty(
        name="Actor", description="What the network will be called. Empty: as the character is"
    )
    labels: EnumProperty(
        name="Labels", description="What the network learns that the footage shows", items=LABELS
    )
    takes: EnumProperty(
        name="Learn From",
        description="Whose footage is learnt from. A few minutes are wanted",
        items=(
            ("CHOSEN", "The Chosen Take", "The take that is tuned and baked"),
            ("ALL", "All Takes of the List", "Those whose footage is known; all must be of this actor"),
        ),
    )
    in_range: BoolProperty(
        name="Only Keys in Range",
        description="Learn from the keys within the playback range only: those that were corrected already",
    )


def networks(_settings: bpy.types.PropertyGroup, _context: bpy.types.Context, text: str) -> Iterator[str]:
    """The names that the field Network offers."""
    try:
        names = [DEFAULT, *(network.name for network in networks_in(places.networks()))]
    except MienError:
        names = [DEFAULT]
    return (name for name in names if text.lower() in name.lower())


def network_chosen(_settings: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    """Look anew at what is known of the networks."""
    training.gain_of.cache_clear()
