# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve: run the worker on the video while Blender stays live, and keep the take it leaves.

From the panel it is modal: a timer listens for a thousandth of a second at each tick. From a script, and in
the background, it waits for the end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy
from bpy.props import StringProperty
from mien.errors import SourceNotFoundError

from .. import places
from ..session import SESSION
from .refusal import refusing, sentences

TICK: Final = 0.1
"""Seconds between two looks at what the worker said."""


class MIEN_OT_solve(bpy.types.Operator):
    bl_idname = "mien.solve"
    bl_label = "Solve"
    bl_description = "Measure the face in the video, frame by frame. Blender stays usable meanwhile"
    bl_options = {"UNDO"}

    video: StringProperty(
        name="Video", description="Default: the panel's", subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"}
    )
    take: StringProperty(
        name="Take", description="Where to write; default: Mien chooses", subtype="FILE_PATH",
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip
    network: StringProperty(
        name="Network", description="Folder of another network than the default one", subtype="DIR_PATH",
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if SESSION.running:
            cls.poll_message_set("A solve is running already")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start, and let Blender go on."""
        if bpy.app.background:
            return self.execute(context)
        if not self._start(context.scene):
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        _show(context)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start, and wait."""
        if not self._start(context.scene):
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
        _show(context)
        if not ended:
            return {"PASS_THROUGH"}
        self._clear(context)
        return self._finish()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away: another file, or a closed window."""
        SESSION.stop()
        self._clear(context)

    def _start(self, target: bpy.types.Scene) -> bool:
        with refusing(self) as refusal:
            settings = target.mien
            chosen = self.video or settings.video
            if not chosen:
                raise SourceNotFoundError("No video is chosen", "Choose the footage of a face first.")
            video = _absolute(chosen)
            if not video.is_file():
                raise SourceNotFoundError(f"There is no file {video}", "Choose the video again.")
            take = _absolute(self.take) if self.take else places.take_for(video, settings)
            options = ("--model", str(_absolute(self.network))) if self.network else ()
            SESSION.start(video, take, target.name, options)
        return not refusal.happened

    def _finish(self) -> set[str]:
        """Keep the take, or say why there is none."""
        event = SESSION.ended or {"event": "error", "code": "cancelled"}
        target = bpy.data.scenes.get(SESSION.scene)
        if event["event"] == "error":
            if event["code"] == "cancelled":
                self.report({"WARNING"}, "Cancelled; nothing was written")
            else:
                self.report({"ERROR"}, sentences(event["message"], event.get("hint", "")))
            return {"CANCELLED"}
        if target is None:
            self.report({"WARNING"}, f"The scene {SESSION.scene} is gone; the take is in {event['output']}")
            return {"CANCELLED"}
        _keep(target.mien, event)
        text = f"{event['faces']} of {event['frames']} frames show a face"
        warning = event.get("warning")
        self.report({"WARNING"} if warning else {"INFO"}, f"{text}. {warning}" if warning else text)
        return {"FINISHED"}

    def _clear(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        clear_status()
        _redraw(context)


class MIEN_OT_cancel(bpy.types.Operator):
    bl_idname = "mien.cancel"
    bl_label = "Cancel"
    bl_description = "Stop solving and leave nothing"
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


def clear_status() -> None:
    """Give the status bar back, in every workspace: the user may have changed to another one."""
    for workspace in getattr(bpy.data, "workspaces", ()):
        workspace.status_text_set(None)


def _absolute(path: str) -> Path:
    return Path(bpy.path.abspath(path)).absolute()


def _keep(settings: bpy.types.PropertyGroup, event: dict) -> None:
    settings.take = places.stored(event["output"])
    settings.solved_video = places.stored(event["source"])


def _show(context: bpy.types.Context) -> None:
    if context.workspace is not None and SESSION.running:
        context.workspace.status_text_set(f"Mien: {SESSION.progress.text}   (Esc cancels)")
    _redraw(context)


def _redraw(context: bpy.types.Context) -> None:
    """Draw the sidebars again, and not the viewports beside them: those may be costly."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if area.type == "VIEW_3D" and region.type == "UI":
                    region.tag_redraw()
