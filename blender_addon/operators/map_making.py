# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps for controls whose names say nothing: by how shape keys move, and learnt from poses keyed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy
from mien.rig.picked_points import LEAST

from .. import learning, mapping, retune, scene, shaping
from .character import NeedsCharacter, with_face
from .refusal import refusing
from .working import Working, start


class MIEN_OT_map_shapes(Working, NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.map_shapes"
    bl_label = "By Movement"
    bl_description = (
        "Find what each shape key of the face is by how it moves the face, where names say nothing. Needs "
        "the points of Make Shapes. What was edited in the list is lost"
    )
    bl_options = {"UNDO"}
    nothing_kept = "Cancelled; the map is as it was"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not NeedsCharacter.poll.__func__(cls, context):
            return False
        count = len(shaping.points_of(context.scene))
        if count < LEAST:
            cls.poll_message_set(f"Press Place Points in Make Shapes first: {count} of {LEAST} are there")
            return False
        return Working.poll.__func__(cls, context)

    def begin(self, target: bpy.types.Scene) -> None:
        """Hand the face and its shape keys to the worker."""
        character = target.mien.character
        scene.check_face(character.mesh)
        self._face = character.mesh.name
        folder = self.scratch()
        shaping.write_shapes(target, character, folder / "face.npz")
        start(folder / "face.npz", folder / "map.json", target, (), "map shapes")

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """Use what was found."""
        from mien.rig.map_file import read_map

        character = with_face(target, self._face, "try again")
        driven, count = mapping.take_movement(character, read_map(Path(event["output"])))
        retune.ask()
        return "INFO", f"{driven} of {count} controls are driven"


class MIEN_OT_learn_map(NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.learn_map"
    bl_label = "From Poses"
    bl_description = (
        "Learn what drives the controls from poses: on some frames of the take, pose the rig by hand as the "
        "actor's face is there, key it, and press this"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.mien.chosen_take is None:
            cls.poll_message_set("Solve a video first, or choose a take")
            return False
        return super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        target = context.scene
        with refusing(self) as refusal:
            learned, poses = learning.learn(target, target.mien.character)
            count = mapping.take_learned(target.mien.character, learned, poses)
            target.mien.bake.into = "NEW"
            retune.ask()
            what = "1 control" if count == 1 else f"{count} controls"
            text = f"{what} learnt from {poses} poses; bake goes into a new action, and the poses stay"
            self.report({"INFO"}, text)
        return refusal.result


CLASSES: Final = (MIEN_OT_map_shapes, MIEN_OT_learn_map)
