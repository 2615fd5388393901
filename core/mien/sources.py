"""Video file ─▶ Frames with true time stamps. The decoder in Mien (PyAV, which is FFmpeg).

Time comes from the container, picture by picture, so footage with a variable frame rate (phones) keeps its
timing. How a decoded picture becomes an upright grey array is in `mien.pictures`; numbered pictures are in
`mien.image_sequences`, cameras in `mien.cameras`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import av

from .containers import BOUNDS, open_container, picture_stream
from .errors import NoFramesError
from .image_sequences import ImageSequence
from .picture_files import is_sequence
from .pictures import colour_of, luma_of, matrix_of
from .types import Frame

RESTART: Final = 1.0
"""Seconds: time stamps that jump back by more begin a new count (joined files); by less, they are errors."""

SKIP_FROM: Final = 3.0
MARGIN: Final = 1.0
"""Seconds: a start nearer than this is read up to; a farther one is sought so much earlier, for the order of
pictures in a file is not that in which they are shown.
"""

DEFAULT_RATE: Final = 30.0
"""Frames a second, where neither the file nor FFmpeg knows any."""


def open_video(
    path: str | os.PathLike[str], colour: bool = False, rate: float | None = None
) -> Video | ImageSequence:
    """Open a video file, or an image sequence (see `mien.image_sequences`).

    Parameters
    ----------
    path : path-like
    colour : bool
        Whether the Frames shall carry the picture in colour too.
    rate : float, optional
        Pictures a second of a sequence; a video knows its own.

    Raises
    ------
    SourceNotFoundError, NotAVideoError, NoFramesError, SourceError
        Already here, before any frame is asked for: the first picture is decoded on opening.
    """
    return ImageSequence(path, colour, rate) if is_sequence(path) else Video(path, colour)


class Video:
    """An open video file: iterate it once for its Frames, within a `with` block.

    Attributes
    ----------
    path : Path
    name : str
        The path's last part, without its suffix.
    size : tuple of int
        (width, height) in pixels as shown: turned as the file asks, with square pixels.
    rate : float
        Nominal frames per second, greater than 0; the Frames' own times are what counts.
    origin : float
        Seconds in the container at which the first Frame lies; the Frames count from there.
    frames : int or None
        How many frames to expect: an estimate, None where the file does not say.
    """

    def __init__(self, path: str | os.PathLike[str], colour: bool = False) -> None:
        self.path = Path(path)
        self.name = self.path.stem
        self._colour = colour
        self._clock = _Clock()
        self._broken = 0
        self._skipped = self._ended = False
        self._container = open_container(self.path)
        try:
            self._stream = picture_stream(self._container, self.path)
            self._stream.thread_type = "AUTO"
            self._stream.codec_context.options = BOUNDS
            self._claims = claims = _Claims.of(self._container, self._stream)
            self.rate, self.frames = claims.rate, claims.estimate
            self._frames = self._read()
            self._first: Frame | None = self._first_frame()
        except BaseException:
            self._container.close()
            raise
        self.origin = self._clock.last or 0.0
        height, width = self._first.luma.shape
        self.size = (width, height)

    @property
    def warning(self) -> str | None:
        """What was wrong with the file, once it has been read: damaged, cut short, odd time stamps."""
        found = []
        if self._broken:
            found.append(f"{self._broken} damaged pieces of {self.path.name} were left out")
        if self._is_cut_short():
            found.append(f"{self.path.name} ends early, after {self._clock.count} frames")
        return "; ".join([*found, *self._clock.complaints]) or None

    def __enter__(self) -> Video:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._frames.close()
        self._container.close()

    def skip_to(self, time: float) -> None:
        """Begin at the last whole picture before a time (seconds from the first frame), or earlier.

        Only before iterating. Frames keep their times; their indices count from where it begins. Footage
        whose stamps begin anew in the middle is not skipped in: its times are found only by reading it.
        """
        if time <= SKIP_FROM or self._stream.time_base is None:
            return
        target = int((self.origin + time - MARGIN) / self._stream.time_base)
        try:
            self._container.seek(target, stream=self._stream)
        except av.FFmpegError:
            return  # read up to it, then
        self._clock.resume(self.origin)
        self._frames.close()
        self._frames, self._first, self._skipped = self._read(), None, True

    def __iter__(self) -> Iterator[Frame]:
        """Every frame that decodes, in order, with strictly increasing times from 0."""
        first, self._first = self._first, None
        if first is not None:
            yield first
        yield from self._frames

    def _first_frame(self) -> Frame:
        frame = next(self._frames, None)
        if frame is None:
            damage = "none of its pictures can be decoded" if self._broken else "it has no frames"
            raise NoFramesError(f"{self.path} is a video, but {damage}", "Export or copy it again.")
        return frame

    def _read(self) -> Generator[Frame, None, None]:
        shown: tuple[Any, bytes | None] | None = None
        for picture in self._pictures():
            if shown is None or picture.key_frame:  # how it is turned does not change in between
                shown = (self._stream.sample_aspect_ratio, matrix_of(picture))
            time = self._clock.read(picture.time, 1 / self.rate)
            if time is not None:
                luma, levels = luma_of(picture, *shown)
                colour = colour_of(picture, *shown) if self._colour else None
                yield Frame(self._clock.count - 1, time, luma, colour, levels)
        self._ended = True

    def _pictures(self) -> Iterator[Any]:
        """Every picture that decodes whole; the rest is counted in `_broken`."""
        for packet in self._packets():
            try:
                pictures = self._stream.decode(packet)
            except av.FFmpegError:
                self._broken += 1
                continue
            whole = [picture for picture in pictures if not picture.is_corrupt]
            self._broken += len(pictures) - len(whole)
            yield from whole

    def _packets(self) -> Iterator[Any]:
        """The stream's packets, and at the end a None or an empty packet: hand out what you hold."""
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError:
            self._broken += 1
            yield None

    def _is_cut_short(self) -> bool:
        """Frames are missing by the container's count, and by its length.

        Each alone is innocent: a phone's trimmed clip keeps the frames that it does not show, and sound may
        go on after the last picture.
        """
        claims, clock = self._claims, self._clock
        if not self._ended or self._skipped or claims.end is None or clock.last is None:
            return False
        if claims.frames and clock.seen + self._broken >= claims.frames:
            return False
        return clock.last + 1 / self.rate < claims.end - (2 / self.rate if claims.frames else RESTART)


