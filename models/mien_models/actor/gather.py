"""Shots ─▶ shards: every labelled frame as a view with room round the face, in the format of `synthetic`.

A view holds what the drawn ones hold (`synthetic.shards`), dense points unknown (NaN), and two arrays more:
`time` (seconds of the footage) and `shot` (a number into `shots` of `gathered.json`). Shard 0 is the held-out
motion, as everywhere; so `training.batches` and `synthetic.crops` serve an actor as they are.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.atomic import open_atomic
from mien.commands.solve import Span
from mien.errors import MienError, OutputError
from mien.sources import open_video
from mien.student import Student
from mien.take import load_take, save_take
from numpy.typing import NDArray

from ..synthetic.shards import SHARD, Shard, list_shards, save_shard
from .coverage import coverage
from .footage import Footage, Progress, look_over, solve_footage
from .label_sources import Labels, labels_of
from .shots import Shot, ShotList, ShotListError, read_shots
from .views import stacked, views

ABOUT: Final = "gathered.json"
LAST_PART: Final = 0.1
GAP: Final = 1.0
"""When no shot is held out, the last tenth of each is, and so many seconds before it are not used at all."""
LEAST: Final = 64
"""Frames that training needs."""
JUDGING: Final = 16
"""Frames that judging needs."""

Tell = Callable[[str], Any]


@dataclass(frozen=True, eq=False)
class LabelledShot:
    """A shot with its footage and labels; `training` and `held_out` (T,) say what each frame is for."""

    shot: Shot
    footage: Footage
    labels: Labels
    training: NDArray[np.bool_]
    held_out: NDArray[np.bool_]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found wrong."""
        return (*self.footage.notes, *self.labels.notes)


