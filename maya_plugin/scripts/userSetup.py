"""Maya runs this at start-up: the menu goes up once there is a main window, and not in batch mode."""

from maya import cmds


def _start_mien():
    from mien_maya import menu

    menu.install()


if not cmds.about(batch=True):
    cmds.evalDeferred(_start_mien, lowestPriority=True)
