"""Numbered pictures (shot.1001.exr, shot.1002.exr …) ─▶ Frames, as `mien.sources` makes them of a video.

The numbers say the time: a picture that is missing leaves a gap, and the face is where it should be after it.
How sequences are named is in `mien.picture_files`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import av
from numpy.typing import NDArray

from .containers import BOUNDS
from .errors import NoFramesError
from .picture_files import name_of, pictures_of
from .pictures import colour_of, grey_of, matrix_of
from .rates import exact_rate
from .types import Frame

RATE: Final = 24.0
"""Pictures a second, where nobody says."""

_AS_SEEN: Final = {"apply_trc": "iec61966_2_1"}
"""For OpenEXR, whose light is linear: sRGB's curve, as every other picture has it."""


class ImageSequence:
    """An image sequence; it is used as a `mien.sources.Video` is, and has the same attributes.

    Parameters
    ----------
    path : path-like
    colour : bool
        Whether the Frames shall carry the picture in colour too.
    rate : float, optional
        Pictures a second; `RATE` when not given.
    """

    origin: Final = 0.0

    def __init__(self, path: str | os.PathLike[str], colour: bool = False, rate: float | None = None) -> None:
        self.path = Path(path)
        self.name = name_of(path)
        self._exact = exact_rate(RATE if rate is None else rate)
        self.rate = float(self._exact)
        self._colour = colour
        self._all = self._pictures = pictures_of(path)
        self.frames: int | None = len(self._all)
        self._broken: list[str] = []
        self.size = (0, 0)
        tried = (self._frame(0, *picture) for picture in self._all.items())
        first = next(filter(None, tried), None)
        if first is None:
            message = f"None of the {len(self._all)} pictures {self.path} can be read"
            raise NoFramesError(message, "Export them again.")
        height, width = first.grey.shape
        self.size = (width, height)

    @property
    def warning(self) -> str | None:
        """What was wrong, once it has been read: pictures missing, damaged or of another size."""
        missing = max(self._all) - min(self._all) + 1 - len(self._all)
        found = [f"{missing} pictures of {self.name} are missing"] if missing else []
        if self._broken:
            names = ", ".join(self._broken[:3]) + (" …" if len(self._broken) > 3 else "")
            told = f"{len(self._broken)} pictures were left out, damaged or of another size: {names}"
            found.append(told)
        return "; ".join(found) or None

    def __enter__(self) -> ImageSequence:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Nothing is held open."""

    def skip_to(self, time: float) -> None:
        """Begin at a time (seconds from the first picture)."""
        self._pictures = {n: path for n, path in self._all.items() if self._time(n) >= time}

    def __iter__(self) -> Iterator[Frame]:
        """Every picture that decodes, in order, with times from 0."""
        index = 0
        for number, path in self._pictures.items():
            frame = self._frame(index, number, path)
            if frame is None:
                self._broken.append(path.name)
                continue
            index += 1
            yield frame

    def _frame(self, index: int, number: int, path: Path) -> Frame | None:
        """A picture as a Frame; None where it can't be read, or has another size than the first."""
        try:
            grey, picture = decode(path, self._colour)
        except (av.FFmpegError, OSError, ValueError, IndexError):
            return None
        if self.size not in ((0, 0), grey.shape[::-1]):
            return None
        return Frame(index, self._time(number), grey, picture)

    def _time(self, number: int) -> float:
        return float((number - next(iter(self._all))) / self._exact)


def decode(path: Path, colour: bool = False) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A picture file's grey (height, width), and on demand its colours (see `mien.pictures`)."""
    # The prefix and the option keep FFmpeg from reading colons and percent signs in the name.
    with av.open(f"file:{path}", format="image2", options={**BOUNDS, "pattern_type": "none"}) as container:
        stream = container.streams.video[0]
        as_seen = _AS_SEEN if path.suffix.lower() == ".exr" else {}
        stream.codec_context.options = {**BOUNDS, **as_seen}
        for picture in container.decode(stream):
            if not picture.is_corrupt:
                shown = (stream.sample_aspect_ratio, matrix_of(picture))
                return grey_of(picture, *shown), colour_of(picture, *shown) if colour else None
    raise ValueError(f"{path} holds no picture")
