"""VMC (Virtual Motion Capture protocol): OSC over UDP, port 39539; VTubers' programs speak it.

One message a shape, `/VMC/Ext/Blend/Val name value`, and `/VMC/Ext/Blend/Apply` when all have come: that is
a frame. Shapes are matched by name (`EyeBlinkLeft`, `eyeBlink_L`); others, such as `Joy` or `A`, are passed
over. `/VMC/Ext/T` is the sender's clock in seconds, the fourth number of `/VMC/Ext/OK` whether it sees
anybody (0: no face), `/VMC/Ext/Bone/Pos Head` the head's rotation as a quaternion of Unity's axes (x to the
character's right, y up, z forwards, left-handed).

OSC packets are opened here, and only single messages of these addresses and types are given to python-osc:
its reader of bundles never ends on a negative size.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import OscMessageBuilder
from scipy.spatial.transform import Rotation

from .. import arkit
from .stream import PacketError, StreamFrame, check_numbers, no_face, shape_index

PORT: Final = 39539

VAL: Final = "/VMC/Ext/Blend/Val"
APPLY: Final = "/VMC/Ext/Blend/Apply"
CLOCK: Final = "/VMC/Ext/T"
STATE: Final = "/VMC/Ext/OK"
BONE: Final = "/VMC/Ext/Bone/Pos"

CLIPS: Final = tuple(name[0].upper() + name[1:] for name in arkit.NAMES)
"""The names under which Mien sends: those of the "perfect sync" clips of VRM heads."""

_TYPES: Final = {VAL: (",sf",), APPLY: (",", ""), CLOCK: (",f",), BONE: (",sfffffff",),
                 STATE: (",i", ",iii", ",iiii")}  # fmt: skip
_BUNDLE: Final = b"#bundle\0"
_IMMEDIATELY: Final = struct.pack(">Q", 1)
_DEEPEST: Final = 4
_ROOM: Final = 1400
"""Bytes of a datagram: what passes a network in one piece."""


class VmcDecoder:
    """Packets into frames (see `Decoder`); it remembers one frame's worth of values."""

    def __init__(self) -> None:
        self._weights = np.zeros(arkit.COUNT, dtype=np.float32)
        self._pose = np.zeros(3)
        self._time: float | None = None
        self._seen = True
        self._known = False

    def read(self, datagram: bytes) -> list[StreamFrame]:
        """The frames that an Apply in the packet completes."""
        frames = []
        for address, values in [*_messages(datagram)]:
            if address == APPLY:
                frames += self._apply()
            else:
                self._take(address, values)
        return frames

    def _take(self, address: str, values: list[Any]) -> None:
        if address == VAL:
            place = shape_index(values[0])
            if place is not None:
                self._weights[place], self._known = values[1], True
        elif address == CLOCK:
            self._time = values[0] if math.isfinite(values[0]) else None
        elif address == STATE:
            self._seen = len(values) < 4 or values[3] != 0
            self._known = self._known or not self._seen
        elif values[0] == "Head":
            self._pose = pose_of(np.array(values[4:]))

    def _apply(self) -> list[StreamFrame]:
        time, self._time = self._time, None
        if not self._known:
            return []
        if not self._seen:
            return [no_face(time)]
        return [StreamFrame(self._weights.copy(), self._pose.copy(), time=time)]


class VmcEncoder:
    """Frames into packets (see `Encoder`).

    Parameters
    ----------
    head : bool
        Send the rotation of the bone Head too. Its position goes along as 0, 0, 0, which receivers that place
        bones would follow; hence not by default.
    """

    def __init__(self, head: bool = False) -> None:
        self._head = head
        self._begun: float | None = None

    def write(self, frame: StreamFrame) -> list[bytes]:
        """Bundles that fit a network's packets; the last one ends with Apply."""
        if self._begun is None:
            self._begun = frame.time or 0.0
        clock = (frame.time or 0.0) - self._begun  # in 32 bits the time of day would be good to 4 ms only
        messages = [_message(STATE, 1, 3, 0, int(frame.found)), _message(CLOCK, clock)]
        if frame.found:
            messages += [_message(VAL, *pair) for pair in zip(CLIPS, frame.weights.tolist())]
            if self._head:
                messages.append(_message(BONE, "Head", 0.0, 0.0, 0.0, *quaternion_of(frame.pose).tolist()))
        return list(_bundles([*messages, _message(APPLY)]))


def quaternion_of(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unity's quaternion (x, y, z, w) of a head's pitch, yaw, roll in degrees (see `mien.types.HeadPose`)."""
    pitch, yaw, roll = np.nan_to_num(pose)
    x, y, z, w = Rotation.from_euler("xyz", [pitch, yaw, -roll], degrees=True).as_quat()
    return np.array([x, -y, -z, w])


def pose_of(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pitch, yaw, roll in degrees of Unity's quaternion (x, y, z, w)."""
    if not 0.5 < float(np.linalg.norm(quaternion)) < 2.0:
        raise PacketError("a rotation that is none")
    x, y, z, w = quaternion
    pitch, yaw, roll = Rotation.from_quat([x, -y, -z, w]).as_euler("xyz", degrees=True)
    return np.array([pitch, yaw, -roll])


def _messages(datagram: bytes, depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    """The messages that matter here, in their order."""
    if not datagram.startswith(_BUNDLE):
        yield from _known_message(datagram)
        return
    if depth > _DEEPEST:
        raise PacketError("bundles within bundles")
    place = len(_BUNDLE) + 8
    while place < len(datagram):
        size = int.from_bytes(datagram[place : place + 4], "big", signed=True)
        place += 4
        if size <= 0 or size % 4 or place + size > len(datagram):
            raise PacketError("a bundle with a wrong size in it")
        yield from _messages(datagram[place : place + size], depth + 1)
        place += size


def _known_message(datagram: bytes) -> Iterator[tuple[str, list[Any]]]:
    address, _, rest = datagram.partition(b"\0")
    if not address.startswith(b"/") or len(datagram) % 4:
        raise PacketError("not OSC")
    types = _TYPES.get(address.decode("latin-1"))
    if types is None:
        return
    tags = rest.lstrip(b"\0").partition(b"\0")[0].decode("latin-1")
    if tags not in types or len(datagram) != _length(datagram, address, tags):
        raise PacketError("a message with other values than VMC's")
    try:
        message = OscMessage(datagram)
    except (ParseError, struct.error, ValueError, IndexError) as error:
        raise PacketError("a damaged message") from error
    values = list(message)
    if message.address != CLOCK:
        check_numbers(value for value in values if not isinstance(value, str))
    yield message.address, values


def _length(datagram: bytes, address: bytes, tags: str) -> int:
    """The bytes that a message of these types must have."""
    place = _padded(len(address)) + (_padded(len(tags)) if tags else 0)
    if "s" in tags:  # which comes first in all of VMC's messages here
        place += _padded(datagram.find(b"\0", place) - place)
    return place + 4 * sum(tag in "if" for tag in tags)


def _padded(count: int) -> int:
    """The bytes that so many characters take in OSC: one zero at least, and a multiple of four."""
    return count // 4 * 4 + 4


def _message(address: str, *values: Any) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return bytes(builder.build().dgram)


def _bundles(messages: list[bytes]) -> Iterator[bytes]:
    head = _BUNDLE + _IMMEDIATELY
    bundle = head
    for message in messages:
        if len(bundle) + 4 + len(message) > _ROOM:
            yield bundle
            bundle = head
        bundle += struct.pack(">i", len(message)) + message
    yield bundle
