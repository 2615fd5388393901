"""The Mien menu in Maya's main window."""

from __future__ import annotations

from typing import Any, Final

from maya import cmds, mel

from . import module

MENU: Final = "mienMenu"


def install() -> None:
    """Put the menu into the main window, in place of an older one; take away what an update left behind."""
    window = str(mel.eval("$mienWindow = $gMainWindow"))
    remove()
    cmds.menu(MENU, label=module.LABEL, parent=window, tearOff=True)
    cmds.menuItem(label="Open Window", command=_open, parent=MENU, annotation="Face video to animation")
    cmds.menuItem(label="Add Shelf Button", command=lambda *_: module.add_shelf_button(), parent=MENU)
    cmds.menuItem(divider=True, parent=MENU)
    cmds.menuItem(label="Uninstall Mien…", command=_uninstall, parent=MENU)
    module.tidy(module.modules_folder())


def remove() -> None:
    """Take the menu away."""
    if cmds.menu(MENU, exists=True):
        cmds.deleteUI(MENU)


def _open(*_: Any) -> None:
    from . import dock

    dock.show()


def _uninstall(*_: Any) -> None:
    message = "Take Mien away, with its menu, shelf button and files?"
    answer = cmds.confirmDialog(
        title="Mien", message=message, button=["Uninstall", "Cancel"], dismissString="Cancel"
    )
    if answer == "Uninstall":
        # The menu can't go while one of its items runs.
        cmds.evalDeferred(lambda: module.removed(module.modules_folder()), lowestPriority=True)
