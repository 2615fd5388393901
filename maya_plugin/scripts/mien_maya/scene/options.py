"""What a user sets once for a machine: short texts by name, in Maya's own preferences."""

from __future__ import annotations

from maya import cmds

_PREFIX = "mien_"


def read_option(name: str) -> str:
    """A text set earlier, or ""."""
    if not cmds.optionVar(exists=_PREFIX + name):
        return ""
    return str(cmds.optionVar(query=_PREFIX + name))  # type: ignore[call-overload,unused-ignore]


def write_option(name: str, text: str) -> None:
    """Set a text; "" takes it away."""
    if text:
        cmds.optionVar(stringValue=(_PREFIX + name, text))
    elif cmds.optionVar(exists=_PREFIX + name):
        cmds.optionVar(remove=_PREFIX + name)
