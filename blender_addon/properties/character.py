# SPDX-License-Identifier: GPL-3.0-or-later
"""A character of the scene: its meshes, its armature, and the map from ARKit's shapes to its controls.

The whole map is kept as the text of a map's file; the list of channels beside it holds what can be edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from mien import arkit

from .. import retune
from .bake import MienBaked

if TYPE_CHECKING:
    from mien.rig.retarget_map import Channel, RetargetMap


def can_be_driven(_group: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    """Whether the mesh picker lists an object: meshes that have shape keys, or could get them."""
    return thing.type == "MESH"


def _is_armature(_group: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "ARMATURE"


def _map_again(character: MienCharacter, context: bpy.types.Context) -> None:
    from .. import mapping

    if character.mesh is not None:
        mapping.auto_map(character)
    retune.asked(character, context)


def _armature_chosen(character: MienCharacter, context: bpy.types.Context) -> None:
    from .. import mapping

    mapping.guess_bones(character)
    _map_again(character, context)


def _sources(_channel: MienChannel, _context: bpy.types.Context, text: str) -> Iterator[str]:
    wanted = text.lower()
    return (name for name in arkit.NAMES if wanted in name.lower())


def _source_chosen(channel: MienChannel, context: bpy.types.Context) -> None:
    if channel.source not in (*arkit.NAMES, channel.told, ""):
        channel.source = channel.told
        return
    if channel.source in arkit.INDEX and channel.source != channel.told:
        channel.mute = False
    retune.asked(channel, context)


class MienPart(bpy.types.PropertyGroup):
    mesh: PointerProperty(type=bpy.types.Object, name="Mesh", poll=can_be_driven)


class MienChannel(bpy.types.PropertyGroup):
    source: StringProperty(
        name="Source", description="The ARKit shape that drives it. Empty: nothing does",
        search=_sources, update=_source_chosen,
    )  # fmt: skip
    told: StringProperty()
    gain: FloatProperty(
        name="Gain", description="Factor on this control. 1: full when the shape is",
        default=1.0, soft_min=-2.0, soft_max=2.0, min=-1e4, max=1e4, precision=2, update=retune.asked,
    )  # fmt: skip
    mute: BoolProperty(name="Mute", description="Leave this control alone", update=retune.asked)
    confidence: FloatProperty(name="Confidence", description="How sure the match is, 0 to 1")
    reason: StringProperty(name="Reason", description="Why it was matched, or not")

    def edited(self, channel: Channel) -> Channel:
        """A channel of the map, with what was edited here."""
        from mien.rig.retarget_map import Term

        terms = channel.terms
        if self.source != self.told:
            gain = terms[0].gain if channel.target.kind == "driver" and len(terms) == 1 else 1.0
            terms = (Term((self.source,), gain),) if self.source in arkit.INDEX else ()
        if self.gain != 1.0:
            terms = tuple(replace(term, gain=term.gain * self.gain) for term in terms)
        return replace(channel, terms=terms, mute=self.mute or not (terms or channel.offset))


class MienCharacter(bpy.types.PropertyGroup):
    mesh: PointerProperty(
        type=bpy.types.Object, name="Face", poll=can_be_driven, update=_map_again,
        description="The mesh whose shape keys get the animation",
    )  # fmt: skip
    parts: CollectionProperty(type=MienPart)
    part_index: IntProperty(name="Mesh", description="A further mesh of the character: eyes, teeth, brows")
    armature: PointerProperty(
        type=bpy.types.Object, name="Armature", poll=_is_armature, update=_armature_chosen,
        description="The armature whose head and eyes turn, and whose custom properties are driven",
    )  # fmt: skip
    head_bone: StringProperty(
        name="Head", description="The bone that turns with the head", update=retune.asked
    )
    neck_bone: StringProperty(
        name="Neck", description="A bone that takes 40 % of the head's turn", update=retune.asked
    )
    eye_left_bone: StringProperty(
        name="Left Eye", description="The bone of the character's left eye", update=retune.asked
    )
    eye_right_bone: StringProperty(
        name="Right Eye", description="The bone of the character's right eye", update=retune.asked
    )
    mirror: BoolProperty(
        name="Mirror", description="Play the performance as a mirror would show it", update=retune.asked
    )
    map_text: StringProperty()
    channels: CollectionProperty(type=MienChannel)
    channel_index: IntProperty(name="Channel", description="A control of the rig and what drives it")
    baked: PointerProperty(type=MienBaked)

    @property
    def meshes(self) -> list[bpy.types.Object]:
        """The face and its parts, each once."""
        given = [self.mesh, *(part.mesh for part in self.parts)]
        return list(dict.fromkeys(thing for thing in given if thing is not None))

    @property
    def things(self) -> list[bpy.types.Object]:
        """The meshes, and the armature where there is one."""
        return [*self.meshes, *([self.armature] if self.armature else [])]

    @property
    def bones(self) -> dict[str, str]:
        """The bones that turn, by what they are."""
        names = {"head": self.head_bone, "neck": self.neck_bone}
        names |= {"left": self.eye_left_bone, "right": self.eye_right_bone}
        return {part: name for part, name in names.items() if name} if self.armature else {}

    def kept_map(self) -> RetargetMap:
        """The map as it was made or loaded; empty where there is none."""
        return _parsed(self.map_text)

    def edited_map(self) -> RetargetMap:
        """The map with what was edited in the list; the bones are not in it (see `mapping`)."""
        kept = self.kept_map()
        edited = tuple(item.edited(channel) for item, channel in zip(self.channels, kept.channels))
        return replace(kept, channels=edited, mirror=self.mirror)


@lru_cache(maxsize=8)
def _parsed(text: str) -> RetargetMap:
    from mien.rig.map_file import parse_map
    from mien.rig.retarget_map import RetargetMap

    return parse_map(text) if text else RetargetMap()
