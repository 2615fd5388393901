"""What a made actor does: a stretch of a recorded performance, or an authored one, smooth in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.errors import TakeError
from mien.interchange import read
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from ..synthetic.expressions import ExpressionSampler

Motion = tuple[NDArray[np.float32], NDArray[np.float64]]
"""Weights (T, 52), 0–1, and pitch, yaw, roll (T, 3), degrees."""

MOST_TURN: Final = np.array([18.0, 22.0, 14.0])
"""Beyond which a recorded head is not turned, degrees."""
BLINK_SECONDS: Final = 0.07


def recorded_motion(recording: Path, frames: int, rate: float = 30.0, start: float = 0.0) -> Motion:
    """A stretch of a Live Link Face recording.

    Parameters
    ----------
    recording : Path
        A CSV.
    frames : int
        How many.
    rate : float
        Frames a second.
    start : float
        Seconds into the recording.
    """
    take = read(recording)
    times = float(take.times[0]) + start + np.arange(frames) / rate
    if times[-1] > take.times[-1]:
        raise TakeError(f"{recording.name} ends before second {start + frames / rate:.1f}", "Ask for less.")
    found = take.found
    weights = _columns(take.times[found], take.weights[found], times)
    pose = _columns(take.times[found], take.pose[found], times)
    pose = np.clip(pose - np.median(pose, axis=0), -MOST_TURN, MOST_TURN)
    return np.clip(weights, 0, 1).astype(np.float32), pose


def authored_motion(frames: int, rate: float = 30.0, seed: int = 0) -> Motion:
    """Expressions one after the other, held and eased between, with blinks and a head that is never still."""
    rng, sampler = np.random.default_rng(seed), ExpressionSampler()
    length = frames / rate
    keys: list[NDArray[Any]] = [np.zeros(arkit.COUNT)]
    at = [0.0]
    while at[-1] < length:
        pose = sampler.sample(rng)
        keys += [pose, pose * rng.uniform(0.85, 1.0)]
        at += [at[-1] + rng.uniform(0.25, 0.7), 0.0]
        at[-1] = at[-2] + rng.uniform(0.05, 0.5)
    times = np.arange(frames) / rate
    weights = PchipInterpolator(at, np.array(keys))(times)
    for blink in np.cumsum(rng.uniform(1.5, 5.0, int(length) + 1)):
        shut = np.exp(-(((times - blink) / BLINK_SECONDS) ** 4))
        for name in arkit.sided("eyeBlink"):
            weights[:, arkit.INDEX[name]] = np.maximum(weights[:, arkit.INDEX[name]], shut)
    return np.clip(weights, 0, 1).astype(np.float32), wandering(frames, rate, rng)


def wandering(frames: int, rate: float, rng: np.random.Generator, spread: float = 6.0) -> NDArray[np.float64]:
    """Pitch, yaw, roll (T, 3), degrees, that drift about 0 with a standard deviation of `spread`."""
    smooth = gaussian_filter1d(rng.standard_normal((frames + int(4 * rate), 3)), 0.6 * rate, axis=0)
    spreads = spread * np.array([0.8, 1.3, 0.6])
    drift = smooth[:frames] / smooth.std(axis=0) * spreads
    return np.clip(drift, -MOST_TURN, MOST_TURN)


def _columns(times: NDArray[Any], rows: NDArray[Any], at: NDArray[Any]) -> NDArray[np.float64]:
    return np.stack([np.interp(at, times, column) for column in rows.T.astype(np.float64)], axis=1)
