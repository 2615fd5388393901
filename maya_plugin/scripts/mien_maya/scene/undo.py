"""One undo chunk for all that a user did with one click; where it fails half-way, the half is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from maya import cmds
from mien.errors import RigError

UNDO_PLUGIN: Final = "mien_undo.py"
"""Has the command `mienKeepChange`, which puts what the API did into the undo queue (see `handover`)."""


def load_undo_plugin() -> None:
    """Make `mienKeepChange` known; RigError where Maya does not find the plug-in."""
    try:
        cmds.loadPlugin(UNDO_PLUGIN, quiet=True)
    except RuntimeError as error:
        hint = "Install Mien again, or put its folder plug-ins on MAYA_PLUG_IN_PATH."
        raise RigError(f"Maya does not find {UNDO_PLUGIN}.", hint) from error


@contextmanager
def undo_chunk(name: str) -> Iterator[None]:
    """Everything inside is one step of Maya's undo queue, called `name`."""
    cmds.undoInfo(openChunk=True, chunkName=name)
    try:
        yield
    except BaseException:
        cmds.undoInfo(closeChunk=True)
        if cmds.undoInfo(query=True, state=True) and cmds.undoInfo(query=True, undoName=True) == name:
            cmds.undo()
        raise
    else:
        cmds.undoInfo(closeChunk=True)
