"""`mien plot`: the curves of a recording, raw against tuned, as a picture or a page (see `mien.plots`)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .words import add_span, add_tuning, cut, tell_notes, tuning


def add_plot(commands: Any) -> None:
    """Add `plot` to the subparsers of the command line."""
    parser = commands.add_parser("plot", help="draw a take's curves, raw against tuned, region by region")
    add = parser.add_argument
    add("source", metavar="IN", type=Path, help=".mien, .csv (Live Link Face) or .json, raw")
    add("tuned", metavar="TUNED", type=Path, nargs="?", help="else IN is tuned here")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help=".png, or .html to look into")
    add("--shape", metavar="NAME", action="append", default=[], help="only this shape; may be given again")
    add("--live", action="store_true", help="tune sample by sample, with the filter that a camera gets")
    add_span(parser)
    add_tuning(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, tune if nobody did, draw."""
    from .. import interchange, plots
    from ..live_tune import tune_live
    from ..tune import tune

    draw = plots.drawer(args.output)
    raw = interchange.read(args.source)
    tell_notes(raw, args.source)
    if args.tuned:
        tuned = interchange.read(args.tuned)
    else:
        tuned = tune_live(raw, tuning(args)) if args.live else tune(raw, tuning(args))
    draw(cut(raw, args), cut(tuned, args), args.output, args.shape)
    return 0
