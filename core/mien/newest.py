"""The newest of what a live source gives, and how long it takes to be of use.

A thread reads the source and keeps only what came last, so that a slow solve drops frames instead of falling
behind. The sources themselves are in `mien.cameras` and `mien.interchange.listening`.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

import numpy as np

from .errors import MienError
from .types import Arrival


class Source(Protocol):
    """What can be read live: `mien.cameras`, `mien.interchange.listening`."""

    name: str
    size: tuple[int, int] | None
    rate: float | None
    trouble: MienError | None
    ended: bool

    def read(self) -> Arrival | None:
        """Wait for what comes next; None when nothing did."""

    def stop(self) -> None:
        """Let a `read` that waits come back soon; from any thread."""

    def close(self) -> None:
        """Let go of it, once nobody reads any more."""


class Newest:
    """Reads a source in a thread of its own, within a `with` block, and keeps only what came last.

    Attributes
    ----------
    came, dropped : int
        What came in, and what of it was replaced before anybody took it.
    error : Exception or None
        What ended the reading.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.came = self.dropped = 0
        self.error: Exception | None = None
        self._slot: Arrival | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._read, name="Mien source", daemon=True)

    def __enter__(self) -> Newest:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping = True
        self.source.stop()
        self._thread.join(2.0)
        if not self._thread.is_alive():  # else the camera's driver hangs, and the process ends without it
            self.source.close()

    def take(self, timeout: float) -> Arrival | None:
        """What came last, once; None when nothing new came within so many seconds."""
        with self._changed:
            if self._slot is None:
                self._changed.wait(timeout)
            arrival, self._slot = self._slot, None
            return arrival

    @property
    def over(self) -> bool:
        """Whether nothing will come any more."""
        return not self._thread.is_alive() and self._slot is None

    def _read(self) -> None:
        try:
            while not self._stopping and not self.source.ended:
                arrival = self.source.read()
                if arrival is not None:
                    self._put(arrival)
        except Exception as error:  # told by the loop, which would otherwise wait for ever
            self.error = error

    def _put(self, arrival: Arrival) -> None:
        with self._changed:
            self.came += 1
            self.dropped += self._slot is not None
            self._slot = arrival
            self._changed.notify()


class Latencies:
    """How long frames took from their arrival until their line was out: counted, not kept."""

    STEP: Final = 1e-4
    """Seconds: how exact `quantile` is, up to `LONGEST`."""

    LONGEST: Final = 1.0

    def __init__(self) -> None:
        self._counts = np.zeros(round(self.LONGEST / self.STEP) + 1, dtype=np.int64)
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[min(int(seconds / self.STEP), len(self._counts) - 1)] += 1
        self.longest = max(self.longest, seconds)

    def quantile(self, part: float) -> float | None:
        """Seconds within which that part of the frames was out; None before the first."""
        below = np.cumsum(self._counts)
        if not below[-1]:
            return None
        return min((int(np.searchsorted(below, part * below[-1])) + 1) * self.STEP, self.longest)

    def milliseconds(self) -> list[float | None]:
        """The median and the 99th percentile."""
        found = [self.quantile(part) for part in (0.5, 0.99)]
        return [None if value is None else round(1e3 * value, 2) for value in found]
