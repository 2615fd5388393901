"""The whole module zip, unpacked and used on Maya's Pythons with nothing but what it carries (`-m build`)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import mod_file
import pytest
from mien.take import load_take

import build_addons

pytestmark = pytest.mark.build

USE = """
import sys
modules, take, tests, plug_ins = sys.argv[1:]
import numpy, scipy.signal, scipy.interpolate, cv2, av, onnxruntime, tqdm, pythonosc
import mien, mien_models, mien.student
mien.student.Student(None)
parts = (numpy, scipy, cv2, av, onnxruntime, tqdm, pythonosc, mien, mien_models)
outside = [m.__file__ for m in parts if not m.__file__.startswith(modules)]
assert not outside, outside
sys.path.append(tests)
import fake_maya, rigs
with fake_maya.pretending(fake_maya.FakeScene(time="23.976fps")) as maya:
    maya.s.plug_in_folders.append(plug_ins)
    rigs.add_face(maya)
    import mien_maya
    assert mien_maya.__file__.startswith(modules)
    written = mien_maya.bake(take, ["face"])
    keys = maya.s.curve_keys("face_shapes.jawOpen")
    maya.cmds.undo()
    assert not maya.s.found("face_shapes_jawOpen")
print(sys.version.split()[0], numpy.__version__, len(written.plugs), len(keys))
"""
"""What each Python does with nothing but the module's own packages, Python's library, and the fake Maya."""


@pytest.fixture(scope="session")
def zips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The zip of a platform, built when it is first asked for."""
    folder = tmp_path_factory.mktemp("maya")

    @lru_cache
    def build(platform: str) -> Path:
        assert build_addons.main(["maya", "--platform", platform, "--output", str(folder)]) == 0
        return next(folder.glob(f"*{platform}.zip"))

    return build


@pytest.fixture(scope="session")
def module(zips: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the Linux zip was unpacked, as a user would into Maya's modules folder."""
    folder = tmp_path_factory.mktemp("modules")
    with zipfile.ZipFile(zips("linux-x64")) as archive:
        archive.extractall(folder)
    return folder


def _python(version: str) -> str:
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = str(kept[-1]) if kept else shutil.which(f"python{version}")
    if not found:
        pytest.skip(f"there is no Python {version} here")
    return found


@pytest.mark.parametrize("version", build_addons.MAYA_PYTHONS)
def test_a_solve_and_a_bake_run_from_the_modules_own_packages(
    version: str, module: Path, toy_clip: Path, toy_folder: Path, tmp_path: Path
):
    python = _python(build_addons.MAYA_PYTHONS[version])
    folders = mod_file.paths(module / "mien.mod", version, "linux")
    assert all(folder.is_dir() for folder in folders)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**kept, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    take = tmp_path / "take.mien"
    solve = ["-m", "mien", "solve", str(toy_clip), "-o", str(take), "--model", str(toy_folder)]
    bake = ["-c", USE, str(module), str(take), str(Path(__file__).parent), str(module / "mien" / "plug-ins")]
    for words in (solve, bake):
        done = subprocess.run([python, "-S", *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert len(load_take(take)) == 40
    assert done.stdout.split()[1:] == ["1.26.4", "52", "38"]


PACKAGES = ("numpy", "scipy", "onnxruntime", "cv2", "av", "tqdm", "pythonosc", "mien", "mien_models")
ONCE = "py39_py310_py311"
"""The folder of what all of Maya's Pythons share."""


@pytest.mark.parametrize("platform", build_addons.PLATFORMS)
def test_each_zip_has_all_that_each_maya_needs_and_nothing_of_another_platform(platform: str, zips, tmp_path):
    with zipfile.ZipFile(zips(platform)) as archive:
        names = set(archive.namelist())
        natives = {name: archive.read(name)[:4096] for name in names if _is_native(name)}
        (tmp_path / "mien.mod").write_bytes(archive.read("mien.mod"))
    assert {name.split("/")[0] for name in names} == {"mien.mod", "mien", "install_mien.py"}
    inside = (
        "plug-ins/mien_undo.py",
        "scripts/userSetup.py",
        "scripts/mien_maya/dock.py",
        "README.md",
        "LICENSE",
    )
    assert {f"mien/{name}" for name in inside} <= names
    assert f"mien/site-packages/{ONCE}/Qt.py" in names
    assert f"mien/site-packages/{ONCE}/mien_models/weights/default/student.onnx" in names
    ours = [name for name in names if name.startswith(("mien/scripts/", "mien/plug-ins/"))]
    assert not [name for name in ours if not name.endswith(".py")]
    for version, python in build_addons.MAYA_PYTHONS.items():
        folders = mod_file.paths(tmp_path / "mien.mod", version, build_addons.PLATFORMS[platform].maya)
        roots = [folder.relative_to(tmp_path).as_posix() for folder in folders]
        assert roots[0] == "mien/scripts"
        for package in PACKAGES:
            found = [root for root in roots[1:] if f"{root}/{package}/__init__.py" in names]
            assert len(found) == 1, (version, package, found)
        _check_natives(natives, roots, platform, version, python)


def _is_native(name: str) -> bool:
    return name.endswith((".so", ".pyd", ".dll", ".dylib")) or ".so." in name.rsplit("/", 1)[-1]


def _check_natives(
    natives: dict[str, bytes], roots: list[str], platform: str, version: str, python: str
) -> None:
    """Libraries for this platform's processor, and for this Python where they name one."""
    machine = build_addons._maya_platform(platform, version)
    own = {name: head for name, head in natives.items() if name.startswith(tuple(f"{r}/" for r in roots))}
    assert len(own) > 100
    wrong = [name for name, head in own.items() if not MACHINES[machine](head)]
    assert not wrong, wrong[:5]
    tag = "cp" + python.replace(".", "")
    named = {m[0]: name for name in own if (m := re.search(r"(?:cp|cpython-)3\d+", name.rsplit("/", 1)[-1]))}
    assert {word.replace("cpython-", "cp") for word in named} == {tag}, named


def _mach_o(cpu: int) -> Callable[[bytes], bool]:
    """One of a single processor, or of several among which this is."""

    def fits(head: bytes) -> bool:
        if head[:4] == bytes.fromhex("cffaedfe"):
            return int.from_bytes(head[4:8], "little") == cpu
        several = int.from_bytes(head[4:8], "big") if head[:4] == bytes.fromhex("cafebabe") else 0
        return cpu in [int.from_bytes(head[8 + 20 * i : 12 + 20 * i], "big") for i in range(several)]

    return fits


def _windows(head: bytes) -> bool:
    at = int.from_bytes(head[60:64], "little")
    return head[:2] == b"MZ" and head[at : at + 6] == b"PE\0\0\x64\x86"


MACHINES = {
    "linux-x64": lambda head: head[:4] == b"\x7fELF" and head[18:20] == b"\x3e\0",
    "windows-x64": _windows,
    "macos-arm64": _mach_o(0x0100000C),
    "macos-x64": _mach_o(0x01000007),
}
"""Whether the first bytes of a library say that it is for the platform's processor."""
