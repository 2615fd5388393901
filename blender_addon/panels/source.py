# SPDX-License-Identifier: GPL-3.0-or-later
"""Source: the footage."""

from __future__ import annotations

from typing import Final

import bpy
from mien.picture_files import is_sequence

from ..operators.demo import MIEN_OT_demo
from ..operators.footage import MIEN_OT_show_footage
from .tab import Tab, split


class MIEN_PT_source(Tab, bpy.types.Panel):
    bl_label = "Source"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.mien
        layout.prop(settings, "video", text="", placeholder="Video of a face")
        if settings.video and is_sequence(bpy.path.abspath(settings.video)):
            split(layout).prop(settings, "picture_rate")
        if not settings.video:
            layout.operator(MIEN_OT_demo.bl_idname, icon="FILE_MOVIE")
        row = layout.row(align=True)
        for where, text, icon in (
            ("BESIDE", "Beside", "IMAGE_REFERENCE"),
            ("CAMERA", "Camera", "CAMERA_DATA"),
            ("SEQUENCER", "Sound", "SOUND"),
        ):
            row.operator(MIEN_OT_show_footage.bl_idname, text=text, icon=icon).where = where


CLASSES: Final = (MIEN_PT_source,)
