# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene keeps of Live: where the face comes from, and how it is recorded. `scene.mien_live`."""

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

SOURCES: Final = (
    ("CAMERA", "Camera", "A camera on this machine", "CAMERA_DATA", 0),
    ("LIVELINK", "Live Link Face", "The stream of the Live Link Face app", "FILE_REFRESH", 1),
    ("VMC", "VMC", "The stream of a program that speaks VMC", "FILE_REFRESH", 2),
    ("IFACIALMOCAP", "iFacialMocap", "The stream of the iFacialMocap app", "FILE_REFRESH", 3),
    ("FILE", "Footage in a Loop", "The footage of the Source panel, again and again", "FILE_MOVIE", 4),
)


class MienLive(bpy.types.PropertyGroup):
    source: EnumProperty(name="Source", description="Where the face comes from", items=SOURCES)
    camera: IntProperty(
        name="Camera",
        description="Its number, from 0. -1: the one of the preferences",
        default=-1,
        min=-1,
        max=63,
    )
    port: IntProperty(
        name="Port",
        description="Where the stream comes in. 0: the app's usual one",
        default=0,
        min=0,
        max=65535,
    )
    hear_network: BoolProperty(
        name="Hear the Network",
        description="Let other machines, such as the phone, send to this one. Off: only its own programs",
    )
    phone: StringProperty(
        name="Phone", description="iFacialMocap: the address of the phone to ask for its stream"
    )
    countdown: FloatProperty(
        name="Countdown", description="Seconds from pressing Record until recording begins",
        default=3.0, min=0.0, max=30.0, step=100, precision=0,
        subtype="TIME_ABSOLUTE", unit="TIME_ABSOLUTE",
    )  # fmt: skip
    cue: BoolProperty(
        name="Play the Scene", description="Play the scene with its sound while recording", default=True
    )
    punch_in: BoolProperty(
        name="Punch In",
        description="Record the playback range only, in the place of that part of the chosen take. "
        "The old take stays in its file",
    )
    fade: FloatProperty(
        name="Fade", description="Seconds at both ends of a punch-in that go over from the old to the new",
        default=0.1, min=0.0, max=5.0, precision=2, subtype="TIME_ABSOLUTE", unit="TIME_ABSOLUTE",
    )  # fmt: skip


def register() -> None:
    """Give every scene its own."""
    bpy.utils.register_class(MienLive)
    bpy.types.Scene.mien_live = PointerProperty(type=MienLive)


def unregister() -> None:
    """Take them away; what was saved stays in the file for the next time."""
    del bpy.types.Scene.mien_live
    bpy.utils.unregister_class(MienLive)
