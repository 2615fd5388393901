"""`mien live`: a camera, a phone's stream or a looped file drives whatever listens (see `mien.live_lines`).

Ctrl-C and SIGTERM end it and keep what is being recorded.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..errors import CancelledError, UsageError
from .jobs import Job, check_outputs
from .stopping import Stop
from .words import add_network, add_tuning, number, port, seconds, tuning

_CAMERA = "camera:"


def add_live(commands: Any) -> None:
    """Add `live` to the subparsers of the command line."""
    from ..interchange.sockets import KINDS, LOOPBACK

    parser = commands.add_parser("live", help="drive a rig from a camera or a phone, as it happens")
    add = parser.add_argument
    what = f"a camera's number from 0, {', '.join(KINDS)}, or a video file that is played in real time"
    add("--source", default="0", metavar="WHAT", help=f"{what} (0)")
    add("--loop", action="store_true", help="play the file over and over")
    add("--size", metavar="WxH", type=_size, help="pixels to ask the camera for")
    add("--rate", metavar="FPS", type=number, help="frames a second to ask the camera for")
    add("--port", type=port, help="a stream's: else the protocol's own")
    add("--bind", metavar="ADDRESS", default=LOOPBACK,
        help="a stream's: 0.0.0.0 hears the network, the default this machine only")  # fmt: skip
    add("--phone", metavar="ADDRESS", default="", help="iFacialMocap: the phone to ask for its stream")
    add("--mirror", action="store_true", help="show left as right; recordings stay as they were")
    add("--send", choices=[name for name, kind in KINDS.items() if kind.sends], help="pass it on as a stream")
    add("--to", metavar="HOST:PORT", default="", help="where to; else this machine, the protocol's own port")
    add("--record", metavar="TAKE", type=Path, help="record from the beginning, raw (.mien, .csv or .json)")
    add("--replace", action="store_true", help="replace the take if there is one")
    add("--recover", metavar="PART", type=Path,
        help="make the take of a recording that broke off, NAME.part, and end")  # fmt: skip
    add("--seconds", metavar="S", type=seconds, help="end so long after the first frame")
    add("--json", action="store_true", help="say everything as JSON lines (see mien/live_lines.py)")
    add("--commands", action="store_true", help="obey JSON lines on standard input, until its end")
    add_network(parser, threads=1)
    add_tuning(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Go on until stopped; 0 also then, for that is how it ends."""
    from ..live_lines import PROTOCOL, JsonLines, PlainLines

    if args.recover:
        return _recover(args)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # we say ourselves what is wrong with a camera
    if args.record:
        check_outputs(Job(args.record, args.record, None))
    settings = tuning(args)
    lines = JsonLines() if args.json else PlainLines()
    with Stop() as stop, ExitStack() as stack:
        live, newest = _live(args, settings, lines, stack)
        source = newest.source
        size = None if source.size is None else list(source.size)
        lines.say("start", protocol=PROTOCOL, source=source.name, size=size, rate=source.rate,
                  network=live.network)  # fmt: skip
        if args.commands:
            _hear(live)
        if args.record:
            live.record(args.record, "", time.perf_counter(), args.replace)
        gc.freeze()  # what is loaded now stays: from here on the collector has next to nothing to look at
        stack.enter_context(newest)
        try:
            live.run(lambda: stop.asked, args.seconds)
        except CancelledError as error:
            return error.exit_code  # nobody reads any more; what was recorded is saved
        lines.say("done", **live.summary())
    return 0


def _live(args: argparse.Namespace, settings: Any, lines: Any, stack: ExitStack) -> tuple[Any, Any]:
    """The run that the words ask for, and what it reads."""
    from ..live import Live
    from ..newest import Newest
    from ..solver import origin

    source = _source(args)
    newest = Newest(source)
    solve, student = (None, None) if source.size is None else _solver(args)
    about = origin(source.name, source.size, source.rate, student)
    live = Live(newest, solve, lines, settings, about, args.mirror, _sender(args, stack))
    return live, newest


def _source(args: argparse.Namespace) -> Any:
    from ..interchange.sockets import KINDS

    if args.source in KINDS:
        from ..interchange.listening import StreamSource

        kind = KINDS[args.source]
        return StreamSource(kind, args.bind, kind.port if args.port is None else args.port, args.phone)
    from ..cameras import Camera, PlayedVideo

    if args.source.isdecimal() and args.source.isascii():
        return Camera(int(args.source), args.size, args.rate)
    if args.source.startswith(_CAMERA):
        return Camera(args.source[len(_CAMERA) :], args.size, args.rate)
    return PlayedVideo(Path(args.source), args.loop)


def _solver(args: argparse.Namespace) -> tuple[Callable[[Any], Any], Any]:
    """What turns a Frame into a Sample, and its network."""
    from ..person import Person
    from ..solver import no_face, sample_of
    from ..student import Student
    from ..tracker import Tracker

    student = Student(args.model, args.threads)
    tracker, person = Tracker(student), Person(student)

    def solve(frame: Any) -> Any:
        sighting = tracker.update(frame)
        return no_face(frame.time) if sighting is None else person.update(sample_of(sighting, frame.time))

    return solve, student


def _sender(args: argparse.Namespace, stack: ExitStack) -> Callable[..., None] | None:
    """What passes a tuned moment on, or None."""
    if not args.send:
        if args.to:
            raise UsageError("--to needs --send", "Say in which protocol: --send livelink.")
        return None
    from ..interchange.sockets import KINDS, Outlet, place_of
    from ..interchange.stream import StreamFrame

    kind = KINDS[args.send]
    outlet = stack.enter_context(Outlet(*place_of(args.to, kind.port)))
    encoder = kind.encoder("Mien", False)
    now = datetime.datetime.now()
    base = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()

    def send(moment: float, weights: Any, pose: Any) -> None:
        for datagram in encoder.write(StreamFrame(weights, pose, time=base + moment)):
            outlet.send(datagram)

    return send


def _hear(live: Any) -> None:
    from ..live_lines import listen

    listen(sys.stdin, lambda at, command: live.commands.put((at, command)))


def _recover(args: argparse.Namespace) -> int:
    """Save what a recording left that broke off; beside it under its own name where none is given."""
    from .. import interchange
    from ..journal import SUFFIX, recover

    output = args.record or args.recover.with_suffix("")
    if args.recover.suffix != SUFFIX and args.record is None:
        raise UsageError(f"{args.recover} does not end with {SUFFIX}", "Say with --record where to save it.")
    if output.exists() and not args.replace:
        raise UsageError(
            f"{output} is there already", "Choose another name with --record, or give --replace."
        )
    take = recover(args.recover)
    interchange.write(take, output)
    args.recover.unlink()
    print(f"{args.recover} -> {output}: {len(take)} frames, a face in {take.found.sum()}")
    return 0


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) < 1e5 and 0 < int(height) < 1e5):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x720")
    return int(width), int(height)
