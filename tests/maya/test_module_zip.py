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

IMPORTS = """
import sys, numpy, scipy.signal, scipy.interpolate, cv2, av, onnxruntime, tqdm
import mien, mien.take, mien.tune, mien.cli, mien.solver, mien.student, mien.rig.keys, mien.rig.automap
import mien_models, mien_maya.bake, mien_maya.worker
mien.student.Student(None)
outside = [m.__file__ for m in (numpy, scipy, cv2, av, onnxruntime, tqdm, mien, mien_models, mien_maya)
           if not m.__file__.startswith(sys.argv[1])]
assert not outside, outside
frames, columns = mien_maya.bake.key_columns(sys.argv[2], mien.arkit.NAMES, 24.0, 1.0)
print(sys.version.split()[0], numpy.__version__, len(frames), len(columns))
"""


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
    for words in (solve, ["-c", IMPORTS, str(module), str(take)]):
        done = subprocess.run([python, "-S", *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert len(load_take(take)) == 40
    assert done.stdout.split()[1:] == ["1.26.4", "38", "52"]


def test_the_zip_is_laid_out_as_maya_looks_for_it(module: Path):
    assert {path.name for path in module.iterdir()} == {"mien.mod", "mien"}
    parts = {path.name for path in (module / "mien").iterdir()}
    assert {"scripts", "plug-ins", "site-packages", "README.md", "LICENSE"} <= parts
    assert (module / "mien" / "plug-ins" / "mien_undo.py").is_file()
    assert (module / "mien" / "scripts" / "userSetup.py").is_file()
