# SPDX-License-Identifier: GPL-3.0-or-later
"""Tune: smoothing and gains, calibration, regions, constraints; presets in its header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import bpy

from ..operators.tune import (
    MIEN_OT_clear_calibration,
    MIEN_OT_motion,
    MIEN_OT_neutral,
    MIEN_OT_next_bad,
    MIEN_OT_preview,
    MIEN_OT_update_keys,
)
from ..operators.tune_files import (
    MIEN_OT_add_tune_preset,
    MIEN_OT_load_settings,
    MIEN_OT_save_profile,
    MIEN_OT_save_settings,
)
from ..preview import PREVIEW
from ..properties.tune import CONSTRAINTS, REGIONS
from ..retune import RETUNER
from .tab import Tab, split

if TYPE_CHECKING:
    from mien.calibration import Span


class MIEN_PT_tune(Tab, bpy.types.Panel):
    bl_label = "Tune"
    bl_order = 2

    def draw(self, context: bpy.types.Context) -> None:
        settings, layout = context.scene.mien, self.layout
        row = layout.row(align=True)
        row.menu("MIEN_MT_tune_presets", text="Presets")
        row.operator(MIEN_OT_add_tune_preset.bl_idname, text="", icon="ADD")
        row.operator(MIEN_OT_add_tune_preset.bl_idname, text="", icon="REMOVE").remove_active = True
        row.operator(MIEN_OT_load_settings.bl_idname, text="", icon="IMPORT")
        row.operator(MIEN_OT_save_settings.bl_idname, text="", icon="EXPORT")
        fields = split(layout)
        fields.prop(settings.tune, "smoothing")
        fields.prop(settings.tune, "smoothing_head", text="of Head")
        fields.prop(settings.tune, "gain")
        row = layout.row(align=True)
        row.operator(MIEN_OT_next_bad.bl_idname, text="", icon="PREV_KEYFRAME").backward = True
        row.operator(MIEN_OT_next_bad.bl_idname, text="Next Bad Frame", icon="NEXT_KEYFRAME")
        icon = "PAUSE" if PREVIEW.running else "PLAY"
        layout.operator(MIEN_OT_preview.bl_idname, icon=icon, depress=PREVIEW.running)
        row = layout.row(align=True)
        row.prop(settings, "auto_update")
        row.operator(MIEN_OT_update_keys.bl_idname, text="", icon="FILE_REFRESH")
        if RETUNER.trouble:
            layout.label(text=RETUNER.trouble, icon="ERROR", translate=False)


class MIEN_PT_calibration(Tab, bpy.types.Panel):
    bl_label = "Calibration"
    bl_parent_id = "MIEN_PT_tune"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, take = self.layout, context.scene.mien.chosen_take
        column = layout.column(align=True)
        column.label(text="Neutral Face from")
        row = column.row(align=True)
        for when, text in (("FRAME", "Frame"), ("RANGE", "Range"), ("TAKE", "Take")):
            row.operator(MIEN_OT_neutral.bl_idname, text=text).when = when
        column.operator(MIEN_OT_motion.bl_idname, text="Full Motion from Range")
        column.operator(MIEN_OT_clear_calibration.bl_idname)
        if take is None:
            return
        fields = split(layout)
        fields.prop(take, "calibrate")
        if take.calibrate == "PROFILE":
            fields.prop(take, "profile")
        if take.calibrate == "TOLD":
            for name, span in (("At Rest", take.rest_span), ("Range of Motion", take.motion_span)):
                text = f"{bpy.app.translations.pgettext_iface(name)}: {_told(span)}"
                layout.label(text=text, translate=False)
        fields = split(layout)
        for i, name in enumerate(("Head Pitch", "Yaw", "Roll")):
            fields.prop(take, "head_rest", index=i, text=name)
        layout.operator(MIEN_OT_save_profile.bl_idname, icon="EXPORT")


def _told(span: Span | None) -> str:
    """When in the take, in seconds."""
    if span is None:
        return bpy.app.translations.pgettext_iface("not chosen")
    first, last = span
    return f"{first:.2f} s" if first == last else f"{first:.2f} – {last:.2f} s"


class MIEN_PT_regions(Tab, bpy.types.Panel):
    bl_label = "Regions"
    bl_parent_id = "MIEN_PT_tune"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        tune, column = context.scene.mien.tune, self.layout.column(align=True)
        for i, region in enumerate(REGIONS):
            row = column.row(align=True)
            field = row.row(align=True)
            field.active = not tune.mutes[i]
            field.prop(tune, "gains", index=i, text=region.title())
            row.prop(tune, "mutes", index=i, text="", icon="HIDE_ON" if tune.mutes[i] else "HIDE_OFF")


class MIEN_PT_constraints(Tab, bpy.types.Panel):
    bl_label = "Constraints"
    bl_parent_id = "MIEN_PT_tune"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column(align=True)
        for name in CONSTRAINTS:
            column.prop(context.scene.mien.tune, name)


CLASSES: Final = (MIEN_PT_tune, MIEN_PT_calibration, MIEN_PT_regions, MIEN_PT_constraints)
