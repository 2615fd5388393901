# SPDX-License-Identifier: GPL-3.0-or-later
"""The footage of a take in the scene: as a picture beside the face or behind the camera, and as sound.

Blender shows one picture of a movie at each frame of the scene, whatever the rates; so where they differ the
picture's offset is keyed. The sequencer plays sound by time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import bpy
import numpy as np
from mien.errors import RigError, SourceNotFoundError
from mien.picture_files import is_sequence, pictures_of
from mien.rig.baking import Timeline

from . import curves, places, staging, taking

if TYPE_CHECKING:
    from .properties.takes import MienTake

NAME: Final = "Mien Footage"
BESIDE: Final = 1.2
"""How far the middle of the picture is from that of the face, in heights of the face."""

SAME_RATE: Final = 0.01
"""Frames a second that a footage's rate may differ from the scene's without being another."""


class Shown(NamedTuple):
    """Footage as Blender plays it.

    Attributes
    ----------
    image : bpy.types.Image
    first, length : int
        The number of its first picture, and how many there are from it to the last.
    rate : float
        Pictures a second.
    """

    image: bpy.types.Image
    first: int
    length: int
    rate: float


def existing(video: Path) -> Path:
    """The same path, where footage is there; SourceError where it isn't."""
    if is_sequence(video):
        pictures_of(video)
    elif not video.is_file():
        raise SourceNotFoundError(f"There is no file {video}", "Choose it again, or put it back.")
    return video


def file_of(take: MienTake) -> Path:
    """The take's footage; SourceError where it is not there."""
    if not take.footage:
        raise SourceNotFoundError("The take's footage is not known", "Solve the footage here.")
    return existing(Path(bpy.path.abspath(take.footage)))


def rate_of(take: MienTake) -> float:
    """Pictures a second: as they were measured, or of a sequence as the user said."""
    if take.footage and is_sequence(bpy.path.abspath(take.footage)):
        return float(taking.read_take(take.file).about.get("rate", 24.0))
    return (take.frames - 1) / take.seconds if take.seconds else 24.0


def beside(target: bpy.types.Scene, take: MienTake, line: Timeline) -> str:
    """Show the footage as an image empty beside the face; its object's name. An earlier one is replaced."""
    shown = _load(take)
    empty = target.objects.get(NAME) or bpy.data.objects.new(NAME, None)
    if NAME not in target.objects:
        target.collection.objects.link(empty)
    empty.empty_display_type, empty.data = "IMAGE", shown.image
    empty.rotation_euler = (np.pi / 2, 0.0, 0.0)
    face = target.mien.mesh
    size = max(face.dimensions) if face else 1.0
    empty.empty_display_size = size
    middle = face.matrix_world.translation if face else target.cursor.location
    empty.location = (middle.x - BESIDE * size, middle.y, middle.z + size / 2)
    _stand_clear(target, empty, 2.0 * BESIDE * size)
    _play(empty, "image_user", empty.image_user, shown, line)
    return str(empty.name)


def _stand_clear(target: bpy.types.Scene, empty: bpy.types.Object, across: float) -> None:
    """Move the picture to the face's other side where a mesh stands in its place, and none does there."""
    meshes = [thing for thing in target.objects if thing.visible_get()]
    met = []
    for step in (0.0, across):
        empty.location.x += step
        bpy.context.view_layer.update()
        met.append(staging.in_the_way(staging.box_of(empty), meshes))
    if not met[0] or met[1]:
        empty.location.x -= across


def behind_camera(target: bpy.types.Scene, take: MienTake, line: Timeline) -> str:
    """Show the footage behind what the scene's camera sees; the camera's name."""
    camera = target.camera
    if camera is None or camera.type != "CAMERA" or not camera.data.is_editable:
        raise RigError(
            "The scene has no camera that can be changed", "Add one, or make it the scene's camera."
        )
    shown, data = _load(take), camera.data
    place = next((i for i, b in enumerate(data.background_images) if b.image == shown.image), None)
    if place is None:
        place = len(data.background_images)
        data.background_images.new().image = shown.image
    data.show_background_images = True
    picture = data.background_images[place]
    picture.frame_method = "FIT"
    _play(data, f"background_images[{place}].image_user", picture.image_user, shown, line)
    return str(camera.name)


