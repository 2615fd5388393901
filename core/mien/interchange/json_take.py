"""A take as JSON text: everything a `.mien` file holds, for scripts in any language.

    {"format": 1, "about": {…}, "names": [52 names], "samples": [
    {"time": 0.0, "confidence": 0.98, "weights": [52], "pose": [pitch, yaw, roll], "box": [x, y, size, roll],
     "eyes": [6] if there are any, "landmarks": [[x, y] × 70]},
    …]}

Units are those of `mien.take.Take`; what was not measured is null. Nine digits carry a float32 exactly,
17 a float64.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..atomic import open_atomic
from ..errors import TakeError
from ..take import MAX_SAMPLES, Take
from ..types import LANDMARK_COUNT
from ..untrusted import check_depth, read_text, whole_number

FORMAT: Final = 1
MAX_BYTES: Final = 2 << 30
"""Of a file: a quarter of a million samples and more."""

_AGAIN: Final = "Write it again with `mien convert` or `mien solve`."
_UNREADABLE: Final = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
_COLUMNS: Final = {"pose": (3,), "box": (4,), "landmarks": (LANDMARK_COUNT, 2), "eyes": (6,)}


def write_json(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a take, one sample on a line."""
    about = json.dumps(take.about, allow_nan=False, ensure_ascii=False)
    # What UTF-8 lacks (half a surrogate pair in a name) becomes \udXXX, which JSON reads back.
    how = {"encoding": "utf-8", "errors": "backslashreplace", "newline": "\n"}
    with open_atomic(path, "w", **how) as stream:
        names = json.dumps(arkit.NAMES)
        stream.write(f'{{"format": {FORMAT}, "about": {about}, "names": {names}, "samples": [')
        for i, line in enumerate(_lines(take)):
            stream.write(("\n" if i == 0 else ",\n") + line)
        stream.write("\n]}\n")


def read_json(path: str | os.PathLike[str]) -> Take:
    """Read a take; TakeError when the file is missing, damaged, foreign or of a newer Mien."""
    try:
        return _take(json.loads(read_text(path, MAX_BYTES), parse_int=whole_number), path)
    except FileNotFoundError as error:
        raise TakeError(f"There is no take {path}", "Choose another file.") from error
    except _UNREADABLE as error:
        raise TakeError(f"{path} is not a take in JSON, or it is damaged ({error})", _AGAIN) from error


def _lines(take: Take) -> Iterator[str]:
    landmarks = take.landmarks.reshape(len(take), 2 * LANDMARK_COUNT)
    columns = (take.confidence, take.weights, take.pose, take.boxes, take.eyes, landmarks)
    for time, confidence, weights, pose, box, eyes, points in zip(take.times.tolist(), *columns):
        looks = f'"eyes": {_text(eyes)}, ' if np.isfinite(eyes).any() else ""
        yield (
            f'{{"time": {time!r}, "confidence": {float(confidence):.9g}, "weights": {_text(weights)}, '
            f'"pose": {_text(pose)}, "box": {_text(box)}, {looks}"landmarks": {_text(points, pairs=True)}}}'
        )


def _text(row: NDArray[np.floating], pairs: bool = False) -> str:
    if np.isnan(row).all():
        return "null"
    number = "%.17g" if row.dtype == np.float64 else "%.9g"
    cell = f"[{number}, {number}]" if pairs else number
    form = ", ".join([cell] * (len(row) // (2 if pairs else 1)))
    text = f"[{form}]" % tuple(row.tolist())
    return text if np.isfinite(row).all() else re.sub(r"-?inf|nan", "null", text)


def _take(content: Any, path: object) -> Take:
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise ValueError("it has no format number")
    if content["format"] > FORMAT:
        raise TakeError(f"{path} is of a newer Mien (format {content['format']})", "Update Mien to open it.")
    about, samples = content["about"], content["samples"]
    if not isinstance(about, dict) or not isinstance(samples, list) or len(samples) > MAX_SAMPLES:
        raise ValueError("it has no samples")
    check_depth(about)
    json.dumps(about, allow_nan=False)
    found = _columns(samples)
    return Take(
        times=np.array([sample["time"] for sample in samples], dtype=np.float64),
        weights=_weights(samples, content["names"]),
        confidence=np.array([sample["confidence"] for sample in samples], dtype=np.float32),
        landmarks=_narrow(found["landmarks"]),
        pose=found["pose"],
        boxes=_narrow(found["box"]),
        about=about,
        eyes=found["eyes"],
    )


def _weights(samples: list[Any], names: Any) -> NDArray[np.float32]:
    """Weights by name; shapes the file doesn't name are 0."""
    named = _array(samples, "weights", (len(names),))
    if not set(names) <= set(arkit.NAMES) or len(set(names)) != len(names) or not names:
        raise ValueError("its names are not ARKit's")
    weights = np.zeros((len(samples), arkit.COUNT), dtype=np.float32)
    weights[:, [arkit.INDEX[name] for name in names]] = _narrow(named)
    weights[np.isnan(named).all(axis=1)] = np.nan
    return weights


def _narrow(array: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # a number too large for 32 bits is infinite: not measured
        return array.astype(np.float32)


def _columns(samples: list[Any]) -> Mapping[str, NDArray[np.float64]]:
    return {name: _array(samples, name, shape) for name, shape in _COLUMNS.items()}


def _array(samples: list[Any], name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.full((len(samples), *shape), np.nan)
    for row, sample in zip(array, samples):
        if sample.get(name) is not None:
            row[...] = np.array(sample[name], dtype=np.float64).reshape(shape)
    return array
