"""The worker: `mayapy -m mien … --json` in a process of its own. No Maya here.

onnxruntime and OpenCV stay there, so they can't clash with Maya's own libraries; a cancel ends the process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mien.errors import CancelledError, MienError
from mien.hosting.processes import GRACE, Event, LineWorker, WorkerError
from mien.hosting.training_python import training_environment

NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


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


class Work(LineWorker):
    """One run of the `mien` command line.

    Parameters
    ----------
    words : sequence of str
        What comes after `mien`, such as `solve`, a video, and options.
    program : str
        Another module that says its errors as `mien` does.
    python : str
        A Python of the user's, with a Mien of its own; "" for Maya's.
    """

    def __init__(self, words: Sequence[str], program: str = "mien", python: str = "") -> None:
        super().__init__("Mien worker", NO_WINDOW)
        self._words, self._python = ["-m", program, *words, "--json"], python

    def _order(self) -> tuple[Sequence[str], Mapping[str, str]]:
        if self._python:
            return [self._python, *self._words], training_environment()
        return [python_program(), *self._words], environment()

    def _last_words(self, code: int | None) -> Event | None:
        """What says nothing at its end, such as `mien map landmarks`, is done when it ends well."""
        return {"event": "done"} if code == 0 else super()._last_words(code)


def solve(video: Path, take: Path, heard: Callable[[Event], bool], options: Sequence[str] = ()) -> Event:
    """Solve a video into a take, wait for it, and return the event `done`: for scripts.

    `heard` gets each event as it comes, and `{}` when there is none; it ends the solve by answering False.
    """
    run = Work(["solve", str(video), "-o", str(take), *options])
    run.start()
    try:
        for event in run.each():
            if event.get("event") == "done":
                return event
            if event.get("event") == "error":
                raise as_error(event)
            if not heard(event):
                raise CancelledError("The solve was cancelled.", "Nothing was written.")
    finally:
        run.kill(GRACE)
    raise WorkerError("The worker ended without a word.", "Please report this.")


def as_error(event: Event) -> MienError:
    """The error that an event `error` tells of."""
    kinds = {"worker": WorkerError, "crashed": WorkerError, "cancelled": CancelledError}
    error = kinds.get(event["code"], MienError)(event["message"], event.get("hint", ""))
    error.code = event["code"]
    return error