def gather(
    path: Path, out: Path, student: Student | None = None, tell: Tell = lambda line: None,
    progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Make an actor's shards, unless they are there for the very same footage, labels and network.

    Parameters
    ----------
    path : Path
        An `actor.json`.
    out : Path
        A folder; made when it is missing.
    student : Student, optional
        That finds the face in the footage; the default one.
    tell : callable, optional
        Told of each shot in words.
    progress : callable, optional
        Called with frames looked at, and frames in all where they are known, for each shot anew.

    Returns
    -------
    dict
        What `gathered.json` holds.
    """
    shots, student = read_shots(path), student or Student()
    mark = fingerprint(shots, student)
    if (kept := gathered(out)) and kept.get("mark") == mark:
        return kept
    _clear(out)
    labelled = [_told(label_shot(shot, student, out, progress), tell) for shot in shots.shots]
    labelled = held_apart(labelled)
    _check_amounts(labelled)
    for training in (False, True):
        _write_shards(labelled, out, training)
    about: dict[str, Any] = {"format": 1, "mark": mark, "actor": shots.actor, "plan": shots.plan.name}
    about["shots"] = [_row(one) for one in labelled]
    about["coverage"] = coverage(_weights(labelled)).as_dict()
    with open_atomic(out / ABOUT, "w", encoding="utf-8") as stream:
        json.dump(about, stream, indent=1, ensure_ascii=False)
    return about


def gathered(folder: Path) -> dict[str, Any] | None:
    """What a folder of finished shards says of itself."""
    try:
        content = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def label_shot(shot: Shot, student: Student, keep: Path, progress: Progress | None = None) -> LabelledShot:
    """A shot's footage solved (kept in a folder for the next time) and its labels laid on it."""
    footage = _kept_solve(shot, student, keep, progress)
    labels = labels_of(shot, footage.solve) if shot.labels else own_labels(shot, footage, keep)
    usable = footage.usable & np.isfinite(labels.weights).all(axis=1)
    held_out = usable & shot.held_out
    return LabelledShot(shot, footage, labels, usable & ~held_out, held_out)


def own_labels(shot: Shot, footage: Footage, keep: Path) -> Labels:
    """Labels by our own labeller."""
    from .labeller import label
    from .offsets import Offset

    fitted = label(footage, Span(*shot.rest) if shot.rest else None)
    save_take(fitted.take, keep / f"{shot.name}.labels.mien")
    return Labels(np.array(fitted.take.weights), Offset(0.0, 0.0, 1.0, 0.0), fitted.notes)


def held_apart(labelled: list[LabelledShot]) -> list[LabelledShot]:
    """The same shots; when none is held out, the last part of each is."""
    if any(one.shot.held_out for one in labelled):
        return labelled
    return [_split(one) for one in labelled]


def _split(one: LabelledShot) -> LabelledShot:
    times = one.footage.solve.times
    begin = times[0] + (1 - LAST_PART) * (times[-1] - times[0])
    return LabelledShot(
        one.shot,
        one.footage,
        one.labels,
        one.training & (times < begin - GAP),
        one.training & (times >= begin),
    )


def _pictures(one: LabelledShot, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    times, shot = one.footage.solve.times, one.shot
    with open_video(shot.video, rate=shot.fps) as video:
        for frame in Span(shot.start, shot.end).frames(video):
            at = int(np.searchsorted(times, frame.time - 1e-6))
            if at < len(times) and abs(times[at] - frame.time) < 1e-6 and wanted[at]:
                yield at, frame.grey


def _write_shards(labelled: list[LabelledShot], out: Path, training: bool) -> None:
    """Held-out views into shard 0, all of them; the others into shards of `SHARD` from 1 on."""
    rows: list[Shard] = []
    number = 1 if training else 0
    try:
        for place, one in enumerate(labelled):
            wanted = one.training if training else one.held_out
            if not wanted.any():
                continue
            for view in views(_pictures(one, wanted), one.footage.solve, one.labels.weights, place):
                rows.append(view)
                if training and len(rows) == SHARD:
                    save_shard(out, number, stacked(rows))
                    rows, number = [], number + 1
        if rows:
            save_shard(out, number, stacked(rows))
    except OSError as error:
        raise OutputError(f"Can't write to {out}: {error.strerror or error}", "Make room there.") from error


def _kept_solve(shot: Shot, student: Student, keep: Path, progress: Progress | None) -> Footage:
    place = keep / f"{shot.name}.solve.mien"
    state = _state(shot.video)
    if place.is_file():
        take = load_take(place)
        kept = (take.about.get("state"), take.about.get("network_sha256"), take.about.get("used"))
        if kept == (state, student.sha256, _used(shot)):
            return look_over(take, shot.video.name, take.about.get("warning"))
    try:
        span = Span(shot.start, shot.end)
        footage = solve_footage(shot.video, student, shot.crop, span, shot.fps, progress)
    except MienError as error:
        raise type(error)(f"The shot {shot.name}: {error.message}", error.hint) from error
    about = {**footage.solve.about, "state": state, "used": _used(shot), "warning": footage.warning}
    save_take(footage.solve.replaced(about=about), place)
    return footage


def fingerprint(shots: ShotList, student: Student) -> str:
    """Of all that the shards depend on: the list, the network, and each file's name, size and date."""
    words = [student.sha256, shots.plan.name]
    for shot in shots.shots:
        words += [
            shot.name,
            shot.kind,
            str(shot.offset),
            str(shot.first_frame),
            str(shot.held_out),
            _used(shot),
            str(shot.rest),
        ]
        words += [_state(shot.video), _state(shot.labels) if shot.labels else "own"]
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _used(shot: Shot) -> str:
    return f"{shot.start} {shot.end} {shot.crop} {shot.fps}"


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return f"{path.name} missing"
    return f"{path.name} {found.st_size} {found.st_mtime_ns}"


def _clear(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / ABOUT).unlink(missing_ok=True)
        for place in list_shards(out):
            shutil.rmtree(place)
    except OSError as error:
        raise OutputError(
            f"Can't write to {out}: {error.strerror or error}", "Choose another folder."
        ) from error


def _check_amounts(labelled: list[LabelledShot]) -> None:
    for what, count, least in (
        ("to train on", sum(int(one.training.sum()) for one in labelled), LEAST),
        ("held out to judge by", sum(int(one.held_out.sum()) for one in labelled), JUDGING),
    ):
        if count < least:
            raise ShotListError(
                f"There are {count} labelled frames {what}; {least} are needed",
                "Add footage, or check offsets.",
            )


def _told(one: LabelledShot, tell: Tell) -> LabelledShot:
    frames = int(one.training.sum() + one.held_out.sum())
    tell(f"{one.shot.name}: {frames} of {len(one.footage.solve)} frames labelled")
    for note in one.notes:
        tell(f"{one.shot.name}: {note}")
    return one


def _row(one: LabelledShot) -> dict[str, Any]:
    offset = one.labels.offset
    return {
        "name": one.shot.name, "kind": one.shot.kind, "held_out": one.shot.held_out,
        "seconds": round(one.footage.solve.duration, 3), "frames": len(one.footage.solve),
        "training": int(one.training.sum()), "judging": int(one.held_out.sum()),
        "offset": round(offset.seconds, 4), "drift": offset.drift,
        "correlation": round(offset.correlation, 4),
        "notes": list(one.notes),
    }  # fmt: skip


def _weights(labelled: list[LabelledShot]) -> NDArray[np.float32]:
    return np.concatenate([one.labels.weights[one.training] for one in labelled])
