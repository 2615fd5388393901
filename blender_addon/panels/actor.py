# SPDX-License-Identifier: GPL-3.0-or-later
"""Actor: a network of one's own for one face."""

from __future__ import annotations

from typing import Final

import bpy

from .. import preferences, training
from ..operators.actor import MIEN_OT_look_for_torch, MIEN_OT_show_report, MIEN_OT_train_actor
from ..session import SESSION
from .solve import draw_progress
from .tab import Tab, big, split


class MIEN_PT_actor(Tab, bpy.types.Panel):
    bl_label = "Actor"
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.mien
        fields = split(layout)
        options = settings.training
        fields.prop(options, "actor", placeholder=settings.character.name if settings.character else "")
        fields.prop(options, "takes")
        fields.prop(options, "labels")
        keys = fields.column()
        keys.active = options.labels != "LABELLER"
        keys.prop(options, "in_range")
        if SESSION.running:
            draw_progress(layout)
        else:
            big(layout, MIEN_OT_train_actor.bl_idname, "USER")
        _draw_python(layout)
        _draw_network(layout, settings.network)


def _draw_python(layout: bpy.types.UILayout) -> None:
    program = training.python()
    versions = training.PYTHONS.versions(program)
    if versions:
        layout.label(text=versions, icon="CHECKMARK", translate=False)
    elif not program:
        layout.label(text="Choose a Training Python", icon="INFO")
        shown = layout.operator("preferences.addon_show", text="Preferences", icon="PREFERENCES")
        shown.module = preferences.MienPreferences.bl_idname
    else:
        why_not = training.PYTHONS.why_not(program)
        icon = "TIME" if training.PYTHONS.asking(program) else "ERROR"
        layout.label(text=why_not, icon=icon, translate=False)
        layout.operator(MIEN_OT_look_for_torch.bl_idname, icon="FILE_REFRESH")


def _draw_network(layout: bpy.types.UILayout, chosen: str) -> None:
    """How much better the chosen network is than the one before it."""
    gain = training.gain_of(chosen, preferences.of_user().networks) if chosen else ""
    if gain:
        row = layout.row()
        row.label(text=f"{chosen}: {gain}", translate=False)
        row.operator(MIEN_OT_show_report.bl_idname, icon="URL")


CLASSES: Final = (MIEN_PT_actor,)
