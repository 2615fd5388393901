"""`mien map`: make, check, apply and learn retarget maps (see `mien.rig.retarget_map`)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import MapError, UsageError
from .map_geometry import add_map_shapes
from .map_landmarks import add_landmarks


def add_map(commands: Any) -> None:
    """Add `map` and its own subcommands to the subparsers of the command line."""
    parser = commands.add_parser("map", help="make, check, apply or learn a retarget map for a rig")
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    for add in (_add_auto, _add_check, _add_apply, _add_learn, add_map_shapes, add_landmarks):
        add(verbs)


def _add_auto(verbs: Any) -> None:
    from ..rig.targets import KINDS

    parser = verbs.add_parser(
        "auto", help="make a map from the names of a rig's channels; report each of them"
    )
    parser.add_argument(
        "names", metavar="NAMES", type=Path, help="text file, one channel on a line; - for stdin"
    )
    parser.add_argument(
        "-o", "--output", metavar="MAP", type=Path, help="where the map goes; only a report without"
    )
    parser.add_argument(
        "--kind", choices=KINDS, default="shape_key", help="what the channels are (shape_key)"
    )
    parser.add_argument("--json", action="store_true", help="report for machines")
    parser.set_defaults(run=auto)


def _add_check(verbs: Any) -> None:
    parser = verbs.add_parser("check", help="read a map, and compare it with a rig's channels")
    parser.add_argument("map", metavar="MAP", type=Path)
    parser.add_argument(
        "names", metavar="NAMES", type=Path, nargs="?", help="one channel on a line; - for stdin"
    )
    parser.add_argument("--json", action="store_true", help="report for machines")
    parser.set_defaults(run=check)


def _add_apply(verbs: Any) -> None:
    parser = verbs.add_parser("apply", help="turn a take into a table of the rig's channels")
    parser.add_argument("take", metavar="TAKE", type=Path)
    parser.add_argument("map", metavar="MAP", type=Path)
    parser.add_argument("-o", "--output", metavar="CSV", type=Path, required=True)
    parser.add_argument("--smoothing", type=float, default=0.5, help="0 to 1 (0.5)")
    parser.set_defaults(run=apply)


def _add_learn(verbs: Any) -> None:
    from ..rig.targets import KINDS

    parser = verbs.add_parser("learn", help="fit a map to a few frames for which the rig was posed by hand")
    parser.add_argument("take", metavar="TAKE", type=Path)
    parser.add_argument(
        "examples",
        metavar="EXAMPLES",
        type=Path,
        help="CSV: frame (of the take, from 0) or time (s), then channels",
    )
    parser.add_argument("-o", "--output", metavar="MAP", type=Path, required=True)
    parser.add_argument("--method", choices=("ridge", "nnls"), default="ridge")
    parser.add_argument("--kind", choices=KINDS, default="property", help="what the channels are (property)")
    parser.add_argument("--smoothing", type=float, default=0.5, help="0 to 1 (0.5)")
    parser.add_argument("--json", action="store_true", help="report for machines")
    parser.set_defaults(run=learn)


def auto(args: argparse.Namespace) -> int:
    """Make a map of names."""
    from ..rig.automap import auto_map
    from ..rig.map_file import write_map

    made = auto_map(_names(args.names), args.kind, args.output.stem if args.output else "")
    if args.output:
        write_map(made.map, args.output)
    _tell(made.report(), made.as_dict(), args.json)
    return 0


def check(args: argparse.Namespace) -> int:
    """Read a map; exit code 9 where the rig lacks a target that it drives."""
    from ..rig.map_check import check as compare
    from ..rig.map_file import read_map

    found = compare(read_map(args.map), _names(args.names) if args.names else None)
    _tell(found.report(), found.as_dict(), args.json)
    return 0 if found.fits else MapError.exit_code


def apply(args: argparse.Namespace) -> int:
    """Write a row of channels for each sample of a take."""
    from ..rig import channel_table
    from ..rig.map_file import read_map

    retarget_map = read_map(args.map)
    take = _tuned(args)
    values = retarget_map.apply(take.weights, take.pose)
    channel_table.write_channels(args.output, take.times, retarget_map.paths, values)
    return 0


def learn(args: argparse.Namespace) -> int:
    """Fit a map to examples."""
    from ..rig import channel_table
    from ..rig.learn import learn as fit
    from ..rig.map_file import write_map
    from ..rig.targets import Target

    examples = channel_table.read_examples(args.examples)
    take = _tuned(args)
    rows = examples.samples_of(take.times)
    targets = [Target(name, args.kind) for name in examples.channels]
    learned = fit(take.weights[rows], examples.values, targets, args.method, args.output.stem)
    write_map(learned.map, args.output)
    _tell(learned.report(), learned.as_dict(), args.json)
    return 0


def _tuned(args: argparse.Namespace) -> Any:
    from ..interchange import read
    from ..tune import TuneSettings, tune

    settings = TuneSettings(smoothing=args.smoothing)
    return tune(read(args.take), settings)


def _names(path: Path) -> list[str]:
    """One name from each line that isn't blank."""
    import sys

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no file {path}", "Write the rig's channels into it, one on a line."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read as text ({error})", "Save it as UTF-8.") from error
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise UsageError(f"{path} has no names in it", "Write the rig's channels into it, one on a line.")
    return names


def _tell(lines: Iterable[str], machine: dict[str, Any], as_json: bool) -> None:
    print(json.dumps(machine, ensure_ascii=False) if as_json else "\n".join(lines), flush=True)
