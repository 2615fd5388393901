"""`mien farm`: `mien solve` for a season's footage, on the machines of a Dask cluster (see docs/farm.md).

The JSON lines are those of `mien solve` without its progress: a done or an error for each video that was
tried, and at the end

    {"event": "farm", "solved": N, "skipped": N, "failed": N, "seconds"}

Running it again solves only what is missing. The exit code is that of the first video that failed, or 0.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Final

from ..errors import CancelledError, UsageError
from ..events import say
from ..standard_output import put
from .jobs import Job, plan
from .solve import asked
from .stopping import Stop
from .words import count, seconds

RETRIES: Final = 2
PATIENCE: Final = 60.0


def add_farm(commands: Any) -> None:
    """Add `farm` and its own subcommands to the subparsers of the command line."""
    parser = commands.add_parser("farm", help="solve a season's footage on many machines")
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    solving = verbs.add_parser("solve", help="solve what is not solved yet, through Dask")
    _add_footage(solving)
    add = solving.add_argument
    where = "of Dask's scheduler (tcp://farm:8786) or its .json file; else workers on this machine"
    add("--scheduler", metavar="ADDRESS", help=where)
    add("--workers", metavar="N", type=count, help="how many on this machine (else as many as cores)")
    add("--retries", metavar="N", type=int, default=RETRIES,
        help=f"tries again of a video whose process or machine died ({RETRIES})")  # fmt: skip
    add("--wait", metavar="S", type=seconds, default=PATIENCE,
        help=f"give up when no worker is there within so many seconds ({PATIENCE:g})")  # fmt: skip
    add("--threads", metavar="N", type=count, default=1, help="threads for each network (1)")
    for word, shown in (("--crop", "X,Y,W,H"), ("--from", "S"), ("--to", "S"), ("--fps", "RATE")):
        add(word, metavar=shown, dest=word.strip("-") + "_word", help="as for `mien solve`")
    solving.set_defaults(run=solve)
    pending = verbs.add_parser("pending", help="the videos that are not solved yet, one a line")
    _add_footage(pending)
    pending.set_defaults(run=list_pending)


def _add_footage(parser: Any) -> None:
    add = parser.add_argument
    add("videos", metavar="VIDEO", nargs="*", type=Path)
    add("--list", metavar="FILE", help="a text that names further videos, one a line; - is standard input")
    add("-o", "--output", metavar="FOLDER", help="where the takes go; else NAME.mien beside each video")
    add("--again", action="store_true", help="solve also what is solved")
    add("--model", metavar="FOLDER", help="another network than the default one, where every machine sees it")
    add("--json", action="store_true", help="say everything as JSON lines")


def list_pending(args: argparse.Namespace) -> int:
    """For other farms: what is still to be done."""
    jobs, _ = _pending(args)
    for job in jobs:
        say("pending", source=str(job.source), output=str(job.output)) if args.json else put(str(job.source))
    return 0


def solve(args: argparse.Namespace) -> int:
    """Solve everything that is missing; the exit code of the first video that failed, or 0."""
    from ..farm import Farm, Identity

    begun = time.monotonic()
    _check_words(args)
    jobs, skipped = _pending(args)
    failed: dict[int, int] = {}
    if jobs:
        with Stop() as stop, Farm(args.scheduler, args.workers, args.wait) as farm:
            places = [(str(job.source), str(job.output)) for job in jobs]
            identity = Identity.here(args.model)
            for number, event in farm.solve(places, _words(args), identity, args.retries):
                exit_code = event.pop("exit_code")
                if exit_code:
                    failed[number] = exit_code
                _tell(event, args.json)
                if stop.asked:
                    hint = "What was solved is kept; run it again for the rest."
                    raise CancelledError("Cancelled", hint)
    _sum_up(args.json, len(jobs) - len(failed), skipped, len(failed), time.monotonic() - begun)
    return failed[min(failed)] if failed else 0


def _pending(args: argparse.Namespace) -> tuple[list[Job], int]:
    """The jobs that are left, with absolute paths, and how many are done already."""
    from ..farm import Identity, is_solved

    videos = [Path(path).absolute() for path in [*args.videos, *_listed(args.list)]]
    if not videos:
        raise UsageError("There is no video in this call", "Name videos, or a --list of them.")
    output = None if args.output is None else str(Path(args.output).absolute())
    if output is not None and not Path(output).is_dir():
        raise UsageError(f"There is no folder {output}", "Make it first; -o of a farm is a folder.")
    args.model = None if args.model is None else str(Path(args.model).absolute())
    identity = Identity.here(args.model)
    jobs = plan(list(dict.fromkeys(videos)), output, None)
    left = [job for job in jobs if args.again or not is_solved(job.source, job.output, identity)]
    return left, len(jobs) - len(left)


def _listed(name: str | None) -> list[str]:
    if name is None:
        return []
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} can't be read ({error})", "Give a text with one video a line.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(args: argparse.Namespace) -> list[str]:
    """Further words for each `mien solve`."""
    given = {"--model": args.model, "--threads": args.threads, "--crop": args.crop_word,
             "--from": args.from_word, "--to": args.to_word, "--fps": args.fps_word}  # fmt: skip
    return [part for word, value in given.items() if value is not None for part in (word, str(value))]


def _check_words(args: argparse.Namespace) -> None:
    """What `mien solve` would refuse is refused here, once."""
    from ..cli import build_parser

    asked(build_parser(["solve"]).parse_args(["solve", "a video", *_words(args)]))


def _tell(event: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say(event.pop("event"), **event)
    elif event["event"] == "done":
        put(f"{event['source']} -> {event['output']}: {event['frames']} frames, a face in {event['faces']}")
    else:
        print(f"mien: {event['source']}: {event['message']}", file=sys.stderr)


def _sum_up(as_json: bool, solved: int, skipped: int, failed: int, seconds: float) -> None:
    if as_json:
        say("farm", solved=solved, skipped=skipped, failed=failed, seconds=round(seconds, 3))
    else:
        put(f"{solved} solved, {skipped} were already, {failed} failed, {seconds:.1f} s")
