"""A take as JSON: everything that a `.mien` file holds, readable by any script. Gaps are null."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..atomic import open_atomic
from ..errors import TakeError
from ..take import Take

FORMAT: Final = 1
_AGAIN: Final = "Write it again from the take, or restore the file."
_ARRAYS: Final = ("weights", "pose", "confidence", "boxes", "landmarks")


def write_json(take: Take, path: str | os.PathLike[str]) -> None:
    """Write one object: format, about, names, times (seconds) and a list per sample in each other array."""
    content = {
        "format": FORMAT,
        "about": take.about,
        "names": arkit.NAMES,
        "times": take.times.tolist(),
        **{name: _plain(getattr(take, name)) for name in _ARRAYS},
    }
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        json.dump(content, stream, allow_nan=False, separators=(",", ":"))
        stream.write("\n")


def read_json(path: str | os.PathLike[str]) -> Take:
    """Read what `write_json` wrote; times, names (in any order) and weights have to be there."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise TakeError(f"There is no take {path}", "Choose another file.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TakeError(f"{path} is not JSON, or it is damaged ({error})", _AGAIN) from error
    try:
        return _take(content, path)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise TakeError(f"{path} is not a take as JSON ({error!r})", _AGAIN) from error


def _take(content: dict[str, Any], path: object) -> Take:
    if int(content.get("format", FORMAT)) > FORMAT:
        raise TakeError(f"{path} is of a newer Mien (format {content['format']})", "Update Mien to open it.")
    times = np.array(content["times"], dtype=np.float64)
    given = _rows(content["weights"], (len(content["names"]),))
    weights = np.zeros((len(given), arkit.COUNT), dtype=np.float32)
    for column, name in enumerate(content["names"]):
        if name in arkit.INDEX:
            weights[:, arkit.INDEX[name]] = given[:, column]
    pose = _rows(content["pose"], (3,)) if "pose" in content else None
    confidence = np.array(content["confidence"], dtype=np.float32) if "confidence" in content else None
    take = Take.from_weights(times, weights, dict(content.get("about", {})), pose=pose, confidence=confidence)
    shapes = {"boxes": (4,), "landmarks": take.landmarks.shape[1:]}
    return take.replaced(
        **{name: _rows(content[name], shape) for name, shape in shapes.items() if name in content}
    )


def _plain(array: NDArray[np.float32]) -> list[Any]:
    """Lists with the shortest decimals that give the same float32; null for a row that holds no number."""
    exact = array.astype("U32").astype(np.float64)
    rows: list[Any] = exact.tolist()
    if array.ndim > 1:
        for i in np.flatnonzero(~np.isfinite(array).all(axis=tuple(range(1, array.ndim)))):
            rows[i] = None
    return rows


def _rows(rows: list[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    array = np.full((len(rows), *shape), np.nan, dtype=np.float32)
    there = [i for i, row in enumerate(rows) if row is not None]
    if there:
        values = np.array([rows[i] for i in there], dtype=np.float32)
        if values.shape[1:] != shape:
            raise ValueError(f"rows of shape {values.shape[1:]} instead of {shape}")
        array[there] = values
    return array
