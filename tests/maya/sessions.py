"""Sessions of the road without a window: wait for their worker."""

from __future__ import annotations

import time
from typing import Any


def finish(session: Any, seconds: float = 400.0) -> None:
    """Take in what the worker says until it has ended."""
    end = time.monotonic() + seconds
    while session.work is not None:
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)
        session.listen()
