"""How a command ends when it is asked to: Ctrl-C, SIGTERM, and Ctrl-Break where SIGTERM can't be caught."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from ..errors import CancelledError

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]


class Stop:
    """Those signals, noted within the `with` block and acted on where nothing is half done.

    A second signal interrupts at once, as Python does by itself.

    Attributes
    ----------
    asked : bool
        Whether a signal has come.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def check(self) -> None:
        """CancelledError when a signal has come."""
        if self.asked:
            raise CancelledError("Cancelled", "What was finished before is kept; nothing is half written.")
