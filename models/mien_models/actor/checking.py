"""The checklist: what of the plan is filmed, what is missing, and what stands in the way of using it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mien.errors import MienError
from mien.sources import open_video

from .label_sources import read_labels
from .shots import Shot, ShotList

SLACK = 0.5
"""A kind with less than this part of its share is too little."""


@dataclass(frozen=True)
class Checked:
    """A checklist.

    Attributes
    ----------
    seconds : dict of str to float
        Of usable footage by kind, held-out shots included.
    lines : tuple of str
        A line for each shot and kind, for people.
    wishes : tuple of str
        What would make it better.
    problems : tuple of str
        What has to be put right first.
    """

    seconds: dict[str, float]
    lines: tuple[str, ...]
    wishes: tuple[str, ...]
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"seconds": self.seconds, "wishes": list(self.wishes), "problems": list(self.problems)}


def check(shots: ShotList) -> Checked:
    """Look at every file of a shot list; nothing is solved, so it takes a moment."""
    lines: list[str] = []
    problems: list[str] = []
    seconds = {kind.name: 0.0 for kind in shots.plan.kinds}
    for shot in shots.shots:
        try:
            length = _length(shot)
            labels = _labels(shot, length)
        except (MienError, OSError) as error:
            problems.append(f"{shot.name}: {getattr(error, 'message', error)}")
            continue
        seconds[shot.kind] += length
        held = ", held out" if shot.held_out else ""
        lines.append(f"{shot.name} ({shot.kind}{held}): {length:.1f} s, {labels}")
    wishes = [*_shares(shots, seconds), *_held_out(shots)]
    return Checked(seconds, tuple(lines), tuple(wishes), tuple(problems))


def _length(shot: Shot) -> float:
    """Seconds of a shot that are used."""
    with open_video(shot.video, rate=shot.fps) as video:
        whole = (video.frames or 0) / video.rate
    length = max(min(shot.end, whole) - shot.start, 0.0)
    if length == 0.0:
        raise MienError(f"its span begins at {shot.start:g} s, and the footage has {whole:.1f} s")
    return length


def _labels(shot: Shot, length: float) -> str:
    if shot.labels is None:
        return "labels by our own labeller"
    take, clock = read_labels(shot.labels, shot.fps, shot.first_frame)
    if clock and shot.offset is None:
        return f"{take.duration:.1f} s of labels on their own clock"
    offset = shot.offset or 0.0
    covered = min(take.duration + take.times[0] - offset, shot.start + length) - max(
        shot.start, take.times[0] - offset
    )
    return f"labels for {max(covered, 0.0):.1f} s" + ("" if covered >= length - 0.5 else " of it only")


def _shares(shots: ShotList, seconds: dict[str, float]) -> list[str]:
    low, high = shots.plan.minutes
    total = sum(seconds.values())
    wishes = []
    if total < low * 60:
        wishes.append(f"{total / 60:.1f} minutes are filmed; the plan {shots.plan.name} has {low:g}–{high:g}")
    for kind in shots.plan.kinds:
        wanted = kind.share * max(total, low * 60)
        if seconds[kind.name] < SLACK * wanted:
            wishes.append(
                f"{kind.name}: {seconds[kind.name]:.0f} s of about {wanted:.0f} s. Film: "
                + "; ".join(kind.film)
            )
    return wishes


def _held_out(shots: ShotList) -> list[str]:
    if not any(shot.held_out for shot in shots.shots):
        return ["no shot is held out: the last tenth of each will be, which flatters the scores"]
    if all(shot.held_out for shot in shots.shots):
        return ["every shot is held out: nothing is left to train on"]
    return []
