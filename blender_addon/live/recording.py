# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording live: where the take goes, what is played meanwhile, and what becomes of the take.

A punch-in records the playback range and puts it in the place of that part of the chosen take; both the old
take and the part stay in their files.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import bpy
from mien import editing, interchange
from mien.errors import MienError, OutputError, TakeError
from mien.hosting.live_worker import Event

from .. import baking, places, taking
from .drive import LIVE

_NAME: Final = Path("Live.mien")


@dataclass(frozen=True)
class Order:
    """What is being recorded.

    Attributes
    ----------
    scene : str
    start : float
        The frame of the scene at which the take begins.
    whole : str
        The take to punch into, as the scene keeps its path; "" for a take of its own.
    whole_start : float
        The frame of the scene at which that one begins.
    fade : float
        Seconds.
    cue : bool
        Whether the scene is played.
    """

    scene: str
    start: float
    whole: str
    whole_start: float
    fade: float
    cue: bool


class Recording:
    """The recording under way, and what the last one said.

    Attributes
    ----------
    order : Order or None
    message : str
    """

    order: Order | None = None
    message = ""
    _sync: str = ""
    _written: Event | None = None

    def begin(self, target: bpy.types.Scene) -> None:
        """Count down, then record; MienError where it can't be."""
        session, options, settings = LIVE.session, target.mien_live, target.mien
        assert session
        if session.recording is not None and session.recording.under_way:
            raise TakeError("The last recording is still being saved", "Wait a moment.")
        whole = settings.chosen_take if options.punch_in else None
        if options.punch_in and whole is None:
            raise TakeError("There is no take to punch into", "Choose one, or turn Punch In off.")
        output = _new_file(target, _NAME)
        first, last = baking.playback_range(target)
        length = (last - first + 1) * _seconds_a_frame(target) if whole else math.inf
        self.order = Order(
            target.name, float(first) if whole else target.frame_current_final, whole.path if whole else "",
            whole.start if whole else 0.0, options.fade, options.cue,
        )  # fmt: skip
        self.message = ""
        session.record(output, time.perf_counter(), options.countdown, length)

    def heard(self, event: Event) -> None:
        """Told by the session what happened."""
        if event["event"] == "closed":
            self._end_cue()
        if event["event"] in ("look", "closed"):
            self._settle()
        if event["event"] != "record" or self.order is None:
            return
        state = event["state"]
        if state == "running":
            self._begin_cue()
        elif state == "ended":
            self._end_cue()
        elif state in ("saved", "failed"):
            self._end_cue()
            self._written = event

    def _settle(self) -> None:
        """Take in the take that was written: not in a tick, for it is read, and an undo step is made."""
        event, self._written = self._written, None
        if event is None or self.order is None:
            return
        order, self.order = self.order, None
        self.message = _kept(order, event) if event["state"] == "saved" else "The recording failed"

    def _begin_cue(self) -> None:
        """The countdown is over: from here on the take's time runs."""
        order = self.order
        target = bpy.data.scenes.get(order.scene) if order else None
        if order is None or target is None:
            return
        if order.whole:
            target.frame_set(int(order.start))
        else:
            self.order = replace(order, start=target.frame_current_final)
        if order.cue and not _is_playing():
            self._sync, target.sync_mode = target.sync_mode, in_time(target)
            _play(target)

    def _end_cue(self) -> None:
        if not self._sync:
            return
        target = bpy.data.scenes.get(self.order.scene) if self.order else None
        if target is not None:
            target.sync_mode = self._sync
        self._sync = ""
        if _is_playing():
            _play(target)


RECORDING: Final = Recording()
"""The one of this Blender."""


def _kept(order: Order, event: Event) -> str:
    """Put the take into the scene's list; what there is to say of it."""
    target = bpy.data.scenes.get(order.scene)
    path, start = Path(event["output"]), order.start
    if target is None:
        return f"The scene {order.scene} is gone; the take is {path}"
    message = f"{event['faces']} of {event['frames']} frames show a face"
    if order.whole:
        try:
            path, start = _punched_in(target, order, path), order.whole_start
        except MienError as error:
            message = f"{error.message}: it is a take of its own"
    target.mien.choose_take(places.stored(str(path))).start = start
    with contextlib.suppress(RuntimeError):  # no undo in this mode
        bpy.ops.ed.undo_push(message="Record Live")
    return message


def _punched_in(target: bpy.types.Scene, order: Order, path: Path) -> Path:
    """A new take with the recorded part in its place; its file."""
    file = Path(bpy.path.abspath(order.whole))
    whole, part = taking.read_take(file), interchange.read(path)
    later = (order.start - order.whole_start) * _seconds_a_frame(target)
    made = editing.punch_in_later(whole, part, later, order.fade)
    output = _new_file(target, file.with_suffix(".mien"))
    interchange.write(made, output)
    return output


def _new_file(target: bpy.types.Scene, like: Path) -> Path:
    output = places.take_for(like, target.mien)
    try:
        output.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Takes can't be written to {output.parent}", "Save the .blend elsewhere."
        ) from error
    return output


def _seconds_a_frame(target: bpy.types.Scene) -> float:
    return target.render.fps_base / target.render.fps


def in_time(target: bpy.types.Scene) -> str:
    """How a scene keeps time with the actor: by its sound where that is heard, else by the clock."""
    editor = target.sequence_editor
    strips = getattr(editor, "strips_all", None) or getattr(editor, "sequences_all", ())  # 4.4 renamed them
    heard = bpy.context.preferences.system.audio_device not in ("None", "NONE")
    return "AUDIO_SYNC" if heard and any(strip.type == "SOUND" for strip in strips) else "FRAME_DROP"


def _is_playing() -> bool:
    manager = bpy.context.window_manager
    return manager is not None and any(window.screen.is_animation_playing for window in manager.windows)


def _play(target: bpy.types.Scene | None) -> None:
    """Begin or end to play a scene, in the window that shows it."""
    for window in bpy.context.window_manager.windows:
        if target is None or window.scene == target:
            with bpy.context.temp_override(window=window, screen=window.screen):
                bpy.ops.screen.animation_play()
            return
