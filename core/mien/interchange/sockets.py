"""UDP in and out for the streams: bound to this machine alone unless told otherwise.

Only a worker process imports this; what the packets mean is in `livelink_udp`, `vmc` and `ifacialmocap`.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from ..errors import SourceError, UsageError
from . import ifacialmocap, livelink_udp
from .stream import Decoder, Encoder

LOOPBACK: Final = "127.0.0.1"
_LONGEST: Final = 65_535
_QUEUE: Final = 1 << 20
"""Bytes the system may keep until they are read: a second or two of any of the streams."""


@dataclass(frozen=True)
class Kind:
    """A protocol by its name in the command line."""

    name: str
    title: str
    port: int
    sends: bool

    def decoder(self) -> Decoder:
        """A new one."""
        if self.name == "vmc":
            from .vmc import VmcDecoder

            return VmcDecoder()
        return (
            livelink_udp.LiveLinkDecoder() if self.name == "livelink" else ifacialmocap.FacialMocapDecoder()
        )

    def encoder(self, subject: str, head: bool) -> Encoder:
        """A new one: `subject` for Live Link Face, `head` for VMC."""
        if self.name == "vmc":
            from .vmc import VmcEncoder

            return VmcEncoder(head)
        return livelink_udp.LiveLinkEncoder(subject)


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("livelink", "Live Link Face", livelink_udp.PORT, True),
        Kind("vmc", "VMC", 39539, True),
        Kind("ifacialmocap", "iFacialMocap", ifacialmocap.PORT, False),
    )
}


class Listener:
    """An open UDP port, within a `with` block.

    Parameters
    ----------
    address : str
        Of this machine: 127.0.0.1 hears this machine only, 0.0.0.0 every network it is on.
    port : int
        0 for any that is free.
    """

    def __init__(self, address: str, port: int) -> None:
        family, place = _resolved(address, port, passive=True)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE)
            self._socket.bind(place)
        except OSError as error:
            self._socket.close()
            message = f"Can't listen on {address} port {port}: {error.strerror or error}"
            raise SourceError(message, _TAKEN) from error
        self.address, self.port = self._socket.getsockname()[:2]

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._socket.close()

    def receive(self, timeout: float) -> tuple[bytes, str] | None:
        """The next datagram and the address it came from, or None when none came in so many seconds."""
        self._socket.settimeout(timeout)
        try:
            datagram, sender = self._socket.recvfrom(_LONGEST)
        except OSError:  # the time is over; or, on Windows, somebody did not want what `ask` sent
            return None
        return datagram, str(sender[0])

    def ask(self, address: str, port: int, words: bytes) -> None:
        """Send a datagram from this port."""
        _, place = _resolved(address, port)
        try:
            self._socket.sendto(words, place)
        except OSError as error:
            raise SourceError(f"Can't send to {address}: {error.strerror or error}", _ROUTE) from error


class Outlet:
    """Where datagrams are sent to, within a `with` block."""

    def __init__(self, address: str, port: int) -> None:
        family, self._place = _resolved(address, port)
        self._name = f"{address}:{port}"
        self._socket = socket.socket(family, socket.SOCK_DGRAM)

    def __enter__(self) -> Outlet:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._socket.close()

    def send(self, datagram: bytes) -> None:
        """Send one; whether anybody hears it is not known."""
        try:
            self._socket.sendto(datagram, self._place)
        except OSError as error:
            raise SourceError(f"Can't send to {self._name}: {error.strerror or error}", _ROUTE) from error


_TAKEN: Final = "Another program may listen there: close it, or choose another --port."
_ROUTE: Final = "Check the address, and that the network is up."


def place_of(text: str, port: int) -> tuple[str, int]:
    """Host and port of "host", "host:port", ":port" or "[::1]:port"."""
    host, colon, number = text.rpartition(":")
    bare_ipv6 = ":" in host and not text.startswith("[")
    if not colon or bare_ipv6 or text.endswith("]"):
        host, number = text, str(port)
    if not (number.isascii() and number.isdigit() and 0 < int(number) < 65_536):
        raise UsageError(f"{text!r} is no address", "Give HOST:PORT, such as 192.168.1.20:11111.")
    return host.strip("[]") or LOOPBACK, int(number)


def _resolved(address: str, port: int, passive: bool = False) -> tuple[socket.AddressFamily, tuple]:
    try:
        flags = socket.AI_PASSIVE if passive else 0
        found = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM, flags=flags)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"There is no address {address!r} ({error})", "Give a number or a name.") from error
    return found[0][0], found[0][4]
