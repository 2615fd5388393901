"""Which way imports run: hosts never enter the core, the solver's libraries never enter the hosts.

Checked twice: in the source (every import, also those inside functions), and in a process of its own that
imports the modules and looks at what came along.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "mien"
MODELS = ROOT / "models" / "mien_models"

HOSTS = {"bpy", "maya", "pymel", "PySide2", "PySide6", "PyQt5", "PyQt6", "Qt"}
SOLVING = {"onnxruntime", "cv2", "av", "tqdm"}
TRAINING = {"torch", "onnx", "numba"}

SOLVE_SIDE = {
    "sources", "containers", "image_sequences", "cameras", "pictures", "crop", "crop_picture", "student",
    "tracker", "search", "sighting", "solver",
    "overlay", "live", "farm", "person", "soundtrack",
    "mesh_landmarks",
    "rig.preview", "rig.paint", "cli", "__main__", "events",
    *(f"commands.{path.stem}" for path in (CORE / "commands").glob("[!_]*.py")),
}  # fmt: skip
"""The modules that only a worker process imports. Every other module of the core must suit the hosts."""

TORCH_ROOMS = {"training", "networks", "synthetic", "actor"}


def module_name(path: Path, package: Path) -> str:
    return ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__") or "__init__"


def modules(package: Path) -> dict[str, Path]:
    return {module_name(path, package): path for path in sorted(package.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    """Dotted names of all that a file imports, relative ones as `mien.…`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                inside = path.parents[node.level - 1].relative_to(ROOT).parts[1:]  # without core/ or models/
                base = ".".join([*inside, base]).rstrip(".")
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


HOST_SIDE = {name: path for name, path in modules(CORE).items() if name not in SOLVE_SIDE}


def test_the_lists_name_real_modules():
    assert {"take", "arkit", "types", "errors"} <= set(HOST_SIDE)
    assert set(modules(CORE)) >= SOLVE_SIDE


@pytest.mark.parametrize("name", modules(CORE))
def test_the_core_knows_no_host_no_training_and_not_mien_models(name):
    assert not tops(modules(CORE)[name]) & (HOSTS | TRAINING | {"mien_models"})


@pytest.mark.parametrize("name", HOST_SIDE)
def test_what_the_adapters_import_needs_no_solver(name):
    names = imported(HOST_SIDE[name])
    assert not {part.split(".")[0] for part in names} & SOLVING
    assert not names & {f"mien.{module}" for module in SOLVE_SIDE}


@pytest.mark.parametrize("name", [n for n in modules(MODELS) if n.split(".")[0] not in TORCH_ROOMS])
def test_torch_stays_in_its_rooms(name):
    assert "torch" not in tops(modules(MODELS)[name])


@pytest.mark.parametrize("folder", ["blender_addon", "maya_plugin"])
def test_the_adapters_do_not_solve(folder):
    for path in (ROOT / folder).rglob("*.py"):
        names = imported(path)
        assert not {name.split(".")[0] for name in names} & (SOLVING | TRAINING | {"mien_models"}), path
        assert not names & {f"mien.{module}" for module in SOLVE_SIDE}, path


def loaded_after(environment, *names: str) -> set[str]:
    code = f"import sys, importlib\nfor n in {list(names)!r}: importlib.import_module(n)\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return {name.split(".")[0] for name in run.stdout.split()}


def full_name(name: str) -> str:
    return "mien" if name == "__init__" else f"mien.{name}"


def test_importing_the_host_side_brings_no_solver(mien_environment):
    loaded = loaded_after(mien_environment, *map(full_name, HOST_SIDE))
    assert not loaded & (HOSTS | SOLVING | TRAINING | {"mien_models"})
    assert "numpy" in loaded


def test_importing_the_solver_brings_no_host_and_no_training(mien_environment):
    loaded = loaded_after(mien_environment, *map(full_name, modules(CORE).keys() - {"__main__"}))
    assert not loaded & (HOSTS | TRAINING | {"mien_models"})
    assert {"onnxruntime", "cv2", "av"} <= loaded


def test_the_command_line_starts_light(mien_environment):
    assert not loaded_after(mien_environment, "mien.cli") & (SOLVING | TRAINING | {"mien_models"})
