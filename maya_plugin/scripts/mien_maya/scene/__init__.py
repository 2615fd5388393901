"""The scene: the only room that reads or writes Maya's nodes, and the only one that knows their names.

`channels` says what a character can be driven by, `keys` writes curves, `layers` knows the animation layers,
`footage` sound and image plane, `joints` how a head joint lies, `live` drives a rig for a while, `shapes` the
52 shapes, `clock` the time unit and playing, `notes` what is kept in the scene's file, `options` what is set
once for a machine, `files` its file and folders, `played` what channels do over time.
All that writes does it in one undo chunk (`undo`).
"""

from __future__ import annotations

from .channels import Character, Held, character_of, holding, plug_of, selected
from .clock import (
    Playing,
    current_frame,
    frames_per_second,
    go_to,
    is_playing,
    playback_range,
    time_unit,
    up_axis,
)
from .files import scene_file, user_folder
from .footage import add_image_plane, add_sound, cameras
from .joints import Lie, lie_of
from .keys import Curve, Earlier, Written, write_keys
from .layers import layers
from .live import LiveRig, SceneWatch, UndoMark
from .names import without_namespace as bare_name
from .notes import read_note, write_note
from .options import read_option, write_option
from .played import values_of
from .shapes import Face, face_of, make_blendshape

__all__ = [
    "Character",
    "Curve",
    "Earlier",
    "Face",
    "Held",
    "Lie",
    "LiveRig",
    "Playing",
    "SceneWatch",
    "UndoMark",
    "Written",
    "add_image_plane",
    "add_sound",
    "bare_name",
    "cameras",
    "character_of",
    "current_frame",
    "face_of",
    "frames_per_second",
    "go_to",
    "holding",
    "is_playing",
    "layers",
    "lie_of",
    "make_blendshape",
    "playback_range",
    "plug_of",
    "read_note",
    "read_option",
    "scene_file",
    "selected",
    "time_unit",
    "up_axis",
    "user_folder",
    "values_of",
    "write_keys",
    "write_note",
    "write_option",
]
