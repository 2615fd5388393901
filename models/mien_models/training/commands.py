"""`mien train`: its arguments and its words. What it does is in `train` and `export`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..actor.dense_commands import add_train_dense
from ..actor.train_commands import add_actor
from .schedule import Schedule
from .words import in_words, need_torch


def add_train(subparsers: Any) -> None:
    """Add `mien train` to the command line."""
    parser = subparsers.add_parser("train", help="train networks (needs the extra `training`)")
    kinds = parser.add_subparsers(dest="kind", required=True)
    synthetic = kinds.add_parser("synthetic", help="train the default student on synthetic faces")
    synthetic.add_argument(
        "--data", type=Path, required=True, help="folder of shards (see `mien synth shards`)"
    )
    synthetic.add_argument(
        "--run",
        type=Path,
        required=True,
        dest="run_folder",
        help="folder of the run; goes on from its checkpoint",
    )
    synthetic.add_argument(
        "--samples", type=int, default=1_000_000, help="samples in all (default 1,000,000)"
    )
    synthetic.add_argument(
        "--ramp-down", type=int, help="samples of the last part, in which the learning rate falls to 0"
    )
    synthetic.add_argument("--side", type=int, default=160, help="side of the crops, a multiple of 32")
    synthetic.add_argument("--geometry", type=Path, help="begin with the .npz of `mien train geometry`")
    synthetic.add_argument(
        "--start", type=Path, help="begin with a run's checkpoint.npz, or a network's folder"
    )
    synthetic.add_argument("--peak", type=float, default=Schedule.peak, help="greatest learning rate")
    synthetic.add_argument("--width", type=float, default=0.5, help="MobileNetV2's width (default 0.5)")
    synthetic.add_argument(
        "--close", type=int, default=96, help="features of each closer look (default 96; 0: no closer look)"
    )
    synthetic.add_argument("--threads", type=int, default=2)
    synthetic.set_defaults(run=_synthetic)
    geometry = kinds.add_parser("geometry", help="teach weights from points alone, without pictures")
    geometry.add_argument("--out", type=Path, required=True, help="an .npz for `synthetic --geometry`")
    geometry.add_argument("--samples", type=int, default=1_000_000)
    geometry.add_argument("--threads", type=int, default=2)
    geometry.set_defaults(run=_geometry)
    reader = kinds.add_parser("reader", help="teach a run's network to tell a person from an expression")
    reader.add_argument("--data", type=Path, required=True)
    reader.add_argument("--run", type=Path, required=True, dest="run_folder")
    reader.add_argument("--threads", type=int, default=2)
    reader.set_defaults(run=_reader)
    average = kinds.add_parser("average", help="the mean of several runs' networks, as a run of its own")
    average.add_argument(
        "runs", type=Path, nargs="+", help="folders of runs that began with the same network"
    )
    average.add_argument("--run", type=Path, required=True, dest="run_folder", help="a new folder")
    average.set_defaults(run=_average)
    add_actor(kinds)
    add_train_dense(kinds)
    export = kinds.add_parser("export", help="write a run's network as student.onnx and card.json")
    export.add_argument("--data", type=Path, required=True)
    export.add_argument("--run", type=Path, required=True, dest="run_folder")
    export.add_argument("--out", type=Path, required=True, help="folder to write into")
    export.add_argument("--name", default="default")
    export.set_defaults(run=_export)


def _synthetic(arguments: argparse.Namespace) -> int:
    need_torch()
    import torch

    from ..networks.mobilenet_v2 import StudentOptions
    from .train import Recipe, Start, train

    torch.set_num_threads(arguments.threads)
    down = arguments.samples // 6 if arguments.ramp_down is None else arguments.ramp_down
    schedule = replace(Schedule(), peak=arguments.peak, total=arguments.samples, ramp_down=down)
    student = StudentOptions(width=arguments.width, close=arguments.close)
    recipe = Recipe(student, schedule, side=arguments.side)
    start = Start(arguments.geometry, arguments.start)
    train(arguments.data, arguments.run_folder, recipe, _say, start=start)
    return 0


def _geometry(arguments: argparse.Namespace) -> int:
    need_torch()
    import torch

    from ..networks.mobilenet_v2 import StudentOptions
    from .geometry import train_geometry

    torch.set_num_threads(arguments.threads)
    train_geometry(arguments.out, arguments.samples, StudentOptions(), _say)
    return 0


def _reader(arguments: argparse.Namespace) -> int:
    need_torch()
    import torch

    from .reader import train_reader

    torch.set_num_threads(arguments.threads)
    train_reader(arguments.run_folder / "checkpoint.npz", arguments.data, _say)
    return 0


def _average(arguments: argparse.Namespace) -> int:
    need_torch()
    from .checkpoint import average_runs

    average_runs([run / "checkpoint.npz" for run in arguments.runs], arguments.run_folder / "checkpoint.npz")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    need_torch()
    from .export import export

    card = export(arguments.run_folder / "checkpoint.npz", arguments.data, arguments.out, arguments.name)
    print(json.dumps({"out": str(arguments.out), **card["scores"]}))
    return 0


def _say(scores: dict[str, Any]) -> None:
    print(in_words(scores), file=sys.stderr, flush=True)
