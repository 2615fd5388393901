"""A worker's process as every host hears it: started, read and ended in a thread of its own.

It says one JSON object a line: an event. What is run, and what becomes of an event, is its kind's own: live
in `mien.hosting.live_worker`, what makes a file in each host's `worker`.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..errors import MienError

Event = dict[str, Any]
"""One JSON line of a worker, or one that a host adds for itself."""

GRACE: Final = 3.0
"""Seconds that a worker has to end by itself before it is killed."""

_PATIENCE: Final = 0.05
"""Seconds between two looks, for who waits."""


class WorkerError(MienError):
    """The worker could not be started, or ended without a word."""

    code = "worker"


class LineWorker:
    """One process. No call waits for it but `each` and, for a moment, `kill`.

    A kind of it says how it is run (`_order`), what becomes of an event (`_take`), and what is said where it
    ends without `done` or `error` (`_last_words`).

    Parameters
    ----------
    name : str
        The thread's.
    flags : int
        Popen's `creationflags`.
    most : int, optional
        How many events are kept for a host that does not listen; the oldest go first.
    """

    _input: int = subprocess.DEVNULL

    def __init__(self, name: str, flags: int = 0, most: int | None = None) -> None:
        self._flags = flags
        self._events: deque[Event] = deque(maxlen=most)
        self._log: deque[str] = deque(maxlen=40)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopped = self._said_end = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Return at once; the process starts in the thread that listens to it."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether events can still come."""
        return self._thread.is_alive() or bool(self._events)

    @property
    def process_id(self) -> int | None:
        """The worker's process, once it has started."""
        process = self._process
        return process.pid if process else None

    def events(self, budget: float = math.inf) -> Iterator[Event]:
        """What has come since the last call, oldest first; stops after `budget` seconds and keeps the rest.

        Last of all comes `{"event": "closed"}`, after `done` or `error`.
        """
        end = time.perf_counter() + budget
        while time.perf_counter() < end:
            try:
                yield self._events.popleft()
            except IndexError:
                return

    def each(self) -> Iterator[Event]:
        """Every event until the end as it comes, and `{}` where none came for a moment: for scripts."""
        while self.alive:
            yield from self.events()
            yield {}
            time.sleep(_PATIENCE)

    def stop(self, grace: float = GRACE) -> None:
        """Ask the process to end, and return at once; `grace` seconds later it is killed."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None and process.poll() is None:
            self._ask_to_end(process)
            threading.Thread(target=_kill_after, args=(process, grace), daemon=True).start()

    def kill(self, patience: float = 1.0) -> None:
        """End it now, as when the host closes; at most `patience` seconds are waited for it."""
        self.stop(grace=patience / 2)
        if self._thread.is_alive():
            self._thread.join(patience)

    # What kinds say

    def _order(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """The command and its environment; asked for in the thread, for it may take a while."""
        raise NotImplementedError

    def _take(self, event: Event) -> None:
        self._tell(event)

    def _begun(self, process: subprocess.Popen[str]) -> None:
        """It has just started."""

    def _ask_to_end(self, process: subprocess.Popen[str]) -> None:
        process.terminate()

    def _last_words(self, code: int | None) -> Event | None:
        """`code` is None where it was stopped before it began."""
        if self._stopped:
            return failure("cancelled", "It was cancelled", "Nothing was written.")
        message = f"The worker ended by itself (exit code {code}); nothing was written"
        return failure("crashed", message, self._last_line)

    # The thread

    @property
    def _last_line(self) -> str:
        """What it said last that was no event."""
        return self._log[-1].strip()[:300] if self._log else "Try again; if it happens again, report it."

    def _run(self) -> None:
        try:
            self._work()
        except MienError as error:
            self._tell(failure(error.code, error.message, error.hint))
        except OSError as error:
            self._tell(failure(WorkerError.code, f"The worker can't be heard: {error}", "Try again."))
        finally:
            self._tell({"event": "closed"})

    def _work(self) -> None:
        code = self._listen()
        last = None if self._said_end else self._last_words(code)
        if last is not None:
            self._tell(last)

    def _listen(self) -> int | None:
        process = self._started(*self._order())
        if process is None:
            return None
        with process:
            assert process.stdout
            assert process.stderr
            errors = threading.Thread(target=self._log.extend, args=(process.stderr,), daemon=True)
            errors.start()
            for line in process.stdout:
                self._hear(line)
            errors.join(1.0)
        return process.returncode

    def _started(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopped:
                return None
            try:
                self._process = subprocess.Popen(
                    command, env=dict(environment), creationflags=self._flags, stdin=self._input,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
                )  # fmt: skip
            except OSError as error:
                message = f"{command[0]} can't be started: {error}"
                raise WorkerError(message, "Repair or reinstall it.") from error
            self._begun(self._process)
            return self._process

    def _hear(self, line: str) -> None:
        """Take in a line. A library may print among the events: that is kept for the last words."""
        try:
            event = json.loads(line)
            event["event"]
        except KeyError:  # what the command tells people who call it
            return
        except (ValueError, TypeError, RecursionError):
            self._log.append(line)
            return
        self._take(event)

    def _tell(self, event: Event) -> None:
        self._said_end = self._said_end or event["event"] in ("done", "error")
        self._events.append(event)


def failure(code: str, message: str, hint: str = "") -> Event:
    """The event `error`, as the command line says it."""
    return {"event": "error", "source": None, "code": code, "message": message, "hint": hint}


def _kill_after(process: subprocess.Popen[str], grace: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
        return
    process.kill()
