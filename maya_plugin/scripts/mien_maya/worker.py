"""The worker: `mayapy -m mien solve --json …` in a process of its own. No Maya here.

onnxruntime and OpenCV stay there, so they can't clash with Maya's own libraries; a cancel ends the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mien.errors import CancelledError, MienError

Event = dict[str, Any]
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
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


def solve(video: Path, take: Path, heard: Callable[[Event], bool], options: Sequence[str] = ()) -> Event:
    """Solve a video into a take and return the event `done`.

    Parameters
    ----------
    video, take : Path
        The footage; the file to write.
    heard : callable
        Gets each event as it comes, and `{}` when there is none; ends the solve by answering False.
    options : sequence of str
        Further options of `mien solve`.
    """
    command = [python_program(), "-m", "mien", "solve", str(video), "-o", str(take), "--json", *options]
    try:
        process = subprocess.Popen(
            command, env=environment(), creationflags=_NO_WINDOW, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise WorkerError(f"{command[0]} can't be started: {error}", "Repair Maya's installation.") from error
    with process:
        return _listen(process, heard)


def _listen(process: subprocess.Popen[str], heard: Callable[[Event], bool]) -> Event:
    events: queue.Queue[Event | None] = queue.Queue()
    log: list[str] = []
    reader = threading.Thread(target=_read, args=(process.stdout, events), daemon=True)
    logger = threading.Thread(target=log.extend, args=(process.stderr,), daemon=True)
    reader.start()
    logger.start()
    try:
        last = _follow(events, heard)
    except CancelledError:
        process.terminate()
        raise
    finally:
        for thread in (reader, logger):
            thread.join(_GRACE)
        process.kill()
    if last is None:
        raise WorkerError("The worker ended by itself; nothing was written.", "".join(log)[-800:].strip())
    if last["event"] == "error":
        raise _as_error(last)
    return last


def _follow(events: queue.Queue[Event | None], heard: Callable[[Event], bool]) -> Event | None:
    """Hand events on until one of them is the last; None where the worker ended without one."""
    while True:
        try:
            event = events.get(timeout=_PATIENCE)
        except queue.Empty:
            event = {}
        if event is None or event.get("event") in ("done", "error"):
            return event
        if not heard(event):
            raise CancelledError("The solve was cancelled.", "Nothing was written.")


def _read(stream: Any, events: queue.Queue[Event | None]) -> None:
    """Queue what the worker says, and None at its end; a library may print among it, which is passed over."""
    for line in stream:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                events.put(event)
    events.put(None)


def _as_error(event: Event) -> MienError:
    error = MienError(event["message"], event.get("hint", ""))
    error.code = event["code"]
    return error
