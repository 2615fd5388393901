# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs now: at most one worker, and how far it is. It outlives undo; nothing of bpy is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .worker import Event, Worker

TICK_BUDGET: Final = 0.001
"""Seconds of Blender's main thread that listening may take at each tick."""


@dataclass
class Progress:
    """How far it is; None where it isn't known (yet)."""

    frame: int = 0
    frames: int | None = None
    rate: float | None = None
    left: float | None = None
    stage: str = ""

    @property
    def part(self) -> float:
        """0–1."""
        return min(self.frame / self.frames, 1.0) if self.frames else 0.0

    @property
    def brief(self) -> str:
        """What the progress bar says: it is narrow."""
        if not self.frame:
            return "Starting…"
        left = f", {_clock(self.left)} left" if self.left is not None else ""
        if self.stage:
            return f"{self.stage}, {self.part:.0%}{left}"
        of = f" of {self.frames:,}" if self.frames else ""
        return f"{self.frame:,}{of}{left}"

    @property
    def text(self) -> str:
        """What the status bar says."""
        rate = f", {self.rate:.0f} frames a second" if self.rate else ""
        return f"Frame {self.brief}{rate}" if self.frame and not self.stage else self.brief


class Session:
    """The running worker.

    Attributes
    ----------
    worker : Worker or None
    scene : str
        Name of the scene that gets the result.
    progress : Progress
    ended : dict or None
        The event that ended it: `done` or `error`.
    """

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.scene = ""
        self.progress = Progress()
        self.ended: Event | None = None

    @property
    def running(self) -> bool:
        """Whether a worker is under way."""
        return self.worker is not None

    def start(
        self, source: Path, output: Path, scene: str, options: tuple[str, ...] = (), **more: Any
    ) -> Worker:
        """Start a worker (`more` as for `Worker`); there must be none."""
        assert self.worker is None
        self.worker = Worker(source, output, options, **more)
        self.scene, self.progress, self.ended = scene, Progress(), None
        self.worker.start()
        return self.worker

    def tick(self, budget: float = TICK_BUDGET) -> bool:
        """Take in what the worker said, within the budget; True when it has ended."""
        for event in self.worker.events(budget) if self.worker else ():
            self.hear(event)
        return self.worker is None

    def hear(self, event: Event) -> None:
        """Take in one event."""
        kind = event["event"]
        if kind in ("start", "progress"):
            known = {name: event[name] for name in ("frame", "frames", "left", "stage") if name in event}
            self.progress = Progress(rate=event["rate"] if kind == "progress" else None, **known)
        elif kind in ("done", "error"):
            self.ended = event
        elif kind == "closed":
            self.worker = None

    def cancel(self) -> None:
        """Ask the worker to end; it says so itself when it has."""
        if self.worker is not None:
            self.worker.stop()

    def stop(self) -> None:
        """End the worker at once, and forget it."""
        if self.worker is not None:
            self.worker.kill()
            self.worker = None


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"


SESSION: Final = Session()
"""The one session of this Blender."""
