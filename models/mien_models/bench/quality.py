"""`mien bench quality`: how well a network does, on drawn heads and on labelled clips, beside MediaPipe.

One call measures, prints the tables and writes them below --out: quality.json, quality.md, pictures, takes
and tables of the clips. --card puts the figures on record beside the network. How each is measured is said in
`quality_synthetic`, `quality_clips`, `quality_moments`, `quality_mesh`, `quality_spoilt` and
`quality_confidence`.
MediaPipe takes part when its results are there (--peer-csv, written by peer.py).
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import sys
from pathlib import Path
from typing import Any, Final

from mien.atomic import open_atomic
from mien.errors import UsageError
from mien.student import Student, default_folder
from mien.version import __version__

from . import quality_clips, quality_report, quality_spoilt, quality_synthetic
from .quality_card import write_card
from .quality_confidence import reliability

CLIPS: Final = Path("..") / "shared" / "footage"
VIEWS: Final = 2048


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("-o", "--out", type=Path, help="folder for the report, its pictures, and what the clips gave")
    add("--model", metavar="FOLDER", type=Path, help="the network to measure (else the default one)")
    add("--clips", metavar="FOLDER", type=Path, default=CLIPS,
        help=f"labelled clips: *.mp4, events.tsv, score_events.py ({CLIPS}; else left out)")  # fmt: skip
    add("--peer-csv", metavar="FOLDER", type=Path, help="what peer.py wrote: MediaPipe on the same clips")
    add("--views", metavar="N", type=int, default=VIEWS, help=f"drawn heads, 0 for none ({VIEWS})")
    add("--seed", type=int, default=quality_synthetic.SEED,
        help=f"of the drawn heads ({quality_synthetic.SEED})")  # fmt: skip
    add("--threads", metavar="N", type=int, help="threads for the network")
    add(
        "--from",
        metavar="JSON",
        dest="known",
        type=Path,
        help="use an earlier run's quality.json",
    )
    add("--card", metavar="FOLDER", type=Path, help="write MODEL_CARD.md and the scores in card.json there")


def run(arguments: argparse.Namespace) -> int:
    """Measure and tell; returns the exit code."""
    check(arguments)
    results = read_results(arguments.known) if arguments.known else measure(arguments)
    print(quality_report.as_markdown(results), end="")
    if arguments.out:
        write_report(arguments.out, results)
    if arguments.card:
        write_card(arguments.card, results)
    return 0


def check(arguments: argparse.Namespace) -> None:
    """UsageError for a call that could not end well."""
    if arguments.known is None and arguments.out is None:
        raise UsageError("Nowhere to put the results", "Name a folder with --out.")
    if arguments.views < 0 or arguments.seed < 0:
        raise UsageError("--views and --seed can't be negative")
    if arguments.peer_csv and not arguments.peer_csv.is_dir():
        raise UsageError(
            f"There is no folder {arguments.peer_csv}", "Write it with mien_models/bench/peer.py."
        )


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures; a part that can't be measured is left out, and said on stderr."""
    student = Student(arguments.model or default_folder(), arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    peer = " --peer-csv FOLDER" if arguments.peer_csv else ""
    results: dict[str, Any] = {
        "command": f"mien bench quality --views {arguments.views} --seed {arguments.seed}{peer} --out FOLDER",
        "mien": __version__,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "network": {"name": student.name, "sha256": student.sha256},
    }
    if arguments.views:
        results.update(on_drawn_heads(student, arguments.views, arguments.seed))
    if quality_clips.is_there(arguments.clips):
        clips = quality_clips.prepare(
            arguments.clips, arguments.out, arguments.model, arguments.threads, arguments.peer_csv
        )
        results["real"] = quality_clips.measure(clips)
        results["spoilt"] = quality_spoilt.measure(clips.sources, student)
    else:
        print(f"No labelled clips in {arguments.clips}: measured on drawn heads only", file=sys.stderr)
    return dict(without_nan(results))


def on_drawn_heads(student: Student, views: int, seed: int) -> dict[str, Any]:
    """The parts `synthetic` and `confidence` of the results."""
    shown = quality_synthetic.draw(views, seed)
    found, errors = quality_synthetic.measure(student, shown)
    weights = errors.weights.mean(axis=1, dtype=float)
    return {
        "synthetic": {"views": views, "seed": seed, **found},
        "confidence": reliability(errors.confidence, errors.eyes, weights, shown.presence),
    }


def write_report(folder: Path, results: dict[str, Any]) -> None:
    """quality.json, quality.md and the pictures."""
    from .quality_plots import draw

    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "quality.json", json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    _write(folder / "quality.md", quality_report.as_markdown(results, draw(folder, results)))


def read_results(path: Path) -> dict[str, Any]:
    """What an earlier run measured."""
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(results, dict) or not results["network"]["sha256"]:
            raise ValueError("no network")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a quality.json of this bench ({error})") from error
    return results


def without_nan(value: Any) -> Any:
    """The same with None for numbers that are none: JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write(path: Path, text: str) -> None:
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
