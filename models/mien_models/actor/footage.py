"""A shot's footage through the default student, and which of its frames show the one face that is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.commands.solve import Span
from mien.errors import NoFaceError
from mien.solver import about, solve
from mien.sources import open_video
from mien.student import Student
from mien.take import Take
from numpy.typing import NDArray

JUMP: Final = 0.5
"""Sides of the box that no head moves from one frame to the next."""
SAME_PLACE: Final = 1.2
SAME_SIZE: Final = 1.7
"""Sides, and times the size, within which a face that was found anew is taken for the same one."""

Progress = Callable[[int, "int | None"], Any]


@dataclass(frozen=True, eq=False)
class Footage:
    """Footage as a network saw it.

    Attributes
    ----------
    solve : Take
    usable : ndarray, bool, (T,)
        Where the face is seen that is meant.
    notes : tuple of str
        Damage, lost faces, another face.
    warning : str or None
        The damage alone: what only reading the file tells.
    """

    solve: Take
    usable: NDArray[np.bool_]
    notes: tuple[str, ...]
    warning: str | None = None


def solve_footage(
    path: Path, student: Student, crop: tuple[float, float, float, float] | None = None,
    span: Span | None = None, fps: float | None = None, progress: Progress | None = None,
) -> Footage:  # fmt: skip
    """Solve footage; NoFaceError when there is no face in it.

    Parameters
    ----------
    path : Path
    student : Student
    crop : (float, float, float, float), optional
        x, y, width, height in pixels: where the face is.
    span : Span, optional
        The seconds that are used.
    fps : float, optional
        Pictures a second of an image sequence.
    progress : callable, optional
        Called with frames done, and frames in all where they are known.
    """
    span = span or Span(0.0, float("inf"))
    with open_video(path, rate=fps) as video:
        total, samples = span.estimate(video), []
        for sample in solve(span.frames(video), student, crop):
            samples.append(sample)
            if progress:
                progress(len(samples), total)
        take = Take.from_samples(samples, about(video, student))
        warning = video.warning
    return look_over(take, path.name, warning)


def look_over(solve: Take, name: str, warning: str | None = None) -> Footage:
    """Which frames of a solve show the face that is meant: the one that is seen longest."""
    if not solve.found.any():
        hint = 'Show more of the face, or give "crop": where it is.'
        raise NoFaceError(f"No face was found in {name}", hint)
    usable = solve.found & _same_face(solve)
    lost, other = int((~solve.found).sum()), int((solve.found & ~usable).sum())
    notes = [warning] if warning else []
    if lost:
        notes.append(f"no face in {lost} of {len(solve)} frames")
    if other:
        notes.append(
            f'another face was followed in {other} frames, left out: give "crop" if it is the wrong one'
        )
    return Footage(solve, usable, tuple(notes), warning)


def _same_face(solve: Take) -> NDArray[np.bool_]:
    """Where the box is on the track of the face that is seen longest."""
    seen = np.flatnonzero(solve.found)
    boxes = solve.boxes[seen].astype(np.float64)
    steps = np.linalg.norm(np.diff(boxes[:, :2], axis=0), axis=1) / boxes[:-1, 2]
    growth = np.abs(np.diff(np.log(boxes[:, 2])))
    runs = np.cumsum(np.r_[0, (steps > JUMP) | (growth > np.log1p(JUMP))])
    longest = runs == np.bincount(runs).argmax()
    x, y, size = np.median(boxes[longest, :3], axis=0)
    same = np.zeros(len(solve), bool)
    for run in np.unique(runs):
        bx, by, bsize = np.median(boxes[runs == run, :3], axis=0)
        near = np.hypot(bx - x, by - y) <= SAME_PLACE * max(size, bsize)
        same[seen[runs == run]] = near and abs(np.log(bsize / size)) <= np.log(SAME_SIZE)
    return same
