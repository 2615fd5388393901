"""Recordings of Live Link Face (`.csv`): 52 weights and nine angles in a row for each frame.

Written to the letter of the app's own files: its order of columns (some pairs right before left), ten
decimals, LF, timecode `HH:MM:SS:FF.mmm` in sixtieths of a second whatever the frame rate. Read by name and
with patience: byte order mark, CRLF, other order, other case (`BlendshapeCount`), blank lines. What was
missing or left out is said in `about["notes"]`; damage in the middle is refused, with its line.

Angles are in radians. Measured on the app's recordings, where the eyes' angles can be held against their
weights: eye pitch is positive looking down, 0.611 for each unit of eyeLookDown and 0.44 for eyeLookUp; eye
yaw is positive towards the subject's own right, 0.60 for each unit of eyeLookOutRight or eyeLookInLeft.
Those recordings leave the head at zero, so its signs are taken from programs that play live ones (and turn
the eyes the way measured here): HeadPitch is positive looking down, HeadYaw turned to the subject's own left,
unlike the eyes', HeadRoll tilted to its left shoulder. An app held sideways is said to invert two of them.

The eyes' angles are kept beside the weights (`Take.eyes`) and written again as they were; for takes that have
none they follow from the weights. So a recording of the app comes out byte for byte as it went in.

A frame without a face keeps its timecode, has the count 0 and 61 empty cells: it is no measurement, and
repeating the last values would claim one.
"""

from __future__ import annotations

import csv
import math
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..atomic import open_atomic
from ..errors import TakeError
from ..take import MAX_SAMPLES, Take
from .timecode import DAY, TICKS, read_timecode, write_timecode

