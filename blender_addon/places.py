# SPDX-License-Identifier: GPL-3.0-or-later
"""Where takes are kept.

A take belongs to the project: it goes beside a saved .blend, into a folder `takes`, and the scene stores its
path relative to that, so that the project can be moved as a whole. Not beside the footage, which may be a
memory card or a read-only share. While the .blend is unsaved, or its folder refuses it, the take goes
into the folder chosen in the preferences, else into the extension's own: the one place that Blender's rules
give every extension.
"""

from __future__ import annotations

from pathlib import Path

import bpy
from mien.errors import OutputError
from mien.hosting.places import can_be_written, unused
from mien.picture_files import name_of

from . import preferences

ADDON = __package__


def take_for(video: Path, settings: bpy.types.PropertyGroup) -> Path:
    """Where the take of a video goes; its folder may not be there yet.

    The same video again gives the same file; another one of the same name never replaces it.
    """
    folder = _folder()
    for known in settings.takes:
        own = Path(bpy.path.abspath(known.path))
        if own.parent == folder and known.footage and Path(bpy.path.abspath(known.footage)) == video:
            return own
    return unused(folder / f"{name_of(video)}.mien")


def absolute(path: str) -> Path:
    """A path as the scene keeps it, wherever the .blend and the current folder are."""
    return Path(bpy.path.abspath(path)).absolute()


def stored(path: str) -> str:
    """A path as the scene keeps it: relative to the .blend where that is below the same folder."""
    blend = bpy.data.filepath
    if not blend:
        return path
    try:
        return "//" + Path(path).relative_to(Path(blend).parent).as_posix()
    except ValueError:
        return path


def networks() -> Path:
    """The folder of the user's networks."""
    chosen = preferences.of_user().networks
    hint = "Choose a networks folder in the preferences."
    return Path(bpy.path.abspath(chosen)) if chosen else _of_user("networks", hint)


def _of_user(name: str, hint: str) -> Path:
    """A folder of the extension's own; it is made where it is missing."""
    try:
        return Path(bpy.utils.extension_path_user(ADDON, path=name, create=True))
    except (OSError, ValueError) as error:
        raise OutputError(f"There is no place to keep {name}: {error}", hint) from error


def _folder() -> Path:
    if bpy.data.filepath:
        beside = Path(bpy.data.filepath).parent / "takes"
        if can_be_written(beside):
            return beside
    chosen = preferences.of_user().takes
    if chosen:
        return Path(bpy.path.abspath(chosen))
    own = _of_user("takes", "Save the .blend file first.")
    if not can_be_written(own):
        raise OutputError(f"Takes can't be written to {own}", "Save the .blend file where you may write.")
    return own
