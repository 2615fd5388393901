"""Where each video's results go, and whether they can go there: asked before the work, not after."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import OutputError, UsageError
from ..picture_files import name_of

SUFFIXES: Final = (".mien", ".csv", ".json")
"""A Take, a Live Link Face recording, plain JSON (see `mien.interchange`)."""

_WHERE: Final = "Make the folder first, or choose one that may be written to with -o."


@dataclass(frozen=True)
class Job:
    """One video, and where its results go; `rate` is that of an image sequence, pictures a second."""

    source: Path
    output: Path
    overlay: Path | None
    rate: float | None = None


def plan(videos: Sequence[Path], output: str | None, overlay: str | None) -> list[Job]:
    """Where each video's results go.

    Raises
    ------
    UsageError
        Two results would have one name, or a suffix means nothing.
    OutputError
        A folder that was named is missing or may not be written to.
    """
    outputs = [_place(output, video, len(videos) > 1, SUFFIXES) for video in videos]
    overlays = [_place(overlay, video, len(videos) > 1, (".mp4",)) if overlay else None for video in videos]
    jobs = [Job(*places) for places in zip(videos, outputs, overlays)]
    _check_names(jobs)
    if output or overlay:
        for job in jobs:
            check_outputs(job if output else Job(job.source, job.overlay or job.output, None))
    return jobs


def _place(asked: str | None, video: Path, several: bool, suffixes: tuple[str, ...]) -> Path:
    if asked is None:
        return video.with_name(name_of(video) + suffixes[0])
    if several or os.path.isdir(asked) or asked.endswith(("/", os.sep)):
        return Path(asked) / (name_of(video) + suffixes[0])
    place = Path(asked)
    if place.suffix.lower() not in suffixes:
        known = ", ".join(suffixes)
        raise UsageError(f"{place} has none of the suffixes {known}", "The suffix says what to write.")
    return place


def _check_names(jobs: Sequence[Job]) -> None:
    taken = {_key(job.source): "the footage" for job in jobs}
    for job in jobs:
        for place in filter(None, (job.output, job.overlay)):
            if _key(place) in taken:
                loss = f"{place} would replace {taken[_key(place)]}"
                raise UsageError(loss, "Give each result a name of its own.")
            taken[_key(place)] = "another result of this call"


def _key(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))


def check_outputs(job: Job) -> None:
    """OutputError when a result could not be written; asked before the work is done, not after."""
    for place in filter(None, (job.output, job.overlay)):
        folder = place.parent
        if not folder.is_dir():
            raise OutputError(f"There is no folder {folder}", _WHERE)
        if place.is_dir():
            raise OutputError(f"{place} is a folder", "Give the name of a file.")
        if place.exists() and not os.access(place, os.W_OK):
            raise OutputError(f"{place} may not be replaced: it is read-only", _WHERE)
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise OutputError(f"Can't write to {folder}: {error.strerror or error}", _WHERE) from error
