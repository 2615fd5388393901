# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do. Each operator guards with a reason, makes one call, writes once and reports once."""

from __future__ import annotations

from typing import Final

import bpy

from .bake import MIEN_OT_bake
from .reference_head import MIEN_OT_add_reference_head, draw_add_menu
from .solve import MIEN_OT_cancel, MIEN_OT_solve, clear_status

_CLASSES: Final = (MIEN_OT_solve, MIEN_OT_cancel, MIEN_OT_bake, MIEN_OT_add_reference_head)


def register() -> None:
    """Make the operators known."""
    for operator in _CLASSES:
        bpy.utils.register_class(operator)
    bpy.types.VIEW3D_MT_mesh_add.append(draw_add_menu)


def unregister() -> None:
    """Take them away; a modal solve that is taken away with them can't clear the status bar itself."""
    clear_status()
    bpy.types.VIEW3D_MT_mesh_add.remove(draw_add_menu)
    for operator in reversed(_CLASSES):
        bpy.utils.unregister_class(operator)
