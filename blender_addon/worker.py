# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: `python -m mien solve --json …` in a process of its own. Nothing here knows Blender.

It writes into a scratch folder beside its result, which is renamed into place when all is done: however the
process ends, nothing half-written stays.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mien.errors import OutputError
from mien.hosting.processes import Event, LineWorker
from mien.hosting.training_python import training_environment

from .interpreter import IN_THE_BACKGROUND, find_python, give_way, worker_environment


class Worker(LineWorker):
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
        super().__init__("Mien worker", IN_THE_BACKGROUND)
        self.source, self.output, self.options = source, output, options
        self.verb, self.python, self.foreign = verb, python, foreign
        self._made = output

    def wait(self, heard: Callable[[Event], None]) -> None:
        """Hand over every event until the end: for scripts and background runs."""
        for event in self.each():
            if event.get("event", "closed") != "closed":
                heard(event)

    def _order(self) -> tuple[Sequence[str], Mapping[str, str]]:
        python = [self.python] if self.foreign else [find_python(self.python), "-s"]
        words = ["-m", "mien", *self.verb.split(), str(self.source), "-o", str(self._made), "--json"]
        environment = training_environment() if self.foreign else worker_environment()
        return [*python, *words, *self.options], environment

    def _begun(self, process: subprocess.Popen[str]) -> None:
        give_way(process.pid)

    def _take(self, event: Event) -> None:
        if event["event"] == "done":
            if self._stopped:
                return
            os.replace(self._made, self.output)
            event["output"] = str(self.output)
        if event["event"] != "samples":
            self._tell(event)

    def _work(self) -> None:
        folder = self.output.parent
        is_new = not folder.exists()
        try:
            folder.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory("", ".mien-", folder, ignore_cleanup_errors=True) as scratch:
                self._made = Path(scratch) / self.output.name
                super()._work()
        except OSError as error:
            message = f"Nothing can be written to {folder}: {error}"
            raise OutputError(message, "Choose another place for it.") from error
        finally:
            if is_new:
                with contextlib.suppress(OSError):
                    folder.rmdir()
            print("".join(self._log), file=sys.stderr, end="")

    def _last_words(self, code: int | None) -> Event | None:
        if code == 0 and self._made.is_file() and not self._stopped:
            os.replace(self._made, self.output)
            return {"event": "done", "source": str(self.source), "output": str(self.output)}
        return super()._last_words(code)
