"""Live Link Face's CSV recording, as Epic's iPhone app writes it.

The shapes are PascalCase and in the app's own order (JawRight before JawLeft, MouthRight before MouthLeft):
they are matched by name. The timecode counts sixtieths of a second, whatever the camera's rate. Nine angles
follow, in radians. The eyes' signs and gains were read off real recordings: there the angles follow the
eyeLook weights to within 0.01 rad (rms), but for a constant yaw of 0.06 rad outwards that is left out here.
Those recordings have the head switched off (zeros), so the head's signs are only taken from programs that
play such recordings.

===================  =====================================================================
HeadYaw              positive = turned to the subject's own left
HeadPitch            positive = looking down
HeadRoll             positive = tilted towards the subject's own left shoulder
Left/RightEyeYaw     positive = looking to the subject's own right; 0.6 rad at weight 1
Left/RightEyePitch   positive = looking down; 0.5 rad at weight 1
Left/RightEyeRoll    small in recordings; written as 0
===================  =====================================================================

A frame without a face has the count 0 and empty cells.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..atomic import open_atomic
from ..errors import TakeError
from ..take import MAX_SAMPLES, Take

SHAPES: Final[tuple[str, ...]] = (
    "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft", "EyeLookOutLeft", "EyeLookUpLeft", "EyeSquintLeft",
    "EyeWideLeft", "EyeBlinkRight", "EyeLookDownRight", "EyeLookInRight", "EyeLookOutRight", "EyeLookUpRight",
    "EyeSquintRight", "EyeWideRight", "JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose",
    "MouthFunnel", "MouthPucker", "MouthRight", "MouthLeft", "MouthSmileLeft", "MouthSmileRight",
    "MouthFrownLeft", "MouthFrownRight", "MouthDimpleLeft", "MouthDimpleRight", "MouthStretchLeft",
    "MouthStretchRight", "MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper",
    "MouthPressLeft", "MouthPressRight", "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft",
    "MouthUpperUpRight", "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft",
    "BrowOuterUpRight", "CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft",
    "NoseSneerRight", "TongueOut",
)  # fmt: skip
"""The shapes in the order of the file's columns."""

ANGLES: Final[tuple[str, ...]] = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll",
    "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip

HEADER: Final = ("Timecode", "BlendShapeCount", *SHAPES, *ANGLES)

TICKS: Final = 60
"""The timecode's frames in a second."""

EYE_YAW: Final = 0.6
EYE_PITCH: Final = 0.5
"""Radians by which the eye turns for eyeLook weights of 1."""

_DAY: Final = 24 * 3600 * TICKS * 1000
"""Thousandths of a timecode frame in a day."""

_COLUMNS: Final = tuple(arkit.INDEX[name[0].lower() + name[1:]] for name in SHAPES)
_HEAD: Final = (("HeadPitch", 0), ("HeadYaw", 1), ("HeadRoll", 2))
_TIMECODE: Final = re.compile(r"(\d+)[:;](\d+)[:;](\d+)[:;](\d+(?:\.\d+)?)$")
_AGAIN: Final = "Export it again from the app that recorded it."


