"""Scene files and folders; for batch runs: open a scene, save it as another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maya import cmds
from mien.errors import OutputError, SourceNotFoundError, UsageError

_TYPES = {".ma": "mayaAscii", ".mb": "mayaBinary"}


def scene_file() -> Path | None:
    """The file of the open scene; None before it is saved."""
    name = str(cmds.file(query=True, sceneName=True) or "")
    return Path(name) if name else None


def user_folder() -> Path:
    """The user's own folder for what Mien keeps beside scenes: takes of unsaved ones, presets."""
    return Path(str(cmds.internalVar(userAppDir=True))) / "mien"


@contextmanager
def standalone() -> Iterator[None]:
    """A Maya without windows around what is inside: for mayapy."""
    import maya.standalone

    maya.standalone.initialize(name="python")
    try:
        yield
    finally:
        maya.standalone.uninitialize()


def open_scene(path: str) -> None:
    """Open a scene in place of what is open."""
    if not Path(path).is_file():
        raise SourceNotFoundError(f"There is no scene {path}", "Give the path of a .ma or .mb file.")
    cmds.file(path, open=True, force=True)


def save_scene(path: str) -> None:
    """Save the open scene under a name; its suffix says as what."""
    kind = _TYPES.get(Path(path).suffix.lower())
    if kind is None:
        raise UsageError(
            f"{path} has none of the suffixes {', '.join(_TYPES)}", "The suffix says what to write."
        )
    if not Path(path).absolute().parent.is_dir():
        raise OutputError(f"There is no folder for {path}", "Make it first.")
    cmds.file(rename=path)
    cmds.file(save=True, type=kind)
