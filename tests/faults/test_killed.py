"""Processes killed outright (SIGKILL): what is left on disk is what was there before, or the whole result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from making import write_video
from mien.arkit import COUNT
from mien.interchange import read
from mien.take import Take, save_take
from toy_network import toy_picture

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows ends processes in its own way")

OLD = b"what was there before"


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Some seconds of work."""
    pictures = [toy_picture(i, (160, 120)) for i in range(60)] * 10
    return write_video(
        tmp_path_factory.mktemp("clips") / "clip.mp4", pictures, options={"preset": "ultrafast"}
    )


@pytest.fixture
def start(mien_environment, tmp_path):
    """`start("solve", …)` starts a command in an empty folder."""
    folder = tmp_path / "out"
    folder.mkdir()

    def run(*words) -> subprocess.Popen:
        command = [sys.executable, "-m", "mien", *map(str, words)]
        return subprocess.Popen(command, env=mien_environment, stdout=subprocess.PIPE, cwd=folder, text=True)

    run.folder = folder
    return run


def _kill(process) -> None:
    process.kill()
    process.communicate()


def _left(folder: Path) -> set[str]:
    """What is there under its own name; hidden .part files are what a killed writer may leave."""
    names = {path.name for path in folder.iterdir()}
    return {name for name in names if not (name.startswith(".") and name.endswith(".part"))}


@pytest.mark.parametrize("stage", ["start", "progress"])
def test_while_it_opens_and_while_it_solves(start, clip, toy_folder, stage):
    """Promise: the result that was there is untouched; the next run replaces it."""
    take = start.folder / "take.mien"
    take.write_bytes(OLD)
    process = start("solve", clip, "-o", take, "--json", "--model", toy_folder)
    for line in process.stdout:
        if json.loads(line)["event"] == stage:
            break
    _kill(process)
    assert take.read_bytes() == OLD
    assert {path.name for path in start.folder.iterdir()} == {"take.mien"}


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_at_any_moment(start, toy_clip, toy_folder, share, duration):
    """Promise: after so much of the time a solve takes, the take is absent or whole."""
    process = start("solve", toy_clip, "-o", "take.mien", "--model", toy_folder)
    time.sleep(share * duration)
    _kill(process)
    assert _left(start.folder) <= {"take.mien"}
    if _left(start.folder):
        assert len(read(start.folder / "take.mien")) == 40


@pytest.fixture(scope="module")
def duration(mien_environment, toy_clip, toy_folder, tmp_path_factory) -> float:
    """Seconds that a solve takes here and now."""
    begun = time.monotonic()
    words = ["solve", toy_clip, "-o", tmp_path_factory.mktemp("once") / "take.mien", "--model", toy_folder]
    subprocess.run([sys.executable, "-m", "mien", *map(str, words)], env=mien_environment, check=True,
                   capture_output=True)  # fmt: skip
    return time.monotonic() - begun


@pytest.fixture(scope="module")
def long_take(tmp_path_factory) -> Path:
    """One that takes seconds to write as text."""
    count = 6000
    take = Take.from_weights(np.arange(count) / 30, np.random.default_rng(1).random((count, COUNT)))
    path = tmp_path_factory.mktemp("takes") / "long.mien"
    save_take(take, path)
    return path


def test_while_it_writes(start, long_take):
    """Promise: the old file is untouched; a hidden .part is left, which the next day's writer removes."""
    old = start.folder / "long.json"
    old.write_bytes(OLD)
    process = start("convert", long_take, old)
    part = _wait_for(start.folder, process)
    _kill(process)
    assert old.read_bytes() == OLD
    assert _left(start.folder) == {"long.json"}

    os.utime(part, (0, 0))
    process = start("convert", long_take, old)
    assert process.wait(120) == 0
    process.stdout.close()
    assert {path.name for path in start.folder.iterdir()} == {"long.json"}
    assert len(read(old)) == 6000


def _wait_for(folder: Path, process) -> Path:
    while process.poll() is None:
        for path in folder.glob(".*.part"):
            if path.stat().st_size:
                return path
        time.sleep(0.001)
    raise AssertionError("it had ended before it was killed")


def test_while_it_draws_an_overlay(start, toy_clip, toy_folder):
    """Promise: the take is there, whole; the overlay is not."""
    pytest.importorskip("mien.rig.reference_head").load()
    footage = shutil.copy(toy_clip, start.folder.parent / "footage.mp4")
    process = start(
        "solve", footage, "-o", "take.mien", "--overlay", "look.mp4", "--json", "--model", toy_folder
    )
    for line in process.stdout:
        if json.loads(line).get("stage") == "overlay":
            break
    _kill(process)
    assert _left(start.folder) == {"take.mien"}
    assert len(read(start.folder / "take.mien")) == 40
