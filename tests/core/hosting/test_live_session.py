"""A host's half of live, with a real worker: the newest sample once, recordings up to the take, faults."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from making import write_video
from mien.errors import MienError
from mien.hosting.live_session import LiveSession
from mien.hosting.live_worker import LiveWorker
from mien.take import load_take
from mien.tune_settings import TuneSettings
from toy_network import toy_picture

WAIT = 60.0


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    pictures = [toy_picture(i) for i in range(50)]
    return write_video(tmp_path_factory.mktemp("clips") / "face.mp4", pictures, options={"crf": "12"})


@pytest.fixture
def begin(mien_environment, toy_folder, clip):
    sessions = []

    def start(*words, source=clip, python=lambda: sys.executable, happened=None) -> LiveSession:
        options = ["--source", str(source), "--loop", "--model", str(toy_folder), *words]
        sessions.append(LiveSession(LiveWorker(python, lambda: mien_environment, options), happened))
        return sessions[-1]

    yield start
    for session in sessions:
        session.kill()


def until(session: LiveSession, reached, seconds: float = WAIT) -> list:
    """Tick until something is so; the samples of the way."""
    samples, end = [], time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, (session.status, session.recording)
        sample = session.tick(time.monotonic())
        samples += [] if sample is None else [sample]
        time.sleep(0.004)
    return samples


def number_of(session: LiveSession) -> int:
    """That of the newest sample."""
    newest = session.worker.newest
    return -1 if newest is None else newest.number


def level_of(session: LiveSession) -> float:
    """The largest weight of the newest sample."""
    newest = session.worker.newest
    return -1.0 if newest is None else float(newest.weights.max())


def test_each_sample_is_given_once_and_the_newest_first(begin):
    session = begin()
    assert session.status.text == "Starting…"
    started = time.perf_counter()
    assert session.tick(0.0) is None
    assert time.perf_counter() - started < 0.05, "a tick waited for the worker"
    samples = until(session, lambda: session.status.latency is not None)
    numbers = [sample.number for sample in samples]
    assert numbers == sorted(set(numbers))
    assert session.status.text == "Live"
    assert session.status.source == "face.mp4"
    assert session.status.rate > 0
    last = session.worker.newest.number
    end = time.monotonic() + WAIT
    while session.worker.newest.number < last + 10 and time.monotonic() < end:
        time.sleep(0.02)
    late = session.tick(time.monotonic())
    assert late.number >= last + 10, "an older sample was given"
    assert session.tick(time.monotonic()) is None or session.worker.newest.number > late.number


def test_settings_are_sent_once(begin):
    session = begin()
    until(session, lambda: session.status.face)
    plain = TuneSettings(smoothing=0.0, gain=0.0).to_json()
    for _ in range(1000):  # a slider that nobody moves
        session.set(plain, mirror=False)
    until(session, lambda: level_of(session) == 0.0)
    session.set(TuneSettings(smoothing=0.0).to_json(), mirror=True)
    until(session, lambda: level_of(session) > 0.0)
    assert not session.status.message


def test_a_recording_from_countdown_to_take(begin, tmp_path):
    told = []
    session = begin(happened=lambda event: told.append((event["event"], event.get("state"))))
    until(session, lambda: session.status.face)
    now = time.monotonic()
    session.record(tmp_path / "a.mien", now, countdown=0.3, length=1.0)
    assert session.countdown(now) == pytest.approx(0.3)
    until(session, lambda: session.recording.phase == "running")
    assert time.monotonic() - now >= 0.3
    assert session.countdown(now) is None
    until(session, lambda: not session.recording.under_way)
    assert session.recording.phase == "saved"
    take = load_take(tmp_path / "a.mien")
    assert len(take) == session.recording.frames
    assert take.times[0] < 0.5
    assert 0.5 < take.times[-1] < 2.5
    assert [state for event, state in told if event == "record"] == ["running", "begun", "ended", "saved"]


def test_a_countdown_is_called_off(begin, tmp_path):
    session = begin()
    session.record(tmp_path / "a.mien", time.monotonic(), countdown=60.0)
    session.end_recording(time.monotonic())
    assert session.recording is None
    assert not list(tmp_path.iterdir())


def test_a_recording_that_cannot_begin(begin, tmp_path):
    session = begin()
    until(session, lambda: session.status.face)
    session.record(tmp_path / "no" / "a.mien", time.monotonic())
    until(session, lambda: session.recording.phase == "failed")
    assert "a.mien" in session.status.message
    until(session, lambda: number_of(session) > 10)


def test_stopping_saves(begin, tmp_path):
    session = begin()
    until(session, lambda: session.status.face)
    session.record(tmp_path / "a.mien", time.monotonic(), length=math.inf)
    until(session, lambda: session.recording.phase == "running")
    until(session, lambda: number_of(session) > 30)
    started = time.perf_counter()
    session.stop()
    assert time.perf_counter() - started < 0.05, "stopping made the host wait"
    until(session, lambda: session.over)
    assert session.recording.phase == "saved"
    assert len(load_take(tmp_path / "a.mien")) > 10
    assert not session.status.message


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_is_said_and_its_recording_rescued(begin, tmp_path):
    session = begin()
    until(session, lambda: session.status.face)
    session.record(tmp_path / "a.mien", time.monotonic())
    until(session, lambda: session.recording.phase == "running")
    first = number_of(session)
    until(session, lambda: number_of(session) > first + 20)
    os.kill(session.worker.process_id, signal.SIGKILL)
    until(session, lambda: session.over)
    assert "ended by itself" in session.status.message
    assert session.recording.phase == "saved"
    assert len(load_take(tmp_path / "a.mien")) >= 15
    assert [path.name for path in tmp_path.iterdir()] == ["a.mien"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_worker_that_hangs_is_killed(begin):
    session = begin()
    until(session, lambda: session.status.face)
    process_id = session.worker.process_id
    os.kill(process_id, signal.SIGSTOP)
    for i in range(2000):  # nobody reads them: the host must not wait
        session.set(TuneSettings(gain=float(i)).to_json(), mirror=False)
    started = time.perf_counter()
    session.kill()
    assert time.perf_counter() - started < 3.0
    end = time.monotonic() + 10
    while session.worker.alive and time.monotonic() < end:
        list(session.worker.events())
        time.sleep(0.02)
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


def test_a_source_that_is_not_there(begin, tmp_path):
    session = begin(source=tmp_path / "no.mp4")
    until(session, lambda: session.over)
    assert "no.mp4" in session.status.message
    assert session.status.hint


def test_no_python(begin):
    def none() -> str:
        raise MienError("There is no Python", "Get one.")

    session = begin(python=none)
    until(session, lambda: session.over)
    assert session.status.message == "There is no Python"


def test_foreign_lines_are_no_samples(mien_environment):
    worker = LiveWorker(lambda: sys.executable, lambda: mien_environment, [])
    good = '{"event":"sample","time":0,"weights":%s,"pose":[0,0,0],"confidence":1,"latency":1}'
    for line in ("x", "[]", "null", "{}", '{"event":"sample"}', good % "[1]", good % '["a"]', "[" * 99_999):
        worker._hear(line)
    assert worker.newest is None
    worker._hear(good % ([0.5] * 52))
    assert worker.newest is not None
    np.testing.assert_array_equal(worker.newest.weights, np.full(52, 0.5, np.float32))