def into_sequencer(target: bpy.types.Scene, take: MienTake, line: Timeline) -> tuple[bool, bool]:
    """Put the footage's sound, and its picture where the rates are alike, on the timeline: which were put."""
    path, start = file_of(take), round(line.start)
    editor = target.sequence_editor or target.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for old in [strip for strip in strips if strip.name.startswith(NAME)]:
        strips.remove(old)
    channel = 1 + max((strip.channel for strip in strips), default=0)
    _open_in_sequencers(target)
    has_sound = not is_sequence(path) and _sound_strip(strips, path, channel, start)
    alike = abs(rate_of(take) - line.fps / line.fps_base) < SAME_RATE
    if alike and is_sequence(path):
        _picture_strip(strips, pictures_of(path), channel + 1, start)
    elif alike:
        strips.new_movie(NAME, str(path), channel + 1, start, fit_method="FIT")
    return has_sound, alike


def _open_in_sequencers(target: bpy.types.Scene) -> None:
    """From 5.0 on a workspace's sequencers show a scene that has to be chosen: where none is, this one."""
    workspaces: Any = bpy.data.workspaces
    for workspace in workspaces:
        if getattr(workspace, "sequencer_scene", target) is None:
            workspace.sequencer_scene = target


def _sound_strip(strips: Any, path: Path, channel: int, start: int) -> bool:
    """The footage's sound as a strip; False, and none, where it has no sound."""
    try:
        strip = strips.new_sound(f"{NAME} Sound", str(path), channel, start)
    except RuntimeError:  # a Blender without sound
        return False
    if strip.sound.channels != "INVALID":
        return True
    sound = strip.sound
    strips.remove(strip)
    bpy.data.sounds.remove(sound)
    return False


def _picture_strip(strips: Any, pictures: dict[int, Path], channel: int, start: int) -> None:
    """An image sequence as a strip; where a picture is missing, the one before it stays."""
    first, last = min(pictures), max(pictures)
    shown = pictures[first]
    strip = strips.new_image(NAME, str(shown), channel, start, fit_method="FIT")
    for number in range(first + 1, last + 1):
        shown = pictures.get(number, shown)
        strip.elements.append(shown.name)


def _load(take: MienTake) -> Shown:
    path = file_of(take)
    if not is_sequence(path):
        image = _image(path, "MOVIE")
        return Shown(image, 1, image.frame_duration, rate_of(take))
    pictures = pictures_of(path)
    first, last = min(pictures), max(pictures)
    return Shown(_image(pictures[first], "SEQUENCE"), first, last - first + 1, rate_of(take))


def _image(path: Path, source: str) -> bpy.types.Image:
    for image in bpy.data.images:
        if image.source == source and Path(bpy.path.abspath(image.filepath)) == path:
            return image
    try:
        image = bpy.data.images.load(places.stored(str(path)))
    except RuntimeError as error:
        raise SourceNotFoundError(f"Blender can't show {path}", "Convert it to another format.") from error
    image.source = source
    return image


def _play(block: bpy.types.ID, path: str, user: Any, shown: Shown, line: Timeline) -> None:
    """Let footage run with the take: at frame f its picture 1 + (f − start) · rate / fps."""
    fps, rate = line.fps / line.fps_base, shown.rate
    user.frame_start, user.use_auto_refresh = round(line.start), True
    user.frame_duration = max(shown.length, round(shown.length * fps / rate)) + 1
    user.frame_offset = shown.first - 1
    place = curves.current(block, NAME)
    place.erase(f"{path}.frame_offset", -1, -1e9, 1e9)
    if abs(rate - fps) < SAME_RATE:
        return
    last = shown.length * fps / rate
    frames = np.arange(np.ceil(last)) + round(line.start)
    since = frames - line.start
    offsets = np.round(since * rate / fps) - np.round(since) + shown.first - 1
    curves.write(place.curve(f"{path}.frame_offset"), frames, offsets.astype(np.float32))
