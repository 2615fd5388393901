"""`mien train actor`: its arguments and words. What it does is in `train` and `personal`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mien.errors import UsageError

from ..training.words import has_matplotlib, need_torch


def add_actor(kinds: Any) -> None:
    """Add `mien train actor` to `mien train`."""
    parser = kinds.add_parser(
        "actor", help="a network for one actor (by default the default one, fine-tuned)"
    )
    add = parser.add_argument
    add("data", type=Path, help="an actor.json (see `mien actor`), or a folder of its shards")
    add("--run", type=Path, dest="run_folder", metavar="FOLDER",
        help="where the run keeps its state, and goes on (default: beside the output)")  # fmt: skip
    add("-o", "--out", type=Path, help="folder for the finished network (default: RUN/network)")
    add("--recipe", default="personal", help="personal (default), facegood-teacher, facegood, "
        "facegood-plain, small-teacher, small, small-plain, small-distilled")  # fmt: skip
    add("--model", type=Path, help="personal: begin with this network's folder (default: the default one)")
    add("--start", type=Path, help="personal: begin with this run")
    add("--teacher", type=Path, help="the run of the teacher to learn from")
    add("--faces", type=Path, help="shards of synthetic faces to mix in: others are not forgotten")
    add("--mirror", action="store_true", default=None, help="train on mirrored crops too: for an even face")
    add("--name", help="of the network (default: the output's name)")
    add("--samples", type=int, help="length of personal training, in crops (default 24,000)")
    add("--epochs", type=int, help="length of the others, in passes over the footage")
    add("--batch", type=int, help="crops a step")
    add("--seed", type=int)
    add("--threads", type=int, default=2)
    add("--workers", type=int, default=1, help="processes that cut crops (default 1)")
    add("--report", action="store_true", help="put report.html beside the network (needs matplotlib)")
    add("--json", action="store_true", help="say everything as JSON lines (see mien/events.py)")
    parser.set_defaults(run=_actor)


def _actor(arguments: argparse.Namespace) -> int:
    need_torch()
    import torch
    from mien.commands.stopping import Stop

    from .own_points import prepare
    from .personal import Delivery, beginning, deliver, origin
    from .ranks import joined
    from .recipes import recipe_named
    from .run import Task
    from .telling import JsonWatcher, Looking, PlainWatcher
    from .train import Watcher, train

    torch.set_num_threads(arguments.threads)
    recipe = recipe_named(
        arguments.recipe, mirror=arguments.mirror, seed=arguments.seed, **_length(arguments)
    )
    run, out = _folders(arguments)
    model, start = arguments.model, arguments.start
    with Stop() as stop, joined() as ranks:
        data = _shards(arguments.data, run, ranks, Looking(arguments.data, out, stop, arguments.json))
        known, begin = data, beginning(model, start) if recipe.goal == "personal" else None
        if begin is not None and recipe.sets:
            points = Looking(arguments.data, out, stop, arguments.json, "points")
            known, begin = prepare(begin, data, run, recipe, stop.check, ranks, points)
        task = Task(known, run, recipe, begin, arguments.teacher, arguments.faces, workers=arguments.workers)
        telling = JsonWatcher if arguments.json else PlainWatcher
        watcher = telling(arguments.data, out, stop) if ranks.first else Watcher()
        finished = train(task, watcher, ranks)
        card = None
        if ranks.first and recipe.network == "student":
            watcher.delivering()
            words = origin(model, start, recipe)
            report = arguments.report and has_matplotlib()
            card = deliver(Delivery(run, data, out, arguments.name or out.name, words, model, report))
        watcher.done(finished, card)
    return 0


def _length(arguments: argparse.Namespace) -> dict[str, int | None]:
    """What is said of the training's length: in samples or in epochs, as the recipe has it."""
    given = {name: getattr(arguments, name) for name in ("samples", "epochs", "batch")}
    for name, value in given.items():
        if value is not None and value < 1:
            raise UsageError(f"--{name} must be above 0", f"Leave --{name} out for the recipe's own.")
    right, wrong = ("samples", "epochs") if arguments.recipe == "personal" else ("epochs", "samples")
    if given[wrong] is not None:
        raise UsageError(f"The length of {arguments.recipe} is counted in {right}", f"Say --{right} instead.")
    return given


def _folders(arguments: argparse.Namespace) -> tuple[Path, Path]:
    """The run's folder and the output's."""
    run, out = arguments.run_folder, arguments.out
    if run is None and out is None:
        raise UsageError("Where is the network to go?", "Name a folder with --out, or the run's with --run.")
    return run or out.with_name(out.name + ".run"), out or run / "network"


def _shards(data: Path, run: Path, ranks: Any, looking: Any) -> Path:
    """The folder of shards; made from an actor.json by the first of the processes that train together."""
    if not data.is_file():
        return data
    if ranks.first:
        from .gather import gather

        run.mkdir(parents=True, exist_ok=True)
        gather(data, run / "footage", tell=looking.tell, progress=looking)
    ranks.wait()
    return run / "footage"
