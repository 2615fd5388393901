# SPDX-License-Identifier: GPL-3.0-or-later
"""Source: the footage."""

from __future__ import annotations

from typing import Final

import bpy

from .tab import Tab


class MIEN_PT_source(Tab, bpy.types.Panel):
    bl_label = "Source"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.prop(context.scene.mien, "video", text="", placeholder="Video of a face")


CLASSES: Final = (MIEN_PT_source,)
