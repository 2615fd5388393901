"""The process of `mien live`, as a host sees it: the newest sample, what else happened, and commands.

Of the samples only the newest is kept (the lines are those of `mien.live_lines`). The worker ends when the
host does: its standard input ends then.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from .processes import Event, LineWorker, failure

_EVERY_NETWORK: Final = "0.0.0.0"
_MOST_EVENTS: Final = 1000
_MOST_COMMANDS: Final = 256


@dataclass(frozen=True)
class LiveSample:
    """One tuned moment.

    Attributes
    ----------
    number : int
        How many came before it.
    time : float
        Seconds since the worker's beginning.
    weights : ndarray, float32, (52,), 0–1
    pose : ndarray, float32, (3,), degrees
    confidence : float
        0–1; 0 where there is no face.
    latency : float
        Milliseconds from the frame's arrival to the line.
    """

    number: int
    time: float
    weights: NDArray[np.float32]
    pose: NDArray[np.float32]
    confidence: float
    latency: float


class LiveWorker(LineWorker):
    """One run of `mien live`. Asked to end, it saves what it records.

    Parameters
    ----------
    python : callable
        Finds the Python program of the host; called in a thread, for it may take a while.
    environment : callable
        The variables it is started with.
    options : sequence of str
        Of `mien live`, such as `--source 0`.
    flags : int
        Popen's `creationflags`.

    Attributes
    ----------
    newest : LiveSample or None
        What came last.
    """

    _input = subprocess.PIPE

    def __init__(
        self, python: Callable[[], str], environment: Callable[[], Mapping[str, str]],
        options: Sequence[str], flags: int = 0,
    ) -> None:  # fmt: skip
        super().__init__("Mien live", flags, _MOST_EVENTS)
        self.newest: LiveSample | None = None
        self._python, self._environment, self._options = python, environment, tuple(options)
        self._commands: queue.Queue[str | None] = queue.Queue(_MOST_COMMANDS)
        self._count = 0

    def say(self, do: str, **entries: Any) -> bool:
        """Give a command, without waiting; False where the worker has not read the last 256."""
        try:
            self._commands.put_nowait(json.dumps({"do": do, **entries}))
        except queue.Full:
            return False
        return True

    def _order(self) -> tuple[Sequence[str], Mapping[str, str]]:
        words = ["-s", "-m", "mien", "live", "--json", "--commands", *self._options]
        return [self._python(), *words], self._environment()

    def _begun(self, process: subprocess.Popen[str]) -> None:
        threading.Thread(target=self._write, args=(process.stdin,), daemon=True).start()

    def _ask_to_end(self, process: subprocess.Popen[str]) -> None:
        self.say("quit")

    def _listen(self) -> int | None:
        try:
            return super()._listen()
        finally:
            with contextlib.suppress(queue.Full):
                self._commands.put_nowait(None)

    def _take(self, event: Event) -> None:
        if event["event"] != "sample":
            self._tell(event)
            return
        with contextlib.suppress(ValueError, TypeError, KeyError):  # not one of ours
            self.newest = self._sample(event)

    def _last_words(self, code: int | None) -> Event | None:
        if self._stopped:
            return None
        return failure("crashed", f"The worker ended by itself (exit code {code})", self._last_line)

    def _sample(self, event: Event) -> LiveSample:
        weights, pose = np.array(event["weights"], np.float32), np.array(event["pose"], np.float32)
        if weights.shape != (arkit.COUNT,) or pose.shape != (3,) or not np.isfinite(weights).all():
            raise ValueError("not a sample")
        self._count += 1
        numbers = (float(event[name]) for name in ("confidence", "latency"))
        return LiveSample(self._count - 1, float(event["time"]), weights, pose, *numbers)

    def _write(self, stream: IO[str]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (line := self._commands.get()) is not None:
                stream.write(line + "\n")
                stream.flush()


def network_words(source: str, port: int, hear_network: bool, phone: str) -> list[str]:
    """What `mien live` is told of a source that sends over the network.

    Parameters
    ----------
    source : str
        "LIVELINK", "VMC" or "IFACIALMOCAP".
    port : int
        0 for the app's usual one.
    hear_network : bool
        Hear other machines, too.
    phone : str
        Its address, where it has to be asked; else "".
    """
    words = ["--source", source.lower()]
    words += ["--port", str(port)] if port else []
    words += ["--bind", _EVERY_NETWORK] if hear_network else []
    words += ["--phone", phone] if phone and source == "IFACIALMOCAP" else []
    return words
