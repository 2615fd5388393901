"""Mien among Maya's modules: dropped in, updated, removed; the menu and the shelf. Against the fake Maya."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import build_addons

TEMPLATE = (build_addons.ROOT / "maya_plugin" / "mien.mod").read_text(encoding="utf-8")


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The zip as a user unpacks it, but for the wheels."""
    folder = tmp_path / "Downloads" / "mien ü"
    plugin = build_addons.ROOT / "maya_plugin"
    shutil.copytree(plugin, folder / "mien", ignore=shutil.ignore_patterns("__pycache__", "install_mien.py"))
    shutil.copy(plugin / "install_mien.py", folder)
    folders = build_addons.site_folders("linux-x64")
    text = build_addons.module_file(TEMPLATE, "linux-x64", folders)
    (folder / "mien.mod").write_text(text, encoding="utf-8")
    for name in folders:
        (folder / "mien" / "site-packages" / name).mkdir(parents=True)
    return folder


@pytest.fixture
def drop(maya, unpacked: Path, tmp_path: Path, monkeypatch):
    """Drop the installer into Maya, the user answering so; the modules folder."""
    maya.ui.app_folder = str(tmp_path / "maya") + "/"
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "platform", "linux")

    def run(*answers: str) -> Path:
        import runpy

        maya.ui.answers[:] = answers
        runpy.run_path(str(unpacked / "install_mien.py"))["onMayaDroppedPythonFile"](None)
        return tmp_path / "maya" / "modules"

    return run


def folders(modules: Path) -> list[str]:
    return sorted(path.name for path in modules.iterdir() if path.is_dir())


def shelf_buttons(maya) -> list[dict]:
    return [how for how in maya.ui.controls.values() if how.get("docTag") == "mien"]


def test_dropping_it_installs_for_this_user_with_a_button_on_the_shelf(maya, drop):
    from mien_maya import module

    modules = drop()
    (folder,) = folders(modules)
    assert (modules / folder / "scripts" / "mien_maya" / "scene").is_dir()
    assert f" ./{folder}\n" in (modules / "mien.mod").read_text(encoding="utf-8")
    found = module.paths(modules / "mien.mod", "2025", "linux")
    assert found[0] == modules / folder / "scripts"
    assert all(path.is_dir() for path in found)
    assert len(shelf_buttons(maya)) == 1
    assert "dock.show()" in shelf_buttons(maya)[0]["command"]


def test_an_update_takes_a_new_folder_and_leaves_the_old_one_only_while_it_is_held(maya, drop, monkeypatch):
    modules = drop()
    first = folders(modules)
    real = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda path, **how: None)  # Windows: a library in it is open
    drop("Update")
    assert len(folders(modules)) == 2
    assert "Start Maya again" in maya.ui.said[-1]
    assert len(shelf_buttons(maya)) == 1
    monkeypatch.setattr(shutil, "rmtree", real)
    from mien_maya import menu

    menu.install()  # the next start
    assert len(folders(modules)) == 1
    assert folders(modules) != first


def test_removing_it_leaves_nothing(maya, drop):
    from mien_maya import menu

    modules = drop()
    menu.install()
    (modules / "another").mkdir()
    (modules / "mien_of_a_friend").mkdir()
    drop("Remove", "OK")
    assert folders(modules) == ["another", "mien_of_a_friend"]
    assert not (modules / "mien.mod").exists()
    assert shelf_buttons(maya) == []
    assert "mienMenu" not in maya.ui.controls
    assert "Mien is gone" in maya.ui.said[-1]


def test_cancelling_changes_nothing(maya, drop):
    modules = drop()
    before = {path: path.stat().st_mtime_ns for path in modules.iterdir()}
    drop("Cancel")
    assert {path: path.stat().st_mtime_ns for path in modules.iterdir()} == before


@pytest.mark.parametrize("what", ["another platform", "no mod", "half a zip", "disk full"])
def test_what_can_not_be_installed_is_said_and_changes_nothing(maya, drop, unpacked, monkeypatch, what):
    if what == "another platform":
        monkeypatch.setattr(sys, "platform", "darwin")
    elif what == "no mod":
        (unpacked / "mien.mod").unlink()
    elif what == "half a zip":
        module = unpacked / "mien" / "scripts" / "mien_maya" / "module.py"
        kept = module.read_bytes()
        shutil.rmtree(module.parent)
        module.parent.mkdir()
        module.write_bytes(kept)
        (module.parent / "__init__.py").touch()
        (unpacked / "mien.mod").write_text("", encoding="utf-8")
    else:

        def full(*_words, **_how):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(shutil, "copytree", full)
    modules = drop()
    assert "could not be installed" in maya.ui.said[-1]
    assert not modules.exists() or folders(modules) == []
    assert not (modules / "mien.mod").exists()
    assert shelf_buttons(maya) == []


class TestMenu:
    def test_it_goes_up_once_and_opens_the_window(self, maya, tmp_path):
        from mien_maya import menu

        maya.ui.app_folder = str(tmp_path) + "/"
        menu.install()
        menu.install()
        items = [how.get("label") for how in maya.ui.controls.values() if how.get("parent") == "mienMenu"]
        assert items == ["Open Window", "Add Shelf Button", None, "Uninstall Mien…"]

    def test_uninstalling_asks_first_and_waits_until_the_menu_may_go(self, maya, tmp_path):
        from mien_maya import menu

        maya.ui.app_folder = str(tmp_path) + "/"
        menu.install()
        command = next(h["command"] for h in maya.ui.controls.values() if h.get("label") == "Uninstall Mien…")
        maya.ui.answers[:] = ["Cancel"]
        command(False)
        assert maya.ui.deferred == []
        maya.ui.answers[:] = ["Uninstall", "OK"]
        command(False)
        maya.ui.deferred[0]()
        assert "mienMenu" not in maya.ui.controls
