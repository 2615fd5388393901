# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of what a scene keeps: footage, the lists of takes and characters, which of them are chosen."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .. import retune
from .bake import MienBake
from .character import MienCharacter
from .takes import RELATIVE, MienTake
from .training import MienTraining, network_chosen, networks
from .tune import MienTune


class MienSettings(bpy.types.PropertyGroup):
    video: StringProperty(
        name="Footage",
        description="The video of one face; or a picture of an image sequence, its folder, or shot.####.png",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    picture_rate: FloatProperty(
        name="Pictures a Second",
        description="How fast the image sequence was filmed. 0: at the scene's frame rate",
        default=0.0, min=0.0, max=1000.0, precision=3, step=100,
    )  # fmt: skip
    network: StringProperty(
        name="Network",
        description="The network that measures faces. Empty: the default one. Others come from Train on This "
        "Actor; a folder may be given too",
        search=networks,
        update=network_chosen,
    )
    training: PointerProperty(type=MienTraining)
    takes: CollectionProperty(type=MienTake)
    take_index: IntProperty(
        name="Take", description="The take that is tuned and baked", default=-1, update=retune.asked
    )
    tune: PointerProperty(type=MienTune)
    characters: CollectionProperty(type=MienCharacter)
    character_index: IntProperty(name="Character", description="The character that is animated", default=-1)
    bake: PointerProperty(type=MienBake)
    auto_update: BoolProperty(
        name="Update Keys at Once",
        description="Bake again, into the same keys, whenever a setting of Tune or of the character changes. "
        "What was edited by hand on these keys is replaced",
        default=True,
        update=retune.asked,
    )

    @property
    def chosen_take(self) -> MienTake | None:
        """The take that is tuned and baked."""
        index = self.take_index
        return self.takes[index] if 0 <= index < len(self.takes) else None

    @property
    def character(self) -> MienCharacter | None:
        """The character that is animated."""
        index = self.character_index
        return self.characters[index] if 0 <= index < len(self.characters) else None

    def choose_take(self, path: str) -> MienTake:
        """Choose the take of a file (a path as the scene keeps it); it joins the list where it is new."""
        for i, known in enumerate(self.takes):
            if bpy.path.abspath(known.path) == bpy.path.abspath(path):
                known.look()
                self.take_index = i
                return known
        added = self.takes.add()
        added.path = path
        added.name = bpy.path.display_name_from_filepath(bpy.path.abspath(path))
        self.take_index = len(self.takes) - 1
        return added

    def choose_character(self, mesh: bpy.types.Object) -> MienCharacter:
        """Choose the character with this face; a new one comes into the list where there is none."""
        for i, known in enumerate(self.characters):
            if known.mesh == mesh:
                self.character_index = i
                return known
        added = self.characters.add()
        added.name = mesh.name
        self.character_index = len(self.characters) - 1
        added.mesh = mesh
        return added

    @property
    def mesh(self) -> bpy.types.Object | None:
        """The face of the character that is animated; setting it chooses or adds a character."""
        character = self.character
        return character.mesh if character else None

    @mesh.setter
    def mesh(self, thing: bpy.types.Object) -> None:
        self.choose_character(thing)

    @property
    def take(self) -> str:
        """The file of the chosen take, as the scene keeps it, or ""; setting it chooses or adds a take."""
        chosen = self.chosen_take
        return chosen.path if chosen else ""

    @take.setter
    def take(self, path: str) -> None:
        if path:
            self.choose_take(path)
        else:
            self.take_index = -1
