"""`mien convert`: one kind of recording into another, by the suffixes (see `mien.interchange`)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_convert(commands: Any) -> None:
    """Add `convert` to the subparsers of the command line."""
    parser = commands.add_parser("convert", help="turn a take into .csv or .json, or back")
    parser.add_argument("source", metavar="IN", type=Path)
    parser.add_argument("target", metavar="OUT", type=Path)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read one file, write the other."""
    from .. import interchange

    interchange.write(interchange.read(args.source), args.target)
    return 0
