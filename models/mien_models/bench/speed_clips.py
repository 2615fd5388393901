"""The footage of `mien bench speed`: one face in 1080p H.264 of a phone's bit rate, of any length."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from mien.atomic import open_atomic
from mien.sources import open_video
from numpy.typing import NDArray

SIZE: Final = (1920, 1080)
RATE: Final = 30
BIT_RATE: Final = 16_000_000
"""Bits a second: what phones write at this size and rate."""

NOISE: Final = 3.0
"""Grey values of sensor noise; without it, magnified footage is easier to decode than a camera's."""

_MARGIN: Final = 64
"""Pixels: each frame has another part of one field of noise."""

MOST: Final = 120
"""Frames of the footage that are used; they are looped (see `looped`)."""


def prepare(folder: Path, source: Path | None) -> tuple[Path, Path]:
    """The footage that is named, else the demo's drawn performance; and a 1080p clip of it; made once."""
    source = source or _drawn(folder)
    made = folder / f"{source.stem}-1080p.mp4"
    if not made.exists():
        film_1080p(source, made)
    return source, made


def _drawn(folder: Path) -> Path:
    from ..synthetic.clip import film

    path = folder / "drawn.mp4"
    if not path.exists():
        print("Drawing the footage (once) …", file=sys.stderr)
        film(path)
    return path


def film_1080p(source: Path, path: Path) -> None:
    """The first `MOST` frames of some footage, with sensor noise, as 1080p H.264 at `RATE` a second."""
    print(f"Encoding {path.name} (once) …", file=sys.stderr)
    random = np.random.default_rng(0)
    field = random.normal(0, NOISE, (SIZE[1] + _MARGIN, SIZE[0] + _MARGIN, 1))
    noise = np.repeat(np.rint(field).astype(np.int16), 3, axis=2)
    with (
        open_video(source, colour=True) as video,
        open_atomic(path) as file,
        av.open(file, "w", format="mp4") as out,
    ):
        stream: Any = out.add_stream("libx264", rate=RATE, options={"preset": "fast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.bit_rate = "yuv420p", BIT_RATE
        for i, frame in zip(range(MOST), video):
            assert frame.picture is not None
            x, y = random.integers(0, _MARGIN, 2)
            noisy = cv2.add(placed(frame.picture), noise[y:, x:][: SIZE[1], : SIZE[0]], dtype=cv2.CV_8U)
            shown = av.VideoFrame.from_ndarray(np.asarray(noisy, np.uint8), format="bgr24")
            shown.pts, shown.time_base = i, Fraction(1, RATE)
            out.mux(stream.encode(shown))
        out.mux(stream.encode())


def placed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture (BGR) at the full height of a 1080p one, in its middle, over a blur of itself."""
    height, width = picture.shape[:2]
    wide = round(SIZE[1] * width / height)
    scene = cv2.resize(cv2.resize(picture, (16, 9), interpolation=cv2.INTER_AREA), SIZE)
    large = cv2.resize(picture, (wide, SIZE[1]), interpolation=cv2.INTER_CUBIC)
    large = large[:, max((wide - SIZE[0]) // 2, 0) :][:, : SIZE[0]]
    left = (SIZE[0] - large.shape[1]) // 2
    scene[:, left : left + large.shape[1]] = large
    return np.asarray(scene, np.uint8)


def looped(path: Path, clip: Path, frames: int, rate: int = RATE) -> Path:
    """The clip's packets over and over, not encoded again: at least so many frames, at `rate` a second."""
    if path.exists():
        return path
    with open_atomic(path) as file, av.open(file, "w", format="mp4") as out:
        stream: Any = None
        for packet, start in _packets(clip, frames):
            if stream is None:
                stream = out.add_stream_from_template(packet.stream)
            step = Fraction(1, rate) / Fraction(1, RATE)
            packet.pts, packet.dts = int((packet.pts + start) * step), int((packet.dts + start) * step)
            packet.stream = stream
            out.mux(packet)
    return path


def _packets(clip: Path, frames: int) -> Iterator[tuple[Any, int]]:
    """Packets, and by how much to shift their stamps."""
    start = 0
    while frames > 0:
        with av.open(str(clip)) as video:
            stream: Any = video.streams.video[0]
            length = int(Fraction(stream.frames, RATE) / stream.time_base)
            for packet in video.demux(stream):
                if packet.dts is not None:
                    yield packet, start
            frames, start = frames - stream.frames, start + length
