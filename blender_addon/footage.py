# SPDX-License-Identifier: GPL-3.0-or-later
"""The footage of a take in the scene: as a picture beside the face or behind the camera, and as sound.

Blender shows one picture of a movie at each frame of the scene, whatever the rates; so where they differ the
picture's offset is keyed. The sequencer plays sound by time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from mien.errors import RigError, SourceNotFoundError
from mien.rig.baking import Timeline

from . import curves

if TYPE_CHECKING:
    from .properties.takes import MienTake

NAME: Final = "Mien Footage"
SAME_RATE: Final = 0.01
"""Frames a second that a footage's rate may differ from the scene's without being another."""


def file_of(take: MienTake) -> Path:
    """The take's footage; SourceNotFoundError where it is not there."""
    path = Path(bpy.path.abspath(take.footage)) if take.footage else None
    if path is None or not path.is_file():
        told = f"There is no file {path}" if path else "The take's footage is not known"
        raise SourceNotFoundError(told, "Solve the footage here, or put it back where it was.")
    return path


def beside(target: bpy.types.Scene, take: MienTake, line: Timeline) -> str:
    """Show the footage as an image empty beside the face; its object's name. An earlier one is replaced."""
    image, rate = _load(take), _rate(take)
    empty = target.objects.get(NAME) or bpy.data.objects.new(NAME, None)
    if NAME not in target.objects:
        target.collection.objects.link(empty)
    empty.empty_display_type, empty.data = "IMAGE", image
    empty.rotation_euler = (np.pi / 2, 0.0, 0.0)
    face = target.mien.mesh
    size = max(face.dimensions) if face else 1.0
    empty.empty_display_size = size
    middle = face.matrix_world.translation if face else target.cursor.location
    empty.location = (middle.x - 1.2 * size, middle.y, middle.z + size / 2)
    _play(empty, "image_user", empty.image_user, image, rate, line)
    return str(empty.name)


def behind_camera(target: bpy.types.Scene, take: MienTake, line: Timeline) -> str:
    """Show the footage behind what the scene's camera sees; the camera's name."""
    camera = target.camera
    if camera is None or camera.type != "CAMERA" or not camera.data.is_editable:
        raise RigError(
            "The scene has no camera that can be changed", "Add one, or make it the scene's camera."
        )
    image, data = _load(take), camera.data
    shown = next((i for i, b in enumerate(data.background_images) if b.image == image), None)
    if shown is None:
        shown = len(data.background_images)
        data.background_images.new().image = image
    data.show_background_images = True
    picture = data.background_images[shown]
    path = f"background_images[{shown}].image_user"
    _play(data, path, picture.image_user, image, _rate(take), line)
    return str(camera.name)


def into_sequencer(target: bpy.types.Scene, take: MienTake, line: Timeline) -> tuple[bool, bool]:
    """Put the footage's sound, and its picture where the rates are alike, on the timeline: which were put."""
    path, start = str(file_of(take)), round(line.start)
    editor = target.sequence_editor or target.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for old in [strip for strip in strips if strip.name.startswith(NAME)]:
        strips.remove(old)
    channel = 1 + max((strip.channel for strip in strips), default=0)
    has_sound = True
    try:
        strips.new_sound(f"{NAME} Sound", path, channel, start)
    except RuntimeError:  # no sound in the file, or a Blender without sound
        has_sound = False
    alike = abs(_rate(take) - line.fps / line.fps_base) < SAME_RATE
    if alike:
        strips.new_movie(NAME, path, channel + 1, start, fit_method="FIT")
    return has_sound, alike


def _load(take: MienTake) -> bpy.types.Image:
    path = file_of(take)
    for image in bpy.data.images:
        if image.source == "MOVIE" and Path(bpy.path.abspath(image.filepath)) == path:
            return image
    try:
        return bpy.data.images.load(take.footage)
    except RuntimeError as error:
        raise SourceNotFoundError(f"Blender can't show {path}", "Convert it to another format.") from error


def _rate(take: MienTake) -> float:
    """Pictures a second, as they were measured."""
    return (take.frames - 1) / take.seconds if take.seconds else 24.0


def _play(
    block: bpy.types.ID, path: str, user: Any, image: bpy.types.Image, rate: float, line: Timeline
) -> None:
    """Let a movie run with the take: at frame f picture 1 + (f − start) · rate / fps."""
    fps = line.fps / line.fps_base
    user.frame_start, user.use_auto_refresh = round(line.start), True
    user.frame_duration = max(image.frame_duration, round(image.frame_duration * fps / rate)) + 1
    user.frame_offset = 0
    place = curves.current(block, NAME)
    place.erase(f"{path}.frame_offset", -1, -1e9, 1e9)
    if abs(rate - fps) < SAME_RATE:
        return
    last = image.frame_duration * fps / rate
    frames = np.arange(np.ceil(last)) + round(line.start)
    since = frames - line.start
    offsets = np.round(since * rate / fps) - np.round(since)
    curves.write(place.curve(f"{path}.frame_offset"), frames, offsets.astype(np.float32))
