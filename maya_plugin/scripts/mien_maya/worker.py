"""The worker: `mayapy -m mien solve --json …` in a process of its own. No Maya here.

onnxruntime and OpenCV stay there, so they can't clash with Maya's own libraries; a cancel ends the process.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mien.errors import CancelledError, MienError

Event = dict[str, Any]
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_PATIENCE = 0.1
"""Seconds between two looks at the user's Cancel."""


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


def solve(video: Path, take: Path, heard: Callable[[Event], bool]) -> Event:
    """Solve a video into a take and return the event `done`.

    Parameters
    ----------
    video, take : Path
        The footage; the file to write.
    heard : callable
        Gets each event as it comes, and `{}` when there is none; ends the solve by answering False.
    """
    command = [python_program(), "-m", "mien", "solve", str(video), "-o", str(take), "--json"]
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
    lines: queue.Queue[str | None] = queue.Queue()
    log: list[str] = []
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    listener = threading.Thread(target=log.extend, args=(process.stderr,), daemon=True)
    listener.start()
    while True:
        try:
            line = lines.get(timeout=_PATIENCE)
        except queue.Empty:
            line = ""
        if line is None:
            listener.join(1.0)
            raise WorkerError("The worker ended by itself; nothing was written.", "".join(log)[-800:])
        event: Event = json.loads(line) if line else {}
        if event.get("event") == "error":
            raise _as_error(event)
        if event.get("event") == "done":
            return event
        if not heard(event):
            process.terminate()
            raise CancelledError("The solve was cancelled.", "Nothing was written.")


def _read(stream: Any, lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _as_error(event: Event) -> MienError:
    error = MienError(event["message"], event.get("hint", ""))
    error.code = event["code"]
    return error
