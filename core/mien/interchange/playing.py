"""A Take becomes a live stream again: its frames at their times, once or over and over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import TakeError
from ..take import Take
from .stream import StreamFrame, no_face
from .timecode import TICKS, read_timecode


def frames_of(take: Take, loop: bool = False) -> Iterator[tuple[float, StreamFrame]]:
    """The frames of a take with the seconds at which they are due, from 0.

    Parameters
    ----------
    take : Take
        Raw or tuned.
    loop : bool
        Begin again after the last frame, without end; the sender's clock goes on.

    Yields
    ------
    due : float
        Seconds from the first frame.
    frame : StreamFrame
        Its time counts from the take's timecode, or from 0.
    """
    if not len(take):
        raise TakeError("An empty take can't be sent", "Choose one that has frames in it.")
    base = (read_timecode(str(take.about.get("timecode", ""))) or 0) / TICKS
    step = take.duration / (len(take) - 1) if len(take) > 1 else 1.0
    begun = 0.0
    while True:
        for i, time in enumerate((take.times - take.times[0]).tolist()):
            yield begun + time, _frame(take, i, base + float(take.times[0]) + begun + time)
        if not loop:
            return
        begun += take.duration + step


def _frame(take: Take, i: int, time: float) -> StreamFrame:
    if not np.isfinite(take.weights[i]).all():  # a tuned take goes on where there was no face
        return no_face(time)
    return StreamFrame(take.weights[i], take.pose[i], take.eyes[i], time)