def write_csv(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a recording. The first timecode is the take's own (`about["timecode"]`), or 00:00:00:00.000."""
    start = _start(take)
    cells = _cells(take)
    row = ",".join(["%s,61"] + ["%.10f"] * cells.shape[1]) + "\n"
    empty = "%s,0" + "," * cells.shape[1] + "\n"
    found: Any = np.isfinite(take.weights).all(axis=1)
    with open_atomic(path, "w", encoding="ascii", newline="\n") as stream:
        stream.write(",".join(HEADER) + "\n")
        for i, time in enumerate(take.times.tolist()):
            code = _timecode(start + round(time * TICKS * 1000))
            stream.write(row % (code, *cells[i].tolist()) if found[i] else empty % code)


def _cells(take: Take) -> NDArray[np.float64]:
    """The numbers (N, 61) of the file's rows: shapes, then angles in radians."""
    weights = take.weights.astype(np.float64)
    angles = np.zeros((len(take), len(ANGLES)))
    for name, axis in _HEAD:
        angles[:, ANGLES.index(name)] = np.nan_to_num(np.radians(take.pose[:, axis].astype(np.float64)))
    for side, sign in (("Left", -1.0), ("Right", 1.0)):
        look = {way: weights[:, arkit.INDEX[f"eyeLook{way}{side}"]] for way in ("In", "Out", "Up", "Down")}
        angles[:, ANGLES.index(f"{side}EyeYaw")] = sign * EYE_YAW * (look["Out"] - look["In"])
        angles[:, ANGLES.index(f"{side}EyePitch")] = EYE_PITCH * (look["Down"] - look["Up"])
    return np.concatenate([weights[:, _COLUMNS], angles], axis=1) + 0.0  # no "-0.0000000000"


def read_csv(path: str | os.PathLike[str]) -> Take:
    """Read a recording of this or a kindred app, in any column order.

    Times count from the first row. Rows without numbers have no face; rows whose timecode does not go on are
    left out; columns that are missing are 0.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            return _read(stream, Path(path))
    except FileNotFoundError as error:
        raise TakeError(f"There is no recording {path}", "Choose another file.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TakeError(f"Can't read the recording {path} ({error})", _AGAIN) from error


def _read(stream: IO[str], path: Path) -> Take:
    rows = csv.reader(stream)
    header = [name.strip().lower() for name in next(rows, [])]
    places = {name: header.index(name.lower()) for name in (*SHAPES, *ANGLES) if name.lower() in header}
    if "timecode" not in header or not any(name in places for name in SHAPES):
        raise TakeError(
            f"{path} is not a Live Link Face recording", "Its header has no Timecode, or no shapes."
        )
    codes: list[int] = []
    cells: list[list[float]] = []
    for code, numbers in _lines(rows, header.index("timecode"), list(places.values()), path):
        while codes and code < codes[-1] - _DAY // 2:
            code += _DAY
        if not codes or code > codes[-1]:
            codes.append(code)
            cells.append(numbers)
    if not codes:
        raise TakeError(f"{path} has a header and no frames", _AGAIN)
    return _take(np.array(codes), np.array(cells), list(places), path)


def _lines(rows: Any, time_column: int, columns: list[int], path: Path) -> Iterator[tuple[int, list[float]]]:
    """Each row's timecode, in thousandths of a timecode frame, and its numbers, NaN where no face is."""
    lost = [np.nan] * len(columns)
    for count, row in enumerate(rows):
        if not any(cell.strip() for cell in row):
            continue
        if count > MAX_SAMPLES:
            raise TakeError(f"{path} is too long for a recording", _AGAIN)
        try:
            code = _parse_timecode(row[time_column])
            texts = [row[column] if column < len(row) else "" for column in columns]
            yield code, [float(text) for text in texts] if all(map(str.strip, texts)) else lost
        except (ValueError, IndexError) as error:
            raise TakeError(f"{path}, line {rows.line_num}: {error}", _AGAIN) from error


def _take(codes: NDArray[np.int64], cells: NDArray[np.float64], names: list[str], path: Path) -> Take:
    cells[~np.isfinite(cells).all(axis=1)] = np.nan
    weights = np.where(np.isnan(cells[:, :1]), np.nan, np.zeros(arkit.COUNT))
    pose = np.where(np.isnan(cells[:, :1]), np.nan, np.zeros(3))
    for column, name in enumerate(names):
        if name in SHAPES:
            weights[:, _COLUMNS[SHAPES.index(name)]] = cells[:, column]
    for name, axis in _HEAD:
        if name in names:
            pose[:, axis] = np.degrees(cells[:, names.index(name)])
    times = (codes - codes[0]) / (TICKS * 1000)
    about: dict[str, Any] = {"name": path.stem, "source": path.name, "timecode": _timecode(int(codes[0]))}
    if len(times) > 1:
        about["rate"] = round(float(1 / np.median(np.diff(times))), 2)
    return Take.from_weights(times, weights, about, pose=pose)


def _start(take: Take) -> int:
    try:
        return _parse_timecode(str(take.about.get("timecode", "")))
    except ValueError:
        return 0


def _parse_timecode(text: str) -> int:
    found = _TIMECODE.match(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a timecode (HH:MM:SS:FF.mmm)")
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * TICKS * 1000 + round(float(found.group(4)) * 1000)


def _timecode(thousandths: int) -> str:
    frames, fraction = divmod(thousandths % _DAY, 1000)
    seconds, frame = divmod(frames, TICKS)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frame:02d}.{fraction:03d}"
