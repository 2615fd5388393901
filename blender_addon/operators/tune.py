# SPDX-License-Identifier: GPL-3.0-or-later
"""Tune: calibration from frames of the scene, bad frames found, keys brought up to date by hand."""

from __future__ import annotations

from typing import Final

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty
from mien.calibration import MOMENT
from mien.errors import TakeError

from .. import baking, retune, taking
from ..live.drive import LIVE
from ..preview import PREVIEW
from .refusal import refusing


class NeedsTake:
    """A mix-in: greyed out, with a reason, where no take is chosen."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.mien.chosen_take is None:
            cls.poll_message_set("Solve a video first, or choose a take")
            return False
        return True


_MOMENTS: Final = (
    ("FRAME", "Current Frame", "The face at the current frame is at rest, with open eyes: that becomes 0"),
    ("RANGE", "Playback Range",
     "The face is at rest throughout the playback range, with open eyes: that becomes 0"),
    ("TAKE", "Whole Take", "Guess rest: what the face comes back to throughout the take"),
)  # fmt: skip


class MIEN_OT_neutral(NeedsTake, bpy.types.Operator):
    bl_idname = "mien.neutral"
    bl_label = "Neutral Face"
    bl_description = "Say when the actor's face is at rest, with open eyes: that becomes 0"
    bl_options = {"REGISTER", "UNDO"}

    when: EnumProperty(name="From", items=_MOMENTS)

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: MIEN_OT_neutral) -> str:
        return next(told for when, _, told in _MOMENTS if when == properties.when)

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = context.scene.mien.chosen_take
        with refusing(self) as refusal:
            if self.when == "TAKE":
                take.calibrate = "GUESS"
            else:
                span = span_of(context.scene, self.when)
                pose = head_in(take, span)
                take.rest, take.calibrate, take.head_rest = span, "TOLD", pose
        return refusal.result


class MIEN_OT_motion(NeedsTake, bpy.types.Operator):
    bl_idname = "mien.motion"
    bl_label = "Range of Motion from Playback Range"
    bl_description = "The actor goes as far as the face can in the playback range: that becomes 1"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = context.scene.mien.chosen_take
        with refusing(self) as refusal:
            span = span_of(context.scene, "RANGE")
            head_in(take, span)
            take.motion, take.calibrate = span, "TOLD"
        return refusal.result


class MIEN_OT_clear_calibration(NeedsTake, bpy.types.Operator):
    bl_idname = "mien.clear_calibration"
    bl_label = "Clear"
    bl_description = "Forget the frames of rest and of the range of motion"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = context.scene.mien.chosen_take
        take.rest = take.motion = (0.0, -1.0)
        take.head_rest, take.calibrate = (0.0, 0.0, 0.0), "KEPT"
        return {"FINISHED"}


class MIEN_OT_next_bad(NeedsTake, bpy.types.Operator):
    bl_idname = "mien.next_bad"
    bl_label = "Next Bad Frame"
    bl_description = "Go to where the face is lost or doubtful next"
    bl_options = {"REGISTER"}

    backward: BoolProperty(name="Backward", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: MIEN_OT_next_bad) -> str:
        return cls.bl_description.replace("next", "before") if properties.backward else cls.bl_description

    def execute(self, context: bpy.types.Context) -> set[str]:
        from mien.editing import bad_spans

        target = context.scene
        with refusing(self) as refusal:
            chosen = target.mien.chosen_take
            line = baking.timeline_of(target, chosen)
            begun = [line.frame_of(time) for time in bad_spans(taking.read_take(chosen.file))[:, 0]]
            frames = np.unique(np.round(begun).astype(int))
            here = target.frame_current
            found = frames[frames < here][-1:] if self.backward else frames[frames > here][:1]
            if not len(found):
                where = "before" if self.backward else "after"
                self.report({"INFO"}, f"No bad frame {where} this one")
                return {"CANCELLED"}
            target.frame_set(int(found[0]))
        return refusal.result


class MIEN_OT_preview(NeedsTake, bpy.types.Operator):
    bl_idname = "mien.preview"
    bl_label = "Preview without Keys"
    bl_description = (
        "Show the tuned take on the face while you scrub and tune, without writing keys. Press again to give "
        "the face its own values back"
    )
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if PREVIEW.running:
            return True
        if LIVE.running:
            cls.poll_message_set("Stop Live first")
        elif context.scene.mien.mesh is None:
            cls.poll_message_set("Choose the face to animate first")
        else:
            return super().poll(context)
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        with refusing(self) as refusal:
            if PREVIEW.running:
                PREVIEW.stop()
            else:
                PREVIEW.start(context.scene)
        return refusal.result


class MIEN_OT_update_keys(bpy.types.Operator):
    bl_idname = "mien.update_keys"
    bl_label = "Update Keys"
    bl_description = "Bake again, into the same keys, with the settings as they are now"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(len(character.baked.actions) for character in context.scene.mien.characters):
            cls.poll_message_set("Nothing is baked yet")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        with refusing(self) as refusal:
            PREVIEW.stop()
            changed = baking.update(context.scene)
            retune.RETUNER.trouble = ""
            self.report({"INFO"}, "Keys are up to date" if changed else "Nothing had changed")
        return refusal.result


def span_of(target: bpy.types.Scene, when: str) -> tuple[float, float]:
    """Seconds of the chosen take at the current frame, twice, or at the ends of the playback range."""
    line = baking.timeline_of(target, target.mien.chosen_take)
    if when == "FRAME":
        now = line.time_of(target.frame_current_final)
        return now, now
    first, last = (line.time_of(frame) for frame in baking.playback_range(target))
    return first, last


def head_in(take: bpy.types.PropertyGroup, span: tuple[float, float]) -> tuple[float, float, float]:
    """The middle of the head's pose (degrees) in a span that shows a face; TakeError where it shows none."""
    margin = MOMENT if span[0] == span[1] else 0.0
    part = taking.read_take(take.file).cut(span[0] - margin, span[1] + margin)
    if not part.found.any():
        raise TakeError("There is no face in these frames of the take", "Choose frames that show one.")
    pitch, yaw, roll = np.median(part.pose[part.found], axis=0).tolist()
    return pitch, yaw, roll


CLASSES: Final = (
    MIEN_OT_neutral, MIEN_OT_motion, MIEN_OT_clear_calibration, MIEN_OT_next_bad, MIEN_OT_preview,
    MIEN_OT_update_keys,
)  # fmt: skip
