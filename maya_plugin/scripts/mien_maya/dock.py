"""Where the window sits in Maya: a workspace control, which Maya restores with its layout."""

from __future__ import annotations

from typing import Any, Final

from maya import OpenMayaUI, cmds
from Qt import QtCompat, QtWidgets

from . import scene
from .window import MienWindow

CONTROL: Final = "mienWorkspaceControl"
RESTORE: Final = "import mien_maya.dock\nmien_maya.dock.restore()"
"""What Maya runs when it makes the control, today and at the next start."""

_windows: dict[str, MienWindow] = {}


def show() -> None:
    """Open the window, or raise it."""
    if cmds.workspaceControl(CONTROL, exists=True):
        cmds.workspaceControl(CONTROL, edit=True, restore=True)
        return
    cmds.workspaceControl(
        CONTROL, label="Mien", uiScript=RESTORE,  # type: ignore[arg-type,unused-ignore]
        retain=False, initialWidth=420, minimumWidth=360,
    )  # fmt: skip


def restore() -> None:
    """Put the window into the control that Maya has just made."""
    release()
    window = MienWindow(scene)
    place = OpenMayaUI.MQtUtil.findControl(CONTROL)  # type: ignore[attr-defined,unused-ignore]
    holder = QtCompat.wrapInstance(int(place), QtWidgets.QWidget)
    holder.layout().addWidget(window)
    window.destroyed.connect(lambda *_: _windows.pop(CONTROL, None))
    _windows[CONTROL] = window
    for event in ("SceneOpened", "NewSceneOpened"):
        cmds.scriptJob(event=(event, lambda *_: _loaded()), parent=CONTROL)


def release() -> None:
    """Stop what the window runs: before it goes."""
    window = _windows.pop(CONTROL, None)
    if window is not None:
        window.release()


def close() -> None:
    """Take the window away."""
    release()
    if cmds.workspaceControl(CONTROL, exists=True):
        cmds.deleteUI(CONTROL)


def _loaded(*_: Any) -> None:
    window = _windows.get(CONTROL)
    if window is not None:
        window.session.load()
