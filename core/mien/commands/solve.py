"""`mien solve`: one video after the other through the solver. Where their results go is in `jobs`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..editing import SAME
from ..errors import (
    CancelledError,
    MienError,
    NoFaceError,
    NoFramesError,
    UsageError,
    unexpected,
)
from ..events import JsonReport, PlainReport, Report
from ..rates import exact_rate
from .jobs import Job, check_outputs, plan
from .stopping import Stop
from .words import add_network, add_span

if TYPE_CHECKING:
    from ..image_sequences import ImageSequence
    from ..sources import Video
    from ..take import Take
    from ..types import Frame

_SHOW: Final = "Show more of the face, or say with --crop where it is."
_CLOSER: Final = "Draw it closer about the head, or leave it out: then the face is found and followed."
HELD_BY_A_CROP: Final = 0.75
"""A fixed crop that shows a face in fewer of the frames lies wrong, or is too wide."""


@dataclass(frozen=True)
class Span:
    """The seconds of the footage to solve, ends included; times in the take stay those of the footage."""

    start: float
    end: float

    @classmethod
    def of(cls, start: float | None, end: float | None) -> Span:
        """From the words of the call, where either may be missing."""
        span = cls(start or 0.0, math.inf if end is None else end)
        if not span.start < span.end:
            raise UsageError(
                f"--from {span.start:g} --to {span.end:g} is no span", "Give the earlier one first."
            )
        return span

    def frames(self, video: Video | ImageSequence) -> Iterator[Frame]:
        """Those of the video's frames that lie in it."""
        video.skip_to(self.start - SAME)
        for frame in video:
            if frame.time > self.end + SAME:
                return
            if frame.time >= self.start - SAME:
                yield frame

    def estimate(self, video: Video | ImageSequence) -> int | None:
        """How many frames to expect."""
        if video.frames is None:
            return None
        last = min(self.end, (video.frames - 1) / video.rate)
        return max(round((last - self.start) * video.rate) + 1, 0)

    def __str__(self) -> str:
        return f"{self.start:g} s to {self.end:g} s" if math.isfinite(self.end) else f"{self.start:g} s on"


