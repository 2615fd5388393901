"""Maya's geometry cache: one `.mcc` with all frames and the `.xml` that describes it (Cache ▸ Import Cache).

Big-endian IFF with 32-bit sizes (`FOR4`), each block a tag, a length and content padded to 4 bytes:
`CACH` (VRSN "0.1", STIM, ETIM), then for each frame `MYCH` (TIME, CHNM, SIZE, FVCA: float32 x, y, z).
Times are Maya's ticks, 6000 a second. Vertices are in centimetres when Maya's unit is the default one. The
layout is the one of Autodesk's description of the XML file and of published dumps of real caches; such a file
can't pass 2 GB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
from mien.atomic import open_atomic
from mien.errors import OutputError
from numpy.typing import NDArray

TICKS: Final = 6000
"""Of Maya's clock in a second."""
LARGEST: Final = 2**31 - 1


def write_mcc(
    path: Path, frames: Iterator[NDArray[np.floating]], count: int, vertices: int, rate: float, first: float,
    name: str,
) -> None:  # fmt: skip
    """Write `path` (.xml) and beside it the .mcc of the same name.

    Parameters
    ----------
    frames : iterator of ndarray, >f4, (V, 3)
        In Maya's unit.
    count, vertices : int
    rate : float
        Frames a second of the scene.
    first : float
        The scene's frame of the first one.
    name : str
        Of the mesh's shape node.
    """
    if count * (12 * vertices + 128) > LARGEST:
        raise OutputError(f"{count} frames of {vertices} vertices don't fit an .mcc (2 GB)", "Write a .usda.")
    ticks = [round((first + at) * TICKS / rate) for at in range(count)]
    with open_atomic(path.with_suffix(".mcc")) as stream:
        stream.write(
            _group(b"CACH", _block(b"VRSN", b"0.1\0") + _tick(b"STIM", ticks[0]) + _tick(b"ETIM", ticks[-1]))
        )
        for tick, frame in zip(ticks, frames):
            points = _block(b"SIZE", struct.pack(">i", vertices)) + _block(b"FVCA", frame.tobytes())
            channel = _block(b"CHNM", name.encode("ascii", "replace") + b"\0")
            stream.write(_group(b"MYCH", _tick(b"TIME", tick) + channel + points))
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as text:
        text.write(_description(name, ticks, round(TICKS / rate)))


def _description(name: str, ticks: list[int], step: int) -> str:
    start, end = ticks[0], ticks[-1]
    return (
        '<?xml version="1.0"?>\n<Autodesk_Cache_File>\n'
        '  <cacheType Type="OneFile" Format="mcc"/>\n'
        f'  <time Range="{start}-{end}"/>\n  <cacheTimePerFrame TimePerFrame="{step}"/>\n'
        '  <cacheVersion Version="2.0"/>\n  <Channels>\n'
        f'    <channel0 ChannelName={quoteattr(name)} ChannelType="FloatVectorArray" '
        f'ChannelInterpretation="positions" SamplingType="Regular" SamplingRate="{step}" '
        f'StartTime="{start}" EndTime="{end}"/>\n  </Channels>\n</Autodesk_Cache_File>\n'
    )


def _block(tag: bytes, content: bytes) -> bytes:
    return tag + struct.pack(">I", len(content)) + content + b"\0" * (-len(content) % 4)


def _tick(tag: bytes, tick: int) -> bytes:
    return _block(tag, struct.pack(">i", tick))


def _group(kind: bytes, content: bytes) -> bytes:
    return _block(b"FOR4", kind + content)
