# SPDX-License-Identifier: GPL-3.0-or-later
"""Source: the footage."""

from __future__ import annotations

from typing import Final

import bpy

from ..operators.footage import MIEN_OT_show_footage
from .tab import Tab


class MIEN_PT_source(Tab, bpy.types.Panel):
    bl_label = "Source"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.prop(context.scene.mien, "video", text="", placeholder="Video of a face")
        row = layout.row(align=True)
        for where, text, icon in (
            ("BESIDE", "Beside", "IMAGE_REFERENCE"),
            ("CAMERA", "Camera", "CAMERA_DATA"),
            ("SEQUENCER", "Sound", "SOUND"),
        ):
            row.operator(MIEN_OT_show_footage.bl_idname, text=text, icon=icon).where = where


CLASSES: Final = (MIEN_PT_source,)
