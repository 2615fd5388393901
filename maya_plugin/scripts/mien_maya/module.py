"""Mien among Maya's modules: put there, brought up to date, taken away. Nothing of `mien` is imported here.

Each installation is a folder of its own beside `mien.mod`, which names the one that counts: an update never
writes over libraries that a running Maya holds open, and a copy that fails half-way changes nothing. What an
update leaves behind is taken away at the next start.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from maya import cmds, mel

MOD: Final = "mien.mod"
LABEL: Final = "Mien"
OPEN: Final = "import mien_maya.dock\nmien_maya.dock.show()"
_AGAIN: Final = "Unpack the zip again, whole, and drop install_mien.py from there."


class ModuleError(Exception):
    """What stops an installation, in words."""


def dropped(source: Path) -> None:
    """What `install_mien.py` does when it is dropped into Maya from the unpacked zip."""
    modules = modules_folder()
    try:
        is_update = (modules / MOD).is_file()
        if is_update:
            answer = _ask("Mien is installed already.", "Update", "Remove", "Cancel")
            if answer == "Remove":
                removed(modules)
            if answer != "Update":
                return
        folder = install(source, modules)
    except (ModuleError, OSError) as error:
        _ask(f"Mien could not be installed.\n{error}", "OK")
        return
    add_shelf_button()
    if is_update or "mien" in sys.modules:
        _ask("Mien is up to date. Start Maya again to use it.", "OK")
        return
    sys.path.extend(str(path) for path in paths(modules / MOD, str(cmds.about(version=True)), platform()))
    cmds.evalDeferred(_begin, lowestPriority=True)
    _ask(f"Mien is installed in\n{folder}\nIt is in the menu and on the shelf.", "OK")


def removed(modules: Path) -> None:
    """Take Mien away: its window, menu, shelf buttons, settings and files."""
    from . import menu

    with contextlib.suppress(ImportError):  # a damaged installation can be taken away too
        from . import dock

        dock.close()
    menu.remove()
    remove_shelf_buttons()
    left = remove(modules)
    words = "\n".join(str(path) for path in left)
    _ask(f"Delete this after Maya has been closed:\n{words}" if left else "Mien is gone.", "OK")


def modules_folder() -> Path:
    """The user's own folder for modules; no administrator is needed there."""
    return Path(str(cmds.internalVar(userAppDir=True))) / "modules"


def platform() -> str:
    """The platform as module files call it."""
    return {"win32": "win64", "darwin": "mac"}.get(sys.platform, "linux")


def install(source: Path, modules: Path) -> Path:
    """Copy the unpacked zip in `source` among the modules; the folder that was made."""
    module, text = source / "mien", _mod_text(source)
    if not (module / "scripts" / "mien_maya").is_dir():
        raise ModuleError(f"{source} is not Mien's unpacked zip. {_AGAIN}")
    version = str(cmds.about(version=True))
    if not paths(source / MOD, version, platform()):
        raise ModuleError(f"This zip has nothing for Maya {version} on {platform()}: take the one that does.")
    modules.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="mien-", dir=modules))
    try:
        shutil.copytree(module, folder, dirs_exist_ok=True)
        os.chmod(folder, 0o755)
        _replace(modules / MOD, re.sub(r"(?m) \./mien$", f" ./{folder.name}", text))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    tidy(modules)
    return folder


def remove(modules: Path) -> list[Path]:
    """Take the module file and all its folders away; those that Maya still holds open."""
    (modules / MOD).unlink(missing_ok=True)
    return tidy(modules)


def tidy(modules: Path) -> list[Path]:
    """Delete folders of Mien that the module file doesn't name; those that can't be deleted yet."""
    named = (modules / MOD).read_text(encoding="utf-8") if (modules / MOD).is_file() else ""
    old = [folder for folder in _folders(modules) if f"./{folder.name}\n" not in f"{named}\n"]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder for folder in old if folder.exists()]


def paths(module_file: Path, version: str, platform_: str) -> list[Path]:
    """What the module file adds to Python's path for one Maya, as Maya reads it."""
    found: list[Path] = []
    root: Path | None = None
    for line in module_file.read_text(encoding="utf-8").splitlines():
        if line.startswith("+"):
            is_meant = f"MAYAVERSION:{version} " in line and f"PLATFORM:{platform_} " in line
            root = module_file.parent / line.split()[-1] if is_meant else None
        elif root is not None and line.startswith("PYTHONPATH+:="):
            found.append(root / line.partition("=")[2])
    return found


def add_shelf_button() -> None:
    """Put a button onto the shelf that is open, in place of an older one."""
    remove_shelf_buttons()
    shelf = cmds.shelfTabLayout(_shelves(), query=True, selectTab=True)
    cmds.shelfButton(
        parent=str(shelf), label=LABEL, annotation="Mien: face video to animation",
        command=OPEN,  # type: ignore[arg-type,unused-ignore]
        image="pythonFamily.png", imageOverlayLabel=LABEL, sourceType="python", docTag="mien",
    )  # fmt: skip


def remove_shelf_buttons() -> None:
    """Take Mien's buttons off all shelves that Maya has loaded."""
    for shelf in _listed(cmds.shelfTabLayout(_shelves(), query=True, childArray=True)):
        for button in _listed(cmds.shelfLayout(shelf, query=True, childArray=True)):
            is_ours = cmds.shelfButton(button, exists=True) and (
                cmds.shelfButton(button, query=True, docTag=True) == "mien"
            )
            if is_ours:
                cmds.deleteUI(button)


def _begin() -> None:
    from . import menu

    menu.install()


def _mod_text(source: Path) -> str:
    try:
        return (source / MOD).read_text(encoding="utf-8")
    except OSError as error:
        raise ModuleError(f"{source} has no {MOD}. {_AGAIN}") from error


def _folders(modules: Path) -> Iterator[Path]:
    for folder in modules.glob("mien*"):
        if folder.is_dir() and (folder / "scripts" / "mien_maya").is_dir():
            yield folder


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".mod-new")
    fresh.write_bytes(text.encode())
    os.replace(fresh, path)


def _ask(message: str, *buttons: str) -> str:
    last = buttons[-1]
    return str(cmds.confirmDialog(title="Mien", message=message, button=list(buttons), dismissString=last))


def _shelves() -> str:
    return str(mel.eval("$mienShelves = $gShelfTopLevel"))


def _listed(found: object) -> list[str]:
    return [str(name) for name in found] if isinstance(found, (list, tuple)) else []
