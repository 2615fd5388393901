# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps as files, for other characters with the same controls, for Maya and for `mien map`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from .. import mapping, retune
from .character import NeedsCharacter
from .refusal import refusing


class MIEN_OT_save_map(NeedsCharacter, ExportHelper, bpy.types.Operator):
    bl_idname = "mien.save_map"
    bl_label = "Save Map"
    bl_description = "Write the map, as it is edited, to a file"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        with refusing(self) as refusal:
            mapping.save(context.scene.mien.character, Path(self.filepath))
            self.report({"INFO"}, f"Saved {Path(self.filepath).name}")
        return refusal.result


class MIEN_OT_load_map(NeedsCharacter, ImportHelper, bpy.types.Operator):
    bl_idname = "mien.load_map"
    bl_label = "Load Map"
    bl_description = "Use the map of a file, in place of the one there is"
    bl_options = {"UNDO"}

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        with refusing(self) as refusal:
            gone = mapping.load(context.scene.mien.character, Path(self.filepath))
            retune.ask()
            level, more = (
                ("WARNING", f"; muted, for they are not here: {', '.join(gone)}") if gone else ("INFO", "")
            )
            self.report({level}, f"Loaded {Path(self.filepath).name}{more}")
        return refusal.result


CLASSES: Final = (MIEN_OT_save_map, MIEN_OT_load_map)
