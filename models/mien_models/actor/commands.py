"""`mien label` and `mien actor`: their arguments and words. What they do is in the modules beside this."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mien.commands.jobs import SUFFIXES, Job, check_outputs, plan
from mien.commands.solve import Span, rectangle
from mien.commands.words import add_network, add_span, pair
from mien.errors import UsageError, install_extra
from mien.rates import exact_rate

from ..training.words import has_matplotlib


def add_label(subparsers: Any) -> None:
    """Add `mien label` to the command line."""
    parser = subparsers.add_parser("label", help="label footage of one actor: a fit to the whole clip (slow)")
    add = parser.add_argument
    add("videos", metavar="FOOTAGE", nargs="+", type=Path, help="videos or image sequences of one face")
    known = ", ".join(SUFFIXES)
    add(
        "-o",
        "--output",
        metavar="OUT",
        help=f"a file ({known}), or a folder; else NAME.labels.mien beside it",
    )
    add("--crop", metavar="X,Y,W,H", type=rectangle, help="where the face is, pixels, instead of finding it")
    add("--fps", metavar="RATE", help="pictures a second of an image sequence")
    add("--rest", metavar="S,S", type=pair, help="from when to when the face rests with open eyes: it helps")
    add_network(parser)
    add("--json", action="store_true", help="say everything as JSON lines")
    add_span(parser)
    parser.set_defaults(run=_label)


def add_actor(subparsers: Any) -> None:
    """Add `mien actor` to the command line."""
    parser = subparsers.add_parser(
        "actor", help="footage and labels of one actor: plan, check, gather, report"
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("plan", help="begin an actor.json: the shot list of a paper, to fill in")
    one.add_argument("file", type=Path, metavar="ACTOR.json")
    one.add_argument("--plan", choices=("facegood", "laine"), default="facegood", help="whose shot list")
    one.add_argument("--name", default="", help="the actor's name")
    one.set_defaults(run=_plan)
    one = kinds.add_parser("check", help="what of the plan is filmed, what is missing")
    one.add_argument("file", type=Path, metavar="ACTOR.json")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=_check)
    one = kinds.add_parser("gather", help="footage and labels into shards to train on")
    one.add_argument("file", type=Path, metavar="ACTOR.json")
    one.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    add_network(one)
    one.set_defaults(run=_gather)
    one = kinds.add_parser("report", help="judge networks on the held-out frames: one HTML page")
    one.add_argument("shards", type=Path, metavar="SHARDS", help="the folder of `mien actor gather`")
    one.add_argument("-o", "--output", type=Path, required=True, metavar="PAGE.html")
    told = "a network's folder, the trained one first; the default network is compared"
    one.add_argument("--network", metavar="NAME=FOLDER", type=_named, action="append", default=[], help=told)
    one.add_argument("--teacher", metavar="RUN", type=Path, help="also judge the teacher of this run")
    one.add_argument("--run", metavar="RUN", type=Path, dest="run_folder", help="show the course of this run")
    one.set_defaults(run=_report)
    one = kinds.add_parser("trial", help="how far our labels are off on made actors (needs `synthetic`)")
    one.add_argument("recordings", type=Path, nargs="*", help="Live Link CSVs that drive some of them")
    one.set_defaults(run=_trial)
    one = kinds.add_parser("priors", help="measure what the labeller knows beforehand (needs `synthetic`)")
    one.add_argument("recordings", type=Path, nargs="+", help="Live Link CSVs, for how fast faces move")
    one.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz")
    one.set_defaults(run=_priors)


def _label(arguments: argparse.Namespace) -> int:
    from mien.interchange import write
    from mien.student import Student
    from tqdm import tqdm

    from .footage import solve_footage
    from .labeller import label

    span = Span.of(arguments.start, arguments.end)
    rate = None if arguments.fps is None else float(exact_rate(arguments.fps))
    student = Student(arguments.model, arguments.threads)
    for job in _jobs(arguments):
        check_outputs(job)
        with tqdm(unit="frames", desc=job.source.name, disable=arguments.json) as bar:
            footage = solve_footage(
                job.source,
                student,
                arguments.crop,
                span,
                rate,
                lambda done, total: _advance(bar, done, total),
            )
        labelled = label(footage, Span.of(*arguments.rest) if arguments.rest else None)
        write(labelled.take, job.output)
        _told(arguments, job, labelled)
    return 0


def _jobs(arguments: argparse.Namespace) -> list[Job]:
    if arguments.output is None:
        return [Job(path, path.with_name(f"{path.stem}.labels.mien"), None) for path in arguments.videos]
    return plan(arguments.videos, arguments.output, None)


def _advance(bar: Any, done: int, total: int | None) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _told(arguments: argparse.Namespace, job: Job, labelled: Any) -> None:
    about = labelled.take.about["labeller"]
    if arguments.json:
        content = {"event": "labelled", "source": str(job.source), "output": str(job.output),
                   "residual": about["residual"], "notes": list(labelled.notes)}  # fmt: skip
        print(json.dumps(content), flush=True)
        return
    frames = int(labelled.take.found.sum())
    print(f"{job.output}: {frames} of {len(labelled.take)} frames, residual {about['residual']:.1f} % "
          "of the distance between the pupils")  # fmt: skip
    for note in labelled.notes:
        print(f"mien: {job.source}: {note}", file=sys.stderr)


def _plan(arguments: argparse.Namespace) -> int:
    from .plans import PLANS
    from .shots import write_plan

    chosen = PLANS[arguments.plan]
    write_plan(arguments.file, arguments.name or arguments.file.resolve().parent.name, chosen)
    print(
        f"{arguments.file} lists what to film; fill in the videos and their labels, then `mien actor check`."
    )
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from .checking import check
    from .shots import ShotListError, read_shots

    found = check(read_shots(arguments.file))
    if arguments.json:
        print(json.dumps(found.as_dict()))
    else:
        print("\n".join([*found.lines, *(f"Wish: {wish}" for wish in found.wishes)]))
        for problem in found.problems:
            print(f"mien: {problem}", file=sys.stderr)
    return ShotListError.exit_code if found.problems else 0


def _gather(arguments: argparse.Namespace) -> int:
    from mien.student import Student

    from .gather import gather

    student = Student(arguments.model, arguments.threads)
    about = gather(arguments.file, arguments.output, student, lambda line: print(line, flush=True))
    training = sum(shot["training"] for shot in about["shots"])
    judging = sum(shot["judging"] for shot in about["shots"])
    print(f"{training} frames to train on and {judging} to judge by are in {arguments.output}")
    for line in about["coverage"]["advice"]:
        print(f"Film more: {line}")
    return 0


def _priors(arguments: argparse.Namespace) -> int:
    from mien.student import Student
    from tqdm import tqdm

    from .priors import JUDGED_HEADS, measure, write_priors

    if not all(path.is_file() for path in arguments.recordings):
        raise UsageError("A recording is missing", "Give Live Link Face CSVs.")
    with tqdm(total=JUDGED_HEADS, unit="heads") as bar:
        write_priors(measure(Student(), arguments.recordings, bar.update), arguments.output)
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from .judging import held_out_of, judge, judge_network, run_answer
    from .report import write_report

    _need_matplotlib()
    held_out = held_out_of(arguments.shards)
    networks = [("default", None), *arguments.network]
    judged = [judge_network(name, folder, held_out) for name, folder in networks]
    if arguments.teacher:
        judged.append(judge("teacher", run_answer(arguments.teacher), held_out))
    history = _history(arguments.run_folder) if arguments.run_folder else []
    scores = write_report(arguments.output, arguments.shards, judged, held_out, history)
    for name, one in scores.items():
        print(f"{name}: error {one['weights_mae']:.4f}, landmarks {one['landmarks_eyes']:.1f} % of the eyes")
    return 0


def _trial(arguments: argparse.Namespace) -> int:
    from mien.student import Student

    from .label_trial import shape_table, trial

    rows = trial(arguments.recordings, Student(threads=1), tell=lambda line: print(line, flush=True))
    for name, raw, labelled in shape_table(rows):
        print(f"{name}: {raw:.3f} as solved, {labelled:.3f} labelled")
    return 0


def _history(run: Path) -> list[dict[str, float]]:
    from ..training.checkpoint import read_about

    return list(read_about(run / "checkpoint.npz").get("history", []))


def _named(text: str) -> tuple[str, Path]:
    name, _, folder = text.rpartition("=")
    return name or Path(folder).name, Path(folder)


def _need_matplotlib() -> None:
    if not has_matplotlib():
        raise UsageError("The report needs matplotlib", install_extra("plots"))
