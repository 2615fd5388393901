"""Run the tests of the Maya module on Maya's Pythons, with the Qt of each.

    python tests/maya/matrix.py                          all three, in turn
    python tests/maya/matrix.py --only 3.9 -- -k road    what follows -- goes to pytest
    MIEN_PHOTOGRAPHS=FOLDER python tests/maya/matrix.py  with photographs of the window
    python tests/maya/matrix.py --core                   core's own tests instead

PySide2 is on Python 3.9 and 3.10, PySide6 on 3.11. Each Python has a virtual environment below $MIEN_HOSTS
(by default ~/.cache/mien) with the very wheels that the module's zip carries, and its PySide. They are made
on the first run and used again. No Maya is in them: the tests run against the fake of tests/maya/fake_maya.
"""

from __future__ import annotations

import argparse
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS: dict[str, dict[str, str]] = runpy.run_path(str(ROOT / "build_addons.py"))["PINS"]
QT = {"3.9": "PySide2==5.15.2.1", "3.10": "PySide2==5.15.2.1", "3.11": "PySide6==6.5.3"}
"""Maya 2023 and 2024 have Qt 5.15, 2025 and 2026 have Qt 6.5."""

TOOLS = ("pytest>=8", "hypothesis>=6.100", "onnx>=1.16", "jsonschema>=4.20")
TESTS = (
    "test_window.py",
    "test_window_live.py",
    "test_window_actor.py",
    "test_road.py",
    "test_training.py",
    "test_kept.py",
    "test_updating.py",
    "test_faults.py",
    "test_soundtrack.py",
    "test_bake.py",
    "test_scene_keys.py",
    "test_scene_channels.py",
    "test_worker.py",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", nargs="+", choices=[*QT], default=[*QT], metavar="PYTHON")
    parser.add_argument("--core", action="store_true", help="core's own tests instead")
    parser.add_argument("pytest", nargs="*", help="options of pytest, after --")
    options = parser.parse_args()
    files = [ROOT / "tests/core"] if options.core else [ROOT / "tests/maya" / name for name in TESTS]
    failed = [python for python in options.only if _run(python, [*options.pytest, *map(str, files)])]
    print(f"failed on Python {', '.join(failed)}" if failed else "all passed", flush=True)
    return bool(failed)


def _run(python: str, words: list[str]) -> int:
    program = _environment(python)
    paths = os.pathsep.join(map(str, (ROOT / "core", ROOT / "models", ROOT / "tests", ROOT)))
    environment = {**os.environ, "PYTHONPATH": paths, "QT_QPA_PLATFORM": "offscreen"}
    print(f"Python {python}, {QT[python]}", flush=True)
    return subprocess.run([str(program), "-m", "pytest", "-q", *words], env=environment, cwd=ROOT).returncode


def _environment(python: str) -> Path:
    folder = Path(os.environ.get("MIEN_HOSTS", Path.home() / ".cache" / "mien")) / f"maya-{python}"
    program = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([_python(python), "-m", "venv", str(folder)], check=True)
        wheels = [f"{name}=={version}" for name, version in PINS[python].items()]
        pip = [str(program), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "--no-deps", *wheels], check=True)
        # Beside the very versions that the zip carries, whatever they say of one another.
        held = folder / "held.txt"
        held.write_text(f"numpy=={PINS[python]['numpy']}\n", encoding="utf-8")
        subprocess.run([*pip, "-c", str(held), QT[python], *TOOLS], check=True)
        (folder / "complete").touch()
    return program


def _python(version: str) -> str:
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = str(kept[-1]) if kept else shutil.which(f"python{version}")
    if not found:
        raise SystemExit(f"there is no Python {version} here")
    return found


if __name__ == "__main__":
    sys.exit(main())
