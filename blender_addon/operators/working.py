# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators that start a worker have in common: Blender stays live meanwhile, and Esc cancels.

From the panel they are modal: a timer listens for a thousandth of a second at each tick. From a script, and
in the background, they wait for the end.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Final

import bpy
from mien.errors import MienError, RigError

from .. import preferences
from ..picture import CROP
from ..session import SESSION
from ..staging import redraw_sidebars
from .refusal import refusing

TICK: Final = 0.1
"""Seconds between two looks at what the worker said."""


class Working:
    """A mix-in for operators: `begin` starts the session, `keep` writes what came of it to the scene."""

    nothing_kept: ClassVar[str] = "Cancelled; nothing was written"
    _scratch: Path | None = None

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if SESSION.running:
            cls.poll_message_set("Mien is at work already; wait, or cancel it in the Solve panel")
            return False
        return True

    def begin(self, target: bpy.types.Scene) -> None:
        """Check and start; MienError where it can't be."""
        raise NotImplementedError

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """Keep the result of a `done`; the level and the words of the report. MienError where it can't be."""
        raise NotImplementedError

    def fall_back(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str] | None:
        """What can be done without the worker's result, after an `error`; its report, or None for nothing."""
        return None

    def scratch(self) -> Path:
        """A new folder for what is handed to the worker, gone at the end; RigError where none can be made."""
        try:
            self._scratch = Path(tempfile.mkdtemp(prefix="mien-", dir=bpy.app.tempdir or None))
        except OSError as error:
            raise RigError(f"Nothing can be handed to the worker: {error}", "Free some space.") from error
        return self._scratch

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start, and let Blender go on."""
        if bpy.app.background:
            return self.execute(context)
        if not self._begun(context.scene):
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        _show(context)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start, and wait."""
        if not self._begun(context.scene):
            return {"CANCELLED"}
        try:
            assert SESSION.worker
            SESSION.worker.wait(SESSION.hear)
        finally:
            SESSION.stop()
        return self._finish()

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Listen at each tick; Esc ends it."""
        if event.type == "ESC" and event.value == "PRESS":
            SESSION.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        ended = SESSION.tick()
        CROP.look()
        _show(context)
        if not ended:
            return {"PASS_THROUGH"}
        self._clear(context)
        return self._finish()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away: another file, or a closed window."""
        SESSION.stop()
        self._discard()
        self._clear(context)

    def _begun(self, target: bpy.types.Scene) -> bool:
        with refusing(self) as refusal:
            self.begin(target)
        if refusal.happened:
            self._discard()
        return not refusal.happened

    def _discard(self) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _finish(self) -> set[str]:
        """Keep the result, or say why there is none."""
        try:
            return self._settled()
        finally:
            self._discard()

    def _settled(self) -> set[str]:
        event = SESSION.ended or {"event": "error", "code": "cancelled"}
        target = bpy.data.scenes.get(SESSION.scene)
        if event["event"] == "error":
            return self._failed(target, event)
        if target is None:
            left = "nothing was kept" if self._scratch else f"the result is in {event['output']}"
            self.report({"WARNING"}, f"The scene {SESSION.scene} is gone; {left}")
            return {"CANCELLED"}
        with refusing(self) as refusal:
            level, text = self.keep(target, event)
            self.report({level}, text)
        return refusal.result

    def _failed(self, target: bpy.types.Scene | None, event: dict[str, Any]) -> set[str]:
        """Do without the result where that can be done; else say why there is none."""
        if event["code"] == "cancelled":
            self.report({"WARNING"}, self.nothing_kept)
            return {"CANCELLED"}
        with refusing(self) as refusal:
            instead = self.fall_back(target, event) if target is not None else None
            if instead is not None:
                self.report({instead[0]}, instead[1])
                return {"FINISHED"}
            raise MienError(event["message"], event.get("hint", ""))
        return refusal.result

    def _clear(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        CROP.clear()
        clear_status()
        redraw_sidebars()


def start(source: Path, output: Path, target: bpy.types.Scene, options: tuple[str, ...], verb: str) -> None:
    """Start a worker with the Python that the user has chosen."""
    chosen = preferences.of_user().python
    python = bpy.path.abspath(chosen) if chosen else ""
    SESSION.start(source, output, target.name, options, verb=verb, python=python)


def clear_status() -> None:
    """Give the status bar back, in every workspace: the user may have changed to another one."""
    for workspace in getattr(bpy.data, "workspaces", ()):
        workspace.status_text_set(None)


def _show(context: bpy.types.Context) -> None:
    if context.workspace is not None and SESSION.running:
        context.workspace.status_text_set(f"Mien: {SESSION.progress.text}   (Esc cancels)")
    redraw_sidebars()
