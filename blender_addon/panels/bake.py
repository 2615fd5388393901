# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake: where the keys go, and how many."""

from __future__ import annotations

from typing import Final

import bpy

from ..operators.bake import MIEN_OT_bake
from .tab import Tab, big, split


class MIEN_PT_bake(Tab, bpy.types.Panel):
    bl_label = "Bake"
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        options, layout = context.scene.mien.bake, self.layout
        fields = split(layout)
        fields.prop(options, "into")
        fields.prop(options, "whole_frames")
        fields.prop(options, "in_range")
        fields.prop(options, "reduce")
        if options.reduce:
            fields.prop(options, "max_error")
        big(layout, MIEN_OT_bake.bl_idname, "KEYFRAME_HLT")


CLASSES: Final = (MIEN_PT_bake,)
