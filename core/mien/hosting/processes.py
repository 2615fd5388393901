"""What every host does with a worker's process: end it, and put what went wrong into an event."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from typing import Any

Event = dict[str, Any]
"""One JSON line of a worker, or one that a host adds for itself."""


def failure(code: str, message: str, hint: str = "") -> Event:
    """The event `error`, as the command line says it."""
    return {"event": "error", "source": None, "code": code, "message": message, "hint": hint}


def end_within(process: subprocess.Popen[str], grace: float) -> None:
    """Return at once; the process is killed where it has not ended by itself in `grace` seconds."""
    threading.Thread(target=_kill_after, args=(process, grace), daemon=True).start()


def _kill_after(process: subprocess.Popen[str], grace: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
        return
    process.kill()
