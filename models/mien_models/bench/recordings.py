"""Recordings of real performances for benches and fits, and noise like a tracker's to lay on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from mien import arkit
from mien.errors import TakeError, UsageError
from mien.filters.families import COLOUR
from mien.interchange import read
from mien.take import Take
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import lfilter

REGIONS: Final = tuple(dict.fromkeys(arkit.REGION))
MOVES: Final = 0.2
"""A shape that goes through more than this in a recording moves in it."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A performance without noise worth speaking of.

    Attributes
    ----------
    name : str
    times : ndarray, float64, (N,), seconds
    weights : ndarray, float64, (N, 52)
    """

    name: str
    times: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def moving(self) -> dict[str, NDArray[np.intp]]:
        """The columns of the shapes that move, by region."""
        moves = np.ptp(self.weights, axis=0) > MOVES
        columns = {region: np.flatnonzero(moves & (np.array(arkit.REGION) == region)) for region in REGIONS}
        return {region: found for region, found in columns.items() if len(found)}

    def at_rate(self, fps: float) -> Recording:
        """The same at another rate, by cubic splines."""
        times = np.arange(self.times[0], self.times[-1], 1.0 / fps)
        return Recording(self.name, times, CubicSpline(self.times, self.weights)(times))


def load_recordings(folder: Path) -> list[Recording]:
    """All recordings (`.csv`) in a folder, or the one it names."""
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.csv"))
    if not paths:
        raise UsageError(f"There are no recordings (.csv) in {folder}", "Give a folder of Live Link Face's.")
    return [_recording(path.stem, read(path)) for path in paths]


def _recording(name: str, take: Take) -> Recording:
    found = take.found
    if found.sum() < 100:
        raise TakeError(f"The recording {name} shows a face in {found.sum()} frames: too few to measure on")
    return Recording(name, take.times[found], take.weights[found].astype(np.float64))


def noise_like_a_trackers(
    random: np.random.Generator, count: int, sizes: NDArray[np.float64], colour: float = COLOUR
) -> NDArray[np.float64]:
    """Noise (count, C) of standard deviations `sizes` (C,), of which a sample hands on a part, `colour`."""
    white = random.normal(size=(count + 100, len(sizes)))
    coloured = lfilter([np.sqrt(1.0 - colour**2)], [1.0, -colour], white, axis=0)[100:]
    return np.asarray(coloured * sizes)
