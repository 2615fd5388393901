"""The whole module zip, unpacked and used on Maya's Pythons with nothing but what it carries (`-m build`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
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
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the Linux zip was unpacked, as a user would into Maya's modules folder."""
    folder = tmp_path_factory.mktemp("maya")
    options = ["--platform", "linux-x64", "--output", str(folder)]
    assert build_addons.main(["maya", *options]) == 0
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        archive.extractall(folder / "modules")
    return folder / "modules"


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


def test_the_zip_is_laid_out_as_maya_looks_for_it(module: Path):
    assert {path.name for path in module.iterdir()} == {"mien.mod", "mien", "install_mien.py"}
    parts = {path.name for path in (module / "mien").iterdir()}
    assert {"scripts", "plug-ins", "site-packages", "README.md", "LICENSE"} <= parts
    assert (module / "mien" / "site-packages" / "py39_py310_py311" / "Qt.py").is_file()
    assert (module / "mien" / "plug-ins" / "mien_undo.py").is_file()
    assert (module / "mien" / "scripts" / "userSetup.py").is_file()
