"""The `mien` command: its subcommands, and how errors become messages and exit codes.

Those of `BUILT_IN` come with the core. Others come from the entry point group `mien.commands`: functions that
take the subparsers, add their own, and `set_defaults(run=callable(args) -> int)`. They are imported only when
asked for, so that an extra that is not installed disturbs nobody else.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any, Final, NoReturn

from .commands.convert import add_convert
from .commands.farm import add_farm
from .commands.live import add_live
from .commands.map import add_map
from .commands.plot import add_plot
from .commands.record import add_record
from .commands.send import add_send
from .commands.shapes import add_shapes
from .commands.solve import add_solve
from .commands.takes import add_takes
from .commands.tune import add_tune
from .errors import CancelledError, MienError, UsageError, install_extra, unexpected
from .version import __version__

GROUP: Final = "mien.commands"

BUILT_IN: Final = {
    "solve": add_solve,
    "live": add_live,
    "tune": add_tune,
    "convert": add_convert,
    "plot": add_plot,
    "takes": add_takes,
    "map": add_map,
    "shapes": add_shapes,
    "record": add_record,
    "send": add_send,
    "farm": add_farm,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit code (see `mien.errors`)."""
    words = list(sys.argv[1:] if argv is None else argv)
    _let_any_name_be_printed()
    try:
        args = build_parser(words).parse_args(words)
        return int(args.run(args) or 0)
    except MienError as error:
        return _fail(error, words)
    except KeyboardInterrupt:
        return _fail(CancelledError("Cancelled"), words)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CancelledError.exit_code
    except Exception as error:  # a bug: a host waits for its event, a person wants the trace
        return _fail(unexpected(error), words)


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for a call with these words: all commands for help, else the one that is asked for."""
    parser = _Parser(prog="mien", description="Face video to animation on a rig, offline.")
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")
    name = next((word for word in words if not word.startswith("-")), None)
    for add in BUILT_IN.values():
        add(commands)
    if name in BUILT_IN:
        return parser
    others = _entry_points()
    if name is None:
        for other in others.values():
            _add_or_explain(other, commands)
    elif name in others:
        _load(others[name])(commands)
    else:
        known = ", ".join([*BUILT_IN, *sorted(others)])
        raise UsageError(f"There is no command {name!r}", f"The commands are {known}.")
    return parser


class _Parser(argparse.ArgumentParser):
    """Reports wrong calls as UsageError instead of leaving by itself."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}", self.format_usage().strip())


def _entry_points() -> dict[str, metadata.EntryPoint]:
    found: Any = metadata.entry_points()
    # Python 3.9 gives a dict of groups.
    group = found.select(group=GROUP) if hasattr(found, "select") else found.get(GROUP, [])
    return {point.name: point for point in group if point.name not in BUILT_IN}


def _load(point: metadata.EntryPoint) -> Any:
    try:
        return point.load()
    except ImportError as error:
        raise UsageError(f"`mien {point.name}` needs what is not installed ({error})",
                         install_extra("training")) from error  # fmt: skip


def _add_or_explain(point: metadata.EntryPoint, commands: Any) -> None:
    try:
        _load(point)(commands)
    except UsageError as error:
        commands.add_parser(point.name, help=f"(not usable: {error.message})")


def _fail(error: MienError, words: Sequence[str]) -> int:
    from .events import JsonReport, PlainReport, Report

    report: Report = JsonReport() if "--json" in words else PlainReport()
    report.error(None, error)
    return error.exit_code


def _let_any_name_be_printed() -> None:
    """A file name that the terminal's code page lacks is shown with escapes instead of failing the solve."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
