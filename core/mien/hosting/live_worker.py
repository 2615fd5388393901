"""The process of `mien live`, as a host sees it: the newest sample, what else happened, and commands.

A thread reads the lines (see `mien.live_lines`; last of all comes `{"event": "closed"}`) and keeps only the
newest sample; no call here waits for the process but `kill`, which waits a moment. The worker ends when the
host does: its standard input ends then.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..errors import MienError
from .processes import Event, end_within, failure

GRACE: Final = 3.0
"""Seconds a worker that was asked to quit has to save what it recorded, before it is killed."""

_MOST_EVENTS: Final = 1000
_MOST_COMMANDS: Final = 256


@dataclass(frozen=True)
class LiveSample:
    """One tuned moment.

    Attributes
    ----------
    number : int
        How many came before it.
    time : float
        Seconds since the worker's beginning.
    weights : ndarray, float32, (52,), 0–1
    pose : ndarray, float32, (3,), degrees
    confidence : float
        0–1; 0 where there is no face.
    latency : float
        Milliseconds from the frame's arrival to the line.
    """

    number: int
    time: float
    weights: NDArray[np.float32]
    pose: NDArray[np.float32]
    confidence: float
    latency: float


class LiveWorker:
    """One run of `mien live`.

    Parameters
    ----------
    python : callable
        Finds the Python program of the host; called in a thread, for it may take a while.
    environment : callable
        The variables it is started with.
    options : sequence of str
        Of `mien live`, such as `--source 0`.
    flags : int
        Popen's `creationflags`.

    Attributes
    ----------
    newest : LiveSample or None
        What came last.
    """

    def __init__(
        self, python: Callable[[], str], environment: Callable[[], Mapping[str, str]],
        options: Sequence[str], flags: int = 0,
    ) -> None:  # fmt: skip
        self.newest: LiveSample | None = None
        self._python, self._environment, self._flags = python, environment, flags
        self._options = tuple(options)
        self._events: deque[Event] = deque(maxlen=_MOST_EVENTS)
        self._commands: queue.Queue[str | None] = queue.Queue(_MOST_COMMANDS)
        self._log: deque[str] = deque(maxlen=40)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopped = self._said_end = False
        self._count = 0
        self._thread = threading.Thread(target=self._run, name="Mien live", daemon=True)

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

    def events(self) -> Iterator[Event]:
        """What happened since the last call, oldest first; samples are not among it."""
        while True:
            try:
                yield self._events.popleft()
            except IndexError:
                return

    def say(self, do: str, **entries: Any) -> bool:
        """Give a command, without waiting; False where the worker has not read the last 256."""
        try:
            self._commands.put_nowait(json.dumps({"do": do, **entries}))
        except queue.Full:
            return False
        return True

    def stop(self, grace: float = GRACE) -> None:
        """Ask the process to save and quit, and return at once; `grace` seconds later it is killed."""
        with self._lock:
            self._stopped = True
            process = self._process
        self.say("quit")
        if process is not None and process.poll() is None:
            end_within(process, grace)

    def kill(self, patience: float = 1.0) -> None:
        """End it now, as when the extension is switched off; a recording leaves its journal."""
        self.stop(grace=patience / 2)
        if self._thread.is_alive():
            self._thread.join(patience)

    def _run(self) -> None:
        try:
            self._listen()
        except MienError as error:
            self._fail(error.code, error.message, error.hint)
        except OSError as error:
            self._fail("worker", f"The worker can't be started: {error}", "Install Mien again.")
        finally:
            self._events.append({"event": "closed"})

    def _listen(self) -> None:
        command = [self._python(), "-s", "-m", "mien", "live", "--json", "--commands", *self._options]
        process = self._started(command)
        if process is None:
            return
        with process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            threading.Thread(target=self._write, args=(process.stdin,), daemon=True).start()
            errors = threading.Thread(target=self._log.extend, args=(process.stderr,), daemon=True)
            errors.start()
            for line in process.stdout:
                self._hear(line)
            with contextlib.suppress(queue.Full):
                self._commands.put_nowait(None)
            errors.join(1.0)
        if not (self._said_end or self._stopped):
            last = self._log[-1].strip()[:300] if self._log else ""
            self._fail("crashed", f"The worker ended by itself (exit code {process.returncode})", last)

    def _started(self, command: list[str]) -> subprocess.Popen[str] | None:
        with self._lock:
            if not self._stopped:
                self._process = subprocess.Popen(
                    command, env=dict(self._environment()), creationflags=self._flags,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    encoding="utf-8", errors="replace",
                )  # fmt: skip
            return self._process

    def _hear(self, line: str) -> None:
        try:
            event = json.loads(line)
            if event["event"] == "sample":
                self.newest = self._sample(event)
            else:
                self._said_end = self._said_end or event["event"] in ("done", "error")
                self._events.append(event)
        except (ValueError, TypeError, KeyError, RecursionError):
            self._log.append(line)

    def _sample(self, event: Event) -> LiveSample:
        weights, pose = np.array(event["weights"], np.float32), np.array(event["pose"], np.float32)
        if weights.shape != (arkit.COUNT,) or pose.shape != (3,) or not np.isfinite(weights).all():
            raise ValueError("not a sample")
        self._count += 1
        numbers = (float(event[name]) for name in ("confidence", "latency"))
        return LiveSample(self._count - 1, float(event["time"]), weights, pose, *numbers)

    def _write(self, stream: IO[str]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (line := self._commands.get()) is not None:
                stream.write(line + "\n")
                stream.flush()

    def _fail(self, code: str, message: str, hint: str = "") -> None:
        self._events.append(failure(code, message, hint))
