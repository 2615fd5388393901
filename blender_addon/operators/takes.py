# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of takes: open recordings from files, take one off the list."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy
from bpy.props import CollectionProperty, StringProperty
from bpy_extras.io_utils import ImportHelper
from mien.errors import TakeError

from .. import places
from .refusal import refusing


class MIEN_OT_open_takes(ImportHelper, bpy.types.Operator):
    bl_idname = "mien.open_takes"
    bl_label = "Open Takes"
    bl_description = "Put takes into the list: solved earlier (.mien), or recorded by Live Link Face (.csv)"
    bl_options = {"UNDO"}

    filter_glob: StringProperty(default="*.mien;*.csv;*.json", options={"HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = Path(self.directory)
        chosen = [folder / entry.name for entry in self.files if entry.name] or [Path(self.filepath)]
        with refusing(self) as refusal:
            for path in chosen:
                take = context.scene.mien.choose_take(places.stored(str(path)))
                if take.trouble:
                    raise TakeError(f"{path.name} can't be read as a take", "Choose a .mien or .csv file.")
            self.report({"INFO"}, f"Opened {', '.join(path.name for path in chosen)}")
        return refusal.result


class MIEN_OT_remove_take(bpy.types.Operator):
    bl_idname = "mien.remove_take"
    bl_label = "Take off the List"
    bl_description = "Take the take off the list. Its file stays"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.mien.chosen_take is None:
            cls.poll_message_set("No take is chosen")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.mien
        settings.takes.remove(settings.take_index)
        settings.take_index = min(settings.take_index, len(settings.takes) - 1)
        return {"FINISHED"}


CLASSES: Final = (MIEN_OT_open_takes, MIEN_OT_remove_take)
