"""Live Link Face over UDP, as the phone app sends it to Unreal: port 11111, one packet a frame.

    version      uint32, little endian    6
    device       37 bytes                 "$" and a UUID
    subject      int32 and so many bytes  its length, its name in UTF-8
    frame time   int32, float32           the number of the frame, and how far (0–1) into it
    frame rate   int32, int32             numerator and denominator, frames a second
    count        int8                     61
    values       61 × float32             52 weights, nine angles in radians

All but the version is big endian. The packet of a frame without a face ends after the frame rate. The time
counts from midnight, as the timecode of the app's recordings does.

The packet has no names, so position is all there is, and there are two orders: here jawLeft comes before
jawRight and mouthLeft before mouthRight (as in `mien.arkit`); in the app's CSV recordings the right one comes
first in both pairs. Each order is written down once, by name, in `ORDER` here and in
`livelink_csv.HEADER`; everything else goes by name.
"""

from __future__ import annotations

import struct
import uuid
from typing import Final

import numpy as np

from .. import arkit
from .livelink_csv import ANGLES, EYE_ORDER, EYE_SIGNS, eye_angles
from .stream import PacketError, StreamFrame, check_numbers, no_face

PORT: Final = 11111
VERSION: Final = 6
RATE: Final = (60, 1)
"""The frame rate in which Mien counts when it sends, as the app does."""

ORDER: Final = (*arkit.NAMES, *ANGLES)
"""The 61 values of a packet."""

_HEAD: Final = struct.Struct("<I37s")
_LENGTH: Final = struct.Struct("!i")
_TIME: Final = struct.Struct("!if2i")
_VALUES: Final = struct.Struct(f"!b{len(ORDER)}f")
_LONGEST_SUBJECT: Final = 256
_SHAPES: Final = [ORDER.index(name) for name in arkit.NAMES]
_HEAD_TURNS: Final = [ORDER.index(f"Head{turn}") for turn in ("Pitch", "Yaw", "Roll")]
_EYES: Final = ORDER.index("LeftEyeYaw")


class LiveLinkDecoder:
    """Packets into frames (see `Decoder`); it remembers nothing."""

    def read(self, datagram: bytes) -> list[StreamFrame]:
        """The frame of a packet."""
        try:
            return [_frame(datagram)]
        except (struct.error, UnicodeDecodeError) as error:
            raise PacketError("cut short, or not Live Link Face") from error


class LiveLinkEncoder:
    """Frames into packets (see `Encoder`).

    Parameters
    ----------
    subject : str
        Whose face it is, as receivers show it.
    """

    def __init__(self, subject: str = "Mien") -> None:
        self._subject = subject.encode()[:_LONGEST_SUBJECT]
        self._device = b"$" + str(uuid.uuid4()).upper().encode()

    def write(self, frame: StreamFrame) -> list[bytes]:
        """The packet of a frame."""
        ticks = (frame.time or 0.0) * RATE[0] / RATE[1]
        number = int(ticks // 1)
        parts = [
            _HEAD.pack(VERSION, self._device),
            _LENGTH.pack(len(self._subject)) + self._subject,
            _TIME.pack(number & 0x7FFFFFFF, min(ticks - number, 1.0 - 2**-24), *RATE),
        ]
        if frame.found:
            parts.append(_VALUES.pack(len(ORDER), *_values(frame)))
        return [b"".join(parts)]


def _frame(datagram: bytes) -> StreamFrame:
    version, device = _HEAD.unpack_from(datagram)
    if version != VERSION or device[:1] != b"$":
        raise PacketError("another protocol, or another version of it")
    (length,) = _LENGTH.unpack_from(datagram, _HEAD.size)
    start = _HEAD.size + _LENGTH.size
    if not 0 <= length <= _LONGEST_SUBJECT:
        raise PacketError("a subject of an impossible length")
    subject = datagram[start : start + length].decode()
    time = _time(*_TIME.unpack_from(datagram, start + length))
    rest = datagram[start + length + _TIME.size :]
    if not rest:
        return no_face(time, subject)
    count, *values = _VALUES.unpack(rest)
    if count != len(ORDER):
        raise PacketError("another number of values than 61")
    return _face(values, time, subject)


def _time(number: int, part: float, rate: int, base: int) -> float | None:
    if not (number >= 0 and 0.0 <= part <= 1.0 and rate > 0 and base > 0 and rate / base <= 1000):
        return None
    return (number + part) * base / rate


def _face(values: list[float], time: float | None, subject: str) -> StreamFrame:
    check_numbers(values)
    table = np.array(values)
    return StreamFrame(
        weights=table[_SHAPES].astype(np.float32),
        pose=np.degrees(table[_HEAD_TURNS]),
        eyes=np.degrees(table[_EYES:][EYE_ORDER] * EYE_SIGNS),
        time=time,
        subject=subject,
    )


def _values(frame: StreamFrame) -> list[float]:
    """The 61 values in their order."""
    values = np.zeros(len(ORDER))
    values[_SHAPES] = frame.weights
    values[_HEAD_TURNS] = np.radians(np.nan_to_num(frame.pose))
    measured = (np.radians(frame.eyes) * EYE_SIGNS)[EYE_ORDER]
    values[_EYES:] = np.where(np.isfinite(measured), measured, eye_angles(frame.weights[None])[0])
    return values.tolist()
