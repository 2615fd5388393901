"""Training on an actor, for tests: a Python that can, footage that is there, a look into a checkpoint.

The Python with torch is $MIEN_TRAINING_PYTHON, else the one that runs the tests; hosts have no torch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mien.hosting.training_python import ask, training_environment

FOOTAGE = Path(__file__).parents[1] / "blender_addon" / "demo" / "performance.mp4"
"""6.6 s of a drawn face."""
SECONDS = 6.6


def training_python() -> str:
    """The Python that trains; skips where there is none."""
    program = os.environ.get("MIEN_TRAINING_PYTHON") or sys.executable
    why_not = ask(program).why_not
    if why_not:
        pytest.skip(f"no Python to train with ($MIEN_TRAINING_PYTHON): {why_not}")
    return program


def python_with(folder: Path, versions: bool) -> str:
    """A program that says it can train, or can't: for what comes before a training."""
    program = folder / ("able" if versions else "unable")
    said = 'print(\'{"mien": "1", "torch": "2"}\')' if versions else "import torch"
    program.write_text(f"#!{sys.executable} -S\n{said}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def draws_reports(program: str) -> bool:
    """Whether a Python has matplotlib."""
    return subprocess.run([program, "-c", "import matplotlib"], env=training_environment()).returncode == 0


def reached(run: Path) -> int:
    """How many crops a run's checkpoint has seen."""
    with np.load(run / "checkpoint.npz") as arrays:
        return int(json.loads(arrays["about"].tobytes())["samples"])
