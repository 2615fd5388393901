# SPDX-License-Identifier: GPL-3.0-or-later
"""The running live session: its two timers, and what it does when Blender undoes, saves or loses things.

`tick` runs at the display's rate and does nothing but write the newest sample; `look` runs a few times a
second for all that costs more: settings and map that changed, and the panel. Nothing of bpy is kept between
calls.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import bpy
from mien.errors import MienError, RigError
from mien.hosting.live_session import LiveSession, Status
from mien.hosting.live_worker import Event, LiveSample, LiveWorker
from mien.rig.retarget_map import RetargetMap

from .. import baking, interpreter, preferences
from ..staging import redraw_sidebars
from . import rig

TICK: Final = 1.0 / 60.0
LOOK: Final = 0.25
"""Seconds between two ticks, and between two looks at what changed."""

_NO_TAKE: Final = SimpleNamespace(calibrate="KEPT", profile="", rest_span=None, motion_span=None)
"""Live has no take: its calibration is the neutral that is set while it runs."""


class Drive:
    """At most one runs in a Blender: `LIVE`.

    Attributes
    ----------
    session : LiveSession or None
    scene : str
        The name of the scene whose character is driven.
    heard : callable or None
        Told every event of the session (see `recording`), and "look" at each look.
    trouble, hint : str
        Why it stopped by itself.
    ticks : int
        How many samples were written.
    """

    def __init__(self) -> None:
        self.session: LiveSession | None = None
        self.scene = ""
        self.heard: Callable[[Event], None] | None = None
        self.trouble = self.hint = ""
        self.ticks = 0
        self._rig: rig.LiveRig | None = None
        self._map = RetargetMap()
        self._sample: LiveSample | None = None

    @property
    def running(self) -> bool:
        """Whether a rig is being driven."""
        return self.session is not None

    @property
    def status(self) -> Status:
        """What the panel shows."""
        return (
            self.session.status if self.session is not None else Status(message=self.trouble, hint=self.hint)
        )

    def start(
        self, target: bpy.types.Scene, options: tuple[str, ...], heard: Callable[[Event], None]
    ) -> None:
        """Begin to drive the chosen character of a scene; MienError where it can't be."""
        assert self.session is None
        self._make_rig(target)
        assert self._rig
        self.scene, self.heard = target.name, heard
        self.trouble, self.hint, self.ticks, self._sample = "", "", 0, None
        chosen = preferences.of_user().python
        worker = LiveWorker(
            lambda: interpreter.find_python(chosen),
            interpreter.worker_environment,
            options,
            interpreter.NO_WINDOW,
        )
        self.session = LiveSession(worker, lambda event: self.heard and self.heard(event))
        self._rig.hold()
        for timer in (tick, look):
            if not bpy.app.timers.is_registered(timer):
                bpy.app.timers.register(timer, first_interval=0.0)

    def stop(self, trouble: str = "", hint: str = "") -> None:
        """End the worker, and give the rig back what it had; saving goes on in the worker for a moment."""
        session, self.session = self.session, None
        if session is None:
            return
        self.trouble, self.hint = trouble, hint
        rig.restore()
        session.kill()
        if self.heard is not None:
            self.heard({"event": "closed"})
        self._rig, self.heard = None, None
        redraw_sidebars()

    def tick(self) -> None:
        """Write the newest sample, if there is a new one."""
        session = self.session
        if session is None:
            return
        sample = session.tick(time.perf_counter())
        if session.over:
            self.stop(session.status.message or "The camera's program has ended", session.status.hint)
        elif self.scene not in bpy.data.scenes:
            self.stop(f"The scene {self.scene} is gone", "Start again in another scene.")
        elif sample is not None and not bpy.app.is_job_running("RENDER"):
            self._sample = sample
            self._write(sample)

    def look(self, anew: bool = False) -> None:
        """Follow settings and map that were changed, or make the rig anew; draw the panel."""
        target = bpy.data.scenes.get(self.scene)
        if self.session is None or target is None:
            return
        self.session.set(live_settings(target), mirror=False)
        if self.heard is not None:
            self.heard({"event": "look"})
        try:
            if baking.whole_map(_character_of(target)) != self._map or anew:
                self._make_anew(target)
        except MienError as error:
            self.stop(error.message, error.hint)
        redraw_sidebars()

    def _write(self, sample: LiveSample) -> None:
        assert self._rig
        row = self._map.apply(sample.weights[None], sample.pose[None])[0]
        gone = self._rig.write(row)
        if not gone:
            self.ticks += 1
        elif gone == "changed":
            self.look(anew=True)
        else:
            self.stop(f"{gone} is gone", "Choose the face to animate again.")

    def hold(self) -> None:
        """Note the rig's own values again, after undo or saving."""
        if self._rig is not None:
            self._rig.hold()

    def _make_anew(self, target: bpy.types.Scene) -> None:
        """Another map, or other shape keys: give back what was held, and hold what is driven now."""
        rig.restore()
        self._make_rig(target)
        self.hold()

    def _make_rig(self, target: bpy.types.Scene) -> None:
        character = _character_of(target)
        self._map = baking.whole_map(character)
        self._rig = rig.LiveRig(character, self._map.targets)


