"""The command `mienKeepChange`: puts what was done through the API into Maya's undo queue.

Maya's queue holds commands only. scene/keys.py writes keys, and this command, called in the same undo chunk,
holds the records of them; for scene/live.py it holds a mark that tells when it is undone.
"""

from __future__ import annotations

from maya.api import OpenMaya
from mien_maya import handover

COMMAND = "mienKeepChange"


def maya_useNewAPI() -> None:  # noqa: N802
    """Tell Maya that the objects here are those of maya.api."""


class KeepChange(OpenMaya.MPxCommand):
    """Undo and redo what is already done: `handover.waiting` says what has `undoIt` and `redoIt`."""

    def doIt(self, arguments: OpenMaya.MArgList) -> None:  # noqa: N802
        """Take it over. It is in the scene already."""
        self.changes = handover.waiting.pop()

    def isUndoable(self) -> bool:  # noqa: N802
        """Say that Maya shall keep this command."""
        return True

    def undoIt(self) -> None:  # noqa: N802
        """Take it out again, the last first."""
        for change in reversed(self.changes):
            change.undoIt()

    def redoIt(self) -> None:  # noqa: N802
        """Put it back."""
        for change in self.changes:
            change.redoIt()


def creator() -> KeepChange:
    """What Maya calls for each run of the command."""
    return KeepChange()


def initializePlugin(plugin: OpenMaya.MObject) -> None:  # noqa: N802
    """Register the command."""
    OpenMaya.MFnPlugin(plugin, "Mien", "0.1").registerCommand(COMMAND, creator)


def uninitializePlugin(plugin: OpenMaya.MObject) -> None:  # noqa: N802
    """Take it out again."""
    OpenMaya.MFnPlugin(plugin).deregisterCommand(COMMAND)
