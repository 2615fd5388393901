"""Tables of a rig's channels (`.csv`): what `mien map apply` writes, and the examples of `mien map learn`.

The first column is `time` in seconds (or `frame` in examples: the number of the take's sample, from 0), then
one column a channel, named by its target. Numbers have nine digits, which carry a float32 exactly.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..atomic import open_atomic
from ..errors import MapError, NotANumberError

_AGAIN: Final = "Save the table as CSV again: frame or time first, then a column for each channel."


def write_channels(
    path: str | os.PathLike[str],
    times: NDArray[np.float64],
    channels: Sequence[str],
    values: NDArray[np.floating],
) -> None:
    """Write a table, complete or not at all.

    Parameters
    ----------
    times : ndarray, float64, (N,), seconds
    channels : sequence of str, C
    values : ndarray, (N, C)
    """
    with open_atomic(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["time", *channels])
        for time, row in zip(times.tolist(), values.tolist()):
            writer.writerow([repr(time), *(f"{value:.9g}" for value in row)])


@dataclass(frozen=True, eq=False)
class Examples:
    """Poses of a rig for some moments of a take.

    Attributes
    ----------
    places : ndarray, float64, (K,)
        Numbers of samples, or seconds.
    timed : bool
        Whether they are seconds.
    channels : tuple of str, C
    values : ndarray, float64, (K, C)
    """

    places: NDArray[np.float64]
    timed: bool
    channels: tuple[str, ...]
    values: NDArray[np.float64]

    def samples_of(self, times: NDArray[np.float64]) -> NDArray[np.intp]:
        """The sample (K,) of a take, whose times (N,) are given, at each place; MapError outside the take."""
        if not len(times):
            raise MapError("There are no frames in the take", "Choose a take that has some.")
        if not self.timed:
            found = np.rint(self.places).astype(np.intp)
            outside = (found < 0) | (found >= len(times)) | (found != self.places)
        else:
            found = np.abs(times[None, :] - self.places[:, None]).argmin(axis=1)
            step = float(np.diff(times).max()) if len(times) > 1 else 0.0
            outside = np.abs(times[found] - self.places) > max(step, 1e-3)
        if outside.any():
            place, what = self.places[outside][0], "time" if self.timed else "frame"
            raise MapError(
                f"The take has no {what} {place:g}", f"It has {len(times)} frames, to {times[-1]:.3f} s."
            )
        return found


def read_examples(path: str | os.PathLike[str]) -> Examples:
    """Read a table of examples; MapError where it is missing, damaged or has a cell that is no number."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
    except FileNotFoundError as error:
        raise MapError(f"There is no table {path}", _AGAIN) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MapError(f"{path} can't be read ({error})", _AGAIN) from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    kind = header[0].lower() if header else ""
    if kind not in ("frame", "time") or len(header) < 2 or not all(header) or len(set(header)) < len(header):
        raise MapError(f"{path} has no such columns as examples have, each named once", _AGAIN)
    table = [_numbers(row, len(header), f"{path}, row {i}") for i, row in enumerate(rows[1:], 2)]
    numbers = np.array(table, dtype=np.float64).reshape(-1, len(header))
    return Examples(numbers[:, 0], kind == "time", tuple(header[1:]), numbers[:, 1:])


def _numbers(row: Sequence[str], width: int, place: str) -> list[float]:
    if len(row) != width:
        raise MapError(f"{place} has {len(row)} cells, not {width}", _AGAIN)
    numbers = []
    for cell in row:
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise NotANumberError(
                f"{place}: {cell.strip() or 'an empty cell'} is not a number", "Fill every cell."
            )
        numbers.append(number)
    return numbers
