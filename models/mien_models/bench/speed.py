"""`mien bench speed`: how fast everything is, side by side in one run, on the machine at hand.

Every round runs every contender once, one after the other, so that whatever else the machine does falls on
all of them. A rate is the median of the rounds'. Beside it stands the processor time a frame (all threads):
it changes little when the machine is shared, and where all cores are busy it says what the rates can be.
How each is measured is said in `speed_runs` and `speed_processes`, the footage in `speed_clips`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.atomic import open_atomic
from mien.errors import UsageError
from mien.solver import solve
from mien.sources import open_video
from mien.student import Student
from mien.tracker import Tracker
from mien.version import __version__
from numpy.typing import NDArray

from . import speed_clips, speed_processes, speed_report, speed_runs
from .speed_runs import Run

ROUNDS: Final = 5
FRAMES: Final = 960
PEER_FRAMES: Final = 240
LIVE_RATE: Final = 60
LIVE_SECONDS: Final = 20.0
LONG_MINUTES: Final = 6.0
SMALL: Final = 4
"""By so much each side of the footage is smaller for the long run: decoding matters little there."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add(
        "-o",
        "--out",
        type=Path,
        required=True,
        help="folder for the report, and for the footage that is made",
    )
    add("--clip", metavar="VIDEO", type=Path, help="footage of a face to make the 1080p clip of (else drawn)")
    add("--model", metavar="FOLDER", type=Path, help="the network to measure (else the default one)")
    add("--rounds", metavar="N", type=int, default=ROUNDS, help=f"({ROUNDS})")
    add("--frames", metavar="N", type=int, default=FRAMES, help=f"of the 1080p clip, at least ({FRAMES})")
    add("--long", metavar="FRAMES", type=int, default=0,
        help="also solve so many frames of a small clip, and watch time and memory")  # fmt: skip
    add("--long-minutes", metavar="M", type=float, default=LONG_MINUTES,
        help=f"stop that after so many minutes, wherever it is ({LONG_MINUTES:g})")  # fmt: skip
    told = "also put the tables into this page, between its two comments (see docs/speed.md)"
    add("--page", metavar="FILE.md", type=Path, help=told)
    add(
        "--mediapipe-python",
        metavar="PATH",
        type=Path,
        help="a Python that has mediapipe (see bench/peer.py)",
    )
    add("--face-landmarker", metavar="FILE", type=Path, help="MediaPipe's face_landmarker.task")


def run(arguments: argparse.Namespace) -> int:
    """Measure and tell; returns the exit code."""
    if arguments.rounds < 1 or arguments.frames < 1:
        raise UsageError("--rounds and --frames must be 1 or more")
    if (arguments.mediapipe_python is None) != (arguments.face_landmarker is None):
        raise UsageError("MediaPipe takes part with both --mediapipe-python and --face-landmarker")
    if arguments.page:
        speed_report.placed(arguments.page.read_text(encoding="utf-8"), "")  # said before the work
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = measure(arguments)
    _write(arguments.out / "speed.json", json.dumps(results, indent=1) + "\n")
    text = speed_report.as_markdown(results)
    _write(arguments.out / "speed.md", text)
    if arguments.page:
        page = speed_report.placed(arguments.page.read_text(encoding="utf-8"), text)
        _write(arguments.page, page)
    print(text, end="")
    speed_report.draw(arguments.out / "speed.png", results)
    return 0


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    student = Student(arguments.model, threads=1)
    source, clip = speed_clips.prepare(arguments.out, arguments.clip)
    long = speed_clips.looped(clip.with_name(f"{clip.stem}-{arguments.frames}.mp4"), clip, arguments.frames)
    fast = speed_clips.looped(clip.with_name(f"{clip.stem}-60fps.mp4"), clip, speed_clips.MOST, LIVE_RATE)
    results: dict[str, Any] = {
        "command": "mien bench speed",
        "mien": __version__,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "network": {"name": student.name, "sha256": student.sha256},
        "footage": {"large": footage(long), "small": footage(source)},
        "rounds": arguments.rounds,
    }
    for kind, found in in_rounds(arguments, student, {"large": long, "small": source}).items():
        results[f"{kind}_rates"] = {name: summary(runs) for name, runs in found.items()}
    results["live"] = told("live", lambda: speed_processes.live(fast, LIVE_SECONDS, arguments.model))
    starts = [told("starts", lambda: speed_processes.starts(clip, arguments.out, arguments.model))
              for _ in range(arguments.rounds)]  # fmt: skip
    results["starts"] = {name: [float(np.median([getattr(one[name], part) for one in starts]))
                                for part in ("seconds", "cpu")] for name in starts[0]}  # fmt: skip
    results["megabytes"] = speed_processes.sizes()
    if arguments.long:
        results["long"] = told("long", lambda: long_run(clip, arguments, student))
    return results


