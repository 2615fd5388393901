"""What Mien keeps with a scene, and saves in its file: short texts by name, through `fileInfo`."""

from __future__ import annotations

import base64

from maya import cmds

from .names import listed


def read_note(name: str) -> str:
    """A text kept earlier; "" where there is none, or where it isn't one of Mien's."""
    found = listed(cmds.fileInfo(name, query=True))  # type: ignore[call-overload,unused-ignore]
    try:
        return base64.b64decode(found[0], validate=True).decode() if found else ""
    except (ValueError, UnicodeDecodeError):
        return ""


def write_note(name: str, text: str) -> None:
    """Keep a text. Maya would give quotes, backslashes and accents back otherwise than it got them."""
    cmds.fileInfo(name, base64.b64encode(text.encode()).decode())
    cmds.file(modified=True)  # Maya itself does not ask to save a scene in which only notes have changed
