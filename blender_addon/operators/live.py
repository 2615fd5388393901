# SPDX-License-Identifier: GPL-3.0-or-later
"""Live: start and stop driving the character, take its neutral, record."""

from __future__ import annotations

import time
from typing import Final

import bpy
from bpy.props import BoolProperty
from mien.hosting.live_worker import network_words

from .. import footage, places, preferences
from ..live.drive import LIVE
from ..live.recording import RECORDING
from ..preview import PREVIEW
from .network import OtherNetwork
from .refusal import refusing


class MIEN_OT_live_start(OtherNetwork, bpy.types.Operator):
    bl_idname = "mien.live_start"
    bl_label = "Start Live"
    bl_description = (
        "Drive the character from the camera, as it happens. Stop gives the rig its own values back"
    )
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if LIVE.running:
            cls.poll_message_set("Live runs already")
        elif context.scene.mien.mesh is None:
            cls.poll_message_set("Choose the face to animate first")
        elif context.scene.mien_live.source == "FILE" and not context.scene.mien.video:
            cls.poll_message_set("Choose the footage in the Source panel first")
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        PREVIEW.stop()
        with refusing(self) as refusal:
            target = context.scene
            words = (*source_options(target), *self.network_options(target))
            LIVE.start(target, words, RECORDING.heard)
        return refusal.result


class MIEN_OT_live_stop(bpy.types.Operator):
    bl_idname = "mien.live_stop"
    bl_label = "Stop Live"
    bl_description = "Give the rig its own values back, and save what is being recorded"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return _runs(cls)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        LIVE.stop()
        return {"FINISHED"}


class MIEN_OT_live_neutral(bpy.types.Operator):
    bl_idname = "mien.live_neutral"
    bl_label = "Set Neutral"
    bl_description = "The face of the next half second is the actor's face at rest"
    bl_options = {"INTERNAL"}

    forget: BoolProperty(name="Forget", description="No neutral any more", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return _runs(cls)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        assert LIVE.session
        if self.forget:
            LIVE.session.forget_neutral()
        else:
            LIVE.session.take_neutral()
        return {"FINISHED"}


class MIEN_OT_live_record(bpy.types.Operator):
    bl_idname = "mien.live_record"
    bl_label = "Record"
    bl_description = "Record a take, after the countdown; press again to end it"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return _runs(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        session = LIVE.session
        assert session
        if session.recording is not None and session.recording.phase in ("counting", "running"):
            session.end_recording(time.perf_counter())
            return {"FINISHED"}
        with refusing(self) as refusal:
            RECORDING.begin(bpy.data.scenes.get(LIVE.scene) or context.scene)
        return refusal.result


def source_options(target: bpy.types.Scene) -> tuple[str, ...]:
    """What `mien live` is told of the source."""
    options = target.mien_live
    if options.source == "CAMERA":
        chosen = options.camera if options.camera >= 0 else preferences.of_user().camera
        return "--source", str(chosen)
    if options.source == "FILE":
        video = footage.existing(places.absolute(target.mien.video))
        return "--source", str(video), "--loop"
    return tuple(network_words(options.source, options.port, options.hear_network, options.phone))


def _runs(operator: type[bpy.types.Operator]) -> bool:
    if not LIVE.running:
        operator.poll_message_set("Start Live first")
    return LIVE.running


CLASSES: Final = (MIEN_OT_live_start, MIEN_OT_live_stop, MIEN_OT_live_neutral, MIEN_OT_live_record)