LIVE: Final = Drive()
"""The one of this Blender."""


def _character_of(target: bpy.types.Scene) -> Any:
    """The chosen character, whose face is in the scene; RigError where there is none."""
    character = target.mien.character
    if character is None or character.mesh is None:
        raise RigError("No face is chosen", "Choose the face to animate in the Character panel first.")
    if character.mesh.name not in target.objects:
        raise RigError(
            f"{character.mesh.name} is no longer in this scene", "Choose the face to animate again."
        )
    return character


def live_settings(target: bpy.types.Scene) -> dict[str, Any]:
    """How the scene's takes are tuned, which live samples are too."""
    chosen = target.mien.chosen_take
    with_profile = chosen is not None and chosen.calibrate == "PROFILE"
    try:
        return target.mien.tune.settings(chosen if with_profile else _NO_TAKE).to_json()
    except MienError:  # a profile that can't be read: Tune says so
        return target.mien.tune.settings(_NO_TAKE).to_json()


def tick() -> float | None:
    """The timer at the display's rate."""
    _guarded(LIVE.tick)
    return TICK if LIVE.running else None


def look() -> float | None:
    """The slow timer."""
    _guarded(LIVE.look)
    return LOOK if LIVE.running else None


def _guarded(work: Callable[[], None]) -> None:
    """Whatever goes wrong, the rig gets its own values back."""
    try:
        work()
    except Exception as error:
        traceback.print_exc()
        LIVE.stop(f"Live failed unexpectedly: {error!r}", "Please report this with what the console says.")


@bpy.app.handlers.persistent
def _before_load(*_: Any) -> None:
    LIVE.stop("Stopped, for another file was opened")


@bpy.app.handlers.persistent
def _before_save(*_: Any) -> None:
    """What is saved is the rig as it was."""
    rig.restore()


@bpy.app.handlers.persistent
def _after_save(*_: Any) -> None:
    LIVE.hold()


@bpy.app.handlers.persistent
def _after_undo(*_: Any) -> None:
    """Back before live began: those are the rig's own values now. After it ended: no trace stays."""
    if LIVE.running:
        LIVE.hold()
    else:
        rig.restore()


_HANDLERS: Final = {
    "load_pre": _before_load,
    "load_post": _after_undo,
    "save_pre": _before_save,
    "save_post": _after_save,
    "save_post_fail": _after_save,
    "undo_post": _after_undo,
    "redo_post": _after_undo,
}


def register() -> None:
    """Listen to Blender."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Stop, and stop listening."""
    LIVE.stop()
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    for timer in (tick, look):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
