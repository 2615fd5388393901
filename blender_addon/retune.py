# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps baked keys up to date: a setting that changes asks, a moment later all that is stale is baked again.

What is stale is told by comparing settings with what was baked, not by what was asked. So undo and redo,
which bring settings and keys of different moments back, are put right in the same way. Nothing of bpy is
kept.
"""

from __future__ import annotations

from typing import Any, Final

import bpy
from mien.errors import MienError

PAUSE: Final = 0.12
"""Seconds without another change before keys are baked again."""


class Retuner:
    """What the last update said.

    Attributes
    ----------
    trouble : str
        Why keys could not be brought up to date, or "".
    """

    trouble = ""


RETUNER: Final = Retuner()


def asked(_owner: Any, _context: Any) -> None:
    """A setting has changed: the `update` of properties."""
    ask()


def ask() -> None:
    """Bake again in a moment; asking once more begins the moment anew."""
    if bpy.app.timers.is_registered(refresh):
        bpy.app.timers.unregister(refresh)
    bpy.app.timers.register(refresh, first_interval=PAUSE)


def refresh() -> None:
    """Bake again, in every scene, what is not as its settings are; a preview shows them without keys."""
    from . import baking
    from .preview import PREVIEW

    RETUNER.trouble = ""
    if PREVIEW.running:
        try:
            PREVIEW.refresh()
        except MienError as error:
            RETUNER.trouble = error.message
        return
    for scene in bpy.data.scenes:
        if not (scene.is_editable and scene.mien.auto_update):
            continue
        try:
            baking.update(scene)
        except MienError as error:
            RETUNER.trouble = error.message


@bpy.app.handlers.persistent
def _after_undo(*_: Any) -> None:
    ask()


_HANDLERS: Final = ("undo_post", "redo_post", "load_post")


def register() -> None:
    """Listen to undo, redo and the opening of files."""
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_after_undo)


def unregister() -> None:
    """Stop listening, and forget what was asked."""
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_after_undo)
    if bpy.app.timers.is_registered(refresh):
        bpy.app.timers.unregister(refresh)
