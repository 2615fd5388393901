"""What a live stream of a face consists of, whatever its protocol: frames, and packets that are none.

The protocols are in `livelink_udp`, `vmc` and `ifacialmocap`; from frames to a Take and back in `recording`
and `playing`. No sockets here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import arkit

WILDEST: Final = 1000.0
"""A number beyond this is no weight and no angle: its packet is damaged or hostile."""


class PacketError(ValueError):
    """A datagram that is not what it should be; its text is short, for counting. Skipped, never fatal."""


@dataclass(frozen=True, eq=False)
class StreamFrame:
    """One moment of a stream.

    Attributes
    ----------
    weights : ndarray, float32, (52,)
        About 0–1; NaN where the sender sees no face.
    pose : ndarray, float64, (3,)
        Pitch, yaw, roll of the head in degrees, as in a Take; 0 where the stream has none.
    eyes : ndarray, float64, (6,)
        As in a Take; NaN where the stream has none.
    time : float or None
        Seconds on the sender's clock; None where it says nothing.
    subject : str
        Whose face it is, in the sender's words.
    """

    weights: NDArray[np.float32]
    pose: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    eyes: NDArray[np.float64] = field(default_factory=lambda: np.full(6, np.nan))
    time: float | None = None
    subject: str = ""

    @property
    def found(self) -> bool:
        """Whether there is a face in it."""
        return bool(np.isfinite(self.weights).all())


class Decoder(Protocol):
    """Datagrams into frames; it may remember a bounded amount between them."""

    def read(self, datagram: bytes) -> list[StreamFrame]:
        """The frames that are complete with this datagram; PacketError when it is not of the protocol."""


class Encoder(Protocol):
    """Frames into datagrams."""

    def write(self, frame: StreamFrame) -> list[bytes]:
        """The datagrams of a frame, whose time must be given."""


def no_face(time: float | None = None, subject: str = "") -> StreamFrame:
    """A frame in which the sender sees no face."""
    nothing = np.full(arkit.COUNT, np.nan, dtype=np.float32)
    return StreamFrame(nothing, np.full(3, np.nan), time=time, subject=subject)


def check_numbers(numbers: Iterable[float]) -> None:
    """PacketError where one is not finite, or absurd."""
    if not all(-WILDEST <= number <= WILDEST for number in numbers):
        raise PacketError("a number that no face has")


def shape_index(name: str) -> int | None:
    """The place of a shape by its name, whatever its case and sides: EyeBlinkLeft, eyeBlink_L; else None."""
    return _PLACES.get(re.sub("[^a-z]", "", name.lower())) if len(name) <= _LONGEST_NAME else None


_LONGEST_NAME: Final = 64
_PLACES: Final = {
    **{name.lower(): i for i, name in enumerate(arkit.NAMES)},
    **{
        re.sub("(Left|Right)$", lambda side: side[0][0], name).lower(): i
        for i, name in enumerate(arkit.NAMES)
    },
}
