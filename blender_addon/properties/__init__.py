# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scene keeps and the .blend saves: `context.scene.mien`, and what its parts mean to the core.

Nothing here writes to a scene's objects; a changed setting only asks `retune` to bring keys up to date.
"""

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import PointerProperty

from .bake import BakeOptions, MienBake, MienBaked, MienBakedAction
from .character import MienChannel, MienCharacter, MienPart, can_be_driven
from .settings import MienSettings
from .takes import MienTake
from .training import MienTraining
from .tune import MienTune

__all__ = ["BakeOptions", "can_be_driven", "register", "unregister"]

_CLASSES: Final = (
    MienTake, MienTune, MienBake, MienBakedAction, MienBaked, MienPart, MienChannel, MienCharacter,
    MienTraining, MienSettings,
)  # fmt: skip


def register() -> None:
    """Give every scene its settings."""
    for group in _CLASSES:
        bpy.utils.register_class(group)
    bpy.types.Scene.mien = PointerProperty(type=MienSettings)


def unregister() -> None:
    """Take them away; what was saved stays in the file for the next time."""
    del bpy.types.Scene.mien
    for group in reversed(_CLASSES):
        bpy.utils.unregister_class(group)
