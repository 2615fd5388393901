# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage in the scene: beside the face, behind the camera, on the sequencer's timeline with its sound."""

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import EnumProperty

from .. import baking, footage
from .refusal import refusing


class MIEN_OT_show_footage(bpy.types.Operator):
    bl_idname = "mien.show_footage"
    bl_label = "Show Footage"
    bl_description = "Show the footage of the chosen take, in time with its keys"
    bl_options = {"REGISTER", "UNDO"}

    where: EnumProperty(
        name="Where",
        items=(
            ("BESIDE", "Beside the Face", "As a picture that stands beside the face"),
            ("CAMERA", "Behind the Camera", "As the background of the scene's camera"),
            ("SEQUENCER", "In the Sequencer", "Its sound, and its picture where the rates are alike"),
        ),
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: MIEN_OT_show_footage) -> str:
        items = cls.bl_rna.properties["where"].enum_items
        return f"{items[properties.where].description}, in time with its keys"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        take = context.scene.mien.chosen_take
        if take is None or not take.footage:
            cls.poll_message_set("Choose a take that was solved from footage first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        target, take = context.scene, context.scene.mien.chosen_take
        line = baking.timeline_of(target, take)
        with refusing(self) as refusal:
            if self.where == "SEQUENCER":
                self.report(*_told(*footage.into_sequencer(target, take, line)))
            else:
                put = footage.beside if self.where == "BESIDE" else footage.behind_camera
                self.report({"INFO"}, f"The footage is on {put(target, take, line)}")
        return refusal.result


def _told(has_sound: bool, alike: bool) -> tuple[set[str], str]:
    if has_sound and alike:
        return {"INFO"}, "The footage and its sound are in the sequencer"
    parts = [] if has_sound else ["no sound was found in it"]
    parts += [] if alike else ["its picture is left out, for its rate is not the scene's"]
    return {"WARNING"}, f"In the sequencer; {', '.join(parts)}"


CLASSES: Final = (MIEN_OT_show_footage,)
