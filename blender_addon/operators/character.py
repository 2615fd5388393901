# SPDX-License-Identifier: GPL-3.0-or-later
"""The characters of a scene, their meshes, and the map made of their controls' names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import bpy
from mien.errors import RigError

from .. import mapping, retune
from .refusal import refusing

if TYPE_CHECKING:
    from ..properties.character import MienCharacter


class NeedsCharacter:
    """A mix-in: greyed out, with a reason, where there is no character with a face."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        character = context.scene.mien.character
        if character is None or character.mesh is None:
            cls.poll_message_set("Choose the face to animate first")
            return False
        return True


def with_face(target: bpy.types.Scene, name: str, again: str) -> MienCharacter:
    """The chosen character, if its face is the one called so; else RigError with what to do `again`."""
    character: MienCharacter | None = target.mien.character
    if character is None or character.mesh is None or character.mesh.name != name:
        raise RigError(f"{name} is not the chosen face any more", f"Choose it, and {again}.")
    return character


class MIEN_OT_add_character(bpy.types.Operator):
    bl_idname = "mien.add_character"
    bl_label = "Add Character"
    bl_description = "Make a character of the selected meshes and armature; the active mesh is its face"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(thing.type == "MESH" for thing in context.selected_objects):
            cls.poll_message_set("Select the meshes of a character first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = context.selected_objects
        meshes = [thing for thing in chosen if thing.type == "MESH"]
        face = max(meshes, key=lambda thing: (_shape_count(thing), thing == context.active_object))
        character = context.scene.mien.choose_character(face)
        for thing in meshes:
            if thing not in character.meshes:
                character.parts.add().mesh = thing
        armature = next((thing for thing in chosen if thing.type == "ARMATURE"), None) or face.find_armature()
        if armature is not None:
            character.armature = armature
        driven, count = mapping.auto_map(character)
        self.report({"INFO"}, f"{character.name}: {driven} of {count} controls are driven")
        return {"FINISHED"}


class MIEN_OT_remove_character(NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.remove_character"
    bl_label = "Remove Character"
    bl_description = "Take the character and its map off the list. Its meshes and keys stay"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.mien.character is None:
            cls.poll_message_set("No character is chosen")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.mien
        settings.characters.remove(settings.character_index)
        settings.character_index = min(settings.character_index, len(settings.characters) - 1)
        return {"FINISHED"}


class MIEN_OT_add_parts(NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.add_parts"
    bl_label = "Add Selected Meshes"
    bl_description = "Animate the selected meshes with the face: eyes, teeth, tongue, brows, lashes"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        character = context.scene.mien.character
        new = [t for t in context.selected_objects if t.type == "MESH" and t not in character.meshes]
        for thing in new:
            character.parts.add().mesh = thing
        if not new:
            self.report({"WARNING"}, "Select further meshes of the character first")
            return {"CANCELLED"}
        mapping.auto_map(character)
        return {"FINISHED"}


class MIEN_OT_remove_part(NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.remove_part"
    bl_label = "Remove Mesh"
    bl_description = "Leave this mesh out of the character"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        character = context.scene.mien.character
        if not 0 <= character.part_index < len(character.parts):
            return {"CANCELLED"}
        character.parts.remove(character.part_index)
        mapping.auto_map(character)
        return {"FINISHED"}


class MIEN_OT_auto_map(NeedsCharacter, bpy.types.Operator):
    bl_idname = "mien.auto_map"
    bl_label = "Auto-Map"
    bl_description = (
        "Find what drives each control by its name. Doubtful matches are muted, for you to look at. "
        "What was edited in the list is lost"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        character = context.scene.mien.character
        with refusing(self) as refusal:
            driven, count = mapping.auto_map(character)
            if not count:
                raise RigError(f"{character.mesh.name} has no shape keys", "Press Make the 52 Shapes.")
            retune.ask()
            self.report({"INFO"}, f"{driven} of {count} controls are driven")
        return refusal.result


def _shape_count(thing: bpy.types.Object) -> int:
    keys = thing.data.shape_keys
    return len(keys.key_blocks) if keys is not None else 0


CLASSES: Final = (
    MIEN_OT_add_character, MIEN_OT_remove_character, MIEN_OT_add_parts, MIEN_OT_remove_part, MIEN_OT_auto_map,
)  # fmt: skip
