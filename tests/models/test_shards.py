"""Training data on disk: the same from the same number, whole or not there, resumable, stoppable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from mien_models.synthetic import shards
from mien_models.synthetic.faces import FaceSampler


@pytest.fixture(autouse=True)
def small_shards(monkeypatch) -> None:
    monkeypatch.setattr(shards, "SHARD", 5)


def test_a_shard_holds_what_its_number_draws(tmp_path: Path) -> None:
    shard = shards.open_shard(shards.write_shard(tmp_path, 3))
    assert shard["image"].shape == (5, 256, 256)
    rng, sampler = np.random.default_rng(3), FaceSampler()
    for i in range(5):
        crop = sampler.sample(rng)
        for name, array in shard.items():
            np.testing.assert_array_equal(array[i], getattr(crop, name), name)


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    place = shards.write_shard(tmp_path, 1)
    before = (place / "image.npy").stat().st_mtime_ns
    assert shards.write_shard(tmp_path, 1) == place
    assert (place / "image.npy").stat().st_mtime_ns == before
    assert shards.list_shards(tmp_path) == [place]


def test_a_shard_that_fails_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        shards.write_shard(tmp_path, 0)
    assert os.listdir(tmp_path) == []


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mien", "synth", "shards", "--out", str(folder), *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_the_command_goes_on_where_it_was(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"shard-{number:05d}").mkdir()
    process = start(tmp_path, "--count", "3", "--workers", "2")
    assert process.communicate(timeout=120)[0] is None
    assert process.returncode == 0
    assert len(shards.list_shards(tmp_path)) == 3


@pytest.mark.parametrize("words", [("--count", "0"), ("--workers", "-1"), ("--count", "many")])
def test_senseless_numbers_are_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    process = start(tmp_path / "out", *words)
    assert "not a number above 0" in process.communicate(timeout=120)[1]
    assert process.returncode == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a process group")
def test_control_c_ends_it_at_once_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    process = start(tmp_path, "--count", "4", "--workers", "2")
    deadline = time.monotonic() + 60
    while len(os.listdir(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert all(name.startswith(".making") for name in os.listdir(tmp_path))
    time.sleep(1.0)  # both workers are drawing
    os.killpg(process.pid, signal.SIGINT)
    message = process.communicate(timeout=15)[1]
    assert process.returncode == 130
    assert "Cancelled" in message
    assert os.listdir(tmp_path) == []
