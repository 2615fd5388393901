"""worker.py, interpreter.py and session.py: the process that solves, without Blender's help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import mien
import numpy as np
import pytest
from bl_ext.user_default.mien import interpreter
from bl_ext.user_default.mien.session import Progress, Session
from bl_ext.user_default.mien.worker import Event, Worker

BUDGET = 0.001


def heard(worker: Worker) -> list[Event]:
    worker.start()
    events: list[Event] = []
    worker.wait(events.append)
    return events


def test_the_worker_imports_what_the_host_imports(tmp_path: Path) -> None:
    ask = "import mien, numpy; print(mien.__file__); print(numpy.__file__)"
    command = [interpreter.find_python(), "-s", "-c", ask]
    (tmp_path / "mien.py").write_text("raise SystemExit('the current folder was imported from')")
    answer = subprocess.run(
        command,
        env=interpreter.worker_environment(),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert answer.stdout.split("\n")[:2] == [mien.__file__, np.__file__]


def test_the_users_own_python_settings_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    environment = interpreter.worker_environment()
    assert "PYTHONHOME" not in environment
    assert "/nowhere" not in environment["PYTHONPATH"].split(os.pathsep)


def test_a_host_that_names_itself_as_its_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = tmp_path / "blender"
    host.write_text("#!/bin/sh\necho started >" + str(tmp_path / "started"))
    host.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(host))
    found = interpreter.find_python()
    assert Path(found).name.startswith("python")
    assert not (tmp_path / "started").exists(), "the host was started a second time"


def test_no_python_at_all_is_a_named_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("executable", "prefix", "exec_prefix", "base_prefix", "_base_executable"):
        monkeypatch.setattr(sys, name, str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(interpreter.InterpreterError, match="No Python"):
        interpreter.find_python()
    events = heard(Worker(tmp_path / "v.mp4", tmp_path / "v.mien"))
    assert [e["code"] for e in events] == ["worker"]


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "missing" / "too", tmp_path / "file"):
        events = heard(Worker(tmp_path / "v.mp4", folder / "v.mien"))
        assert [(e["event"], e["code"]) for e in events] == [("error", "output")]


def test_a_folder_made_for_the_take_goes_when_there_is_none(tmp_path: Path) -> None:
    (last,) = heard(Worker(tmp_path / "no.mp4", tmp_path / "takes" / "v.mien"))
    assert last["code"] == "source_not_found"
    assert not list(tmp_path.iterdir())


def test_an_option_the_solver_refuses_is_told_with_its_words(tmp_path: Path) -> None:
    (last,) = heard(Worker(tmp_path / "v.mp4", tmp_path / "v.mien", options=("--no-such-option",)))
    assert last["event"] == "error"
    assert "no-such-option" in last["message"] + last["hint"]
    assert not list(tmp_path.iterdir())


def test_cancelled_before_it_began(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "v.mp4", tmp_path / "v.mien")
    worker.stop()
    assert [e["code"] for e in heard(worker)] == ["cancelled"]
    assert worker.process_id is None
    assert not list(tmp_path.iterdir())


def test_a_tick_keeps_to_its_budget(tmp_path: Path) -> None:
    """However much the worker says, a tick of Blender's timer takes about a millisecond; nothing is lost."""
    session, worker = Session(), Worker(tmp_path / "v.mp4", tmp_path / "v.mien")
    session.worker = worker
    for frame in range(20_000):
        worker._hear(json.dumps({"event": "progress", "frame": frame, "frames": 20_000, "rate": 1.0}))
    seconds = []
    while worker.alive:
        started = time.perf_counter()
        session.tick(BUDGET)
        seconds.append(time.perf_counter() - started)
    assert len(seconds) > 1, "all of it fitted into one tick: the test says nothing"
    assert np.median(seconds) < 1.5 * BUDGET
    assert session.progress.frame == 19_999


def test_lines_that_are_no_events_are_kept_for_the_report(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "v.mp4", tmp_path / "v.mien")
    for line in (
        "Fatal Python error",
        "[1, 2]",
        '"text"',
        "{}",
        "null",
        '{"event": "samples", "times": [0.0]}',
    ):
        worker._hear(line)
    assert not worker.alive
    assert [*worker._log] == ["Fatal Python error", "[1, 2]", '"text"', "null"]


@pytest.mark.parametrize(
    ("progress", "brief", "text", "part"),
    [
        (Progress(), "Starting…", "Starting…", 0.0),
        (Progress(30, 120, 61.4, 89.6), "30 of 120, 1:30 left", ", 61 frames a second", 0.25),
        (Progress(3000, None, 61.4, None), "3,000", ", 61 frames a second", 0.0),
        (Progress(130, 120, None, 0.0), "130 of 120, 0:00 left", "", 1.0),
    ],
)
def test_progress_in_words(progress: Progress, brief: str, text: str, part: float) -> None:
    full = f"Frame {brief}{text}" if progress.frame else text
    assert (progress.brief, progress.text, progress.part) == (brief, full, part)
