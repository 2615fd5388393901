# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the 52 shapes for a character that has none: points to put right, then the worker, then shape keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import bpy
from bpy.props import BoolProperty
from mien.errors import RigError
from mien.rig.picked_points import LEAST, POINTS

from .. import mapping, shaping
from .character import NeedsCharacter, with_face
from .network import OtherNetwork
from .working import Working, start


class MIEN_OT_place_points(OtherNetwork, Working, NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.place_points"
    bl_label = "Place Points"
    bl_description = (
        "Put the 16 points of a face onto the mesh, where the solver's network sees them. Move those that "
        "are off; left is the character's own"
    )
    bl_options = {"UNDO"}
    nothing_kept = "Cancelled; no points were placed"

    by_size: BoolProperty(
        name="By Size", description="Don't look: place them by the size of the mesh", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode first")
            return False
        return NeedsCharacter.poll.__func__(cls, context) and Working.poll.__func__(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.by_size:
            return super().execute(context)
        put = shaping.place_points(context.scene, context.scene.mien.character)
        self.report({"INFO"}, _placed(put))
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.execute(context) if self.by_size else super().invoke(context, event)

    def begin(self, target: bpy.types.Scene) -> None:
        """Hand the meshes to the network."""
        folder = self.scratch()
        shaping.write_look(target.mien.character, folder / "look.npz")
        start(folder / "look.npz", folder / "points.json", target, self.network_options(), "map landmarks")

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """Put the points where they were seen."""
        seen = json.loads(Path(event["output"]).read_text(encoding="utf-8"))["points"]
        return "INFO", _placed(shaping.place_points(target, _character(target), seen))

    def fall_back(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """Place them by the mesh's size, and say why."""
        put = shaping.place_points(target, _character(target))
        return "WARNING", f"{event['message']}, so they are placed by the mesh's size. {_placed(put)}"


class MIEN_OT_point_from_vertex(NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.point_from_vertex"
    bl_label = "Point to Selected Vertex"
    bl_description = "Move a point to the selected vertex, or to the middle of several (in Edit Mode)"
    bl_options = {"REGISTER", "UNDO"}

    point: bpy.props.EnumProperty(
        name="Point", items=[(name, name.replace("_", " ").title(), "") for name in POINTS]
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "EDIT_MESH":
            cls.poll_message_set("Select a vertex of the face in Edit Mode first")
            return False
        return super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        thing = context.edit_object
        thing.update_from_editmode()
        chosen = [vertex.co for vertex in thing.data.vertices if vertex.select]
        empty = shaping.points_of(context.scene).get(self.point)
        if not chosen or empty is None:
            self.report({"ERROR"}, "Select a vertex first." if empty else "Press Place Points first.")
            return {"CANCELLED"}
        middle = sum(chosen[1:], chosen[0].copy()) / len(chosen)
        empty.matrix_world.translation = thing.matrix_world @ middle
        return {"FINISHED"}


class MIEN_OT_make_shapes(Working, NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.make_shapes"
    bl_label = "Make the 52 Shapes"
    bl_description = (
        "Make ARKit's 52 shape keys on the character's meshes, after the reference head. Shape keys that are "
        "there stay. Takes about a minute; Blender stays usable meanwhile"
    )
    bl_options = {"UNDO"}
    nothing_kept = "Cancelled; no shape keys were made"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not NeedsCharacter.poll.__func__(cls, context):
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode first")
            return False
        count = len(shaping.points_of(context.scene))
        if count < LEAST:
            cls.poll_message_set(f"Press Place Points first: {count} of {LEAST} points are there")
            return False
        return Working.poll.__func__(cls, context)

    def begin(self, target: bpy.types.Scene) -> None:
        """Hand the meshes and points to the worker."""
        character = target.mien.character
        shaping.check(character)
        self._face = character.mesh.name
        folder = self.scratch()
        shaping.write_mesh(target, character, folder / "mesh.npz")
        start(folder / "mesh.npz", folder / "shapes.npz", target, (), "shapes")

    def keep(self, target: bpy.types.Scene, event: dict[str, Any]) -> tuple[str, str]:
        """Make the shape keys, and map them."""
        character = with_face(target, self._face, "make them again")
        made, had = shaping.read_shapes(character, Path(event["output"]))
        mapping.auto_map(character)
        if had:
            return "WARNING", f"{made} shape keys made; there already, and left: {', '.join(had)}"
        return "INFO", f"{made} shape keys made"


def _character(target: bpy.types.Scene) -> Any:
    character = target.mien.character
    if character is None or character.mesh is None:
        raise RigError("The face is gone", "Choose it again.")
    return character


def _placed(count: int) -> str:
    return f"{count} points placed: move those that are off" if count else "All are there"


CLASSES: Final = (MIEN_OT_place_points, MIEN_OT_point_from_vertex, MIEN_OT_make_shapes)
