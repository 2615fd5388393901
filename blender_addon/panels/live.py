# SPDX-License-Identifier: GPL-3.0-or-later
"""Live: where the face comes from, how it goes, and recording."""

from __future__ import annotations

import time
from typing import Final

import bpy

from ..live.drive import LIVE
from ..live.recording import RECORDING
from ..operators.live import (
    MIEN_OT_live_neutral,
    MIEN_OT_live_record,
    MIEN_OT_live_start,
    MIEN_OT_live_stop,
)
from .tab import Tab, big, split


class MIEN_PT_live(Tab, bpy.types.Panel):
    bl_label = "Live"
    bl_order = 5
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, options = self.layout, context.scene.mien_live
        if LIVE.running:
            big(layout, MIEN_OT_live_stop.bl_idname, "PAUSE")
        else:
            _draw_source(layout, options)
            big(layout, MIEN_OT_live_start.bl_idname, "PLAY")
        _draw_status(layout)
        if LIVE.running:
            _draw_at_work(layout, context.scene.mien.character)
            _draw_recording(layout, options)


def _draw_source(layout: bpy.types.UILayout, options: bpy.types.PropertyGroup) -> None:
    fields = split(layout)
    fields.prop(options, "source")
    if options.source == "CAMERA":
        fields.prop(options, "camera")
        if options.camera < 0:
            fields.label(text="as in Mien's preferences")
    elif options.source != "FILE":
        fields.prop(options, "port")
        fields.prop(options, "hear_network")
        if options.source == "IFACIALMOCAP":
            fields.prop(options, "phone")


def _draw_status(layout: bpy.types.UILayout) -> None:
    status = LIVE.status
    if LIVE.running:
        well = status.face and status.there
        layout.label(text=status.text, icon="CHECKMARK" if well else "ERROR" if status.source else "TIME")
        if status.rate is not None and status.latency is not None:
            numbers = f"{status.rate:.0f} frames a second, {status.latency[0]:.0f} ms"
            layout.label(text=numbers)
    for line in filter(None, (status.message, status.hint)):
        layout.label(text=line, icon="ERROR" if line == status.message else "BLANK1")


def _draw_at_work(layout: bpy.types.UILayout, character: bpy.types.PropertyGroup | None) -> None:
    row = layout.row(align=True)
    row.operator(MIEN_OT_live_neutral.bl_idname, icon="USER")
    if LIVE.status.neutral:
        row.operator(MIEN_OT_live_neutral.bl_idname, text="", icon="X").forget = True
    if character is not None:
        split(layout).prop(character, "mirror")


def _draw_recording(layout: bpy.types.UILayout, options: bpy.types.PropertyGroup) -> None:
    session = LIVE.session
    recording = session.recording if session is not None else None
    if recording is None or not recording.under_way:
        fields = split(layout)
        for name in ("countdown", "cue", "punch_in", *(["fade"] if options.punch_in else [])):
            fields.prop(options, name)
        big(layout, MIEN_OT_live_record.bl_idname, "REC")
        if RECORDING.message:
            layout.label(text=RECORDING.message, icon="INFO")
        return
    left = session.countdown(time.perf_counter()) if session is not None else None
    text = {"running": "End Recording", "saving": "Saving…"}.get(
        recording.phase, f"Begins in {left or 0.0:.0f} s"
    )
    big(layout, MIEN_OT_live_record.bl_idname, "SNAP_FACE", text)


CLASSES: Final = (MIEN_PT_live,)
