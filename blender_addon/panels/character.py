# SPDX-License-Identifier: GPL-3.0-or-later
"""Character: its meshes and armature, the map as a list, and shapes for a face that has none."""

from __future__ import annotations

from typing import Final

import bpy

from ..operators.character import (
    MIEN_OT_add_character,
    MIEN_OT_add_parts,
    MIEN_OT_auto_map,
    MIEN_OT_remove_character,
    MIEN_OT_remove_part,
)
from ..operators.map_files import MIEN_OT_load_map, MIEN_OT_save_map
from ..operators.map_making import MIEN_OT_learn_map, MIEN_OT_map_shapes
from ..operators.reference_head import MIEN_OT_add_reference_head
from ..operators.shapes import MIEN_OT_make_shapes, MIEN_OT_place_points, MIEN_OT_point_from_vertex
from .tab import Tab, big, split

_BONES: Final = ("head_bone", "neck_bone", "eye_left_bone", "eye_right_bone")


class MIEN_UL_characters(bpy.types.UIList):
    def draw_item(self, _context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0) -> None:
        layout.prop(item, "name", text="", emboss=False, icon="USER" if item.mesh else "ERROR")


class MIEN_UL_parts(bpy.types.UIList):
    def draw_item(self, _context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0) -> None:
        layout.prop(item, "mesh", text="", emboss=False)


class MIEN_UL_channels(bpy.types.UIList):
    def draw_item(self, _context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0) -> None:
        row = layout.row(align=True)
        names = row.row(align=True)
        names.active = not item.mute
        names.label(text=item.name, translate=False)
        if item.source != item.name:
            names.label(text=item.source, icon="BACK", translate=False)
        row.prop(item, "mute", text="", icon="HIDE_ON" if item.mute else "HIDE_OFF", emboss=False)

    def filter_items(self, _context, data, name):
        """Find a channel by its own name or by that of its source."""
        items, wanted = getattr(data, name), self.filter_name.lower()
        shown = [wanted in item.name.lower() or wanted in item.source.lower() for item in items]
        return [self.bitflag_filter_item if here else 0 for here in shown] if wanted else [], []


class MIEN_PT_character(Tab, bpy.types.Panel):
    bl_label = "Character"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        settings, layout = context.scene.mien, self.layout
        row = layout.row()
        row.template_list(
            "MIEN_UL_characters", "", settings, "characters", settings, "character_index", rows=2
        )
        buttons = row.column(align=True)
        buttons.operator(MIEN_OT_add_character.bl_idname, text="", icon="ADD")
        buttons.operator(MIEN_OT_remove_character.bl_idname, text="", icon="REMOVE")
        buttons.operator(MIEN_OT_add_reference_head.bl_idname, text="", icon="MONKEY")
        character = settings.character
        if character is None:
            layout.label(text="Select its meshes, then press +", icon="INFO")
            return
        fields = split(layout)
        fields.prop(character, "mesh")
        fields.prop(character, "armature")
        if character.armature is not None:
            for name in _BONES:
                fields.prop_search(character, name, character.armature.pose, "bones")
        fields.prop(character, "mirror")
        if len(character.parts):
            layout.template_list("MIEN_UL_parts", "", character, "parts", character, "part_index", rows=2)
        row = layout.row(align=True)
        row.operator(MIEN_OT_add_parts.bl_idname)
        if len(character.parts):
            row.operator(MIEN_OT_remove_part.bl_idname, text="", icon="REMOVE")


class MIEN_PT_map(Tab, bpy.types.Panel):
    bl_label = "Map"
    bl_parent_id = "MIEN_PT_character"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.scene.mien.character is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, character = self.layout, context.scene.mien.character
        row = layout.row(align=True)
        row.operator(MIEN_OT_auto_map.bl_idname, icon="FILE_REFRESH")
        row.operator(MIEN_OT_load_map.bl_idname, text="", icon="IMPORT")
        row.operator(MIEN_OT_save_map.bl_idname, text="", icon="EXPORT")
        row = layout.row(align=True)
        row.operator(MIEN_OT_map_shapes.bl_idname, icon="MOD_MESHDEFORM")
        row.operator(MIEN_OT_learn_map.bl_idname, icon="ARMATURE_DATA")
        count = len(character.channels)
        driven = sum(not item.mute for item in character.channels)
        text = f"{driven} of {count} controls are driven"
        layout.label(text=text, icon="CHECKMARK" if driven else "ERROR", translate=False)
        layout.template_list(
            "MIEN_UL_channels", "", character, "channels", character, "channel_index", rows=6
        )
        if 0 <= character.channel_index < count:
            item = character.channels[character.channel_index]
            sure = f" ({item.confidence:.0%})" if 0.0 < item.confidence < 1.0 else ""
            told = layout.column(align=True)
            for line in f"{item.reason}{sure}".split("; "):
                told.label(text=line, translate=False)
            fields = split(layout)
            fields.prop(item, "source")
            fields.prop(item, "gain")


class MIEN_PT_shapes(Tab, bpy.types.Panel):
    bl_label = "Make Shapes"
    bl_parent_id = "MIEN_PT_character"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator(MIEN_OT_place_points.bl_idname, icon="EMPTY_AXIS")
        if context.mode == "EDIT_MESH":
            layout.operator_menu_enum(MIEN_OT_point_from_vertex.bl_idname, "point", icon="VERTEXSEL")
        big(layout, MIEN_OT_make_shapes.bl_idname, "SHAPEKEY_DATA")


CLASSES: Final = (
    MIEN_UL_characters, MIEN_UL_parts, MIEN_UL_channels, MIEN_PT_character, MIEN_PT_map, MIEN_PT_shapes,
)  # fmt: skip
