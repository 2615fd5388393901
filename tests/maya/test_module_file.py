"""mien.mod: a block for each Maya, read as Maya would read it."""

from __future__ import annotations

from pathlib import Path

import mod_file
import pytest

import build_addons

TEMPLATE = (build_addons.ROOT / "maya_plugin" / "mien.mod").read_text(encoding="utf-8")


@pytest.mark.parametrize("platform", build_addons.PLATFORMS)
@pytest.mark.parametrize("version", build_addons.MAYA_PYTHONS)
def test_a_maya_gets_the_folders_of_its_own_python_and_no_other(platform: str, version: str, tmp_path: Path):
    folders = build_addons.site_folders(platform)
    module = tmp_path / "mien.mod"
    module.write_text(build_addons.module_file(TEMPLATE, platform, folders), encoding="utf-8")
    maya = build_addons.PLATFORMS[platform].maya
    tag = "py" + build_addons.MAYA_PYTHONS[version].replace(".", "")
    expected = {name for name in folders if tag in name.split("_")}
    got = mod_file.paths(module, version, maya)
    assert got[0] == tmp_path / "mien" / "scripts"
    assert {path.name for path in got[1:]} == expected
    assert {path.parent for path in got[1:]} == {tmp_path / "mien" / "site-packages"}


def test_another_maya_or_platform_gets_nothing(tmp_path: Path):
    module = tmp_path / "mien.mod"
    folders = build_addons.site_folders("windows-x64")
    module.write_text(build_addons.module_file(TEMPLATE, "windows-x64", folders), encoding="utf-8")
    assert mod_file.paths(module, "2025", "linux") == []
    assert mod_file.paths(module, "2022", "win64") == []


def test_a_shared_wheel_is_carried_once():
    folders = build_addons.site_folders("linux-x64")
    files = [wheel.file for wheels in folders.values() for wheel in wheels]
    assert len(files) == len(set(files))
    assert any(wheel.name == "opencv-python-headless" for wheel in folders["py39_py310_py311"])
