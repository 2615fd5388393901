# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel keeps in the scene, saved with the .blend: `context.scene.mien`."""

from __future__ import annotations

import contextlib
from typing import Final

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from mien.errors import MienError
from mien.interchange import read

_RELATIVE: Final = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""4.5 and later ask whether a path may begin with `//`; before, each may."""


def can_be_driven(_settings: MienSettings, thing: bpy.types.Object) -> bool:
    """Whether the mesh picker lists an object: meshes that have shape keys."""
    return thing.type == "MESH" and thing.data.shape_keys is not None


def _look_at_take(settings: MienSettings, _context: bpy.types.Context) -> None:
    """Say in the panel what the chosen take holds; nothing where it can't be read (Bake says why)."""
    settings.frames = settings.faces = 0
    if settings.take:
        with contextlib.suppress(MienError):
            take = read(bpy.path.abspath(settings.take))
            settings.frames, settings.faces = len(take), int(take.found.sum())


class BakeOptions:
    """What Bake can be told, in the panel and as an operator."""

    start: FloatProperty(
        name="Start Frame",
        description="The frame of the scene at which the video begins",
        default=1.0,
        step=100,
        precision=2,
        options={"SKIP_SAVE"},
    )
    whole_frames: BoolProperty(
        name="Whole Frames",
        description="A key on each frame of the scene. Off: a key at the time of each frame of the video",
        default=True,
        options={"SKIP_SAVE"},
    )
    smoothing: FloatProperty(
        name="Smoothing",
        description="0: as measured. 1: as smooth as it goes",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )


class MienSettings(BakeOptions, bpy.types.PropertyGroup):
    video: StringProperty(
        name="Video",
        description="The footage of one face: any video file",
        subtype="FILE_PATH",
        options=_RELATIVE,
    )
    take: StringProperty(
        name="Take",
        description="What Solve measured, frame by frame; or one solved earlier, or a Live Link Face .csv",
        subtype="FILE_PATH",
        options=_RELATIVE,
        update=_look_at_take,
    )
    solved_video: StringProperty(options={"HIDDEN"})
    frames: IntProperty(options={"HIDDEN"})
    faces: IntProperty(options={"HIDDEN"})
    mesh: PointerProperty(
        type=bpy.types.Object,
        name="Face",
        description="The mesh whose shape keys get the animation",
        poll=can_be_driven,
    )


def register() -> None:
    """Give every scene its settings."""
    bpy.utils.register_class(MienSettings)
    bpy.types.Scene.mien = PointerProperty(type=MienSettings)


def unregister() -> None:
    """Take them away; what was saved stays in the file for the next time."""
    del bpy.types.Scene.mien
    bpy.utils.unregister_class(MienSettings)
