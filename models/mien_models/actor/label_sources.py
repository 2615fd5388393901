"""Where a shot's weights come from, laid on the footage's own frames.

Three sources, told apart by the file: a recording of Live Link Face made at the same time (`.csv` with a
Timecode; its offset is found by correlation), keys of a rig by frame (`.csv` with a column `frame` or `time`,
or a Take as `.mien` or `.json`), and our own labeller (no file, or the `.mien` it wrote).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.errors import MienError, TakeError
from mien.interchange import read
from mien.rig.name_matches import match_names
from mien.take import Take
from numpy.typing import NDArray

from .offsets import Offset, find_offset
from .shots import Shot, ShotListError

MOST_APART: Final = 0.1
"""Seconds: between keys farther apart than this, frames without a key of their own have no label."""
_KEYS: Final = "Write a line `frame,jawOpen,…` and then a row for each frame, as docs/one_actor.md shows."


@dataclass(frozen=True, eq=False)
class Labels:
    """Weights for the frames of some footage.

    Attributes
    ----------
    weights : ndarray, float32, (T, 52)
        At the solve's times; NaN where there is none.
    offset : Offset
    notes : tuple of str
        What was found wrong or left out.
    """

    weights: NDArray[np.float32]
    offset: Offset
    notes: tuple[str, ...]


def labels_of(shot: Shot, solve: Take) -> Labels:
    """A shot's labels at the times of its solve.

    Parameters
    ----------
    shot : Shot
        With a file of labels.
    solve : Take
        Its footage, solved by a network: for the times, and for an offset that has to be found.

    Raises
    ------
    ShotListError, TakeError
        When the labels can't be read, never meet the footage, or their offset can't be told.
    """
    if shot.labels is None:
        raise ShotListError(f"The shot {shot.name} has no labels", "Make them with `mien label`.")
    take, clock = read_labels(shot.labels, shot.fps, shot.first_frame)
    offset = _offset(shot, take, solve, clock)
    weights = _at(take, offset.labels_at(solve.times))
    if not np.isfinite(weights).all(axis=1).any():
        end = float(take.times[-1]) if len(take) else 0.0
        raise ShotListError(
            f"The labels of {shot.name} (to second {end:.1f}) never meet its footage "
            f"(to second {solve.times[-1]:.1f})",
            'Correct "offset", "first_frame" or "fps" of the shot.',
        )
    return Labels(weights, offset, (*take.about.get("notes", ()), *_notes(take, offset, weights, solve)))


def read_labels(path: Path, fps: float | None, first_frame: float = 1.0) -> tuple[Take, bool]:
    """Labels as a Take, and whether they are on a clock of their own (a phone's recording)."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return read(path), False
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as stream:
        first = stream.readline().split(",")[0].strip().strip('"').lower()
    if first in ("frame", "time"):
        return read_keys(path, fps, first_frame), False
    return read(path), True


def read_keys(path: Path, fps: float | None, first_frame: float = 1.0) -> Take:
    """Weights by frame (or by second), as a host or a spreadsheet writes them.

    Parameters
    ----------
    path : Path
        A `.csv`: `frame` or `time`, then shapes, by any name that an automatic map takes for one of ARKit's.
    fps : float, optional
        Frames a second; needed for `frame`.
    first_frame : float
        The frame that is second 0.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
        header, values = rows[0], np.array([[_number(cell) for cell in row] for row in rows[1:]])
        if values.ndim != 2 or values.shape[1] != len(header) or len(header) < 2:
            raise ValueError("its rows are not as long as its first line")
    except (OSError, ValueError, IndexError, UnicodeDecodeError, csv.Error) as error:
        raise TakeError(f"{path} can't be read as keys by frame ({error})", _KEYS) from error
    times = values[:, 0]
    if header[0].strip().lower() == "frame":
        if fps is None:
            raise ShotListError(f"{path.name} counts in frames of an unknown rate", 'Give "fps" of its shot.')
        times = (times - first_frame) / fps
    return _keys(path, header[1:], times, values[:, 1:])


def _number(cell: str) -> float:
    return float(cell) if cell.strip() else np.nan


def _keys(path: Path, names: list[str], times: NDArray[Any], values: NDArray[Any]) -> Take:
    weights = np.zeros((len(times), arkit.COUNT), np.float32)
    notes, known = [], set()
    for match, column in zip(match_names(tuple(name.strip() for name in names)), values.T):
        term = match.terms[0] if len(match.terms) == 1 and match.driven else None
        if term is None or len(term.shapes) != 1 or term.gain != 1 or term.over:
            notes.append(f"{match.channel} is none of the 52 and was left out")
            continue
        weights[:, arkit.INDEX[term.shapes[0]]] = column
        known.add(term.shapes[0])
    if not known:
        raise TakeError(f"{path} names none of ARKit's shapes", _KEYS)
    absent = arkit.COUNT - len(known)
    notes += [f"{absent} shapes have no column and count as 0"] if absent else []
    order = np.argsort(times, kind="stable")
    order = order[np.isfinite(times[order])]
    order = order[np.r_[True, np.diff(times[order]) > 0]] if len(order) else order
    if len(order) < len(times):
        notes.append(f"{len(times) - len(order)} rows repeat a frame or have none and were left out")
    weights[~np.isfinite(weights).all(axis=1)] = np.nan
    return Take.from_weights(
        times[order], weights[order], {"name": path.stem, "source": path.name, "notes": notes}
    )


def _offset(shot: Shot, take: Take, solve: Take, clock: bool) -> Offset:
    if shot.offset is not None or not clock:
        return Offset(shot.offset or 0.0, 0.0, 1.0, 0.0)
    try:
        found = find_offset(take, solve)
    except MienError as error:
        raise type(error)(f"The shot {shot.name}: {error.message}", error.hint) from error
    if not found.sure:
        raise ShotListError(
            f"When the labels of {shot.name} were recorded can't be told "
            f"(correlation {found.correlation:.2f}, elsewhere {found.rival:.2f})",
            f'If they are of this footage, give "offset" yourself; {found.seconds:.2f} is the best guess.',
        )
    return found


def _at(take: Take, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights (T, 52) at some times of the labels' clock; NaN between keys that are far apart."""
    if len(take) < 2:
        return np.full((len(times), arkit.COUNT), np.nan, np.float32)
    weights = np.array(take.resample(times).weights)
    after = np.clip(np.searchsorted(take.times, times), 1, len(take) - 1)
    before = after - 1
    apart = take.times[after] - take.times[before] > MOST_APART
    near = np.minimum(np.abs(take.times[after] - times), np.abs(times - take.times[before]))
    step = float(np.median(np.diff(times))) if len(times) > 1 else MOST_APART
    weights[apart & (near > step / 2)] = np.nan
    alone = apart & (near <= step / 2)
    nearest = np.where(take.times[after] - times < times - take.times[before], after, before)
    weights[alone] = take.weights[nearest[alone]]
    return np.clip(weights, 0.0, 1.0)


def _notes(take: Take, offset: Offset, weights: NDArray[np.float32], solve: Take) -> list[str]:
    times = offset.labels_at(solve.times)
    early, late = int((times < take.times[0]).sum()), int((times > take.times[-1]).sum())
    missing = int((~np.isfinite(weights).all(axis=1)).sum()) - early - late
    outside = np.abs(np.nan_to_num(take.weights) - 0.5).max() > 0.5 + 1e-3
    notes = {
        f"the labels begin {early} frames after the footage": early,
        f"the labels end {late} frames before the footage": late,
        f"{missing} frames lie where the labels have a gap": missing > 0,
        "labels outside 0–1 were brought within": outside,
        f"the labels' clock runs {offset.drift * 6e4:+.0f} ms a minute": abs(offset.drift) > 1e-4,
    }
    return [note for note, happened in notes.items() if happened]
