# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python runs the worker, and where it finds Mien: no bpy here.

It must be the host's own version of Python: the compiled wheels beside `mien` (onnxruntime, OpenCV) are built
for that one.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mien.errors import MienError

PACKAGES: Final = ("mien", "mien_models", "onnxruntime", "cv2", "av", "tqdm", "numpy", "scipy")
"""What the worker imports; each is looked for where the host would find it, without importing it."""

NO_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Popen's `creationflags`: on Windows no console pops up."""

IN_THE_BACKGROUND: Final[int] = NO_WINDOW | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
"""The same, and the host's own work goes first."""

_NICENESS: Final = 5


class InterpreterError(MienError):
    """No Python program of the host's version was found."""

    code = "worker"


def worker_environment() -> dict[str, str]:
    """The host's environment, with the host's packages and without anything of the user's own Python."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment.update(
        PYTHONPATH=os.pathsep.join(package_folders()),
        PYTHONNOUSERSITE="1",
        PYTHONSAFEPATH="1",
        PYTHONUTF8="1",
        PYTHONUNBUFFERED="1",
    )
    return environment


def give_way(process_id: int) -> None:
    """Let the host's own work go before that of a process just started (where its flags can't say it)."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process_id, os.getpriority(os.PRIO_PROCESS, 0) + _NICENESS)


def package_folders() -> list[str]:
    """The folders that hold `PACKAGES`, Mien's first, each once."""
    folders: dict[str, None] = {}
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            folders[str(Path(spec.origin).parent.parent)] = None
    return list(folders)


def find_python(chosen: str = "") -> str:
    """The first Python program of this version that runs. Takes some 20 ms: not for the main thread.

    Parameters
    ----------
    chosen : str
        The only one to try, where the user has chosen one.
    """
    tried = [chosen] if chosen else list(dict.fromkeys(_candidates()))
    for candidate in tried:
        if _runs(candidate):
            return candidate
    version = "{}.{}".format(*sys.version_info)
    raise InterpreterError(
        f"No Python {version} program was found to run the solver (tried {', '.join(tried) or 'none'})",
        "Clear or change the Python in Mien's preferences."
        if chosen
        else "Install Blender from blender.org: it brings its own Python.",
    )


def _candidates() -> Iterator[str]:
    """Programs that may be the host's Python. `sys.executable` is the host itself in some builds."""
    version = "python{}.{}".format(*sys.version_info)
    names = (version, "python3", "python") if os.name != "nt" else ("python.exe",)
    for program in (sys.executable, getattr(sys, "_base_executable", "")):
        if program and Path(program).stem.lower().startswith("python"):
            yield program
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix):
        for folder in (Path(prefix) / "bin", Path(prefix)):
            yield from (str(folder / name) for name in names if (folder / name).is_file())
    found = shutil.which(version)
    if found:
        yield found


def _runs(program: str) -> bool:
    ask = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [program, "-s", "-S", "-E", "-c", ask], capture_output=True, text=True, timeout=20,
            stdin=subprocess.DEVNULL, creationflags=NO_WINDOW, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]
