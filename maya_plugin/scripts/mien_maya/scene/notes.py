"""What Mien keeps with a scene, and saves in its file: short texts by name, through `fileInfo`."""

from __future__ import annotations

from maya import cmds

from .names import listed


def read_note(name: str) -> str:
    """A text kept earlier; "" where there is none."""
    found = listed(cmds.fileInfo(name, query=True))  # type: ignore[call-overload,unused-ignore]
    # Maya gives back what it wrote into the file, with quotes and backslashes escaped.
    return found[0].encode().decode("unicode_escape").encode("latin-1").decode("utf-8") if found else ""


def write_note(name: str, text: str) -> None:
    """Keep a text."""
    cmds.fileInfo(name, text)
