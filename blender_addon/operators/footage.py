# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage in the scene: beside the face, behind the camera, on the sequencer's timeline with its sound."""

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import EnumProperty

from .. import baking, footage, staging
from .refusal import refusing

_WHERE: Final = (
    ("BESIDE", "Beside the Face",
     "Show the chosen take's footage as a picture that stands beside the face, in time with the keys"),
    ("CAMERA", "Behind the Camera",
     "Show the chosen take's footage as the background of the scene's camera, in time with the keys"),
    ("SEQUENCER", "In the Sequencer",
     "Put the sound of the chosen take's footage into the sequencer, in time with the keys; and its picture "
     "where it runs at the scene's rate"),
)  # fmt: skip


class MIEN_OT_show_footage(bpy.types.Operator):
    bl_idname = "mien.show_footage"
    bl_label = "Show Footage"
    bl_description = "Show the footage of the chosen take, in time with its keys"
    bl_options = {"REGISTER", "UNDO"}

    where: EnumProperty(name="Where", items=_WHERE)

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: MIEN_OT_show_footage) -> str:
        return next(told for where, _, told in _WHERE if where == properties.where)

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
                name = put(target, take, line)
                self.report({"INFO"}, f"The footage is on {name}")
                if self.where == "BESIDE":
                    _look_at(context, bpy.data.objects[name])
        return refusal.result


def _look_at(context: bpy.types.Context, picture: bpy.types.Object) -> None:
    """Bring the picture and the face into view, where the picture is not wholly in it."""
    face = context.scene.mien.mesh
    if not staging.is_seen(context, picture):
        staging.show(context, [picture, *([face] if face else [])])


def _told(has_sound: bool, alike: bool) -> tuple[set[str], str]:
    if has_sound and alike:
        return {"INFO"}, "The footage and its sound are in the sequencer"
    left_out = "picture is left out, for it does not run at the scene's rate"
    if alike:
        return {"WARNING"}, "The footage is in the sequencer; no sound was found in it"
    if has_sound:
        return {"INFO"}, f"The footage's sound is in the sequencer; its {left_out}"
    return {"WARNING"}, f"No sound was found in the footage, and its {left_out}"


CLASSES: Final = (MIEN_OT_show_footage,)
