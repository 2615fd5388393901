"""Words that several commands share: seconds, spans, how a take is tuned, what a reading has to tell."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..take import Take
    from ..tune_settings import TuneSettings


def seconds(text: str) -> float:
    """Seconds, 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def number(text: str) -> float:
    """Any finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return value


def count(text: str) -> int:
    """A number of threads."""
    if not text.isdigit() or not 0 < int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads")
    return int(text)


def port(text: str) -> int:
    """A port; 0 for any that is free."""
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def add_span(parser: argparse.ArgumentParser) -> None:
    """Add --from and --to, `start` and `end` in the result."""
    parser.add_argument("--from", metavar="S", dest="start", type=seconds, help="only from this second on")
    parser.add_argument("--to", metavar="S", dest="end", type=seconds, help="only up to this second")


def add_network(parser: argparse.ArgumentParser, threads: int | None = None) -> None:
    """Add --model and --threads; None is as many threads as there are cores."""
    usual = "else as many as cores" if threads is None else str(threads)
    add = parser.add_argument
    add("--model", metavar="FOLDER", type=Path, help="another network than the default one")
    add("--threads", metavar="N", type=count, default=threads, help=f"threads for the network ({usual})")


def cut(take: Take, args: argparse.Namespace) -> Take:
    """The part of a take that --from and --to mean."""
    if args.start is None and args.end is None:
        return take
    return take.cut(
        -math.inf if args.start is None else args.start, math.inf if args.end is None else args.end
    )


def add_tuning(parser: argparse.ArgumentParser) -> None:
    """Add the words that say how to tune; `tuning` makes settings of them."""
    add = parser.add_argument
    add("--settings", metavar="FILE", type=Path, help="tune settings (.json); the words below go over them")
    add("--smoothing", metavar="X", type=number, help="0 raw, 0.5 as usual, 1 slow")
    add("--gain", metavar="X", type=number, help="factor on every weight")
    add("--gain-of", metavar="NAME=X", type=_named, action="append", default=[],
        help="factor on a region or shape, such as mouth=1.2; may be given again")  # fmt: skip
    add("--mute", metavar="NAME", action="append", default=[], help="a region or shape that stays 0")
    add("--calibrate", action=argparse.BooleanOptionalAction, default=None,
        help="take the face's rest off, guessed where nobody says when it rests")  # fmt: skip
    add("--rest", metavar="S,S", type=pair, help="from when to when the face is at rest")
    add("--motion", metavar="S,S", type=pair, help="from when to when it shows its range of motion")
    add("--profile", metavar="FILE", type=Path, help="the actor's profile, with the calibration to use")


def tuning(args: argparse.Namespace) -> TuneSettings:
    """The settings that the words of `add_tuning` mean."""
    from ..profile import load_profile
    from ..tune_settings import TuneSettings, load_settings

    base = load_settings(args.settings) if args.settings else TuneSettings()
    given = {name: getattr(args, name) for name in ("smoothing", "gain", "calibrate", "rest", "motion")}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if args.gain_of:
        changes["gains"] = {**base.gains, **dict(args.gain_of)}
    if args.mute:
        changes["muted"] = (*base.muted, *args.mute)
    if args.profile:
        changes["calibration"] = load_profile(args.profile).calibration
    return replace(base, **changes)


def tell_notes(take: Take, path: Path) -> None:
    """Say on standard error what a reading had to leave out."""
    for note in take.about.get("notes", []):
        print(f"mien: {path}: {note}", file=sys.stderr)


def _named(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, number(value)


def pair(text: str) -> tuple[float, float]:
    """Two seconds, or one twice."""
    first, _, second = text.partition(",")
    return seconds(first), seconds(second or first)
