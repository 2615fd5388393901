# SPDX-License-Identifier: GPL-3.0-or-later
"""Tune settings as presets of Blender, and as the files that `mien tune` and Maya read; actors' profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from .. import taking
from ..properties.tune import CONSTRAINTS
from .refusal import refusing
from .tune import NeedsTake

PRESETS: Final = "mien/tune"
SHIPPED: Final = str(Path(__file__).parents[1])
"""The folder whose `presets` come with the extension."""


class MIEN_MT_tune_presets(bpy.types.Menu):
    bl_label = "Tune Presets"
    preset_subdir = PRESETS
    preset_operator = "script.execute_preset"
    draw = bpy.types.Menu.draw_preset


class MIEN_OT_add_tune_preset(AddPresetBase, bpy.types.Operator):
    bl_idname = "mien.add_tune_preset"
    bl_label = "Add Tune Preset"
    bl_description = "Keep these settings under a name, for all files"
    preset_menu = "MIEN_MT_tune_presets"
    preset_subdir = PRESETS
    preset_defines = ["tune = bpy.context.scene.mien.tune"]
    preset_values = [
        *(f"tune.{name}" for name in ("smoothing", "smoothing_head", "gain", "gains", "mutes")),
        *(f"tune.{name}" for name in CONSTRAINTS),
    ]


class MIEN_OT_save_settings(NeedsTake, ExportHelper, bpy.types.Operator):
    bl_idname = "mien.save_settings"
    bl_label = "Save Settings"
    bl_description = "Write the tune settings, with the take's calibration, to a file for Maya or `mien tune`"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        from mien.tune_settings import save_settings

        settings = context.scene.mien
        with refusing(self) as refusal:
            save_settings(settings.tune.settings(settings.chosen_take), self.filepath)
            self.report({"INFO"}, f"Saved {Path(self.filepath).name}")
        return refusal.result


class MIEN_OT_load_settings(ImportHelper, bpy.types.Operator):
    bl_idname = "mien.load_settings"
    bl_label = "Load Settings"
    bl_description = "Read tune settings from a file. The take's calibration stays as it is"
    bl_options = {"UNDO"}

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        from mien.tune_settings import load_settings

        with refusing(self) as refusal:
            left = context.scene.mien.tune.take_over(load_settings(self.filepath))
            level, more = ("WARNING", f"; not in the panel: {', '.join(left)}") if left else ("INFO", "")
            self.report({level}, f"Loaded {Path(self.filepath).name}{more}")
        return refusal.result


class MIEN_OT_save_profile(NeedsTake, ExportHelper, bpy.types.Operator):
    bl_idname = "mien.save_profile"
    bl_label = "Save Actor's Profile"
    bl_description = "Write the take's calibration to a file, for all takes of this actor"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        from mien.calibration import Calibration
        from mien.profile import Profile, save_profile
        from mien.tune import calibration_of

        settings, path = context.scene.mien, Path(self.filepath)
        with refusing(self) as refusal:
            take = taking.read_take(settings.chosen_take.file)
            found = calibration_of(take, settings.tune.settings(settings.chosen_take))
            save_profile(Profile(path.stem, found or Calibration.from_take(take)), path)
            self.report({"INFO"}, f"Saved {path.name}")
        return refusal.result


CLASSES: Final = (
    MIEN_MT_tune_presets, MIEN_OT_add_tune_preset, MIEN_OT_save_settings, MIEN_OT_load_settings,
    MIEN_OT_save_profile,
)  # fmt: skip
