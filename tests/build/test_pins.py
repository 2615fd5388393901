"""The pinned wheels: what wheels.lock names, and that nothing else gets in."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import build_addons
from build_addons import BLENDER_PYTHONS, MAYA_PYTHONS, PINS, BuildError, LockedWheel

MACHINES = {
    "linux-x64": r"manylinux_2_\d+_x86_64",
    "windows-x64": r"win_amd64",
    "macos-arm64": r"macosx_\d+_\d+_(arm64|universal2)",
    "macos-x64": r"macosx_\d+_\d+_(x86_64|universal2)",
}


@pytest.mark.parametrize("platform", MACHINES)
def test_the_locked_wheels_are_the_pinned_versions_and_fit_their_platform_and_python(platform: str):
    wheels = [wheel for wheel in build_addons.read_lock() if wheel.platform == platform]
    assert wheels
    for wheel in wheels:
        version, *tags = wheel.file.removesuffix(".whl").split("-")[1:]
        assert version == PINS[wheel.python][wheel.name]
        assert re.fullmatch(r"[0-9a-f]{64}", wheel.sha256)
        assert tags == ["py3", "none", "any"] or _fits(tags, wheel), wheel.file


def _fits(tags: list[str], wheel: LockedWheel) -> bool:
    python, abi, machine = tags
    minor = int(wheel.python.split(".")[1])
    own = (python, abi) == (f"cp3{minor}", f"cp3{minor}")
    stable = abi == "abi3" and int(python.removeprefix("cp3")) <= minor
    return (own or stable) and re.search(MACHINES[wheel.platform], machine) is not None


def test_each_python_has_each_pin_once_on_each_of_its_platforms():
    for python, pins in PINS.items():
        platforms = {wheel.platform for wheel in build_addons.read_lock() if wheel.python == python}
        assert len(platforms) == 3
        for platform in platforms:
            wheels = build_addons.wheels_for(platform, python, maya=True)
            assert sorted(wheel.name for wheel in wheels) == sorted(pins)


def test_no_numpy_for_blender_on_any_platform():
    for python in BLENDER_PYTHONS:
        for platform in build_addons.PLATFORMS:
            wheels = build_addons.wheels_for(platform, python, maya=False)
            names = {wheel.name for wheel in wheels}
            assert names == {"av", "onnxruntime", "opencv-python-headless", "python-osc", "scipy", "tqdm"}


@pytest.mark.parametrize("platform", build_addons.PLATFORMS)
def test_each_maya_finds_every_pin_once_numpy_too(platform: str):
    folders = build_addons.site_folders(platform)
    for python in MAYA_PYTHONS.values():
        tag = "py" + python.replace(".", "")
        found = [wheel.name for name, wheels in folders.items() if tag in name.split("_") for wheel in wheels]
        assert sorted(found) == sorted(PINS[python])


def test_maya_2023_gets_intel_wheels_on_a_mac_and_later_ones_apple_silicon():
    folders = build_addons.site_folders("macos-arm64")
    files = {name: [wheel.file for wheel in wheels] for name, wheels in folders.items()}
    assert all(re.search(r"_(x86_64|universal2)\.whl", name) for name in files["py39"])
    assert all(name.endswith("_arm64.whl") for name in files["py310"] + files["py311"] + files["py310_py311"])


def test_a_download_is_kept_and_a_damaged_copy_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wheel = next(w for w in build_addons.wheels_for("linux-x64", "3.11", maya=False) if w.name == "tqdm")
    kept = tmp_path / "mien" / "wheels" / wheel.file
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"damaged")
    assert build_addons.fetch(wheel) == kept
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == wheel.sha256
    stamp = kept.stat().st_mtime_ns
    assert build_addons.fetch(wheel).stat().st_mtime_ns == stamp


def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wheel = next(w for w in build_addons.wheels_for("linux-x64", "3.11", maya=False) if w.name == "tqdm")
    with pytest.raises(BuildError, match="not the file"):
        build_addons.fetch(wheel._replace(sha256="0" * 64))
    assert list((tmp_path / "mien" / "wheels").iterdir()) == []


def test_an_unknown_python_or_platform_is_named():
    with pytest.raises(BuildError, match=r"Python 3\.12 on linux-x64"):
        build_addons.wheels_for("linux-x64", "3.12", maya=False)
