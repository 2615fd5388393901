# SPDX-License-Identifier: GPL-3.0-or-later
"""How keys are written, and what the last bake of a character wrote: enough to bring it up to date."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    PointerProperty,
    StringProperty,
)


class BakeOptions:
    """What Bake can be told, in the panel and as an operator."""

    into: EnumProperty(
        name="Into",
        description="Where the keys go",
        items=(
            ("CURRENT", "Current Action", "Into the action that is there; its other channels, and its keys "
             "before and after the take, stay as they are"),
            ("NEW", "New Action", "Into an action of its own; the one that was there stays in the file"),
            ("NLA", "NLA Strip", "As a strip of its own, on a track above the others"),
        ),
        options={"SKIP_SAVE"},
    )  # fmt: skip
    whole_frames: BoolProperty(
        name="Whole Frames",
        description="A key on each frame of the scene. Off: a key at the time of each frame of the video",
        default=True,
        options={"SKIP_SAVE"},
    )
    in_range: BoolProperty(
        name="Only in Range",
        description="Write no keys before the start and after the end of the playback range",
        default=False,
        options={"SKIP_SAVE"},
    )
    reduce: BoolProperty(
        name="Fewer Keys",
        description="Leave out the keys that straight lines make up for",
        default=False,
        options={"SKIP_SAVE"},
    )
    max_error: FloatProperty(
        name="Largest Error",
        description="How far the curves may be off, in parts of a full shape key; of 45 degrees for turns",
        default=0.005, min=0.0001, max=0.2, precision=4, step=0.1,
        options={"SKIP_SAVE"},
    )  # fmt: skip


class MienBake(BakeOptions, bpy.types.PropertyGroup):
    pass


class MienBakedAction(bpy.types.PropertyGroup):
    block: PointerProperty(type=bpy.types.ID)
    action: PointerProperty(type=bpy.types.Action)
    slot: StringProperty()
    curves: StringProperty()


class MienBaked(bpy.types.PropertyGroup):
    take: StringProperty()
    whole_frames: BoolProperty()
    range: FloatVectorProperty(size=2)
    """The first and the last frame that keys were wanted in."""
    span: FloatVectorProperty(size=2)
    """The first and the last frame that keys were written at."""
    max_error: FloatProperty()
    signature: StringProperty()
    actions: CollectionProperty(type=MienBakedAction)
