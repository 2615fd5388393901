"""What `mien solve` and `mien record` tell at work: JSON lines for hosts and scripts, a bar for people.

Protocol 1, one JSON object a line on standard output, nothing else there:

    {"event": "start", "protocol": 1, "source", "output", "frames": N or null, "rate", "size": [w, h]}
    {"event": "progress", "source", "frame", "frames": N or null, "rate", "left": seconds or null}
    {"event": "samples", "source", "times": [N], "weights": [N][52], "confidence": [N]}
    {"event": "done", "source", "output", "frames", "faces", "seconds", "warning" if there is one}
    {"event": "error", "source": path or null, "code", "message", "hint"}

`rate` is frames a second: of the footage in start, of the solve in progress. A live stream has null for
frames, rate and size in start, and a name such as "Live Link Face 127.0.0.1:11111" for source. The weights of
a frame without a face are 52 nulls; those in the take are read once more, beside the whole take
(`mien.person`). While an overlay is drawn, progress has "stage": "overlay". For each source that was begun,
exactly one done or error comes; an error with source null is about the whole call.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import MienError, OutputError
from .standard_output import put

if TYPE_CHECKING:
    from .take import Take
    from .types import Sample

PROTOCOL: Final = 1

PAUSE: Final = 0.15
"""Seconds between two progress lines at least."""


class Opened(Protocol):
    """What is told of a source: an open video, or a live stream, which has neither an end nor pictures."""

    @property
    def path(self) -> Path:
        """Its name."""

    @property
    def frames(self) -> int | None:
        """How many to expect."""

    @property
    def rate(self) -> float | None:
        """Frames a second."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels."""


class Report(Protocol):
    """One of the two ways to tell."""

    def start(self, video: Opened, output: Path) -> None:
        """A video has been opened and will be solved."""

    def sample(self, sample: Sample) -> None:
        """One frame more has been solved."""

    def drawn(self, frame: int) -> None:
        """So many frames of the overlay have been drawn."""

    def done(self, output: Path, take: Take, warning: str | None) -> None:
        """The video's results have been written."""

    def error(self, source: Path | None, error: MienError) -> None:
        """The video, or the whole call, has failed."""


class JsonReport:
    """JSON lines on standard output (see above)."""

    def __init__(self) -> None:
        self._pace = Pace("", None)
        self._samples: list[Sample] = []

    def start(self, video: Opened, output: Path) -> None:
        """The start line."""
        self._pace = Pace(str(video.path), video.frames)
        size = None if video.size is None else list(video.size)
        about = {"frames": video.frames, "rate": video.rate, "size": size}
        say("start", protocol=PROTOCOL, source=self._pace.source, output=str(output), **about)

    def sample(self, sample: Sample) -> None:
        """Kept, and said with the next progress line."""
        self._samples.append(sample)
        self._pace.frame += 1
        if self._pace.is_due():
            self._flush()

    def drawn(self, frame: int) -> None:
        """A progress line, when one is due."""
        if frame == 1:
            self._pace = Pace(self._pace.source, self._pace.frame, self._pace.begun)
        self._pace.frame = frame
        if self._pace.is_due():
            say("progress", **self._pace.numbers(), stage="overlay")

    def done(self, output: Path, take: Take, warning: str | None) -> None:
        """What is still kept, then the done line."""
        self._flush()
        extra = {"warning": warning} if warning else {}
        say("done", source=self._pace.source, output=str(output), frames=len(take),
                  faces=int(take.found.sum()), seconds=round(self._pace.seconds, 3), **extra)  # fmt: skip

    def error(self, source: Path | None, error: MienError) -> None:
        """The error line."""
        self._samples.clear()
        name = None if source is None else str(source)
        say("error", source=name, code=error.code, message=error.message, hint=error.hint)

    def _flush(self) -> None:
        if not self._samples:
            return
        samples, self._samples = self._samples, []
        say("progress", **self._pace.numbers())
        say(
            "samples",
            source=self._pace.source,
            times=[round(sample.time, 6) for sample in samples],
            weights=[_numbers(sample.weights) for sample in samples],
            confidence=[round(float(sample.confidence), 4) for sample in samples],
        )


def say(event: str, **entries: Any) -> None:
    """Print one JSON line."""
    try:
        put(json.dumps({"event": event, **entries}, allow_nan=False))
    except OutputError as error:
        print(f"mien: {error.message}", file=sys.stderr)  # the only place left
        raise


class PlainReport:
    """Progress (on a terminal only) and errors on standard error, results on standard output."""

    def __init__(self) -> None:
        self._pace = Pace("", None)
        self._bar: Any = None

    def start(self, video: Opened, output: Path) -> None:
        """A new bar."""
        self._pace = Pace(str(video.path), video.frames)
        self._open_bar(video.path.name, video.frames)

    def sample(self, sample: Sample) -> None:
        """The bar goes on."""
        self._pace.frame += 1
        self._bar.update()

    def drawn(self, frame: int) -> None:
        """A bar of its own."""
        if frame == 1:
            self._open_bar("overlay", self._pace.frame)
        self._bar.update()

    def done(self, output: Path, take: Take, warning: str | None) -> None:
        """One line for the video."""
        self._close_bar()
        seconds = self._pace.seconds
        rate = len(take) / seconds if seconds else math.inf
        put(f"{self._pace.source} -> {output}: {len(take)} frames, a face in {take.found.sum()}, "
            f"{seconds:.1f} s ({rate:.0f} frames/s)")  # fmt: skip
        if warning:
            print(f"mien: warning: {warning}", file=sys.stderr)

    def error(self, source: Path | None, error: MienError) -> None:
        """The message, and below it what to do."""
        self._close_bar()
        print(f"mien: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"      {error.hint}", file=sys.stderr)

    def _open_bar(self, name: str, frames: int | None) -> None:
        from tqdm import tqdm

        self._close_bar()
        self._bar = tqdm(total=frames, desc=name, unit=" frames", leave=False, disable=None, file=sys.stderr)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Pace:
    """How far a video is, and how fast it goes."""

    def __init__(self, source: str, frames: int | None, begun: float | None = None) -> None:
        self.source = source
        self.frames = frames
        self.frame = 0
        self.begun = time.monotonic() if begun is None else begun
        self._stage_begun = self._said = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the video was begun."""
        return time.monotonic() - self.begun

    def is_due(self) -> bool:
        """Whether it is time for another progress line; asked once for each frame."""
        now = time.monotonic()
        if now - self._said < PAUSE:
            return False
        self._said = now
        return True

    def numbers(self) -> dict[str, Any]:
        """The entries of a progress line."""
        rate = self.frame / max(time.monotonic() - self._stage_begun, 1e-6)
        left = max(self.frames - self.frame, 0) / rate if self.frames and self.frame else None
        return {
            "source": self.source,
            "frame": self.frame,
            "frames": self.frames,
            "rate": round(rate, 2),
            "left": None if left is None else round(left, 1),
        }


def _numbers(weights: NDArray[np.float32]) -> list[float | None]:
    """Rounded, with None for NaN: JSON has no NaN."""
    return [round(weight, 4) if math.isfinite(weight) else None for weight in weights.tolist()]
