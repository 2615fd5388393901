"""Recordings of Live Link Face (`.csv`): 52 weights and nine angles in a row for each frame.

Written to the letter of the app's own files: its order of columns (some pairs right before left), ten
decimals, LF, timecode `HH:MM:SS:FF.mmm` in sixtieths of a second whatever the frame rate. Read by name and
with patience: byte order mark, CRLF, other order, other case (`BlendshapeCount`), blank lines.

Angles are in radians. Measured on the app's recordings, where the eyes' angles can be held against their
weights: eye pitch is positive looking down, 0.611 for each unit of eyeLookDown and 0.44 for eyeLookUp; eye
yaw is positive towards the subject's own right, 0.60 for each unit of eyeLookOutRight or eyeLookInLeft.
Those recordings leave the head at zero, so its signs are taken from programs that play live ones (and turn
the eyes the way measured here): HeadPitch is positive looking down, HeadYaw turned to the subject's own left,
unlike the eyes', HeadRoll tilted to its left shoulder. An app held sideways is said to invert two of them.

A frame without a face keeps its timecode, has the count 0 and 61 empty cells: it is no measurement, and
repeating the last values would claim one.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..atomic import open_atomic
from ..errors import TakeError
from ..take import MAX_SAMPLES, Take

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
TICKS: Final = 60_000
"""Steps of the timecode in a second: thousandths of a sixtieth."""

_DAY: Final = 24 * 3600 * TICKS
_ORDER: Final = [arkit.INDEX[name] for name in SHAPES]
_EYE_YAW, _EYE_DOWN, _EYE_UP = 0.60, 0.611, 0.44
_TIMECODE: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,2}(?:\.\d+)?)")
_AGAIN: Final = "Record or export it again as a Live Link Face .csv."


def write_csv(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a take. Its times count from the timecode in `about["timecode"]`, or from midnight."""
    columns = np.hstack([take.weights[:, _ORDER], _angles(take)]) + 0.0
    form = "61" + ",%.10f" * columns.shape[1]
    gap = "0" + "," * columns.shape[1]
    with open_atomic(path, "w", encoding="ascii", newline="\n") as stream:
        stream.write(",".join(HEADER) + "\n")
        for stamp, found, row in zip(_timecodes(take), take.found.tolist(), columns.tolist()):
            line = form % tuple(row) if found else gap
            stream.write(f"{stamp},{line}\n".replace("-0.0000000000", "0.0000000000"))


def read_csv(path: str | os.PathLike[str]) -> Take:
    """Read a recording; TakeError when it is missing, damaged or no such file.

    Times count from the first row; `about["timecode"]` keeps that row's timecode. A row whose time is not
    after the one before it is left out, and so is a last row that was cut short. Shapes without a column
    are 0.
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
    pitch, yaw, roll = np.radians(np.nan_to_num(take.pose.astype(np.float64))).T
    return np.hstack([np.stack([yaw, pitch, roll], axis=1), eye_angles(take.weights)])


def _timecodes(take: Take) -> Iterable[str]:
    base = _ticks(str(take.about.get("timecode", ""))) or 0
    ticks = np.rint(take.times * TICKS).astype(np.int64) + base
    steps = np.arange(len(ticks))
    ticks = np.maximum.accumulate(ticks - steps) + steps  # no two rows share a timecode
    return map(_timecode, (ticks % _DAY).tolist())


def _timecode(ticks: int) -> str:
    seconds, rest = divmod(ticks, TICKS)
    frame, thousandth = divmod(rest, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}.{thousandth:03}"


def _ticks(timecode: str) -> int | None:
    found = _TIMECODE.fullmatch(timecode.strip())
    if not found:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * TICKS + round(float(found[4]) * 1000)


def _parse(rows: Any, path: Path) -> Take:
    header = [cell.strip().lower() for cell in next(rows, [])]
    known = {name.lower(): i for i, name in enumerate(arkit.NAMES)}
    places = {known[name]: place for place, name in enumerate(header) if name in known}
    if "timecode" not in header or not places:
        raise TakeError(f"{path} is not a Live Link Face recording: it has no such columns", _AGAIN)
    clock = header.index("timecode")
    turns = {name.lower(): header.index(name.lower()) for name in ANGLES[:3] if name.lower() in header}
    ticks, values = _rows(rows, clock, [*places.values(), *turns.values()], len(header), path)
    if not ticks:
        raise TakeError(f"{path} has no frames", _AGAIN)
    times, kept = _seconds(ticks)
    table = np.array(values, dtype=np.float64)[kept]
    weights = np.zeros((len(table), arkit.COUNT))
    weights[:, list(places)] = table[:, : len(places)]
    weights[np.isnan(table[:, 0])] = np.nan
    pose = _pose(table[:, len(places) :], list(turns))
    return Take.from_weights(times, weights, _about(path, times, ticks[0]), pose=pose)


def _rows(
    rows: Any, clock: int, places: Sequence[int], width: int, path: Path
) -> tuple[list[int], list[list[float]]]:
    """The timecode and the wanted cells of each row; NaN in all of them where there is no face."""
    ticks: list[int] = []
    values: list[list[float]] = []
    broken: int | None = None
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if broken is not None or len(ticks) >= MAX_SAMPLES:
            raise TakeError(f"{path} is damaged at line {broken or rows.line_num}", _AGAIN)
        tick = _ticks(row[clock]) if clock < len(row) else None
        numbers = _numbers(row, places, width)
        if tick is None or numbers is None:
            broken = rows.line_num  # forgiven only if nothing follows: a recording that broke off
            continue
        ticks.append(tick)
        values.append(numbers)
    if broken is not None and not ticks:
        raise TakeError(f"{path} is damaged at line {broken}", _AGAIN)
    return ticks, values


def _numbers(row: list[str], places: Sequence[int], width: int) -> list[float] | None:
    """The cells at some places as numbers: all NaN where all are empty, None where the row is damaged."""
    cells = [row[place].strip() if place < len(row) else "" for place in places]
    if not any(cells):
        return [math.nan] * len(places)
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return None
    return numbers if len(row) >= width and all(map(math.isfinite, numbers)) else None


def _seconds(ticks: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Seconds from the first row, over midnight too, and which rows come after all before them."""
    clock = np.array(ticks, dtype=np.int64)
    days = np.concatenate([[0], np.cumsum(np.diff(clock) < -_DAY // 2)])
    clock = clock + days * _DAY - clock[0]
    latest = np.concatenate([[-1], np.maximum.accumulate(clock)[:-1]])
    kept: NDArray[np.bool_] = clock > latest
    return clock[kept] / TICKS, kept


def _pose(angles: NDArray[np.float64], names: list[str]) -> NDArray[np.float64]:
    """Pitch, yaw, roll in degrees; 0 where the file has no such column."""
    column: Mapping[str, NDArray[np.float64]] = {name: angles[:, i] for i, name in enumerate(names)}
    zero = np.zeros(len(angles))
    pitch, yaw, roll = (column.get(name, zero) for name in ("headpitch", "headyaw", "headroll"))
    return np.degrees(np.stack([pitch, yaw, roll], axis=1))


def _about(path: Path, times: NDArray[np.float64], first: int) -> dict[str, Any]:
    rate = round(1.0 / float(np.median(np.diff(times))), 2) if len(times) > 1 else 60.0
    return {"name": path.stem, "source": path.name, "rate": rate, "timecode": _timecode(first)}
