# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels have in common."""

from __future__ import annotations

from typing import Final

import bpy

BUTTON: Final = 1.4
"""Height of the buttons that do something, in units of a field."""


class Tab:
    """A mix-in: in the tab "Mien"."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mien"


def big(layout: bpy.types.UILayout, operator: str, icon: str, text: str | None = None) -> None:
    """A button that does something."""
    row = layout.row()
    row.scale_y = BUTTON
    if text is None:
        row.operator(operator, icon=icon)
    else:
        row.operator(operator, icon=icon, text=text)


def split(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """A column of fields with their names beside them."""
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    return column
