"""iFacialMocap over UDP, in only: port 49983, text.

    mouthSmile_R&12|eyeBlink_L&0|…|=head#x,y,z,px,py,pz|rightEye#x,y,z|leftEye#x,y,z|

Weights are 0–100; the older form has "-" instead of "&". Angles are degrees. The phone sends only to who
asked for it with `HELLO`. The head's angles are taken as ARKit's (x to the subject's left, y up, z forwards,
right-handed), which is what the app's maker converts from; they were not measured on a phone here. There is
no time in the packets: their arrival is what there is. The eyes' angles are not read; the weights say the
same.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from .. import arkit
from .stream import PacketError, StreamFrame, check_numbers, shape_index

PORT: Final = 49983
HELLO: Final = b"iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719|sendDataVersion=v2"
"""Sent to a phone, it makes the app send back to where this came from."""

_LONGEST: Final = 8192
_WEIGHT: Final = re.compile(
    r"([A-Za-z_]{1,64})(?:&(-?\d{1,4}(?:\.\d{1,9})?)|-(\d{1,4}(?:\.\d{1,9})?))", re.ASCII
)
_HEAD: Final = re.compile(r"=head#(-?\d[^,#|]*),(-?\d[^,#|]*),(-?\d[^,#|]*)(?:,|$)", re.ASCII)


class FacialMocapDecoder:
    """Packets into frames (see `Decoder`); it remembers nothing."""

    def read(self, datagram: bytes) -> list[StreamFrame]:
        """The frame of a packet."""
        if len(datagram) > _LONGEST:
            raise PacketError("too long for iFacialMocap")
        fields = datagram.decode("latin-1").split("|")
        weights = np.zeros(arkit.COUNT, dtype=np.float32)
        known = False
        for match in filter(None, map(_WEIGHT.fullmatch, fields)):
            place = shape_index(match[1])
            if place is not None:
                weights[place], known = float(match[2] or match[3]) / 100.0, True
        if not known:
            raise PacketError("no shapes in it")
        return [StreamFrame(weights, _head(fields))]


def _head(fields: list[str]) -> np.ndarray:
    match = next(filter(None, map(_HEAD.match, fields)), None)
    if match is None:
        return np.zeros(3)
    try:
        pitch, yaw, roll = (float(text) for text in match.groups())
    except ValueError as error:
        raise PacketError("a head without angles") from error
    check_numbers((pitch, yaw, roll))
    return np.array([pitch, yaw, -roll])
