"""The command `mienKeepChange`: puts keys written through the API into Maya's undo queue.

Maya's queue holds commands only. scene/keys.py writes the keys, and this command, called in the same undo
chunk, holds the records of them.
"""

from __future__ import annotations

from maya.api import OpenMaya
from mien_maya import handover

COMMAND = "mienKeepChange"


def maya_useNewAPI() -> None:  # noqa: N802
    """Tell Maya that the objects here are those of maya.api."""


class KeepChange(OpenMaya.MPxCommand):
    """Undo and redo MAnimCurveChanges that are already carried out."""

    def doIt(self, arguments: OpenMaya.MArgList) -> None:  # noqa: N802
        """Take the changes over. The keys are in the scene already."""
        self.changes = handover.waiting.pop()

    def isUndoable(self) -> bool:  # noqa: N802
        """Say that Maya shall keep this command."""
        return True

    def undoIt(self) -> None:  # noqa: N802
        """Take the keys out again, the last first."""
        for change in reversed(self.changes):
            change.undoIt()

    def redoIt(self) -> None:  # noqa: N802
        """Put them back."""
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
