"""A live stream as a source: datagrams that come in ─▶ Samples, newest last. What `mien live` listens with.

`recording` keeps a whole stream; here nothing is kept. The first sender that sends a face is followed, until
it has been silent for a while.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Final

from ..errors import MienError, SourceError
from ..types import Arrival, Sample
from . import ifacialmocap
from .recording import SenderClock, sample_of
from .sockets import Kind, Listener
from .stream import PacketError

WAIT: Final = 0.1
SILENT: Final = 3.0
"""Seconds of a wait for one datagram; and without any, after which another sender is listened to."""

_ASK_EVERY: Final = 2.0
_MOST_SENDERS: Final = 16
_NOTHING: Final = "Start the stream on the phone, and check the address and port that it sends to."


class StreamSource:
    """An open port; read it for Samples whose times count from the first one.

    Parameters
    ----------
    kind : Kind
    address : str
        To listen on.
    port : int
    phone : str
        iFacialMocap: the phone to ask for its stream; "" for none.

    Attributes
    ----------
    name : str
    size, rate : None
        A stream has neither.
    trouble : MienError or None
        Why nothing comes at present.
    ended : bool
        Always False.
    skipped : Counter
        How often what was left out, by reason.
    """

    size = None
    rate = None
    ended = False

    def __init__(self, kind: Kind, address: str, port: int, phone: str = "") -> None:
        self._kind, self._phone = kind, phone
        self._listener = Listener(address, port)
        self.name = f"{kind.title} {self._listener.address}:{self._listener.port}"
        self.trouble: MienError | None = None
        self.skipped: Counter[str] = Counter()
        self._clock = SenderClock()
        self._decoders: dict[str, Any] = {}
        self._sender: tuple[str, str] | None = None
        self._heard = time.perf_counter()
        self._asked = -_ASK_EVERY

    def read(self) -> Arrival | None:
        """The newest Sample of the next datagram; None where none came."""
        self._ask()
        packet = self._listener.receive(WAIT)
        now = time.perf_counter()
        if now - self._heard > SILENT:
            self._sender = None
            self.trouble = SourceError(f"Nothing comes to {self.name}", _NOTHING)
        samples = [] if packet is None else self._samples(*packet, now)
        if not samples:
            return None
        self._heard, self.trouble = now, None
        return Arrival(samples[-1], now)

    def stop(self) -> None:
        """Nothing to do: a `read` comes back soon by itself."""

    def close(self) -> None:
        """Close the port."""
        self._listener.__exit__(None, None, None)

    def _ask(self) -> None:
        now = time.perf_counter()
        if self._phone and now - self._heard > _ASK_EVERY / 2 and now > self._asked + _ASK_EVERY:
            self._asked = now
            self._listener.ask(self._phone, ifacialmocap.PORT, ifacialmocap.HELLO)

    def _samples(self, datagram: bytes, sender: str, now: float) -> list[Sample]:
        if sender not in self._decoders and len(self._decoders) >= _MOST_SENDERS:
            self._decoders.clear()
        decoder = self._decoders.setdefault(sender, self._kind.decoder())
        try:
            frames = decoder.read(datagram)
        except PacketError as error:
            self.skipped[f"packets skipped ({error})"] += 1
            return []
        samples = []
        for frame in frames:
            self._sender = self._sender or (sender, frame.subject)
            stamp = self._clock.read(frame.time, now) if self._sender == (sender, frame.subject) else None
            if stamp is None:
                self.skipped["frames of another sender, or late"] += 1
            else:
                samples.append(sample_of(frame, stamp))
        return samples
