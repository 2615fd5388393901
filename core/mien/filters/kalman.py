"""The Kalman filter (FACEGOOD 2021, section 3.2, eq. 3–4) of one model of movement, or of several at once.

The model is that of `mien.filters.path`: constant velocity, disturbed by an unknown acceleration. How strong
that is, is stated as a cutoff in hertz: it means the same at any frame rate and on uneven stamps.

A face is at rest, drifts, or moves fast, and no one cutoff suits all three: one that keeps a blink lets the
noise of a resting brow through. With several cutoffs each channel is followed by a filter for each, and what
is shown goes to the one that explains the samples. Live these are interacting multiple models (Blom and
Bar-Shalom 1988). Offline each model gives its most likely path, and from the slowest on, what a faster path
adds is taken in as far as it stands out of what the noise would make it add.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .bank import blend
from .contract import LONGEST_GAP, NEAREST, smooth_groups, trust_of
from .models import Models
from .noise import LiveNoise
from .rhythm import Rhythm

_HALF_RISE = 0.413
"""A sudden change reaches half its height in the steady live filter after this / (2π·cutoff) seconds."""


class KalmanFilter:
    """Kalman filter over C channels (see `mien.filters.Filter`).

    Parameters
    ----------
    cutoff : array_like, (C,) or a number, or (3, C)
        Hertz, greater than 0, for each channel; or three, rising: at rest, in slow and in fast movement.
    noise : array_like, (C,) or a number
        Least standard deviation of the measurements, in their unit; up to five times as much is noticed in
        the run itself. It tells movement from noise where there are three cutoffs, else it changes nothing.
    """

    _seen: NDArray[np.bool_]
    _seen_at: NDArray[np.float64]
    _level: LiveNoise

    def __init__(self, cutoff: ArrayLike, noise: ArrayLike = 0.01) -> None:
        cutoffs = np.asarray(cutoff, dtype=np.float64)
        self._omega = 2.0 * np.pi * (cutoffs if cutoffs.ndim == 2 else np.reshape(cutoffs, (1, -1)))
        self._noise = np.atleast_1d(np.asarray(noise, dtype=np.float64))
        if not (np.isfinite(self._omega).all() and (self._omega > 0).all()):
            raise ValueError("a cutoff must be greater than 0 hertz")
        if not (np.isfinite(self._noise).all() and (self._noise > 0).all()):
            raise ValueError("noise must be greater than 0")
        self.reset()

    @property
    def lag(self) -> float:
        """Seconds until a sudden change that stands clear of the noise shows by half, slowest channel."""
        return float(_HALF_RISE / self._omega[-1].min())

    def reset(self) -> None:
        """Forget everything."""
        self._time, self._span = math.nan, 1.0 / 30.0
        self._models: Models | None = None
        self._shown: NDArray[np.float64] | None = None

    def update(self, values: ArrayLike, time: float, confidence: float = 1.0) -> NDArray[np.float64]:
        """Take one sample, give the filtered values (see `Filter.update`)."""
        sample = np.asarray(values, dtype=np.float64)
        models = self._models
        if models is None or not -LONGEST_GAP <= time - self._time <= LONGEST_GAP:
            models = self._models = self._started(sample)
            self._time = time
        step, self._time = max(time - self._time, 0.0), max(time, self._time)
        if step >= NEAREST:
            self._span = float(np.clip(step, 1.0 / 250.0, 1.0 / 10.0))
        noise = self._level.update(sample, step)
        models.predict(step, self._span, noise)
        measured = np.isfinite(sample)
        self._seen &= self._time - self._seen_at <= LONGEST_GAP
        models.begin(sample, measured & ~self._seen)
        models.correct(sample, measured & self._seen, float(trust_of(confidence)))
        self._seen |= measured
        self._seen_at = np.where(measured, self._time, self._seen_at)
        held = np.full(sample.shape, np.nan) if self._shown is None else self._shown
        self._shown = np.where(measured, models.value, held)
        return self._shown.copy()

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Filter a whole run, without lag (see `Filter.smooth`)."""
        return smooth_groups(times, values, confidence, self._omega, self.smooth_stretch)

    def smooth_stretch(self, rhythm: Rhythm, values: NDArray[Any], columns: NDArray[np.intp]) -> NDArray[Any]:
        """Filter channels (K, M) with the same cutoffs, measured at all moments (see `contract.Smoother`)."""
        count = len(np.atleast_1d(columns))
        omega = np.broadcast_to(self._omega, (len(self._omega), max(columns.max() + 1, self._omega.shape[1])))
        noise = np.broadcast_to(self._noise, omega.shape[1:])[columns]
        return blend(rhythm, values, omega[:, columns[0]], noise.reshape(count))

    def _started(self, sample: NDArray[np.float64]) -> Models:
        self._seen, self._seen_at = np.zeros(sample.shape, dtype=bool), np.full(sample.shape, -np.inf)
        self._level = LiveNoise(np.broadcast_to(self._noise, sample.shape))
        return Models(np.broadcast_to(self._omega, (len(self._omega), len(sample))))
