"""What the user chose, as it is saved with the scene, and how far the worker is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
from mien.errors import MienError
from mien.take import Take
from mien.tune import TuneSettings
from numpy.typing import NDArray

from ..worker import Event

NOTE: Final = "mien"
"""Under which name the scene keeps the settings."""


@dataclass(frozen=True)
class Kept:
    """What the user chose, saved with the scene."""

    video: str = ""
    take: str = ""
    start: float = 1.0
    tune: Mapping[str, Any] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    map: str = ""
    joints: Mapping[str, str] = field(default_factory=dict)
    mirror: bool = False
    layer: str = ""
    whole_frames: bool = True
    in_range: bool = False
    reduce: bool = False
    max_error: float = 0.002
    break_held: bool = False

    @classmethod
    def of(cls, text: str) -> Kept:
        """What was saved; what isn't understood of it stays as usual."""
        try:
            found = json.loads(text) if text else {}
            known = {f.name: found[f.name] for f in fields(cls) if f.name in found}
            known["nodes"] = tuple(known.get("nodes", ()))
            return cls(**known)
        except (ValueError, TypeError):
            return cls()


@dataclass
class Progress:
    """How far the worker is; `part` is None where that isn't known."""

    what: str = ""
    part: float | None = None
    text: str = ""


def take_in_words(take: Take) -> str:
    """How long it is, and how much of it shows a face."""
    return f"Face in {int(take.found.sum()):,} of {len(take):,} frames, {take.duration:.1f} s"


def progress_of(what: str, event: Event) -> Progress:
    """What an event says of how far the worker is."""
    if "part" in event:
        return Progress(what, event["part"], str(event.get("what", "")))
    frame, frames, left = event.get("frame", 0), event.get("frames"), event.get("left")
    clock = "" if left is None else f", {int(left) // 60}:{int(left) % 60:02d} left"
    rate = f", {event['rate']:.0f} fps" if event.get("rate") else ""
    of = f" of {frames:,}" if frames else ""
    return Progress(what, min(frame / frames, 1.0) if frames else None, f"{frame:,}{of}{clock}{rate}")


def settings_of(content: Mapping[str, Any]) -> TuneSettings:
    """The settings that were kept; the usual ones where they can't be understood."""
    try:
        return TuneSettings.from_json(content) if content else TuneSettings()
    except MienError:
        return TuneSettings()


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
