"""`mien farm` on a local cluster of two workers, one of which is killed half way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import astuple, replace

import numpy as np
import pytest
from making import write_video
from making_footage import CLEAN, faces
from mien.errors import FarmError
from mien.farm import Identity, is_solved, solve_one
from mien.take import ARRAYS, load_take

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills a process as POSIX does")

VIDEOS = 6


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Some good videos and a bad one among them."""
    folder = tmp_path_factory.mktemp("season")
    made = [write_video(folder / f"shot{i}.mp4", faces(30 + i), options=CLEAN) for i in range(VIDEOS)]
    bad = folder / "bad.mp4"
    bad.write_text("Only words.\n" * 100)
    return [*made[:2], bad, *made[2:]]


@pytest.fixture
def cluster(tmp_path, mien_environment):
    """The file of a scheduler with two workers, and their processes."""
    place = tmp_path / "scheduler.json"
    local = ["--host", "127.0.0.1"]
    started = [_dask(mien_environment, "scheduler", "--scheduler-file", place, "--port", "0", *local,
                     "--no-dashboard")]  # fmt: skip
    for _ in range(2):
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", tmp_path, *local)
        started.append(_dask(mien_environment, "worker", "--scheduler-file", place, *words))
    yield place, started[1:]
    for process in reversed(started):
        process.kill()
        process.wait()


def _dask(environment, role, *words) -> subprocess.Popen:
    command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *map(str, words)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def farm(mien_environment, toy_folder, tmp_path):
    """`farm(scheduler, videos)` starts `mien farm solve` into a folder."""
    folder = tmp_path / "takes"
    folder.mkdir()

    def start(scheduler, videos, *words) -> subprocess.Popen:
        command = ["farm", "solve", *videos, "-o", folder, "--scheduler", scheduler, "--model", toy_folder,
                   "--json", *words]  # fmt: skip
        return subprocess.Popen([sys.executable, "-m", "mien", *map(str, command)], env=mien_environment,
                                stdout=subprocess.PIPE, text=True)  # fmt: skip

    start.folder = folder
    return start


def _events(process) -> list[dict]:
    said, _ = process.communicate(timeout=300)
    return [json.loads(line) for line in said.splitlines()]


def test_a_worker_is_killed_half_way(cluster, farm, clips, run_mien, toy_folder, tmp_path):
    """Promise: every good video becomes the take of a single machine; the bad one fails alone; exit 3."""
    scheduler, workers = cluster
    process = farm(scheduler, clips)
    first = json.loads(process.stdout.readline())
    workers[0].kill()
    events = [first, *_events(process)]
    assert process.returncode == 3
    assert events[-1] == {**events[-1], "event": "farm", "solved": VIDEOS, "skipped": 0, "failed": 1}
    failed = [event for event in events if event["event"] == "error"]
    assert [event["code"] for event in failed] == ["not_a_video"]

    alone = tmp_path / "alone"
    alone.mkdir()
    run_mien("solve", *clips, "-o", alone, "--model", toy_folder, "--threads", "1")
    names = {path.name for path in alone.iterdir()}
    assert {path.name for path in farm.folder.iterdir()} == names
    assert len(names) == VIDEOS
    for name in names:
        _same(load_take(farm.folder / name), load_take(alone / name))

    _again(farm, cluster, clips)


def _same(one, other) -> None:
    for array in ARRAYS:
        np.testing.assert_array_equal(getattr(one, array), getattr(other, array))
    assert {**one.about, "created": ""} == {**other.about, "created": ""}


def _again(farm, cluster, clips) -> None:
    """Promise: a second call solves what is missing, and nothing else."""
    shots = sorted(farm.folder.iterdir())
    shots[0].unlink()
    shots[1].write_bytes(shots[1].read_bytes()[:-100])
    kept = {path: path.stat().st_mtime_ns for path in shots[2:]}
    events = _events(farm(cluster[0], clips))
    assert events[-1] == {**events[-1], "event": "farm", "solved": 2, "skipped": VIDEOS - 2, "failed": 1}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert all(load_take(path).found.all() for path in shots)


def test_takes_of_another_reader_are_solved_again(run_mien, clips, toy_folder, tmp_path):
    """Promise: networks that differ in their reader alone are two networks."""
    take = tmp_path / "shot0.mien"
    run_mien("solve", clips[0], "-o", take, "--model", toy_folder)
    here = Identity.here(str(toy_folder))
    assert is_solved(clips[0], take, here)
    assert not is_solved(clips[0], take, replace(here, reader="0123"))
    with pytest.raises(FarmError, match="the reader 0123"):
        solve_one(str(clips[0]), str(take), ["--model", str(toy_folder)],
                  astuple(replace(here, reader="0123")))  # fmt: skip


@pytest.mark.parametrize("words", [["--from", "3", "--to", "2"], ["--fps", "soon"], ["--crop", "1,2"]])
def test_words_that_no_solve_would_take(run_mien, clips, toy_folder, tmp_path, words):
    """Promise: exit 2 before anything is asked of a farm."""
    result = run_mien("farm", "solve", clips[0], "-o", tmp_path, "--scheduler", "tcp://127.0.0.1:9", *words)
    assert result.returncode == 2
    assert result.stderr.startswith("mien: ")


def test_nothing_is_there(run_mien, clips, tmp_path):
    """Promise: exit 11 and the code farm, soon."""
    (tmp_path / "none.json").write_text('{"address": "tcp://127.0.0.1:9", "workers": {}}')
    result = run_mien(
        "farm", "solve", clips[0], "-o", tmp_path, "--scheduler", tmp_path / "none.json", "--json"
    )
    assert result.returncode == 11
    assert json.loads(result.stdout.splitlines()[-1])["code"] == "farm"


def test_pending_is_what_is_left(run_mien, clips, toy_folder, tmp_path):
    """Promise: a list for other farms, one video a line."""
    run_mien("solve", clips[0], "-o", tmp_path / "shot0.mien", "--model", toy_folder)
    names = tmp_path / "list.txt"
    names.write_text("\n".join(map(str, clips[1:])) + "\n")
    result = run_mien("farm", "pending", clips[0], "--list", names, "-o", tmp_path, "--model", toy_folder)
    assert result.returncode == 0
    assert result.stdout.splitlines() == list(map(str, clips[1:]))
    wrong = run_mien("farm", "solve", clips[0], "-o", tmp_path / "none", "--json")
    assert wrong.returncode == 2
