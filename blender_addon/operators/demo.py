# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: footage that comes with the extension, and the reference head to see it on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy

from .. import head, staging
from .refusal import refusing

CLIP: Final = Path(__file__).parents[1] / "demo" / "performance.mp4"
"""Six seconds of a drawn face that nobody has: `mien synth clip` made it, and it is free for any use."""


class MIEN_OT_demo(bpy.types.Operator):
    bl_idname = "mien.demo"
    bl_label = "Try the Demo"
    bl_description = (
        "Choose the footage that comes with Mien (six seconds of a drawn face), and add the reference head "
        "if there is no character yet. Then press Solve, and Bake"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.mien
        with refusing(self) as refusal:
            if settings.mesh is None:
                name = head.add_reference(context)
                _stand_clear(context, bpy.data.objects[name])
                staging.show(context, [bpy.data.objects[name]], "FRONT")
            settings.video = str(CLIP)
            self.report({"INFO"}, "Now press Solve, and then Bake")
        return refusal.result


def _stand_clear(context: bpy.types.Context, thing: bpy.types.Object) -> None:
    """Move `thing` to the right, out of the meshes it stands in: a new file has a cube there."""
    context.view_layer.update()
    low, high = staging.box_of(thing)
    others = [other for other in context.visible_objects if other != thing]
    met = staging.in_the_way((low, high), others)
    if met:
        thing.location.x += max(b.x for _, b in met) - low.x + (high.x - low.x)


CLASSES: Final = (MIEN_OT_demo,)
