# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake: tune the take and key the character's controls, in one step that undo takes back."""

from __future__ import annotations

import bpy
from bpy.props import FloatProperty

from .. import baking, scene
from ..preview import PREVIEW
from ..properties import BakeOptions
from .refusal import refusing


class MIEN_OT_bake(BakeOptions, bpy.types.Operator):
    bl_idname = "mien.bake"
    bl_label = "Bake"
    bl_description = "Write the take as keys on the character; what is keyed outside its range stays"
    bl_options = {"REGISTER", "UNDO"}

    start: FloatProperty(
        name="Start Frame", description="The frame of the scene at which the footage begins", precision=2,
        options={"SKIP_SAVE"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = context.scene.mien
        if settings.chosen_take is None:
            cls.poll_message_set("Solve a video first, or choose a take")
        elif settings.mesh is None:
            cls.poll_message_set("Choose the face to animate first")
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        self._follow_panel(context.scene.mien)
        PREVIEW.stop()
        with refusing(self) as refusal:
            baked = baking.bake(context.scene, self)
            self.report({"WARNING"} if baked.skipped else {"INFO"}, _told(baked, context.scene))
        return refusal.result

    def _follow_panel(self, settings: bpy.types.PropertyGroup) -> None:
        """What the caller left out is as the panel says; a start that is given moves the take."""
        for name in BakeOptions.__annotations__:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings.bake, name))
        if self.properties.is_property_set("start"):
            settings.chosen_take.start = self.start
        else:
            self.start = settings.chosen_take.start


def _told(baked: scene.Baked, target: bpy.types.Scene) -> str:
    what = "1 control" if baked.channels == 1 else f"{baked.channels} controls"
    text = f"{what}, frames {baked.first:.8g} to {baked.last:.8g}, {baked.keys:,} keys"
    if baked.last > target.frame_end:
        text += f" (the scene ends at {target.frame_end})"
    if baked.skipped:
        text += f"; left alone, for a driver or a lock holds them: {', '.join(baked.skipped)}"
    return text


CLASSES = (MIEN_OT_bake,)
