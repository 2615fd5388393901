# SPDX-License-Identifier: GPL-3.0-or-later
"""What one sees: the tab "Mien" in the sidebar of the 3D viewport. Panels only draw; they change nothing.

A module lists its panels in `CLASSES` and takes its place in `_MODULES`, in the order of the road.
"""

from __future__ import annotations

from typing import Final

import bpy

from . import actor, bake, character, live, solve, source, tune

_MODULES: Final = (source, solve, tune, character, bake, live, actor)
_CLASSES: Final = tuple(panel for module in _MODULES for panel in module.CLASSES)


def register() -> None:
    """Put the tab into the sidebar."""
    for panel in _CLASSES:
        bpy.utils.register_class(panel)


def unregister() -> None:
    """Take it away."""
    for panel in reversed(_CLASSES):
        bpy.utils.unregister_class(panel)
