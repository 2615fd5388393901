"""The worker: `mayapy -m mien … --json` in a process of its own. No Maya here.

onnxruntime and OpenCV stay there, so they can't clash with Maya's own libraries; a cancel ends the process.
A thread reads what the process says into a queue: nobody but `solve` waits for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mien.errors import CancelledError, MienError
from mien.hosting.processes import Event, end_within, failure

NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_PATIENCE = 0.1
"""Seconds between two looks at the user's Cancel."""
_GRACE = 3.0
"""Seconds that a worker has to end by itself before it is killed."""


class WorkerError(MienError):
    """The worker could not be started, or ended without a word."""

    code = "worker"


def python_program() -> str:
    """The mayapy of this Maya; outside Maya, the running Python."""
    location = os.environ.get("MAYA_LOCATION")
    if not location:
        return sys.executable
    return str(Path(location) / "bin" / ("mayapy.exe" if os.name == "nt" else "mayapy"))


def environment() -> dict[str, str]:
    """The worker's environment: it has this process's packages, since mayapy reads no module files."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, "PYTHONPATH": paths, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


class Work:
    """One run of the `mien` command line, begun at once.

    Parameters
    ----------
    words : sequence of str
        What comes after `mien`, such as `solve`, a video, and options.
    program : str
        Another module that says its errors as `mien` does.
    """

    def __init__(self, words: Sequence[str], program: str = "mien") -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._log: deque[str] = deque(maxlen=40)
        self._cancelled = False
        command = [python_program(), "-m", program, *words, "--json"]
        try:
            self._process = subprocess.Popen(
                command, env=environment(), creationflags=NO_WINDOW, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
            )  # fmt: skip
        except OSError as error:
            message = f"{command[0]} can't be started: {error}"
            raise WorkerError(message, "Repair Maya's installation.") from error
        self._thread = threading.Thread(target=self._listen, name="Mien worker", daemon=True)
        self._thread.start()

    @property
    def process_id(self) -> int:
        """The worker's process."""
        return self._process.pid

    def events(self) -> Iterator[Event]:
        """What has come since the last call, oldest first; the last of all is `done` or `error`."""
        while True:
            try:
                yield self._events.get_nowait()
            except queue.Empty:
                return

    def wait(self, seconds: float) -> Event | None:
        """The next event; None when none came in that time."""
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None

    def cancel(self) -> None:
        """Ask the process to end, and return at once; it is killed where it doesn't."""
        self._cancelled = True
        if self._process.poll() is None:
            self._process.terminate()
            end_within(self._process, _GRACE)

    def close(self) -> None:
        """Let go of it: cancelled, if it still runs."""
        self.cancel()
        self._thread.join(_GRACE)

    def _listen(self) -> None:
        last: Event | None = None
        with self._process as process:
            logger = threading.Thread(target=self._log.extend, args=(process.stderr,), daemon=True)
            logger.start()
            for event in _read(process.stdout):
                if event.get("event") in ("done", "error"):
                    last = event
                else:
                    self._events.put(event)
            logger.join(_GRACE)
        self._events.put(last or self._how_it_ended(process.returncode))

    def _how_it_ended(self, code: int) -> Event:
        if code == 0:  # what says nothing at its end, such as `mien map landmarks`
            return {"event": "done"}
        if self._cancelled:
            return failure("cancelled", "The solve was cancelled.", "Nothing was written.")
        said = "".join(self._log)[-800:].strip()
        return failure("worker", "The worker ended by itself; nothing was written.", said)


def solve(video: Path, take: Path, heard: Callable[[Event], bool], options: Sequence[str] = ()) -> Event:
    """Solve a video into a take, wait for it, and return the event `done`: for scripts.

    `heard` gets each event as it comes, and `{}` when there is none; it ends the solve by answering False.
    """
    run = Work(["solve", str(video), "-o", str(take), *options])
    try:
        while True:
            event = run.wait(_PATIENCE) or {}
            if event.get("event") == "done":
                return event
            if event.get("event") == "error":
                raise as_error(event)
            if not heard(event):
                raise CancelledError("The solve was cancelled.", "Nothing was written.")
    finally:
        run.close()


def as_error(event: Event) -> MienError:
    """The error that an event `error` tells of."""
    kind = {"worker": WorkerError, "cancelled": CancelledError}.get(event["code"], MienError)
    error = kind(event["message"], event.get("hint", ""))
    error.code = event["code"]
    return error


def _read(stream: Any) -> Iterator[Event]:
    """What the worker says; a library may print among it, which is passed over."""
    for line in stream:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event
