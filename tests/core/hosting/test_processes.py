"""A worker's process as hosts hear it, with real processes: small programs that say lines."""

from __future__ import annotations

import os
import sys
import time

import pytest
from mien.errors import MienError
from mien.hosting.live_worker import network_words
from mien.hosting.places import can_be_written, unused
from mien.hosting.processes import LineWorker


class Program(LineWorker):
    """A program that is written in the test."""

    def __init__(self, text: str, python: str = sys.executable) -> None:
        super().__init__("test")
        self.command = [python, "-c", text]

    def _order(self):
        return self.command, dict(os.environ)


def heard(worker: LineWorker) -> list[dict]:
    worker.start()
    return [event for event in worker.each() if event]


def test_events_come_in_turn_and_closed_comes_last():
    events = heard(Program('print(\'{"event": "a"}\'); print(\'{"event": "done"}\')'))
    assert [event["event"] for event in events] == ["a", "done", "closed"]


@pytest.mark.parametrize("noise", ["no JSON", "17", "null", "[]", "{}", '"event"', "[" * 9000])
def test_what_others_print_is_passed_over(noise):
    events = heard(Program(f'print({noise!r}); print(\'{{"event": "done"}}\')'))
    assert [event["event"] for event in events] == ["done", "closed"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_an_end_without_a_word_is_told_with_what_was_said_last(stream):
    error, closed = heard(
        Program(f"import sys; print('the licence is gone', file=sys.{stream}); sys.exit(3)")
    )
    assert (error["event"], error["code"], error["hint"]) == ("error", "crashed", "the licence is gone")
    assert "exit code 3" in error["message"]
    assert closed == {"event": "closed"}


def test_a_program_that_is_not_there_is_an_error_with_its_name(tmp_path):
    error, _closed = heard(Program("", str(tmp_path / "python")))
    assert error["code"] == "worker"
    assert f"{tmp_path / 'python'} can't be started" in error["message"]


def test_a_reason_that_the_order_gives_is_told():
    class Pythonless(Program):
        def _order(self):
            raise MienError("There is no Python", "Get one.")

    error, _closed = heard(Pythonless(""))
    assert (error["message"], error["hint"]) == ("There is no Python", "Get one.")


def test_stopped_before_it_began_nothing_is_started():
    worker = Program("print(1)")
    worker.stop()
    assert [event.get("code") for event in heard(worker)] == ["cancelled", None]
    assert worker.process_id is None


def test_one_that_does_not_listen_is_killed():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    worker = Program(deaf + '; print(\'{"event": "up"}\', flush=True); time.sleep(600)')
    worker.start()
    next(event for event in worker.each() if event)
    begun = time.monotonic()
    worker.stop(grace=0.2)
    assert [event.get("code") for event in worker.each() if event] == ["cancelled", None]
    assert time.monotonic() - begun < 60
    assert not worker.alive


def test_a_host_that_does_not_listen_keeps_the_newest_events_only():
    worker = LineWorker("test", most=3)
    for i in range(9):
        worker._hear(f'{{"event": "{i}"}}')
    assert [event["event"] for event in worker.events()] == ["6", "7", "8"]


def test_a_budget_leaves_the_rest_for_the_next_time():
    worker = LineWorker("test")
    worker._hear('{"event": "a"}')
    assert [*worker.events(budget=0.0)] == []
    assert worker.alive
    assert [event["event"] for event in worker.events()] == ["a"]


def test_words_for_sources_of_the_network():
    assert network_words("VMC", 0, False, "10.0.0.7") == ["--source", "vmc"]
    assert network_words("IFACIALMOCAP", 49983, True, "10.0.0.7") == [
        "--source", "ifacialmocap", "--port", "49983", "--bind", "0.0.0.0", "--phone", "10.0.0.7",
    ]  # fmt: skip


def test_a_name_that_is_not_taken(tmp_path):
    path = tmp_path / "a.b.mien"
    assert unused(path) == path
    for name in ("a.b.mien", "a.b-2.mien"):
        (tmp_path / name).touch()
    assert unused(path).name == "a.b-3.mien"
    assert can_be_written(tmp_path)
    assert can_be_written(tmp_path / "new")
    assert not can_be_written(tmp_path / "none" / "new")
