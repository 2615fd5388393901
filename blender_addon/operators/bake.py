# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake: tune the take and key the shape keys, in one step that undo takes back."""

from __future__ import annotations

import bpy
from mien.errors import RigError, TakeError
from mien.interchange import read

from .. import scene
from ..properties import BakeOptions
from .refusal import refusing


class MIEN_OT_bake(BakeOptions, bpy.types.Operator):
    bl_idname = "mien.bake"
    bl_label = "Bake"
    bl_description = "Write the take as keys on the face's shape keys; what is keyed outside its range stays"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = context.scene.mien
        if not settings.take:
            cls.poll_message_set("Solve a video first, or choose a take")
        elif settings.mesh is None:
            cls.poll_message_set("Choose the face to animate first")
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        self._follow_panel(context.scene.mien)
        with refusing(self) as refusal:
            baked = self._bake(context.scene)
            self.report({"WARNING"} if baked.skipped else {"INFO"}, _told(baked, context.scene))
        return {"CANCELLED"} if refusal.happened else {"FINISHED"}

    def _follow_panel(self, settings: bpy.types.PropertyGroup) -> None:
        """What the caller left out is as the panel says."""
        for name in BakeOptions.__annotations__:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))

    def _bake(self, target: bpy.types.Scene) -> scene.Baked:
        from mien.rig.automap import auto_map
        from mien.rig.keys import keys_for
        from mien.tune import TuneSettings, tune

        face = target.mien.mesh.name
        if face not in target.objects:
            raise RigError(f"{face} is no longer in this scene", "Choose the face to animate again.")
        scene.check_can_be_keyed(face)
        mapping = auto_map(scene.channel_names(face)).map
        if not mapping.driven:
            message = f"No shape key of {face} has a name that Mien knows"
            raise RigError(message, "Name them after ARKit's 52 shapes.")
        take = read(bpy.path.abspath(target.mien.take))
        if not take.found.any():
            raise TakeError("There is no face in the take", "Choose a video that shows one face well.")
        tuned = tune(take, TuneSettings(smoothing=self.smoothing), landmarks=False)
        render = target.render
        frames, weights = keys_for(tuned, render.fps, render.fps_base, self.start, self.whole_frames)
        values = mapping.apply(weights)
        columns = {target.name: values[:, i] for i, target in enumerate(mapping.targets)}
        return scene.bake(face, frames, columns)


def _told(baked: scene.Baked, target: bpy.types.Scene) -> str:
    text = f"{baked.channels} shape keys, frames {baked.first:.8g} to {baked.last:.8g}"
    if baked.last > target.frame_end:
        text += f" (the scene ends at {target.frame_end})"
    if baked.skipped:
        text += f"; left alone, for a driver or a lock holds them: {', '.join(baked.skipped)}"
    return text
