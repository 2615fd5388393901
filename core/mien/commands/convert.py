"""`mien convert`: one kind of recording into another, by the suffixes (see `mien.interchange`).

On the way it may be cut and brought to another frame rate; nothing is tuned.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .words import add_span, cut, tell_notes


def add_convert(commands: Any) -> None:
    """Add `convert` to the subparsers of the command line."""
    parser = commands.add_parser(
        "convert", help="turn a take into .csv or .json, or back; cut and resample it"
    )
    parser.add_argument("source", metavar="IN", type=Path, help=".mien, .csv (Live Link Face) or .json")
    parser.add_argument("target", metavar="OUT", type=Path, help="the same, by its suffix")
    add_span(parser)
    parser.add_argument("--fps", metavar="RATE", help="resample: 24, 23.976, 30000/1001 …")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read one file, write the other."""
    from .. import interchange
    from ..rates import exact_rate

    interchange.suffix_of(args.target)
    rate = None if args.fps is None else exact_rate(args.fps)
    source = interchange.read(args.source)
    tell_notes(source, args.source)
    take = cut(source, args)
    interchange.write(take if rate is None else take.at_rate(rate), args.target)
    return 0
