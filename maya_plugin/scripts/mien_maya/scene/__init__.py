"""The scene: the only room that reads or writes Maya's nodes, and the only one that knows their names.

`channels` says what a character can be driven by, `keys` writes curves, `footage` sound and image plane,
`joints` how a head joint lies, `live` drives a rig for a while, `shapes` the 52 shapes, `clock` the time
unit, `notes` what is kept in the scene's file, `files` opens and saves scenes for batch runs.
All that writes does it in one undo chunk (`undo`).
"""

from __future__ import annotations

from .channels import Character, Held, character_of, holding, plug_of, selected
from .clock import current_frame, frames_per_second, go_to, playback_range, time_unit, up_axis
from .footage import add_image_plane, add_sound
from .joints import Lie, lie_of
from .keys import Curve, Written, write_keys
from .live import LiveRig, SceneWatch, is_playing
from .names import without_namespace as bare_name
from .notes import read_note, write_note
from .shapes import Face, face_of, make_blendshape

__all__ = [
    "Character",
    "Curve",
    "Face",
    "Held",
    "Lie",
    "LiveRig",
    "SceneWatch",
    "Written",
    "add_image_plane",
    "add_sound",
    "bare_name",
    "character_of",
    "current_frame",
    "face_of",
    "frames_per_second",
    "go_to",
    "holding",
    "is_playing",
    "lie_of",
    "make_blendshape",
    "playback_range",
    "plug_of",
    "read_note",
    "selected",
    "time_unit",
    "up_axis",
    "write_keys",
    "write_note",
]