def add_solve(commands: Any) -> None:
    """Add `solve` to the subparsers of the command line."""
    parser = commands.add_parser("solve", help="turn face videos into takes")
    told = "a video, or an image sequence: its folder, or its name as shot.####.png"
    parser.add_argument("videos", metavar="VIDEO", nargs="+", type=Path, help=told)
    add = parser.add_argument
    add(
        "-o",
        "--output",
        metavar="OUT",
        help="a file (.mien, .csv or .json), or a folder that exists; else NAME.mien beside the video",
    )
    add(
        "--crop",
        metavar="X,Y,W,H",
        type=rectangle,
        help="always use this rectangle of the picture (pixels) instead of finding and following the face",
    )
    add_span(parser)
    told = "read the face as in this take of it, into which these seconds go (see `mien takes punch-in`)"
    add("--beside", metavar="TAKE", type=Path, help=told)
    add("--fps", metavar="RATE", help="pictures a second of an image sequence: 25, 23.976 … (24)")
    add(
        "--overlay",
        metavar="OUT.mp4",
        help="also draw the footage with its landmarks beside the driven head (several videos: a folder)",
    )
    add(
        "--preview",
        metavar="FILE.pgm",
        type=Path,
        help="while solving, keep the newest crop with its landmarks in this picture",
    )
    add("--json", action="store_true", help="say everything as JSON lines (see mien/events.py)")
    add_network(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Solve every video of the call; the exit code is that of the first one that failed, or 0."""
    report: Report = JsonReport() if args.json else PlainReport()
    span, rate = asked(args)
    jobs = [replace(job, rate=rate) for job in plan(args.videos, args.output, args.overlay)]
    beside = None if args.beside is None else _take(args.beside)
    exit_code = 0
    with Stop() as stop:
        network = _network(args.model, args.threads)
        for job in jobs:
            try:
                solve_job(job, network, args.crop, report, stop, span, args.preview, beside)
            except Exception as failure:
                error = failure if isinstance(failure, MienError) else unexpected(failure)
                report.error(job.source, error)
                if isinstance(error, CancelledError):
                    return error.exit_code
                exit_code = exit_code or error.exit_code
    return exit_code


def asked(args: argparse.Namespace) -> tuple[Span, float | None]:
    """The seconds to solve and an image sequence's rate; UsageError where they are none."""
    return Span.of(args.start, args.end), None if args.fps is None else float(exact_rate(args.fps))


def solve_job(job: Job, network: Callable[[], Any], crop: tuple[float, float, float, float] | None,
              report: Report, stop: Stop, span: Span, preview: Path | None = None,
              beside: Take | None = None) -> None:  # fmt: skip
    """Solve one video; the Take is on disk, whole, before an overlay is begun."""
    from .. import interchange, overlay
    from ..crop_picture import CropPicture
    from ..person import Person, person_of
    from ..solver import about, solve
    from ..sources import open_video
    from ..take import Take

    with open_video(job.source, rate=job.rate) as video:
        check_outputs(job)
        _check_crop(crop, video.size)
        student = network()
        head = overlay.load_head() if job.overlay else None
        video.frames = span.estimate(video)
        report.start(video, job.output)
        samples, picture = [], CropPicture(preview)
        with closing(solve(picture.watch(span.frames(video)), student, crop)) as solved:  # before the video
            for sample in solved:
                stop.check()
                picture.show(sample)
                samples.append(sample)
                report.sample(sample)
        person = (beside and Person.of_take(beside.about, student)) or person_of(samples, student)
        kept = {"person": person.to_json()} if student.reads_beside else {}
        take = Take.from_samples(person.read(samples), {**about(video, student), **kept})
        warnings = [video.warning]
    if not len(take):
        raise NoFramesError(f"{job.source} has no frames from {span}", "Choose seconds within the footage.")
    faces = int(take.found.sum())
    if not faces:
        where, hint = ("the fixed crop of ", _CLOSER) if crop else ("", _SHOW)
        raise NoFaceError(f"No face was found in {where}{job.source}", hint)
    if crop and faces < HELD_BY_A_CROP * len(take):
        warnings.append(f"the fixed crop shows a face in {faces} of {len(take)} frames only. {_CLOSER}")
    stop.check()
    interchange.write(take, job.output)
    if job.overlay and head:
        warnings.append(overlay.write_overlay(job.source, take, head, job.overlay, _drawn(report, stop)))
    report.done(job.output, take, "; ".join(filter(None, warnings)) or None)


def _check_crop(crop: tuple[float, float, float, float] | None, size: tuple[int, int]) -> None:
    if crop is None:
        return
    x, y, width, height = crop
    if x >= size[0] or y >= size[1] or x + width <= 0 or y + height <= 0:
        raise UsageError(f"The crop {x:g},{y:g},{width:g},{height:g} lies outside the picture",
                         f"The picture has {size[0]}×{size[1]} pixels.")  # fmt: skip


def _network(folder: Path | None, threads: int | None) -> Callable[[], Any]:
    """Load the network when it is first needed, and only once."""

    @lru_cache(maxsize=1)
    def load() -> Any:
        from ..student import Student

        return Student(folder, threads)

    return load


def _take(path: Path) -> Take:
    from ..interchange import read

    return read(path)


def _drawn(report: Report, stop: Stop) -> Callable[[int], None]:
    def drawn(frame: int) -> None:
        stop.check()
        report.drawn(frame)

    return drawn


def rectangle(text: str) -> tuple[float, float, float, float]:
    """A rectangle in a picture: x, y, width, height in pixels."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not x,y,width,height") from None
    if not (width > 0 and height > 0 and all(abs(number) < 1e6 for number in (x, y, width, height))):
        raise argparse.ArgumentTypeError(f"{text!r} is no rectangle in a picture")
    return x, y, width, height
