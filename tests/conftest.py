"""What all tests share: a drawn clip, a small real network that can read it, and `mien` as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mien
import numpy as np
import pytest


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory) -> Path:
    """The folder of the toy network (see toy_network.py)."""
    from toy_network import write_toy_network

    return write_toy_network(tmp_path_factory.mktemp("network") / "toy")


@pytest.fixture(scope="session")
def toy_clip(tmp_path_factory) -> Path:
    """1.6 s of a drawn face that moves and opens its mouth, with sound; no face from 0.8 to 1 s."""
    from making import write_video
    from toy_network import toy_picture

    pictures = [np.zeros((240, 320), np.uint8) if 20 <= i < 25 else toy_picture(i) for i in range(40)]
    path = tmp_path_factory.mktemp("clips") / "toy.mp4"
    return write_video(path, pictures, sound=1.6, options={"crf": "12"})


@pytest.fixture(scope="session")
def mien_environment() -> dict[str, str]:
    """Environment variables with which another process imports the very code that is tested."""
    roots = [str(Path(mien.__file__).parents[1]), str(Path(__file__).parents[1] / "models")]
    kept = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*roots, *kept]), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="session")
def run_mien(mien_environment):
    """`run_mien("solve", …)` runs the command line in a process of its own and gives what it said."""

    def run(*words, **options) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "mien", *map(str, words)]
        usual = {"env": mien_environment, "capture_output": True, "encoding": "utf-8", "timeout": 300}
        return subprocess.run(command, **{**usual, **options})

    return run
