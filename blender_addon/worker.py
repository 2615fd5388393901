# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: `python -m mien solve --json …` in a process of its own, heard through a queue
that ends with `{"event": "closed"}`.

Nothing here knows Blender, and no call waits for the process but `wait`. The worker writes into a scratch
folder beside its result, which is renamed into place when all is done: however the process ends, nothing
half-written stays.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mien.errors import MienError
from mien.hosting.processes import Event, end_within, failure
from mien.hosting.training_python import training_environment

from .interpreter import IN_THE_BACKGROUND, InterpreterError, find_python, give_way, worker_environment

GRACE: Final = 3.0
"""Seconds a cancelled worker has to end by itself before it is killed."""


class Worker:
    """One run of one command of Mien's on one file.

    Parameters
    ----------
    source, output : Path
        Absolute: a video and its take. The folder of the output is made where it is missing, and taken away
        again if nothing comes into it; an existing output is replaced only by a whole one.
    options : tuple of str
        Further options of the command.
    verb : str
        The command: `mien VERB SOURCE -o OUTPUT --json`; "map shapes" is one, too. Where it doesn't say
        `done` itself, it is done when it ends well.
    python : str
        The Python program to run it with; "" finds the host's own.
    foreign : bool
        That Python is one of the user's, of any version, with a Mien of its own.
    """

    def __init__(
        self, source: Path, output: Path, options: tuple[str, ...] = (), verb: str = "solve",
        python: str = "", foreign: bool = False,
    ) -> None:  # fmt: skip
        self.source, self.output, self.options = source, output, options
        self.verb, self.python, self.foreign = verb, python, foreign
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._log: deque[str] = deque(maxlen=40)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = False
        self._thread = threading.Thread(target=self._run, name="Mien worker", daemon=True)

    def start(self) -> None:
        """Return at once; the process starts in the thread that listens to it."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether events can still come."""
        return self._thread.is_alive() or not self._events.empty()

    @property
    def process_id(self) -> int | None:
        """The worker's process, once it has started."""
        process = self._process
        return process.pid if process else None

    def events(self, budget: float) -> Iterator[Event]:
        """What has come in so far, oldest first; stops after `budget` seconds and keeps the rest."""
        end = time.perf_counter() + budget
        while time.perf_counter() < end:
            try:
                yield self._events.get_nowait()
            except queue.Empty:
                return

    def wait(self, heard: Callable[[Event], None]) -> None:
        """Hand over every event until the end: for scripts and background runs."""
        while (event := self._events.get())["event"] != "closed":
            heard(event)

    def cancel(self, grace: float = GRACE) -> None:
        """Ask the process to end and return at once; `grace` seconds later it is killed."""
        with self._lock:
            self._cancelled = True
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            end_within(process, grace)

    def kill(self, patience: float = 1.0) -> None:
        """End it now: for unregistering and for closing the file."""
        self.cancel(grace=0.0)
        self._thread.join(patience)

    def _run(self) -> None:
        folder = self.output.parent
        is_new = not folder.exists()
        try:
            folder.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory("", ".mien-", folder, ignore_cleanup_errors=True) as scratch:
                self._listen(Path(scratch) / self.output.name)
        except MienError as error:
            self._events.put(failure(error.code, error.message, error.hint))
        except OSError as error:
            self._events.put(failure("output", f"Nothing can be written to {folder}: {error}",
                                      "Choose another place for it."))  # fmt: skip
        finally:
            if is_new:
                with contextlib.suppress(OSError):
                    folder.rmdir()
            self._events.put({"event": "closed"})

    def _listen(self, output: Path) -> None:
        python = [self.python] if self.foreign else [find_python(self.python), "-s"]
        process = self._started([*python, "-m", "mien", *self.verb.split(), str(self.source),
                                 "-o", str(output), "--json", *self.options])  # fmt: skip
        ended = False
        if process is not None:
            with process:
                assert process.stdout
                assert process.stderr
                stderr = threading.Thread(target=self._log.extend, args=(process.stderr,), daemon=True)
                stderr.start()
                for line in process.stdout:
                    ended = self._hear(line, output) or ended
                stderr.join(1.0)
        if self._log:
            print("".join(self._log), file=sys.stderr, end="")
        if not ended:
            self._events.put(self._how_it_ended(process, output))

    def _started(self, command: list[str]) -> subprocess.Popen[str] | None:
        with self._lock:
            if not self._cancelled:
                try:
                    self._process = subprocess.Popen(
                        command, env=training_environment() if self.foreign else worker_environment(),
                        creationflags=IN_THE_BACKGROUND,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                        encoding="utf-8", errors="replace",
                    )  # fmt: skip
                except OSError as error:
                    raise InterpreterError(f"The worker can't be started: {error}") from error
                give_way(self._process.pid)
            return self._process

    def _hear(self, line: str, output: Path) -> bool:
        """Queue one line; True when it says how the solve ended."""
        try:
            event = json.loads(line)
            kind = event["event"]
        except KeyError:  # what the command tells people who call it
            return False
        except (ValueError, TypeError):
            self._log.append(line)
            return False
        if kind == "done" and self._cancelled:
            return False
        if kind == "done":
            os.replace(output, self.output)
            event["output"] = str(self.output)
        if kind != "samples":
            self._events.put(event)
        return kind in ("done", "error")

    def _how_it_ended(self, process: subprocess.Popen[str] | None, output: Path) -> Event:
        if self._cancelled or process is None:
            return failure("cancelled", "It was cancelled", "Nothing was written.")
        if process.returncode == 0 and output.is_file():
            os.replace(output, self.output)
            return {"event": "done", "source": str(self.source), "output": str(self.output)}
        last = self._log[-1].strip()[:300] if self._log else "Try again; if it happens again, report it."
        message = f"The worker process ended by itself (exit code {process.returncode}); nothing was written"
        return failure("crashed", message, last)
