# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things stand: how far they reach, what is in their way, a viewport that shows them; and sidebars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

Box = tuple[Vector, Vector]
"""The lowest and the highest corner in the world, in metres."""

_PICTURE: Final = ((-0.5, -0.5, 0.0), (0.5, 0.5, 0.0))
"""Corners of a square image empty, in units of its size."""


def box_of(thing: bpy.types.Object) -> Box:
    """How far an object reaches; an image empty is taken for a square."""
    is_picture = thing.type == "EMPTY" and thing.empty_display_type == "IMAGE"
    size = thing.empty_display_size if is_picture else 1.0
    corners = [thing.matrix_world @ (Vector(c) * size) for c in (_PICTURE if is_picture else thing.bound_box)]
    return Vector([min(axis) for axis in zip(*corners)]), Vector([max(axis) for axis in zip(*corners)])


def in_the_way(box: Box, things: Iterable[bpy.types.Object]) -> list[Box]:
    """How far those meshes among `things` reach that meet a box."""
    boxes = [box_of(thing) for thing in things if thing.type == "MESH"]
    return [
        other for other in boxes if all(other[0][i] < box[1][i] and other[1][i] > box[0][i] for i in range(3))
    ]


def show(context: bpy.types.Context, things: Sequence[bpy.types.Object], axis: str = "") -> None:
    """Bring objects into the middle of the 3D viewport, along an axis ("FRONT") or as it looks now.

    What is selected stays so. A viewport that looks through a camera is left alone, but for an axis.
    """
    area = context.area
    if area is None or area.type != "VIEW_3D":
        return
    through_camera = context.space_data.region_3d.view_perspective == "CAMERA"
    if through_camera and not axis:
        return
    window = next(region for region in area.regions if region.type == "WINDOW")
    chosen = {thing.name for thing in context.selected_objects}
    _select(context, {thing.name for thing in things})
    with context.temp_override(region=window):
        if axis:
            bpy.ops.view3d.view_axis(type=axis)
        bpy.ops.view3d.view_selected()
    _select(context, chosen)


def is_seen(context: bpy.types.Context, thing: bpy.types.Object) -> bool:
    """Whether an object lies wholly in what no sidebar covers of the 3D viewport; True without one."""
    area = context.area
    if area is None or area.type != "VIEW_3D":
        return True
    window, *beside = sorted(area.regions, key=lambda region: region.type != "WINDOW")
    left = max((r.x + r.width - window.x for r in beside if r.type == "TOOLS"), default=0)
    right = min((r.x - window.x for r in beside if r.type == "UI" and r.width > 1), default=window.width)
    for corner in box_of(thing):
        spot = location_3d_to_region_2d(window, context.space_data.region_3d, corner)
        if spot is None or not (left <= spot.x <= right and 0 <= spot.y <= window.height):
            return False
    return True


def redraw_sidebars() -> None:
    """Draw the sidebars again, and not the viewports beside them: those may be costly."""
    for window in bpy.context.window_manager.windows if bpy.context.window_manager else ():
        for area in window.screen.areas:
            for region in area.regions:
                if area.type == "VIEW_3D" and region.type == "UI":
                    region.tag_redraw()


def _select(context: bpy.types.Context, names: set[str]) -> None:
    for thing in context.view_layer.objects:
        if thing.select_get() != (thing.name in names):
            thing.select_set(thing.name in names)
