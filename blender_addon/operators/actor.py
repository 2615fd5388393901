# SPDX-License-Identifier: GPL-3.0-or-later
"""Train on This Actor: the worker trains with the user's own Python; the network comes into the list."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import bpy
from bpy.props import IntProperty
from mien.errors import UsageError
from mien.hosting import actor_training
from mien.hosting.networks import chosen_network

from .. import places, training
from ..session import SESSION
from ..staging import redraw_sidebars
from .refusal import refusing
from .working import Working

_LOOK: Final = 0.3
"""Seconds between two looks whether the training Python has answered."""


class MIEN_OT_train_actor(Working, bpy.types.Operator):
    bl_idname = "mien.train_actor"
    bl_label = "Train on This Actor"
    bl_description = (
        "Fine-tune the network on this actor's footage: half an hour on two cores for some minutes of it. "
        "Blender stays usable; when cancelled, it goes on from there the next time"
    )
    bl_options = {"INTERNAL"}
    nothing_kept: ClassVar[str] = "Cancelled. Train again to go on from here"

    samples: IntProperty(
        name="Crops", description="How long to train, in crops. 0: as long as usual", min=0,
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not training.learnt_from(context.scene.mien):
            cls.poll_message_set("Solve the actor's footage first: there is no take whose footage is known")
            return False
        why_not = _why_not()
        if why_not:
            cls.poll_message_set(why_not)
            return False
        return super().poll(context)

    def begin(self, target: bpy.types.Scene) -> None:
        """Write down what to train on, and start."""
        made = training.order(target)
        self._run = made.run
        length = ("--samples", str(self.samples)) if self.samples else ()
        SESSION.start(
            made.source, made.output, target.name, made.options(length), verb="train actor",
            python=training.python(), foreign=True,
        )  # fmt: skip

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """The new network measures from now on, where it is better than the one before."""
        actor_training.finish(self._run)
        better = actor_training.is_better(event)
        if better:
            target.mien.network = actor_training.name_of(event)
        return ("INFO" if better else "WARNING"), actor_training.told(event)


class MIEN_OT_look_for_torch(bpy.types.Operator):
    bl_idname = "mien.look_for_torch"
    bl_label = "Look Again"
    bl_description = "Ask the training Python again whether it has torch: after something was installed"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        training.PYTHONS.forget()
        return {"FINISHED"}


class MIEN_OT_show_report(bpy.types.Operator):
    bl_idname = "mien.show_report"
    bl_label = "Report"
    bl_description = "Open the report on the chosen network: errors before and after, by shape, with pictures"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.mien.network:
            cls.poll_message_set("Choose a network that was trained here")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        with refusing(self) as refusal:
            folder = chosen_network(bpy.path.abspath(context.scene.mien.network), places.networks())
            page = folder / "report.html" if folder else None
            if page is None or not page.is_file():
                raise UsageError(
                    "This network has no report", "Train with matplotlib beside torch (Mien's extra: plots)."
                )
            bpy.ops.wm.path_open(filepath=str(page))
        return refusal.result


def _why_not() -> str:
    """Why nothing can be trained; the panel is drawn again when the answer comes."""
    program = training.python()
    if bpy.app.background and program:
        return training.PYTHONS.wait(program).why_not
    said = training.PYTHONS.why_not(program)
    if training.PYTHONS.asking(program) and not bpy.app.timers.is_registered(_redraw_when_known):
        bpy.app.timers.register(_redraw_when_known, first_interval=_LOOK)
    return said


def _redraw_when_known() -> float | None:
    if training.PYTHONS.asking(training.python()):
        return _LOOK
    redraw_sidebars()
    return None


CLASSES: Final = (MIEN_OT_train_actor, MIEN_OT_look_for_torch, MIEN_OT_show_report)
