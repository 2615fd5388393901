"""`mien dense` (gather, solve, weights) and `mien train dense`: arguments and words; torch only at work."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mien import arkit
from mien.commands.shapes import read_mesh
from mien.commands.stopping import Stop
from mien.commands.words import count, number
from mien.errors import OutputError, UsageError
from mien.events import PROTOCOL, say

from ..training.words import in_words, need_torch
from .caches import UNITS, WRITERS, read_cache, write_cache


def add_dense(subparsers: Any) -> None:
    """Add `mien dense` to the command line."""
    parser = subparsers.add_parser(
        "dense", help="one actor's every vertex from one camera (Laine et al. 2017)"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    gather = verbs.add_parser("gather", help="videos and their tracked meshes ─▶ a folder to train from")
    gather.add_argument(
        "shots", type=Path, metavar="DENSE.json", help="crop, unit, rate and the list of shots"
    )
    gather.add_argument("--out", type=Path, required=True, help="folder to write into")
    gather.add_argument("--size", type=_size, default=(240, 320), help="of the pictures (default 240x320)")
    gather.set_defaults(run=_gather)
    solve = verbs.add_parser("solve", help="a video ─▶ a cache of moving vertices")
    solve.add_argument("video", type=Path)
    solve.add_argument("--run", type=Path, required=True, dest="run_folder", help="of `mien train dense`")
    _add_cache(solve)
    solve.add_argument("--json", action="store_true", help="say everything as JSON lines")
    solve.set_defaults(run=_solve)
    weights = verbs.add_parser("weights", help="a cache ─▶ weights of a rig's shapes, bounded")
    weights.add_argument("cache", type=Path, help="a .pc2 or .mdd")
    weights.add_argument("--mesh", type=Path, required=True, help="the rig: .npz with shape_names and shapes")
    weights.add_argument(
        "-o", "--output", type=Path, required=True, help=".mien, .csv or .json; .npz for others"
    )
    weights.add_argument(
        "--unit", choices=list(UNITS), default="m", help="of the cache and the mesh (default m)"
    )
    weights.add_argument("--rate", type=number, default=30.0, help="frames a second of a .pc2 (default 30)")
    weights.add_argument("--most", type=number, default=1.0, help="greatest weight (default 1)")
    weights.set_defaults(run=_weights)


def _add_cache(parser: Any) -> None:
    kinds = ".mdd, .pc2, .usda, .abc or .xml (Maya)"
    parser.add_argument("-o", "--output", type=Path, required=True, help=kinds)
    parser.add_argument("--mesh", type=Path, help=".npz of the mesh (see `mien shapes`), for .usda and .abc")
    parser.add_argument(
        "--unit", choices=list(UNITS), default="m", help="of the scene (default m; Maya's is cm)"
    )
    parser.add_argument("--rate", type=number, help="frames a second of the scene (default: the footage's)")
    parser.add_argument("--start-frame", type=number, default=1.0, help="the scene's first frame (default 1)")
    parser.add_argument("--name", default="face", help="of the mesh, in a .usda, .abc or .xml")


def add_train_dense(kinds: Any) -> None:
    """Add `mien train dense` to `mien train`."""
    parser = kinds.add_parser("dense", help="train one actor's network from pictures to vertices")
    add = parser.add_argument
    add("frames", type=Path, help="folder of `mien dense gather`")
    add("--run", type=Path, required=True, dest="run_folder", help="folder of the run; goes on where it was")
    add("--network", choices=("conv", "fc"), default="conv", help="convolutional, or from the pictures' PCA")
    add("--width", type=number, default=1.0, help="times the paper's channels (default 1)")
    add("--epochs", type=int, default=200, help="default 200")
    add("--ramp-down", type=int, help="last epochs, with the rate going to 0 (default 15 %% of them)")
    add("--batch", type=int, default=50, help="default 50")
    add("--peak", type=number, default=1e-3, help="greatest learning rate (default 0.001)")
    add("--seed", type=int, default=1)
    add("--threads", type=count, default=2)
    add("--workers", type=int, default=1, help="processes that make the views (default 1)")
    add("--json", action="store_true", help="say everything as JSON lines")
    parser.set_defaults(run=_train)


def _size(text: str) -> tuple[int, int]:
    wide, _, high = text.partition("x")
    if not (wide.isdecimal() and high.isdecimal() and min(int(wide), int(high)) >= 64):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 240x320, at least 64x64")
    return int(wide), int(high)


def _gather(args: argparse.Namespace) -> int:
    need_torch()
    from .dense_frames import gather

    with Stop() as stop:

        def progress(name: str, frames: int) -> None:
            stop.check()
            print(f"{name}: {frames} frames", file=sys.stderr, flush=True)

        frames = gather(args.shots, args.out, args.size, progress)
    held = len(frames.rows(held_out=True))
    lost = int((~np.isfinite(frames.landmarks).all(axis=(1, 2))).sum())
    print(f"{args.out}: {len(frames)} frames of {frames.vertices.shape[1]} vertices, {held} held out, "
          f"{lost} without a face")  # fmt: skip
    return 0


def _train(args: argparse.Namespace) -> int:
    need_torch()
    import torch

    from .dense_frames import open_frames
    from .dense_train import Running, train_dense

    torch.set_num_threads(args.threads)
    frames, recipe = open_frames(args.frames), _recipe(args)
    source, output = str(args.frames), str(args.run_folder)
    with Stop() as stop:
        if args.json:
            say("start", protocol=PROTOCOL, source=source, output=output, frames=recipe.epochs, rate=None,
                size=None)  # fmt: skip

        running = Running(workers=args.workers, check=stop.check)
        train_dense(frames, args.run_folder, recipe,
                    lambda said: _tell(said, source, args.json, recipe.epochs), running)  # fmt: skip
    if args.json:
        say("done", source=source, output=output, frames=recipe.epochs)
    return 0


def _recipe(args: argparse.Namespace) -> Any:
    from ..networks.dense import DenseOptions
    from .dense_train import DenseRecipe

    if min(args.epochs, args.batch) < 1 or args.width <= 0 or args.peak <= 0 or args.workers < 0:
        raise UsageError("--epochs, --batch, --width and --peak must be above 0", "Leave them out.")
    down = round(0.15 * args.epochs) if args.ramp_down is None else args.ramp_down
    network = DenseOptions(kind=args.network, width=args.width)
    recipe = DenseRecipe(network, args.epochs, down, batch=args.batch, peak=args.peak, seed=args.seed)
    return recipe if args.network == "conv" else replace(recipe, augmentation=None, stabilised=True)


def _tell(said: dict[str, Any], source: str, as_json: bool, epochs: int) -> None:
    if as_json:
        if "epoch" in said:
            say("progress", source=source, frame=said["epoch"], frames=epochs, rate=None, left=None,
                stage="training")  # fmt: skip
        say("scores", source=source, **said)
    else:
        numbers = {name: value for name, value in said.items() if name != "shots"}
        print(in_words(numbers), file=sys.stderr, flush=True)


def _solve(args: argparse.Namespace) -> int:
    need_torch()
    from .dense_solve import solve_dense

    if args.output.suffix.lower() not in WRITERS:
        raise UsageError(f"{args.output.name} is no cache that Mien writes", f"Use {', '.join(WRITERS)}.")
    faces = _faces(args.mesh) if args.mesh else None
    source, output = str(args.video), str(args.output)
    with Stop() as stop:
        if args.json:
            say("start", protocol=PROTOCOL, source=source, output=output, frames=None, rate=None, size=None)

        def progress(frames: int) -> None:
            stop.check()
            if args.json:
                say("progress", source=source, frame=frames, frames=None, rate=None, left=None)

        clip = solve_dense(args.run_folder, args.video, progress)
        write_cache(args.output, clip, rate=args.rate, start_frame=args.start_frame, unit=args.unit,
                    faces=faces, name=args.name)  # fmt: skip
    if args.json:
        say("done", source=source, output=output, frames=len(clip))
    else:
        print(f"{args.video} -> {args.output}: {len(clip)} frames of {clip.vertices.shape[1]} vertices")
    return 0


def _faces(path: Path) -> list[np.ndarray]:
    mesh = read_mesh(path)
    return np.split(mesh["corners"], np.cumsum(mesh["sizes"])[:-1])


def _weights(args: argparse.Namespace) -> int:
    from .dense_fit import fit_shapes

    mesh = read_mesh(args.mesh, ("vertices", "shape_names", "shapes"))
    clip = read_cache(args.cache, unit=args.unit, rate=args.rate, vertices=len(mesh["vertices"]))
    scale = 1 / UNITS[args.unit]
    shapes = {str(name): scale * shape for name, shape in zip(mesh["shape_names"], mesh["shapes"])}
    fit = fit_shapes(clip, scale * mesh["vertices"], shapes, args.most)
    _write_weights(args.output, clip.times - clip.times[0], fit)
    print(json.dumps({"output": str(args.output), "frames": len(clip),
                      "residual_mm": round(float(np.sqrt(np.mean(fit.residual**2))), 4),
                      "motion_mm": round(float(np.sqrt(np.mean(fit.motion**2))), 4)}))  # fmt: skip
    return 0


def _write_weights(path: Path, times: Any, fit: Any) -> None:
    """A take when the shapes are ARKit's (others of the 52 stay 0), else plain arrays."""
    from mien.atomic import open_atomic
    from mien.interchange import write
    from mien.take import Take

    if path.suffix == ".npz":
        with open_atomic(path) as stream:
            np.savez(stream, times=times, names=np.array(fit.names), weights=fit.weights)
        return
    known = [arkit.INDEX.get(name, -1) for name in fit.names]
    if min(known) < 0:
        strange = [name for name, place in zip(fit.names, known) if place < 0]
        raise OutputError(
            f"{strange[0]} is none of ARKit's shapes, so the weights are no take", "Name the output .npz."
        )
    weights = np.zeros((len(times), arkit.COUNT), np.float32)
    weights[:, known] = fit.weights
    write(Take.from_weights(times, weights, {"name": path.stem}), path)