@dataclass(frozen=True)
class _Claims:
    """What the container says of itself, true or not.

    `rate` in frames a second; `frames` is 0 where it keeps no count; `start` and `end`, in the container's
    own seconds, hold its pictures and its sound.
    """

    rate: float
    frames: int
    start: float
    end: float | None

    @classmethod
    def of(cls, container: Any, stream: Any) -> _Claims:
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        start, duration = (container.start_time or 0) / av.time_base, container.duration
        return cls(
            rate=rate if 0 < rate < 1000 else DEFAULT_RATE,
            frames=stream.frames,
            start=start,
            end=start + duration / av.time_base if duration else None,
        )

    @property
    def estimate(self) -> int | None:
        """Frames to expect."""
        length = 0.0 if self.end is None else self.end - self.start
        return self.frames or round(length * self.rate) or None


class _Clock:
    """Container time ─▶ seconds from the first picture, strictly increasing; counts what it had to mend."""

    def __init__(self) -> None:
        self.seen = 0
        self.count = 0
        self.last: float | None = None
        self._origin = 0.0
        self._time = 0.0
        self._repeated = 0
        self._restarts = 0

    def read(self, stamp: float | None, step: float) -> float | None:
        """Take the time of the next picture (seconds in the container), or None to leave the picture out.

        A picture without a stamp comes one step (seconds) after the last. One that is not later than the
        last is left out, unless the stamps have begun anew.
        """
        self.seen += 1
        if stamp is None:
            stamp = 0.0 if self.last is None else self.last + step
        if self.last is None:
            self._origin = stamp
        elif stamp < self.last - RESTART:
            self._restarts += 1
            self._origin = stamp - self._time - step
        elif stamp <= self.last:
            self._repeated += 1
            return None
        self.last, self._time = stamp, stamp - self._origin
        self.count += 1
        return self._time

    def resume(self, origin: float) -> None:
        """Go on with a picture from anywhere after `origin`, the first picture's stamp."""
        self._origin, self.last, self._time = origin, math.nextafter(origin, -math.inf), 0.0

    @property
    def complaints(self) -> list[str]:
        """What was mended, for people."""
        found = []
        if self._repeated:
            found.append(f"{self._repeated} frames with a repeated or backward time stamp were left out")
        if self._restarts:
            found.append(f"the time stamps begin anew {self._restarts} times; time was carried on")
        return found
