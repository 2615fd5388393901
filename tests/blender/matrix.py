"""Run the tests in every Blender that is supported: the full host matrix.

    python tests/blender/matrix.py                       all four, in turn
    python tests/blender/matrix.py --only 4.5 5.2        some of them
    python tests/blender/matrix.py -- -k undo            what follows -- goes to pytest

Each Blender is the `bpy` wheel in a virtual environment of its own, below $MIEN_HOSTS (by default
~/.cache/mien). They are made on the first run (1 GB and half a minute each) and used again. Blender 5.2 needs
Python 3.13 beside 3.11, from the PATH or pyenv. A version that can't be made counts as failed.
"""

from __future__ import annotations

import argparse
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
WHEELS: dict[str, dict[str, str]] = runpy.run_path(str(ROOT / "build_addons.py"))["PINS"]
"""The very versions that the extension carries."""

TOOLS = ("pytest>=8", "hypothesis>=6.100", "onnx>=1.16")


class Host(NamedTuple):
    """A Blender: its wheel, its Python, and the numpy that the real one ships."""

    bpy: str
    python: str
    numpy: str


HOSTS = {
    "4.2": Host("4.2.23", "3.11", "1.24.3"),
    "4.5": Host("4.5.15", "3.11", "1.26.4"),
    "5.0": Host("5.0.1", "3.11", "1.26.4"),
    "5.2": Host("5.2.3", "3.13", "2.4.6"),
}


def main() -> int:
    """Exit code 0 when every Blender asked for passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", nargs="+", choices=[*HOSTS], default=[*HOSTS], metavar="VERSION")
    parser.add_argument("pytest", nargs="*", help="arguments of pytest, after --")
    options = parser.parse_args()
    results = {name: _run(HOSTS[name], options.pytest) for name in options.only}
    for name, result in results.items():
        print(f"Blender {name}: {result}")
    return int(any(not result.startswith("passed") for result in results.values()))


def _run(host: Host, arguments: list[str]) -> str:
    print(f"\n== bpy {host.bpy}", flush=True)
    try:
        python = _environment(host)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"not run, its environment can't be made: {error}"
    started = time.perf_counter()
    paths = os.pathsep.join(str(ROOT / name) for name in ("core", "models"))
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "result.xml"
        command = [python, "-m", "pytest", "-q", f"--junitxml={told}", ROOT / "tests/blender", *arguments]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}).returncode
        result = judged(told, code)
    return f"{result} in {time.perf_counter() - started:.0f} s"


def judged(told: Path, code: int) -> str:
    """What pytest says of its run; a crash after its last word is Blender's, and is said.

    bpy 4.2 ends with a segmentation fault whenever a class with a `draw` was registered: a panel of five
    lines is enough.
    """
    if not told.is_file():
        return f"FAILED (pytest did not come to an end, exit code {code})"
    suite = next(ElementTree.parse(told).getroot().iter("testsuite")).attrib
    bad, run = int(suite["failures"]) + int(suite["errors"]), int(suite["tests"]) - int(suite["skipped"])
    if bad or not run:
        return f"FAILED ({bad} of {run} tests)"
    late = f", then Blender ended with exit code {code}" if code else ""
    return f"passed ({run} tests{late})"


def environment_called(name: str) -> tuple[Path, Path]:
    """Where a virtual environment is or would be made: its folder, and its Python."""
    folder = Path(os.environ.get("MIEN_HOSTS") or Path.home() / ".cache" / "mien") / name
    return folder, folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _environment(host: Host) -> Path:
    """The Python of the host's environment, made where it is missing or unfinished."""
    folder, python = environment_called(f"bpy-{host.bpy}")
    if not _is_complete(python):
        subprocess.run([_interpreter(host.python), "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"bpy=={host.bpy}", f"numpy=={host.numpy}", *TOOLS], check=True)
        pins = [f"{name}=={version}" for name, version in WHEELS[host.python].items() if name != "numpy"]
        subprocess.run([*pip, "--no-deps", *pins], check=True)
    return python


def _is_complete(python: Path) -> bool:
    names = "bpy, scipy, onnxruntime, cv2, av, tqdm, pytest, hypothesis, onnx"
    ask = f"import importlib.util as u; assert all(u.find_spec(n.strip()) for n in {names!r}.split(','))"
    return python.exists() and subprocess.run([python, "-c", ask], stderr=subprocess.DEVNULL).returncode == 0


def _interpreter(version: str) -> str:
    """A Python of that version that runs: this one, one on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [
        sys.executable,
        shutil.which(f"python{version}"),
        *sorted(pyenv.glob(f"{version}.*/bin/python")),
    ]
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        answer = subprocess.run([candidate, "-c", ask], capture_output=True, text=True)
        if answer.stdout.strip() == version:
            return str(candidate)
    raise FileNotFoundError(f"there is no Python {version} on the PATH or in {pyenv}; install it")


if __name__ == "__main__":
    sys.exit(main())
