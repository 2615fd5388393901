# SPDX-License-Identifier: GPL-3.0-or-later
"""What one sees: the tab "Mien" in the sidebar of the 3D viewport. It only draws; it changes nothing."""

from __future__ import annotations

import functools
from typing import Final

import bpy

from . import scene
from .operators.bake import MIEN_OT_bake
from .operators.reference_head import MIEN_OT_add_reference_head
from .operators.solve import MIEN_OT_cancel, MIEN_OT_solve
from .properties import BakeOptions
from .session import SESSION

_BUTTON: Final = 1.4
"""Height of the buttons that do something, in units of a field."""


class _Tab:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mien"


class MIEN_PT_solve(_Tab, bpy.types.Panel):
    bl_label = "Solve"

    def draw(self, context: bpy.types.Context) -> None:
        settings, layout = context.scene.mien, self.layout
        layout.prop(settings, "video", text="", placeholder="Video of a face")
        if SESSION.running:
            _draw_progress(layout)
        else:
            row = layout.row()
            row.scale_y = _BUTTON
            row.operator(MIEN_OT_solve.bl_idname, icon="PLAY")
        if settings.frames:
            missing = settings.faces < settings.frames
            text = f"Face in {settings.faces:,} of {settings.frames:,} frames"
            layout.label(text=text, icon="ERROR" if missing else "CHECKMARK")


class MIEN_PT_bake(_Tab, bpy.types.Panel):
    bl_label = "Bake"

    def draw(self, context: bpy.types.Context) -> None:
        settings, layout = context.scene.mien, self.layout
        layout.prop(settings, "take", text="", placeholder="Take")
        row = layout.row(align=True)
        row.prop(settings, "mesh", text="", placeholder="Face")
        row.operator(MIEN_OT_add_reference_head.bl_idname, text="", icon="ADD")
        if settings.mesh is not None:
            matched, count = _matched(scene.channel_names(settings.mesh.name))
            text = f"{matched} of {count} shape keys matched"
            layout.label(text=text, icon="CHECKMARK" if matched else "ERROR")
        options = layout.column()
        options.use_property_split, options.use_property_decorate = True, False
        for name in BakeOptions.__annotations__:
            options.prop(settings, name)
        row = layout.row()
        row.scale_y = _BUTTON
        row.operator(MIEN_OT_bake.bl_idname, icon="KEYFRAME_HLT")


def _draw_progress(layout: bpy.types.UILayout) -> None:
    row = layout.row(align=True)
    row.scale_y = _BUTTON
    row.progress(factor=SESSION.progress.part, text=SESSION.progress.brief)
    row.operator(MIEN_OT_cancel.bl_idname, text="", icon="X")


@functools.lru_cache(maxsize=16)
def _matched(channels: tuple[str, ...]) -> tuple[int, int]:
    """How many of a mesh's shape keys Mien knows, and how many there are."""
    from mien.rig.automap import auto_map

    return len(auto_map(channels).driven), len(channels)


_CLASSES: Final = (MIEN_PT_solve, MIEN_PT_bake)


def register() -> None:
    """Put the tab into the sidebar."""
    for panel in _CLASSES:
        bpy.utils.register_class(panel)


def unregister() -> None:
    """Take it away."""
    for panel in _CLASSES:
        bpy.utils.unregister_class(panel)
