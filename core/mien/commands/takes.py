"""`mien takes`: a folder of takes listed, a take renamed, searched for bad frames, a span of it replaced."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from .words import number, seconds, tell_notes

_FADE: Final = 0.1
"""Seconds of cross-fade at either end of a punched-in span, where nobody says otherwise."""


def add_takes(commands: Any) -> None:
    """Add `takes` and its own subcommands to the subparsers of the command line."""
    parser = commands.add_parser("takes", help="list and rename takes, find bad frames, replace a span")
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    for add in (_add_list, _add_rename, _add_bad, _add_punch_in):
        add(verbs)


def _add_list(verbs: Any) -> None:
    parser = verbs.add_parser("list", help="the takes of a folder: name, length, rate, share with a face")
    parser.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=Path())
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=list_folder)


def _add_rename(verbs: Any) -> None:
    parser = verbs.add_parser("rename", help="give a take another name; its file keeps its own")
    parser.add_argument("take", metavar="TAKE", type=Path)
    parser.add_argument("name", metavar="NAME")
    parser.set_defaults(run=rename)


def _add_bad(verbs: Any) -> None:
    parser = verbs.add_parser("bad", help="where the confidence is low")
    parser.add_argument("take", metavar="TAKE", type=Path)
    parser.add_argument("--threshold", metavar="X", type=number, help="0 to 1 (0.5)")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=bad)


def _add_punch_in(verbs: Any) -> None:
    parser = verbs.add_parser("punch-in", help="put a newly solved span in the place of the old one")
    add = parser.add_argument
    add("take", metavar="TAKE", type=Path)
    add("part", metavar="SPAN_TAKE", type=Path, help="as `mien solve --from --to` makes it")
    add("-o", "--output", metavar="OUT", type=Path, required=True)
    add("--fade", metavar="S", type=seconds, help=f"cross-fade at both ends ({_FADE:g}; 0 for none)")
    parser.set_defaults(run=punch_in)


def list_folder(args: argparse.Namespace) -> int:
    """One line a take; damaged ones with their error."""
    from ..shelf import list_takes

    takes = list_takes(args.folder)
    if args.json:
        print(json.dumps([{**asdict(take), "path": str(take.path)} for take in takes]))
        return 0
    wide = max((len(take.name) for take in takes), default=0)
    for take in takes:
        told = take.error or f"{_clock(take.seconds)}  {take.rate:7.3f} fps  face {100 * take.found:5.1f} %"
        print(f"{take.name:{wide}}  {told}  {take.path.name}")
    return 0


def rename(args: argparse.Namespace) -> int:
    """Write the take anew under another name."""
    from .. import shelf

    shelf.rename(args.take, args.name)
    return 0


def bad(args: argparse.Namespace) -> int:
    """One line a run of bad frames."""
    from .. import interchange
    from ..editing import BAD, bad_spans

    take = interchange.read(args.take)
    tell_notes(take, args.take)
    spans = bad_spans(take, BAD if args.threshold is None else args.threshold).tolist()
    if args.json:
        print(json.dumps(spans))
        return 0
    for start, end in spans:
        print(f"{_clock(start)} to {_clock(end)}")
    return 0


def punch_in(args: argparse.Namespace) -> int:
    """Read both, write the whole."""
    from .. import editing, interchange

    interchange.suffix_of(args.output)
    take, part = interchange.read(args.take), interchange.read(args.part)
    fade = min(_FADE, part.duration / 2) if args.fade is None else args.fade
    interchange.write(editing.punch_in(take, part, fade), args.output)
    return 0


def _clock(time: float) -> str:
    minutes, rest = divmod(time, 60)
    return f"{int(minutes):3}:{rest:06.3f}"
