"""Where keys go: from the seconds of a take to the frames of a scene, whose own rate is never changed.

And which of them are needed: `reduce_keys` leaves out those that straight lines make up for.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import rates
from ..errors import TakeError


class Timed(Protocol):
    """What keys are made from: a Take, raw or tuned."""

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds, shape (N,)."""

    @property
    def weights(self) -> NDArray[np.float32]:
        """Shape (N, 52)."""


def keys_for(
    take: Timed, fps: float, fps_base: float = 1.0, start_frame: float = 0.0, whole_frames: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Lay a take out on a timeline: key frame = start_frame + time × fps / fps_base.

    Parameters
    ----------
    take : Take
        times (N,) in seconds, weights (N, 52) without NaN (a tuned take).
    fps, fps_base : float
        Frames a second of the scene as Blender has it: 30 and 1.001 are 29.97. Both greater than 0.
    start_frame : float
        Where the take's time 0 goes.
    whole_frames : bool
        Interpolate linearly at every whole frame of the take's span; else one key for each sample, between
        frames where it falls there.

    Returns
    -------
    frames : ndarray, float64, (M,)
        Strictly increasing.
    weights : ndarray, float32, (M, 52)
    """
    return place_keys(take.times, take.weights, fps, fps_base, start_frame, whole_frames)


def place_keys(
    times: NDArray[np.float64],
    values: NDArray[np.floating],
    fps: float,
    fps_base: float = 1.0,
    start_frame: float = 0.0,
    whole_frames: bool = True,
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Do the same for any values (N, C) at times (N,)."""
    if not (fps > 0 and fps_base > 0 and math.isfinite(fps / fps_base) and math.isfinite(start_frame)):
        raise ValueError(f"fps {fps} / {fps_base} from frame {start_frame} is no timeline")
    if not len(times):
        raise TakeError("There are no frames in the take", "Solve footage that has frames in it.")
    frames = start_frame + np.asarray(times, dtype=np.float64) * (fps / fps_base)
    if not whole_frames:
        return frames, np.asarray(values, dtype=np.float32)
    whole = rates.whole_frames(float(frames[0]), float(frames[-1]))
    return whole, _interpolated(whole, frames, values)


def _interpolated(
    new: NDArray[np.float64], old: NDArray[np.float64], values: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Columns of `values` (N, C), known at `old` (N,), at `new` (M,): linear, the ends held."""
    if len(old) == 1:
        return np.repeat(np.asarray(values, dtype=np.float32), len(new), axis=0)
    after = np.clip(np.searchsorted(old, new, "left"), 1, len(old) - 1)
    before = after - 1
    part = np.clip((new - old[before]) / (old[after] - old[before]), 0.0, 1.0)[:, None]
    first, second = values[before].astype(np.float64), values[after].astype(np.float64)
    return (first * (1.0 - part) + second * part).astype(np.float32)


def reduce_keys(
    frames: NDArray[np.float64], values: NDArray[np.floating], tolerance: float
) -> list[NDArray[np.intp]]:
    """Choose the keys that each channel needs, so that straight lines between them stay near all the others.

    Ramer (1972), Douglas and Peucker (1973), the error measured along the values only: a stretch whose worst
    key is off its chord by more than the tolerance is divided there. All stretches of a channel are looked at
    together, level by level.

    It holds, for linear interpolation (the mode in which Mien's add-ons write keys): at every frame, between
    keys too, |reduced − full| ≤ tolerance; every kept key is as it was; the first and the last stay. Where a
    host joins the kept keys by splines instead (Blender's Bezier, Maya's auto tangents), the curve may leave
    the straight lines, and this bound does not hold.

    Parameters
    ----------
    frames : ndarray, float64, (M,)
        Strictly increasing.
    values : ndarray, (M, C)
        Finite.
    tolerance : float
        In the unit of the values, 0 or more; 0 drops only what lies on a line exactly.

    Returns
    -------
    list of C ndarrays, intp
        For each channel the places in `frames` of the keys to write, increasing.
    """
    if not (tolerance >= 0 and math.isfinite(tolerance)):
        raise ValueError(f"the tolerance must be a number of 0 or more, not {tolerance}")
    table = np.asarray(values, dtype=np.float64)
    if not np.isfinite(table).all():
        raise ValueError("keys can be reduced only where every value is finite")
    return [_needed(np.asarray(frames, dtype=np.float64), channel, tolerance) for channel in table.T]


_PIECE: Final = 128
"""Keys into which a long channel is cut beforehand: dividing an hour one by one takes far longer."""


def _needed(frames: NDArray[np.float64], channel: NDArray[np.float64], tolerance: float) -> NDArray[np.intp]:
    """One channel (M,) of `reduce_keys`."""
    last = len(frames) - 1
    if last < 2:
        return np.arange(last + 1)
    ends = np.array([0, last])
    if _worst(frames, channel, ends[:1], ends[1:])[1][0] <= tolerance:
        return ends
    cuts = np.append(np.arange(0, last, _PIECE), last)
    kept = _divided(frames, channel, tolerance, cuts)
    return _joined(frames, channel, tolerance, np.flatnonzero(kept), cuts[1:-1])


def _divided(
    frames: NDArray[np.float64], channel: NDArray[np.float64], tolerance: float, cuts: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which of M keys to keep when those at `cuts` are kept in any case."""
    kept = np.zeros(len(frames), dtype=bool)
    kept[cuts] = True
    starts, ends = cuts[:-1], cuts[1:]
    while True:
        long = ends - starts > 1
        starts, ends = starts[long], ends[long]
        if not len(starts):
            return kept
        worst, error = _worst(frames, channel, starts, ends)
        off = error > tolerance
        starts, ends, worst = starts[off], ends[off], worst[off]
        kept[worst] = True
        starts, ends = np.concatenate([starts, worst]), np.concatenate([worst, ends])


def _joined(
    frames: NDArray[np.float64], channel: NDArray[np.float64], tolerance: float,
    kept: NDArray[np.intp], cuts: NDArray[np.intp],
) -> NDArray[np.intp]:  # fmt: skip
    """Leave out the cuts that turn out not to be needed; every second one is tried at a time."""
    while len(cuts):
        tried = cuts[::2]
        places = np.searchsorted(kept, tried)
        _, error = _worst(frames, channel, kept[places - 1], kept[places + 1])
        kept = np.delete(kept, places[error <= tolerance])
        cuts = cuts[1::2]
    return kept


def _worst(
    frames: NDArray[np.float64], channel: NDArray[np.float64],
    starts: NDArray[np.intp], ends: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:  # fmt: skip
    """The place inside each of S stretches that is farthest off its chord, (S,), and by how much, (S,)."""
    lengths = ends - starts - 1
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    stretch = np.repeat(np.arange(len(starts)), lengths)
    places = np.arange(len(stretch)) - first[stretch] + starts[stretch] + 1
    slope = (channel[ends] - channel[starts]) / (frames[ends] - frames[starts])
    chord = channel[starts][stretch] + slope[stretch] * (frames[places] - frames[starts][stretch])
    off = np.abs(channel[places] - chord)
    error = np.maximum.reduceat(off, first)
    hits = np.flatnonzero(off == error[stretch])
    _, earliest = np.unique(stretch[hits], return_index=True)
    return places[hits[earliest]], error
