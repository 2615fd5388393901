"""`mien record`: a phone's live stream becomes a Take, until it is stopped.

The JSON lines are those of `mien solve` (see `mien.events`): start when the port is open, progress and
samples as frames come, done when the take is on disk. Ctrl-C and SIGTERM end the recording and keep it.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import CancelledError, NoFaceError, NoFramesError, OutputError, UsageError
from ..events import JsonReport, PlainReport, Report
from .jobs import Job, check_outputs
from .stopping import Stop
from .words import port, seconds

_WAKE: Final = 0.1
_ASK_EVERY: Final = 2.0
"""Seconds between looks at the signals, and between questions to a phone that does not answer."""

_REST: Final = 1.0
"""Seconds for what still waits in the port at the end."""

_MOST_SENDERS: Final = 16


@dataclass(frozen=True)
class Opened:
    """What a report wants to know of a source: a stream has neither an end nor pictures."""

    path: Path
    frames: None = None
    rate: None = None
    size: None = None


def add_record(commands: Any) -> None:
    """Add `record` to the subparsers of the command line."""
    from ..interchange.sockets import KINDS, LOOPBACK

    parser = commands.add_parser("record", help="turn a phone's live stream into a take")
    add = parser.add_argument
    add("--stream", choices=[*KINDS], required=True, help="what the phone, or the other program, sends")
    add("-o", "--output", metavar="TAKE", type=Path, required=True, help="a new file (.mien, .csv or .json)")
    add("--port", type=port, help="else the protocol's own: 11111, 39539 or 49983")
    where = "address of this machine to listen on: 0.0.0.0 hears the network, the default this machine only"
    add("--bind", metavar="ADDRESS", default=LOOPBACK, help=where)
    add("--seconds", metavar="S", type=seconds, help="end so long after the first frame (else when stopped)")
    add(
        "--wait", metavar="S", type=seconds, help="give up when nothing has come for so long at the beginning"
    )
    add("--phone", metavar="ADDRESS", help="iFacialMocap: the phone to ask for its stream")
    add("--name", help="what the take shall be called (else as its file)")
    add("--replace", action="store_true", help="replace the file if there is one")
    add("--json", action="store_true", help="say everything as JSON lines (see mien/events.py)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Record one stream; 0 when a take was saved."""
    from .. import interchange
    from ..interchange.sockets import KINDS, Listener

    kind = KINDS[args.stream]
    _check(args)
    report: Report = JsonReport() if args.json else PlainReport()
    with Stop() as stop, Listener(args.bind, kind.port if args.port is None else args.port) as listener:
        place = f"{kind.title} {listener.address}:{listener.port}"
        session = _Session(kind.name, listener, args, report)
        report.start(Opened(Path(place)), args.output)
        gone = session.run(stop)
        take = session.take(place)
        if not take.found.any():
            raise NoFaceError(f"No face came from {place}", "Let the phone see the face.")
        interchange.write(take, args.output)
        if gone is not None:
            raise gone
        report.done(args.output, take, "; ".join(take.about.get("notes", [])) or None)
    return 0


def _check(args: argparse.Namespace) -> None:
    from ..interchange import suffix_of

    suffix_of(args.output)
    if args.phone and args.stream != "ifacialmocap":
        raise UsageError("--phone is for iFacialMocap only", "Enter this computer's address on the phone.")
    if args.output.exists() and not args.replace:
        raise OutputError(f"{args.output} is there already", "Choose another name, or give --replace.")
    check_outputs(Job(args.output, args.output, None))


class _Session:
    """One recording under way."""

    def __init__(self, kind: str, listener: Any, args: argparse.Namespace, report: Report) -> None:
        from ..interchange.recording import Recorder
        from ..interchange.sockets import KINDS

        self._kind = KINDS[kind]
        self._decoders: dict[str, Any] = {}
        self._kind.decoder()  # so that all it needs is loaded before the first packet comes
        self._recorder = Recorder(of_day=kind == "livelink")
        self._listener, self._args, self._report = listener, args, report
        self._asked = -math.inf
        self._first: float | None = None

    def run(self, stop: Stop) -> CancelledError | None:
        """Record until time is over or a signal comes; the error when the reader of the report has gone."""
        begun = time.monotonic()
        try:
            while not stop.asked and not self._is_over(time.monotonic(), begun):
                self._ask()
                packet = self._listener.receive(_WAKE)
                if packet is not None:
                    self._add(*packet)
            self._add_waiting()
        except CancelledError as error:
            return error  # nobody reads the report any more: what is there is kept all the same
        return None

    def _add_waiting(self) -> None:
        """What has come but was not read yet when the end was asked for."""
        end = time.monotonic() + _REST
        while time.monotonic() < end and (packet := self._listener.receive(0.0)) is not None:
            self._add(*packet)

    def take(self, place: str) -> Any:
        """What was recorded; NoFramesError where nothing came."""
        recorder = self._recorder
        if not len(recorder):
            skipped = "; ".join(recorder.notes())
            raise NoFramesError(f"Nothing came to {place}" + (f" but {skipped}" if skipped else ""), _NOTHING)
        name = self._args.name or self._args.output.stem
        source = f"{place.rsplit(' ', 1)[0]} {recorder.subject}".strip()
        return recorder.take({"name": name, "source": source})

    def _decoder_of(self, sender: str) -> Any:
        """The decoder for a sender's packets: what one sends never gets into the frames of another."""
        if sender not in self._decoders and len(self._decoders) < _MOST_SENDERS:
            self._decoders[sender] = self._kind.decoder()
        return self._decoders.get(sender)

    def _is_over(self, now: float, begun: float) -> bool:
        if self._first is None:
            return self._args.wait is not None and now - begun > self._args.wait
        return self._args.seconds is not None and now - self._first > self._args.seconds

    def _ask(self) -> None:
        from ..interchange import ifacialmocap

        if self._args.phone and self._first is None and time.monotonic() > self._asked + _ASK_EVERY:
            self._asked = time.monotonic()
            self._listener.ask(self._args.phone, ifacialmocap.PORT, ifacialmocap.HELLO)

    def _add(self, datagram: bytes, sender: str) -> None:
        now = time.monotonic()
        for sample in self._samples(datagram, sender, now):
            if self._first is None:
                self._first = now
            self._report.sample(sample)

    def _samples(self, datagram: bytes, sender: str, now: float) -> Iterator[Any]:
        from ..interchange.stream import PacketError

        decoder = self._decoder_of(sender)
        if decoder is None:
            self._recorder.skipped["packets from too many senders"] += 1
            return
        try:
            frames = decoder.read(datagram)
        except PacketError as error:
            self._recorder.skipped[f"packets skipped ({error})"] += 1
            return
        yield from filter(None, (self._recorder.add(frame, sender, now) for frame in frames))


_NOTHING: Final = (
    "Check the address and port that the phone sends to and the firewall; --bind 0.0.0.0 hears the network."
)
