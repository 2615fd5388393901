# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do. Each operator guards with a reason, makes one call, writes once and reports once.

A module lists its operators in `CLASSES` and takes its place in `_MODULES`.
"""

from __future__ import annotations

from typing import Final

import bpy

from . import (
    actor,
    bake,
    character,
    demo,
    footage,
    live,
    map_files,
    map_making,
    reference_head,
    shapes,
    solve,
    takes,
    tune,
    tune_files,
)  # fmt: skip
from .working import clear_status

_MODULES: Final = (
    solve, takes, footage, tune, tune_files, character, map_files, map_making, shapes, bake, live,
    reference_head, demo, actor,
)  # fmt: skip
_CLASSES: Final = tuple(operator for module in _MODULES for operator in module.CLASSES)


def register() -> None:
    """Make the operators known."""
    for operator in _CLASSES:
        bpy.utils.register_class(operator)
    bpy.types.VIEW3D_MT_mesh_add.append(reference_head.draw_add_menu)
    bpy.utils.register_preset_path(tune_files.SHIPPED)


def unregister() -> None:
    """Take them away; a modal one that is taken away with them can't clear the status bar itself."""
    clear_status()
    bpy.utils.unregister_preset_path(tune_files.SHIPPED)
    bpy.types.VIEW3D_MT_mesh_add.remove(reference_head.draw_add_menu)
    for operator in reversed(_CLASSES):
        bpy.utils.unregister_class(operator)
