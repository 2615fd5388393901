"""`mien send`: a take played in real time as a live stream, for programs that listen to a phone."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, Final

from .stopping import Stop

_WAKE: Final = 0.05
_BEHIND: Final = 0.5
"""Seconds between looks at the signals, and by which it may be late before the time lost is given up."""


def add_send(commands: Any) -> None:
    """Add `send` to the subparsers of the command line."""
    from ..interchange.sockets import KINDS

    parser = commands.add_parser("send", help="play a take as a live stream")
    parser.add_argument("take", metavar="TAKE", type=Path, help="a .mien, .csv or .json; raw or tuned")
    add = parser.add_argument
    add("--stream", choices=[name for name, kind in KINDS.items() if kind.sends], required=True)
    add("--to", metavar="HOST:PORT", default="", help="else this machine, at the protocol's own port")
    add("--loop", action="store_true", help="over and over, until stopped")
    add("--subject", default="Mien", help="Live Link Face: whose face it is, as the receiver shows it")
    add("--head", action="store_true",
        help="VMC: send the rotation of the bone Head too (its position as 0, 0, 0)")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send every frame when it is due; 0 also when stopped, for that is how a loop ends."""
    from .. import interchange
    from ..interchange.playing import frames_of
    from ..interchange.sockets import KINDS, Outlet, place_of

    kind = KINDS[args.stream]
    host, port = place_of(args.to, kind.port)
    take = interchange.read(args.take)
    encoder = kind.encoder(args.subject, args.head)
    sent, begun = 0, time.monotonic()
    with Stop() as stop, Outlet(host, port) as outlet:
        start = begun
        for due, frame in frames_of(take, args.loop):
            start = _wait_until(start, due, stop)
            if stop.asked:
                break
            for datagram in encoder.write(frame):
                outlet.send(datagram)
            sent += 1
    print(f"{args.take} -> {kind.title} {host}:{port}: {sent} frames in {time.monotonic() - begun:.1f} s")
    return 0


def _wait_until(start: float, due: float, stop: Stop) -> float:
    """Wait until `due` seconds after `start`; where it is long past, give a start that makes it now."""
    late = time.monotonic() - start - due
    while late < 0 and not stop.asked:
        time.sleep(min(-late, _WAKE))
        late = time.monotonic() - start - due
    return start + late if late > _BEHIND else start
