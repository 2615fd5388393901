"""What the tests make for themselves: real video files, written by PyAV."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TIMESCALE = 60_000


def shades(count: int, size=(64, 48)) -> list[np.ndarray]:
    """Grey pictures that get brighter: picture i has luma 40 + 5·i, its top left quarter 20 more."""
    width, height = size
    pictures = []
    for i in range(count):
        picture = np.full((height, width), 40 + 5 * i, np.uint8)
        picture[: height // 2, : width // 2] += 20
        pictures.append(picture)
    return pictures


def write_video(path: Path, pictures, times=None, fps=25, codec="libx264", pix_fmt="yuv420p",
                sound: float = 0.0, voice="aac", full_range=False, options=None) -> Path:  # fmt: skip
    """Encode pictures (grey 2-D, or BGR 3-D arrays, uint8) at the given times (seconds; else at fps).

    `sound` seconds of a tone are added, encoded as `voice`.
    """
    times = [i / fps for i in range(len(pictures))] if times is None else times
    height, width = pictures[0].shape[:2] if pictures else (48, 64)
    base = Fraction(1, fps) if path.suffix == ".avi" else Fraction(1, TIMESCALE)
    muxer = {"movflags": "faststart" if pictures else "empty_moov"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=muxer) as container:
        stream = container.add_stream(codec, rate=Fraction(fps), options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = base
        if full_range:
            stream.codec_context.color_range = 2
        track = container.add_stream(voice, rate=16000, layout="mono") if sound else None
        container.start_encoding()
        for picture, time in zip(pictures, times):
            container.mux(stream.encode(_encodable(picture, time, pix_fmt, full_range)))
        container.mux(stream.encode())
        if track is not None:
            _add_sound(container, track, sound)
    return path


def _encodable(picture: np.ndarray, time: float, pix_fmt: str, full_range: bool) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="bgr24" if picture.ndim == 3 else "gray")
    if picture.ndim == 3 or not pix_fmt.startswith("gray"):
        if "yuv" in pix_fmt:
            frame = frame.reformat(
                format="yuv444p", src_color_range=2, dst_color_range=2 if full_range else 1
            )
        frame = frame.reformat(format=pix_fmt)
    frame.pts, frame.time_base = round(time * TIMESCALE), Fraction(1, TIMESCALE)
    return frame


def _add_sound(container, stream, seconds: float) -> None:
    tone = (8000 * np.sin(np.arange(int(seconds * 16000)) * 0.1)).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
    frame.rate, frame.pts = 16000, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode())


def write_sound(path: Path, seconds=1.0) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        _add_sound(container, container.add_stream("aac", rate=16000, layout="mono"), seconds)
    return path


def turn_on_display(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write (a, b, c, d) into the track header's display matrix, as a phone held sideways does."""
    content = bytearray(path.read_bytes())
    header = content.index(b"tkhd")
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", content, header + 4 + 40, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)


def cut_short(path: Path, share: float) -> None:
    """Keep only the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
