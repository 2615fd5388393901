"""Where takes are kept: with the scene, in a folder `takes` beside it; before it is saved, with the user.

Not beside the footage, which may be a memory card or a read-only share.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mien.errors import OutputError
from mien.hosting.places import can_be_written, unused
from mien.picture_files import name_of

from .kept import KeptTake


def take_for(video: Path, takes: Sequence[KeptTake], scene: Path | None, user: Path) -> Path:
    """The file of a video's take: the same video again gives the same, another of its name never does.

    Parameters
    ----------
    video : Path
    takes : sequence of KeptTake
        The list.
    scene : Path or None
        The scene's file, None before it is saved.
    user : Path
        The user's own folder for Mien.

    Raises
    ------
    OutputError
        When nothing may be written there.
    """
    folder = folder_for(scene, user)
    for known in takes:
        if Path(known.path).parent == folder and known.video and Path(known.video) == video:
            return Path(known.path)
    return unused(folder / f"{name_of(video)}.mien")


def folder_for(scene: Path | None, user: Path) -> Path:
    """The folder for takes; it is made where it is missing."""
    beside = scene.parent / "takes" if scene else None
    folder = beside if beside and can_be_written(beside) else user / "takes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Takes can't be written to {folder}", "Save the scene where you may write."
        ) from error
    if not os.access(folder, os.W_OK):
        raise OutputError(f"Takes can't be written to {folder}", "Save the scene where you may write.")
    return folder
