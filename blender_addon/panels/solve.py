# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve: the button and its progress, and the list of takes."""

from __future__ import annotations

from typing import Final

import bpy

from ..operators.solve import MIEN_OT_cancel, MIEN_OT_punch_in, MIEN_OT_solve
from ..operators.takes import MIEN_OT_open_takes, MIEN_OT_remove_take
from ..picture import CROP
from ..session import SESSION
from .tab import BUTTON, Tab, big, split

_PICTURE: Final = 8.0
"""Side of the picture of what the worker sees, in units of a field's height."""


class MIEN_UL_takes(bpy.types.UIList):
    def draw_item(self, _context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0) -> None:
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="ERROR" if item.trouble else "FILE_MOVIE")
        told = row.row()
        told.alignment = "RIGHT"
        told.label(text=item.trouble or f"{item.seconds:.1f} s", translate=False)


class MIEN_PT_solve(Tab, bpy.types.Panel):
    bl_label = "Solve"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        settings, layout = context.scene.mien, self.layout
        if SESSION.running:
            draw_progress(layout)
        else:
            big(layout, MIEN_OT_solve.bl_idname, "PLAY")
        split(layout).prop(settings, "network", placeholder="Default")
        row = layout.row()
        row.template_list("MIEN_UL_takes", "", settings, "takes", settings, "take_index", rows=3)
        buttons = row.column(align=True)
        buttons.operator(MIEN_OT_open_takes.bl_idname, text="", icon="ADD")
        buttons.operator(MIEN_OT_remove_take.bl_idname, text="", icon="REMOVE")
        take = settings.chosen_take
        if take is None:
            return
        if take.frames:
            missing = take.faces < take.frames
            text = f"Face in {take.faces:,} of {take.frames:,} frames"
            layout.label(text=text, icon="ERROR" if missing else "CHECKMARK", translate=False)
        split(layout).prop(take, "start")
        layout.operator(MIEN_OT_punch_in.bl_idname, icon="PREVIEW_RANGE")


def draw_progress(layout: bpy.types.UILayout) -> None:
    """How far the worker is, and Cancel."""
    row = layout.row(align=True)
    row.scale_y = BUTTON
    row.progress(factor=SESSION.progress.part, text=SESSION.progress.brief)
    row.operator(MIEN_OT_cancel.bl_idname, text="", icon="X")
    if SESSION.progress.rate and not SESSION.progress.stage:
        layout.label(text=f"{SESSION.progress.rate:.0f} frames a second", translate=False)
    if CROP.icon:
        layout.template_icon(CROP.icon, scale=_PICTURE)


CLASSES: Final = (MIEN_UL_takes, MIEN_PT_solve)
