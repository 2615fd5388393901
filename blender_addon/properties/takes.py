# SPDX-License-Identifier: GPL-3.0-or-later
"""A take in the scene's list: its file, where it lies on the timeline, and its calibration."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bpy
from bpy.props import EnumProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty
from mien.errors import MienError

from .. import retune, taking

if TYPE_CHECKING:
    from mien.calibration import Span

RELATIVE: Final = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""4.5 and later ask whether a path may begin with `//`; before, each may."""

_NO_SPAN: Final = (0.0, -1.0)

CALIBRATIONS: Final = (
    ("KEPT", "As Kept", "The calibration that is kept with the take, if there is one"),
    ("OFF", "Off", "Weights as they were measured"),
    ("GUESS", "Guess", "Rest and blinks are guessed from the whole take"),
    ("TOLD", "From Frames", "Rest, and the range of motion, from the frames chosen below"),
    ("PROFILE", "Actor's Profile", "The calibration saved for an actor"),
)


def _look(take: MienTake, context: bpy.types.Context) -> None:
    take.look()
    retune.asked(take, context)


class MienTake(bpy.types.PropertyGroup):
    path: StringProperty(
        name="File",
        description="What Solve measured, frame by frame; or a Live Link Face .csv",
        subtype="FILE_PATH",
        options=RELATIVE,
        update=_look,
    )
    footage: StringProperty(
        name="Footage", description="The video it was solved from", subtype="FILE_PATH", options=RELATIVE
    )
    frames: IntProperty(name="Frames", description="How many frames were looked at")
    faces: IntProperty(name="Faces", description="How many of them show a face")
    seconds: FloatProperty(name="Length", description="Seconds from the first to the last frame")
    trouble: StringProperty(name="Trouble", description="Why the file can't be read")
    start: FloatProperty(
        name="Start Frame",
        description="The frame of the scene at which the footage begins",
        default=1.0,
        step=100,
        precision=2,
        update=retune.asked,
    )
    calibrate: EnumProperty(
        name="Calibration",
        description="What of the measured face is the actor's face at rest",
        items=CALIBRATIONS,
        update=retune.asked,
    )
    rest: FloatVectorProperty(
        name="At Rest", description="Seconds of the take in which the face is at rest", size=2,
        default=_NO_SPAN, update=retune.asked,
    )  # fmt: skip
    motion: FloatVectorProperty(
        name="Range of Motion", description="Seconds of the take in which the face goes as far as it can",
        size=2, default=_NO_SPAN, update=retune.asked,
    )  # fmt: skip
    profile: StringProperty(
        name="Profile",
        description="An actor's profile (.json)",
        subtype="FILE_PATH",
        options=RELATIVE,
        update=retune.asked,
    )
    head_rest: FloatVectorProperty(
        name="Head at Rest",
        description="Pitch, yaw and roll of the performer (degrees) that leave the character's head at rest",
        size=3,
        step=100,
        precision=1,
        update=retune.asked,
    )

    @property
    def file(self) -> Path:
        """Its file, as an absolute path."""
        return Path(bpy.path.abspath(self.path))

    @property
    def rest_span(self) -> Span | None:
        """When the face is at rest, if that was said."""
        return _span(self.rest)

    @property
    def motion_span(self) -> Span | None:
        """When the face shows its range, if that was said."""
        return _span(self.motion)

    def look(self) -> None:
        """Note what the file holds, or why it can't be read."""
        self.frames, self.faces, self.seconds, self.trouble = 0, 0, 0.0, ""
        if self.path:
            with contextlib.suppress(MienError):
                take = taking.read_take(self.file)
                self.frames, self.faces, self.seconds = len(take), int(take.found.sum()), take.duration
                return
            self.trouble = "can't be read"


def _span(numbers: bpy.types.bpy_prop_array) -> Span | None:
    first, last = numbers
    return (first, last) if first <= last else None