def in_rounds(
    arguments: argparse.Namespace, student: Student, clips: dict[str, Path]
) -> dict[str, dict[str, list[Run]]]:
    """Every contender once a round, with each of the clips; then the network alone."""
    crops = {kind: first_crop(clip, student) for kind, clip in clips.items()}
    found: dict[str, dict[str, list[Run]]] = {kind: {} for kind in (*clips, "network")}

    def note(kind: str, name: str, measured: Callable[[], Run]) -> None:
        found[kind].setdefault(name, []).append(told(f"{kind}: {name}", measured))

    for _ in range(arguments.rounds):
        for kind, clip in clips.items():
            for name, frames in speed_runs.contenders(student, crops[kind][1]).items():
                note(kind, name, lambda frames=frames, clip=clip: speed_runs.timed(frames(clip)))  # type: ignore[misc]
            if arguments.mediapipe_python:
                note(kind, speed_report.PEER, lambda clip=clip: speed_processes.media_pipe(  # type: ignore[misc]
                    arguments.mediapipe_python, arguments.face_landmarker, clip, PEER_FRAMES))  # fmt: skip
        for threads in (1, os.cpu_count() or 1):
            for batch in speed_runs.BATCHES:
                name = f"{batch} at once, {threads} thread{'s' * (threads > 1)}"
                note("network", name, lambda threads=threads, batch=batch: speed_runs.network(  # type: ignore[misc]
                    arguments.model, threads, batch, crops["large"][0]))  # fmt: skip
    return found


def summary(runs: list[Run]) -> dict[str, float]:
    """Medians over the rounds; the steps' median and p99 over all of them, without each round's first."""
    steps = np.concatenate([run.steps[1:] for run in runs])
    return {
        "rate": float(np.median([run.count / run.seconds for run in runs])),
        "best_rate": max(run.count / run.seconds for run in runs),
        "cpu_ms": float(np.median([1e3 * run.cpu / run.count for run in runs])),
        "step_ms_median": 1e3 * float(np.median(steps)),
        "step_ms_p99": 1e3 * float(np.quantile(steps, 0.99)),
        "count": runs[0].count,
    }


def first_crop(clip: Path, student: Student) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """The face in the first frame: its crop, and its rectangle for `solve`."""
    from mien.crop import cut

    with open_video(clip) as video:
        frame = next(iter(video))
        sighting = Tracker(student).update(frame)
    if sighting is None:
        raise UsageError(
            f"No face is found in the first frame of {clip}", "Choose other footage with --clip."
        )
    box = sighting.box
    corner = (box.x - box.size / 2, box.y - box.size / 2)
    return cut(frame.luma, box, frame.levels).image, (*corner, box.size, box.size)


def long_run(clip: Path, arguments: argparse.Namespace, student: Student) -> dict[str, Any]:
    """Processor time a frame and memory as a long video goes on, at so many places of it."""
    import cv2

    small = (speed_clips.SIZE[0] // SMALL, speed_clips.SIZE[1] // SMALL)
    marks = [int(mark) for mark in np.geomspace(1000, max(arguments.long, 1001), 9)]
    with open_video(clip) as video:
        frames = [cv2.resize(frame.grey, small, interpolation=cv2.INTER_AREA) for frame in video]
    table, before, end = [], os.times(), time.monotonic() + 60 * arguments.long_minutes
    with closing(solve(_endless(frames, marks[-1]), student)) as solved:
        for done, _ in enumerate(solved, 1):
            over = time.monotonic() > end
            if done in marks or over:
                now = os.times()
                cpu = now.user + now.system - before.user - before.system
                table.append({"frames": done, "cpu_s": cpu, "resident_mb": resident()})
            if over:
                break
    return {"size": list(small), "marks": table}


def _endless(pictures: list[NDArray[np.uint8]], count: int) -> Iterable[Any]:
    from mien.types import Frame

    return (Frame(i, i / speed_clips.RATE, pictures[i % len(pictures)]) for i in range(count))


def resident() -> float | None:
    """MB of memory that this process has now; None where the system doesn't say (it does on Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, AttributeError):
        return None


def machine() -> dict[str, Any]:
    """What it ran on, and how busy that was."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"cores": os.cpu_count(), "kind": platform.machine(), "system": platform.system(),
            "python": platform.python_version(), "load": load}  # fmt: skip


def footage(path: Path) -> dict[str, Any]:
    """Size, frames and bit rate of the clip."""
    with open_video(path) as video:
        frames = video.frames or 0
        return {"size": list(video.size), "frames": frames,
                "mbit_per_s": 8e-6 * path.stat().st_size * video.rate / max(frames, 1)}  # fmt: skip


def told(name: str, measured: Callable[[], Any]) -> Any:
    """Say on stderr what is measured."""
    print(f"  {name} …", file=sys.stderr, flush=True)
    return measured()


def _write(path: Path, text: str) -> None:
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
