"""What the window shows of a take, and of how far the worker is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from mien.take import Take
from numpy.typing import NDArray

from ..worker import Event

KINDS: Final = {
    "Solve": "Solving",
    "Shapes": "Making shapes",
    "Sound": "Taking the sound",
    "Train": "Training",
}
"""What the worker does, as a button calls it and as one says it while it runs."""


@dataclass
class Progress:
    """How far the worker is; `part` is None where that isn't known, `rate` is frames a second, in words."""

    what: str = ""
    part: float | None = None
    text: str = ""
    rate: str = ""


def take_in_words(take: Take) -> str:
    """How long it is, and how much of it shows a face."""
    return f"Face in {int(take.found.sum()):,} of {len(take):,} frames, {take.duration:.1f} s"


def progress_of(what: str, event: Event) -> Progress:
    """What an event says of how far the worker is."""
    if "part" in event:
        return Progress(what, event["part"], str(event.get("what", "")))
    frame, frames, left = event.get("frame", 0), event.get("frames"), event.get("left")
    part = min(frame / frames, 1.0) if frames else None
    clock = "" if left is None else f", {int(left) // 60}:{int(left) % 60:02d} left"
    done = f"{frame:,} frames" if part is None else f"{part:.0%}"
    stage = event.get("stage", "")
    rate = f"{event['rate']:.0f} frames a second" if event.get("rate") and not stage else ""
    return Progress(what, part, f"{stage} {done}{clock}".strip(), rate)


def in_crop(take: Take, seconds: float) -> NDArray[np.float64] | None:
    """The landmarks (70, 2) of the sample nearest to a time, 0–1 in its face box; None without a face."""
    if not len(take):
        return None
    i = int(np.argmin(np.abs(take.times - seconds)))
    x, y, size, roll = take.boxes[i].astype(np.float64)
    points = take.landmarks[i].astype(np.float64)
    if not np.isfinite(points).all() or not np.isfinite(size):
        return None
    turn = np.radians(-roll)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    parts: NDArray[np.float64] = (points - (x, y)) @ rotation.T / size + 0.5
    return parts
