# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview: the tuned take on the character at the current frame, without a key; it gets its own values back.

The rig is held as Live holds it (see `live.rig`), so undo, saving, a crash and another file leave it as it
was. While it runs, settings that change show on the face and no keys are rewritten; they are when it ends.
Nothing of bpy is kept between calls.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from mien.errors import MienError, RigError
from mien.rig.baking import with_head_rest
from mien.rig.retarget_map import RetargetMap

from . import baking, retune
from .live import rig

if TYPE_CHECKING:
    from mien.take import Take


class Preview:
    """At most one runs in a Blender: `PREVIEW`.

    Attributes
    ----------
    scene : str
        The name of the scene that is previewed, or "".
    """

    scene = ""
    _rig: rig.LiveRig | None = None
    _map = RetargetMap()
    _tuned: Take | None = None

    @property
    def running(self) -> bool:
        """Whether a rig is held."""
        return bool(self.scene)

    def start(self, target: bpy.types.Scene) -> None:
        """Show the chosen take on the chosen character; MienError where it can't be."""
        self._make(target)
        self.scene = target.name
        self.show(target)

    def stop(self) -> None:
        """Give the rig its own values back, and bring what is baked up to date."""
        if not self.running:
            return
        self.scene, self._rig, self._tuned = "", None, None
        rig.restore()
        retune.ask()

    def refresh(self) -> None:
        """Follow what was changed: settings, map, take, or all of the file by an undo."""
        target = bpy.data.scenes.get(self.scene)
        if target is None:
            self.stop()
            return
        rig.restore()
        try:
            self._make(target)
            self.show(target)
        except MienError:
            self.stop()
            raise

    def show(self, target: bpy.types.Scene) -> None:
        """Move the rig to the current frame's moment; before and after the take it stays at its ends."""
        tuned, take = self._tuned, target.mien.chosen_take
        if tuned is None or self._rig is None or take is None:
            return
        time = baking.timeline_of(target, take).time_of(target.frame_current_final)
        moment = tuned.resample([float(np.clip(time, tuned.times[0], tuned.times[-1]))])
        gone = self._rig.write(self._map.apply(moment.weights, moment.pose)[0])
        if gone == "changed":
            self.refresh()
        elif gone:
            self.stop()

    def _make(self, target: bpy.types.Scene) -> None:
        character, take = target.mien.character, target.mien.chosen_take
        if character is None or character.mesh is None or character.mesh.name not in target.objects:
            raise RigError("The face is gone", "Choose the face to animate again.")
        if take is None:
            raise RigError("No take is chosen", "Choose one in the Solve panel.")
        self._tuned = baking.tuned_take(target, take)
        self._map = with_head_rest(baking.whole_map(character), tuple(take.head_rest))
        self._rig = rig.LiveRig(character, self._map.targets)
        self._rig.hold()


PREVIEW: Final = Preview()
"""The one of this Blender."""


def _guarded(work: Callable[[], None]) -> None:
    """Whatever goes wrong, the rig gets its own values back."""
    try:
        work()
    except Exception as error:
        if not isinstance(error, MienError):
            traceback.print_exc()
        PREVIEW.stop()
        retune.RETUNER.trouble = f"The preview ended: {getattr(error, 'message', error)}"


@bpy.app.handlers.persistent
def _frame_changed(scene: bpy.types.Scene, *_: Any) -> None:
    if PREVIEW.running and scene.name == PREVIEW.scene and not bpy.app.is_job_running("RENDER"):
        _guarded(lambda: PREVIEW.show(scene))


@bpy.app.handlers.persistent
def _ending(*_: Any) -> None:
    """Another file, or a render: that is of what is keyed."""
    PREVIEW.stop()


@bpy.app.handlers.persistent
def _after_save(*_: Any) -> None:
    """Live's handler has given the rig back before saving."""
    if PREVIEW.running:
        _guarded(PREVIEW.refresh)


_HANDLERS: Final = {
    "frame_change_post": _frame_changed,
    "load_pre": _ending,
    "render_init": _ending,
    "save_post": _after_save,
    "save_post_fail": _after_save,
}


def register() -> None:
    """Listen to Blender."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Stop, and stop listening."""
    PREVIEW.stop()
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
