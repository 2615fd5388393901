# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve: run the worker on the footage and keep the take it leaves. Punch In: the same for a span."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

import bpy
from bpy.props import StringProperty
from mien.errors import TakeError
from mien.picture_files import is_sequence

from .. import baking, footage, places, retune, taking
from ..picture import CROP
from ..session import SESSION
from .network import OtherNetwork
from .working import Working, start

FADE: Final = 0.1
"""Seconds at either end of a punched-in span in which old and new are mixed."""


class MIEN_OT_solve(OtherNetwork, Working, bpy.types.Operator):
    bl_idname = "mien.solve"
    bl_label = "Solve"
    bl_description = "Measure the face in the video, frame by frame. Blender stays usable meanwhile"
    bl_options = {"UNDO"}

    take: StringProperty(
        name="Take", description="Where to write; default: Mien chooses", subtype="FILE_PATH",
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.mien.video:
            cls.poll_message_set("Choose the footage in the Source panel first")
            return False
        return super().poll(context)

    def begin(self, target: bpy.types.Scene) -> None:
        """Start the worker on the footage."""
        video = footage.existing(places.absolute(target.mien.video))
        take = places.absolute(self.take) if self.take else places.take_for(video, target.mien)
        rate = target.mien.picture_rate or target.render.fps / target.render.fps_base
        options = (*_rate(video, rate), *_seen(), *self.network_options(target))
        start(video, take, target, options, "solve")

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """The take comes into the list, and is chosen."""
        kept = target.mien.choose_take(places.stored(event["output"]))
        kept.footage = places.stored(event["source"])
        return _told(event)


class MIEN_OT_punch_in(OtherNetwork, Working, bpy.types.Operator):
    bl_idname = "mien.punch_in"
    bl_label = "Punch In"
    bl_description = (
        "Measure the footage of the chosen take again, in the playback range only, and put that in the place "
        "of what was there. The rest of the take stays as it is"
    )
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        take = context.scene.mien.chosen_take
        if take is None:
            cls.poll_message_set("Choose a take first")
            return False
        if not take.footage:
            cls.poll_message_set("This take was not solved here: its footage is not known")
            return False
        return super().poll(context)

    def begin(self, target: bpy.types.Scene) -> None:
        """Start the worker on the span."""
        take = target.mien.chosen_take
        line = baking.timeline_of(target, take)
        first, last = (line.time_of(frame) for frame in baking.playback_range(target))
        if last <= 0.0 or first >= take.seconds:
            raise TakeError("The playback range is beside the take", "Set the range to the frames to redo.")
        self._take = take.path
        span = ("--from", f"{max(first, 0.0):.6f}", "--to", f"{last:.6f}", "--beside", str(take.file))
        part = take.file.with_name(f".{take.file.stem}.part.mien")
        video = footage.file_of(take)
        rate = _rate(video, footage.rate_of(take))
        start(video, part, target, (*span, *rate, *_seen(), *self.network_options(target)), "solve")

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """Put the span into the take's file."""
        from mien import editing, interchange

        part_file, file = Path(event["output"]), Path(bpy.path.abspath(self._take))
        try:
            part = taking.read_take(part_file)
            fade = min(FADE, part.duration / 2)
            interchange.write(editing.punch_in(taking.read_take(file), part, fade), file)
        finally:
            with contextlib.suppress(OSError):
                part_file.unlink()
        target.mien.choose_take(self._take)
        retune.ask()
        level, text = _told(event)
        return level, f"Punched in: {text}"


class MIEN_OT_cancel(bpy.types.Operator):
    bl_idname = "mien.cancel"
    bl_label = "Cancel"
    bl_description = "Stop, and leave nothing"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not SESSION.running:
            cls.poll_message_set("Nothing is being solved")
            return False
        return True

    def execute(self, _context: bpy.types.Context) -> set[str]:
        SESSION.cancel()
        return {"FINISHED"}


def _rate(video: Path, rate: float) -> tuple[str, ...]:
    """What the worker is told of an image sequence; a video knows its own rate."""
    return ("--fps", f"{rate:.9g}") if is_sequence(video) else ()


def _seen() -> tuple[str, ...]:
    return () if bpy.app.background else ("--preview", str(CROP.begin()))


def _told(event: dict[str, Any]) -> tuple[str, str]:
    text = f"{event['faces']} of {event['frames']} frames show a face"
    warning = event.get("warning")
    return ("WARNING", f"{text}. {warning}") if warning else ("INFO", text)


CLASSES: Final = (MIEN_OT_solve, MIEN_OT_punch_in, MIEN_OT_cancel)
