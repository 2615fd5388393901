"""`mien tune`: a raw recording into one fit for a rig, offline or as a camera would have seen it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .words import add_span, add_tuning, cut, tell_notes, tuning


def add_tune(commands: Any) -> None:
    """Add `tune` to the subparsers of the command line."""
    parser = commands.add_parser("tune", help="smooth, calibrate and constrain a take")
    add = parser.add_argument
    add("source", metavar="IN", type=Path, help=".mien, .csv (Live Link Face) or .json, raw")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="the same, by its suffix")
    add("--live", action="store_true", help="sample by sample, with the filter that a camera gets")
    add_span(parser)
    add_tuning(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, tune, write."""
    from .. import interchange
    from ..live_tune import tune_live
    from ..tune import tune

    interchange.suffix_of(args.output)
    settings = tuning(args)
    source = interchange.read(args.source)
    tell_notes(source, args.source)
    take = cut(source, args)
    tuned = tune_live(take, settings) if args.live else tune(take, settings)
    interchange.write(tuned, args.output)
    return 0
