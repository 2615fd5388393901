# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Reference Head: a face with the 52 shape keys, to see a performance on before there is a character."""

from __future__ import annotations

import bpy
from bpy.props import FloatProperty

from .. import head, scene
from .refusal import refusing


class MIEN_OT_add_reference_head(bpy.types.Operator):
    bl_idname = "mien.add_reference_head"
    bl_label = "Add Reference Head"
    bl_description = "Add a head with the 52 ARKit shape keys, and choose it as the face to animate"
    bl_options = {"REGISTER", "UNDO"}

    height: FloatProperty(
        name="Height", description="From the neck to the crown", default=head.HEIGHT, min=0.001, unit="LENGTH"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        with refusing(self) as refusal:
            name = head.add_reference(context, self.height)
            self.report({"INFO"}, f"{name} has {len(scene.channel_names(name))} shape keys")
        return refusal.result


def draw_add_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in Add, Mesh."""
    menu.layout.operator(MIEN_OT_add_reference_head.bl_idname, text="Mien Reference Head", icon="MONKEY")


CLASSES = (MIEN_OT_add_reference_head,)
