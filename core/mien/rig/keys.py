"""Where keys go: from the seconds of a take to the frames of a scene, whose own rate is never changed."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
    whole = _whole_frames(float(frames[0]), float(frames[-1]))
    return whole, _interpolated(whole, frames, values)


_NEAR = 1e-3
"""Frames. What lies this near to a whole frame is on it: time stamps are rounded to milliseconds or ticks."""


def _whole_frames(first: float, last: float) -> NDArray[np.float64]:
    """The whole frames within a span; the nearest one when it holds none."""
    low, high = math.ceil(first - _NEAR), math.floor(last + _NEAR)
    return np.arange(low, high + 1, dtype=np.float64) if high >= low else np.array([float(round(first))])


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
