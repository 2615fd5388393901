"""`mien setup` and `mien synth`: their arguments and words. What they do is in the modules beside this."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from mien.errors import OutputError, UsageError
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
    sheet.add_argument("--count", type=int, default=60)
    sheet.add_argument("--seed", type=int, default=0)
    sheet.set_defaults(run=_sheet)
    shards = kinds.add_parser("shards", help="training data: shards of 2,048 labelled crops")
    shards.add_argument("--out", type=Path, required=True, help="folder; shards that are there are kept")
    shards.add_argument("--count", type=int, default=44, help="how many shards in all (default 44)")
    shards.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    shards.set_defaults(run=_shards)


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

    write_sheet(arguments.out, max(arguments.count, 1), arguments.seed)
    return 0


def _shards(arguments: argparse.Namespace) -> int:
    _need_numba()
    from .shards import write_shard

    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Can't make the folder {arguments.out}: {error.strerror}") from error
    with ProcessPoolExecutor(max(arguments.workers, 1)) as pool:
        jobs = [pool.submit(write_shard, arguments.out, number) for number in range(arguments.count)]
        try:
            for job in tqdm(jobs, unit="shards", desc="Drawing"):
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return 0


def _need_numba() -> None:
    if importlib.util.find_spec("numba") is None:
        raise UsageError("Drawing faces needs numba", 'Run `pip install "mien[synthetic]"`.')