ANGLES: Final = (
    "HeadYaw", "HeadPitch", "HeadRoll",
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
"""The last nine columns, radians."""

_SWAPPED: Final = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
SHAPES: Final = tuple(
    arkit.NAMES[arkit.MIRROR[i]] if name in _SWAPPED else name for i, name in enumerate(arkit.NAMES)
)
"""The 52 shapes in the order of the file, as `mien.arkit` spells them."""

HEADER: Final = ("Timecode", "BlendShapeCount", *(name[0].upper() + name[1:] for name in SHAPES), *ANGLES)
_ORDER: Final = [arkit.INDEX[name] for name in SHAPES]
_EYE_YAW, _EYE_DOWN, _EYE_UP = 0.60, 0.611, 0.44
EYE_ORDER: Final = [1, 0, 2, 4, 3, 5]
"""Yaw before pitch in the file, pitch before yaw in a take: this goes both ways."""

EYE_SIGNS: Final = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
"""For the eyes the file's yaw is positive to the other side than `HeadPose`'s; in the order of a take."""

_WILDEST: Final = 1000.0
"""A weight or an angle beyond this is no number of a face: the row is damaged."""
_AGAIN: Final = "Record or export it again as a Live Link Face .csv."


def write_csv(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a take. Its times count from the timecode in `about["timecode"]`, or from midnight."""
    columns = np.hstack([take.weights[:, _ORDER], _angles(take)]) + 0.0
    known: Any = np.isfinite(take.weights).all(axis=1)  # a tuned take goes on where there was no face
    form = "61" + ",%.10f" * columns.shape[1]
    gap = "0" + "," * columns.shape[1]
    with open_atomic(path, "w", encoding="ascii", newline="\n") as stream:
        stream.write(",".join(HEADER) + "\n")
        for stamp, found, row in zip(_timecodes(take), known.tolist(), columns.tolist()):
            line = form % tuple(row) if found else gap
            stream.write(f"{stamp},{line}\n".replace("-0.0000000000", "0.0000000000"))


def read_csv(path: str | os.PathLike[str]) -> Take:
    """Read a recording; TakeError when it is missing, damaged or no such file.

    Times count from the first row; `about["timecode"]` keeps that row's timecode. Where timecodes repeat or
    go back, the fewest rows are left out that make them go on; so is a last row that was cut short. Shapes
    without a column are 0. `about["notes"]` says which of these happened, and how often.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            return _parse(csv.reader(stream), Path(path))
    except FileNotFoundError as error:
        raise TakeError(f"There is no recording {path}", "Choose another file.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TakeError(f"{path} can't be read as a Live Link Face recording ({error})", _AGAIN) from error


def eye_angles(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Angles of both eyes from their eyeLook weights.

    Parameters
    ----------
    weights : ndarray, (N, 52), 0–1

    Returns
    -------
    ndarray, float64, (N, 6)
        Left yaw, pitch, roll, right yaw, pitch, roll in radians, with the signs of the file.
    """
    angles = np.zeros((len(weights), 6))
    for first, side, outward in ((0, "Left", -1.0), (3, "Right", 1.0)):
        out, inward, down, up = (
            weights[:, arkit.INDEX[f"eyeLook{way}{side}"]].astype(np.float64)
            for way in ("Out", "In", "Down", "Up")
        )
        angles[:, first] = outward * _EYE_YAW * (out - inward)
        angles[:, first + 1] = _EYE_DOWN * down - _EYE_UP * up
    return angles


def _angles(take: Take) -> NDArray[np.float64]:
    """The last nine columns: the eyes as they were measured, else as the weights have them."""
    pitch, yaw, roll = np.radians(np.nan_to_num(take.pose)).T
    measured = np.radians(take.eyes) * EYE_SIGNS
    eyes = np.where(np.isfinite(measured), measured[:, EYE_ORDER], eye_angles(take.weights))
    return np.hstack([np.stack([yaw, pitch, roll], axis=1), eyes])


def _timecodes(take: Take) -> Iterable[str]:
    base = read_timecode(str(take.about.get("timecode", ""))) or 0
    ticks = np.rint(take.times * TICKS).astype(np.int64) + base
    steps = np.arange(len(ticks))
    ticks = np.maximum.accumulate(ticks - steps) + steps  # no two rows share a timecode
    return map(write_timecode, ticks.tolist())


@dataclass(frozen=True)
class _Columns:
    """Where in a row the timecode stands, and the shapes and angles, by the names that we know."""

    clock: int
    shapes: dict[int, int]
    angles: dict[str, int]
    width: int
    notes: list[str]

    @classmethod
    def of(cls, header: Sequence[str], path: Path) -> _Columns:
        names = [cell.strip().lower() for cell in header]
        known = {name.lower(): i for i, name in enumerate(arkit.NAMES)}
        angle = {name.lower(): name for name in ANGLES}
        places = {name: place for place, name in reversed(list(enumerate(names)))}
        shapes = {known[name]: place for name, place in places.items() if name in known}
        if "timecode" not in places or not shapes:
            raise TakeError(f"{path} is not a Live Link Face recording: it has no such columns", _AGAIN)
        missing = [name for i, name in enumerate(arkit.NAMES) if i not in shapes]
        taken = {*known, *angle, "timecode", "blendshapecount"}
        unknown = [header[place].strip() for place, name in enumerate(names)
                   if name not in taken or places[name] != place]  # fmt: skip
        notes = [_sentence("no column for", missing, "taken as 0"),
                 _sentence("columns that were not read:", unknown, "unknown, or there twice")]  # fmt: skip
        angles = {angle[name]: place for name, place in places.items() if name in angle}
        return cls(places["timecode"], shapes, angles, len(names), [note for note in notes if note])


def _sentence(what: str, names: Sequence[str], then: str) -> str:
    shown = ", ".join(name[:40] for name in names[:5]) + (
        f" and {len(names) - 5} more" if len(names) > 5 else ""
    )
    return f"{what} {shown} ({then})" if names else ""


def _parse(rows: Any, path: Path) -> Take:
    columns = _Columns.of(next(rows, []), path)
    ticks, table, cut_short = _rows(rows, columns, path)
    if not len(ticks):
        raise TakeError(f"{path} has no frames", _AGAIN)
    clock = _clock(ticks)
    kept = _rising(clock)
    count = len(columns.shapes)
    weights = np.zeros((len(kept), arkit.COUNT))
    weights[:, list(columns.shapes)] = table[kept, :count]
    weights[np.isnan(table[kept, 0])] = np.nan
    head, eyes = _head_and_eyes(table[kept, count:], list(columns.angles))
    notes = [*columns.notes, *_notes(weights, len(clock) - len(kept), cut_short)]
    times = (clock[kept] - clock[kept[0]]) / TICKS
    about = _about(path, times, int(ticks[kept[0]]), notes)
    return Take.from_weights(times, weights, about, pose=head, eyes=eyes)


def _rows(rows: Any, columns: _Columns, path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """Timecodes (N,), the wanted cells (N, C), all NaN where there is no face, and whether it broke off."""
    places = [*columns.shapes.values(), *columns.angles.values()]
    ticks, values = array("q"), array("d")
    broken: int | None = None
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if broken is not None or len(ticks) >= MAX_SAMPLES:
            raise TakeError(f"{path} is damaged at line {broken or rows.line_num}", _AGAIN)
        tick = read_timecode(row[columns.clock]) if columns.clock < len(row) else None
        numbers = _numbers(row, places, columns.width)
        if tick is None or numbers is None:
            broken = rows.line_num  # forgiven only if nothing follows: a recording that broke off
            continue
        ticks.append(tick)
        values.extend(numbers)
    if broken is not None and not ticks:
        raise TakeError(f"{path} is damaged at line {broken}", _AGAIN)
    table = np.frombuffer(values, dtype=np.float64) if values else np.zeros(0)
    return np.array(ticks, dtype=np.int64), table.reshape(-1, len(places)), broken is not None


def _numbers(row: list[str], places: Sequence[int], width: int) -> list[float] | None:
    """The cells at some places as numbers: all NaN where all are empty, None where the row is damaged."""
    cells = [row[place].strip() if place < len(row) else "" for place in places]
    if not any(cells):
        return [math.nan] * len(places)
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return None
    sane = len(row) >= width and all(-_WILDEST <= number <= _WILDEST for number in numbers)
    return numbers if sane else None


def _clock(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Timecodes that go on over midnight."""
    days = np.concatenate([[0], np.cumsum(np.diff(ticks) < -DAY // 2)])
    return np.asarray(ticks + days * DAY, dtype=np.int64)


def _rising(clock: NDArray[np.int64]) -> NDArray[np.intp]:
    """The places of the longest run of rows whose times rise: one wild timecode costs one row, not the rest.

    Longest increasing subsequence by patience sorting (Fredman 1975).
    """
    if (np.diff(clock) > 0).all():
        return np.arange(len(clock))
    tails: list[int] = []  # the lowest time that ends a run of each length
    ends: list[int] = []  # and its place
    before = np.full(len(clock), -1)
    for place, time in enumerate(clock.tolist()):
        length = bisect_left(tails, time)
        if length < len(tails) and tails[length] == time:
            continue  # of repeated rows the first one stays
        tails[length : length + 1], ends[length : length + 1] = [time], [place]
        before[place] = ends[length - 1] if length else -1
    run = [ends[-1]]
    while before[run[-1]] >= 0:
        run.append(int(before[run[-1]]))
    return np.array(run[::-1])


def _head_and_eyes(
    angles: NDArray[np.float64], names: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees of the head (N, 3), 0 where the file has no such column, and of the eyes (N, 6), NaN there."""
    column: Mapping[str, NDArray[np.float64]] = {name: angles[:, i] for i, name in enumerate(names)}
    zero, unknown = np.zeros(len(angles)), np.full(len(angles), np.nan)
    turns = ("Pitch", "Yaw", "Roll")
    head = np.stack([column.get(f"Head{turn}", zero) for turn in turns], axis=1)
    eyes = [column.get(f"{side}Eye{turn}", unknown) for side in ("Left", "Right") for turn in turns]
    return np.degrees(head), np.degrees(np.stack(eyes, axis=1) * EYE_SIGNS)


def _notes(weights: NDArray[np.float64], left_out: int, cut_short: bool) -> list[str]:
    outside = int(((weights < 0.0) | (weights > 1.0)).sum())
    notes = {
        f"rows left out because their timecode repeats or goes back: {left_out}": left_out,
        "the last row was cut short and left out": cut_short,
        f"weights outside 0–1: {outside} (kept as they are; tuning clamps them)": outside,
    }
    return [note for note, happened in notes.items() if happened]


def _about(path: Path, times: NDArray[np.float64], first: int, notes: list[str]) -> dict[str, Any]:
    rate = round(1.0 / float(np.median(np.diff(times))), 2) if len(times) > 1 else 60.0
    about = {"name": path.stem, "source": path.name, "rate": rate, "timecode": write_timecode(first)}
    return {**about, "notes": notes} if notes else about
