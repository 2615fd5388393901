# SPDX-License-Identifier: GPL-3.0-or-later
"""What is set once for a machine: the Pythons that solve and train, folders, the camera."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from bpy.props import IntProperty, StringProperty


@dataclass(frozen=True)
class Usual:
    """The preferences of a Blender in which the extension is loaded and not enabled (tests, scripts)."""

    python: str = ""
    takes: str = ""
    networks: str = ""
    training_python: str = ""
    camera: int = 0


class MienPreferences(bpy.types.AddonPreferences):
    bl_idname = __package__ or "mien"

    python: StringProperty(
        name="Worker's Python",
        description="The Python program that solves. Empty: Blender's own. It must be of the same version",
        subtype="FILE_PATH",
    )
    takes: StringProperty(
        name="Takes Folder",
        description="Where takes go while the .blend is not saved. Empty: the extension's own folder",
        subtype="DIR_PATH",
    )
    networks: StringProperty(
        name="Networks Folder",
        description="Where networks of single actors are kept. Empty: the extension's own folder",
        subtype="DIR_PATH",
    )
    training_python: StringProperty(
        name="Training Python",
        description="A Python of any version with torch, for Train on This Actor: make a venv and run in it, "
        'in the folder of Mien\'s source, pip install -e ".[training,plots]"',
        subtype="FILE_PATH",
    )
    camera: IntProperty(
        name="Camera", description="Which camera Live uses: 0 is the first one", default=0, min=0, max=63
    )

    def draw(self, _context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        for name in ("python", "takes", "camera", "networks", "training_python"):
            layout.prop(self, name)


def of_user() -> MienPreferences | Usual:
    """The user's preferences."""
    addon = bpy.context.preferences.addons.get(MienPreferences.bl_idname)
    return addon.preferences if addon is not None and addon.preferences is not None else Usual()


def register() -> None:
    """Make them known."""
    bpy.utils.register_class(MienPreferences)


def unregister() -> None:
    """Take them away."""
    bpy.utils.unregister_class(MienPreferences)
