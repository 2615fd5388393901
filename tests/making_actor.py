"""Training on an actor for tests: a Python that can, a small network to begin with, footage of a made actor.

The Python with torch is $MIEN_TRAINING_PYTHON, else the one that runs the tests; hosts have no torch. What is
made with torch is made by that Python in a process of its own, once for all tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mien.hosting.training_python import ask, training_environment

MAKE_FOOTAGE = """
import sys
from pathlib import Path
from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion
from mien.take import save_take
folder = Path(sys.argv[1])
clip = film(Actor(3), *authored_motion(180, 20.0, 1), size=192, rate=20.0)
clip.write(folder / "ana.mp4")
save_take(clip.take(), folder / "ana.mien")
"""
STEPS = ("--samples", "64", "--batch", "16", "--threads", "1", "--workers", "0")
"""Four steps."""


def training_python() -> str:
    """The Python that trains; skips where there is none."""
    program = os.environ.get("MIEN_TRAINING_PYTHON") or sys.executable
    why_not = ask(program).why_not
    if why_not:
        pytest.skip(f"no Python to train with ($MIEN_TRAINING_PYTHON): {why_not}")
    return program


def make_footage(folder: Path, program: str) -> Path:
    """Nine seconds of a made actor, `ana.mp4`, and the truth beside it, `ana.mien`."""
    done = subprocess.run([program, "-c", MAKE_FOOTAGE, str(folder)], env=training_environment(),
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-800:]
    return folder / "ana.mp4"
