"""How a live run goes: how many frames came, how long they took; told every second and at its end."""

from __future__ import annotations

import time
from typing import Any, Final

from .newest import Latencies, Newest

TELL_EVERY: Final = 1.0
"""Seconds between two lines of numbers."""


class Numbers:
    """Counts of one run.

    Attributes
    ----------
    frames : int
        How many have been shown.
    """

    def __init__(self, newest: Newest) -> None:
        self._newest = newest
        self._begun = self._told_at = time.perf_counter()
        self._latencies, self._recent = Latencies(), Latencies()
        self.frames = self._faces = self._told_frames = 0

    def add(self, has_face: bool, latency: float) -> None:
        """One frame more, and the seconds from its arrival until its line was out."""
        self.frames += 1
        self._faces += has_face
        self._latencies.add(latency)
        self._recent.add(latency)

    def recent(self) -> dict[str, Any] | None:
        """Those since they were told last, when it is time to tell them again."""
        now = time.perf_counter()
        if now - self._told_at < TELL_EVERY:
            return None
        rate = (self.frames - self._told_frames) / (now - self._told_at)
        latency = self._recent.milliseconds()
        self._told_at, self._told_frames, self._recent = now, self.frames, Latencies()
        return {
            "frames": self.frames,
            "rate": round(rate, 1),
            "dropped": self._newest.dropped,
            "latency": latency,
        }

    def summary(self) -> dict[str, Any]:
        """All of them."""
        latency = [*self._latencies.milliseconds(), round(1e3 * self._latencies.longest, 2)]
        skipped = getattr(self._newest.source, "skipped", None)  # streams only
        return {
            "frames": self.frames,
            "faces": self._faces,
            "dropped": self._newest.dropped,
            "seconds": round(time.perf_counter() - self._begun, 3),
            "latency": latency if self.frames else None,
            **({"skipped": dict(skipped)} if skipped else {}),
        }
