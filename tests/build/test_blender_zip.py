"""The extension zip: its manifest, its files, the same bytes each time. Whole ones: `-m build`."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tomllib

import build_addons
from build_addons import ROOT, BuildError

MANIFEST = (ROOT / "blender_addon" / "blender_manifest.toml").read_text(encoding="utf-8")
WHEELS = ["a-1-py3-none-any.whl", "b-2-cp311-cp311-win_amd64.whl"]


def small_zip(folder: Path, mien_wheel: Path) -> Path:
    """The extension with mien's wheel only: everything but the downloads."""
    build_addons.stage_blender(folder / "staged", "linux-x64", [], mien_wheel)
    build_addons.write_zip(folder / "small.zip", folder / "staged")
    return folder / "small.zip"


@pytest.mark.parametrize("platform", build_addons.PLATFORMS)
def test_the_manifest_gets_version_platform_and_wheels_and_keeps_the_rest(platform: str):
    filled = tomllib.loads(build_addons.fill_manifest(MANIFEST, platform, WHEELS))
    assert filled.pop("version") == build_addons.VERSION
    assert filled.pop("platforms") == [platform]
    assert filled.pop("wheels") == [f"./wheels/{name}" for name in WHEELS]
    source = tomllib.loads(MANIFEST)
    source.pop("version")
    assert filled == source


NOT_PLAIN = ['version = "1.0"\nwheels = []\n', "version = '1.0'\n", "[version]\nx = 1\n", 'id = "mien"\n']


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_a_manifest_that_cannot_be_filled_plainly_is_refused(text: str):
    with pytest.raises((BuildError, tomllib.TOMLDecodeError)):
        build_addons.fill_manifest(text, "linux-x64", WHEELS)


def test_the_zip_holds_the_addon_its_licence_and_the_wheels_that_the_manifest_names(
    tmp_path: Path, mien_wheel: Path
):
    with zipfile.ZipFile(small_zip(tmp_path, mien_wheel)) as archive:
        names = set(archive.namelist())
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        licence = archive.read("LICENSE").decode()
    assert {f"./{name}" for name in names if name.endswith(".whl")} == set(manifest["wheels"])
    assert manifest["wheels"] == [f"./wheels/{mien_wheel.name}"]
    addon = ROOT / "blender_addon"
    sources = {file.relative_to(addon).as_posix() for file in addon.rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in names)
    assert "GNU GENERAL PUBLIC LICENSE" in licence


def test_the_same_files_give_the_same_bytes(tmp_path: Path, mien_wheel: Path):
    digests = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made = small_zip(tmp_path / name, mien_wheel)
        os.utime(made, (0, 0))
        digests.add(hashlib.sha256(made.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_blender_itself_finds_the_zip_valid(tmp_path: Path, mien_wheel: Path):
    spec = importlib.util.find_spec("bpy")
    if spec is None or not spec.origin:
        pytest.skip("needs Blender as a Python module")
    checker = next(Path(spec.origin).parent.rglob("bl_pkg/cli/blender_ext.py"))
    made = small_zip(tmp_path, mien_wheel)
    run = [sys.executable, str(checker), "validate", str(made)]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success" in done.stdout + done.stderr


@pytest.mark.build
@pytest.mark.parametrize("platform", build_addons.PLATFORMS)
def test_the_whole_zip_of_each_platform_has_its_wheels_and_no_numpy(platform: str, tmp_path: Path):
    assert build_addons.main(["blender", "--platform", platform, "--output", str(tmp_path)]) == 0
    (made,) = tmp_path.iterdir()
    assert made.name == f"mien-{build_addons.VERSION}-blender-{platform}.zip"
    with zipfile.ZipFile(made) as archive:
        wheels = {Path(name).name for name in archive.namelist() if name.endswith(".whl")}
    pythons = build_addons.BLENDER_PYTHONS
    locked = {w.file for w in build_addons.read_lock() if w.platform == platform and w.python in pythons}
    assert wheels - locked == {f"mien-{build_addons.VERSION}-py3-none-any.whl"}
    assert locked - wheels == {name for name in locked if name.startswith("numpy-")}


@pytest.mark.build
def test_installed_in_blender_it_solves_and_bakes(tmp_path: Path):
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("needs Blender as a Python module")
    options = ["--platform", "linux-x64", "--output", str(tmp_path), "--verify"]
    assert build_addons.main(["blender", *options]) == 0
