"""The constant-velocity Kalman filter (FACEGOOD 2021, section 3.2, eq. 3–4), live and as a smoother.

State x = (value, velocity), G = [[1, d], [0, 1]] over a step d, no control u; w is the noise of an unknown,
white acceleration, z = value + v. Only the ratio of the two noises matters, and it is stated as a frequency:
with time counted in 1/(2π·cutoff), their densities are both 1, so one constant in hertz means the same at any
frame rate and on uneven stamps. The gains depend on steps and trust alone, never on the values.

Offline, the Rauch–Tung–Striebel smoother is wanted: the most likely path given all samples. For this model it
is the minimum of a quadratic form that links only neighbours, so it is found in one banded solve for all
channels rather than by stepping there and back (the path is a cubic smoothing spline). It lets through
1 / (1 + (f / cutoff)⁴) of an oscillation of f hertz: half of it at the cutoff.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solveh_banded

from .contract import LEAST_TRUST, LONGEST_GAP, NEAREST, smooth_groups, spans

_HALF_RISE = 0.413
"""A sudden change reaches half its height in the steady live filter after this / (2π·cutoff) seconds."""


class KalmanFilter:
    """Kalman filter over C channels (see `mien.filters.Filter`).

    Parameters
    ----------
    cutoff : array_like, (C,) or a number
        Hertz, greater than 0, for each channel.
    """

    _time: float
    _seen: NDArray[np.bool_]
    _seen_at: NDArray[np.float64]

    def __init__(self, cutoff: ArrayLike) -> None:
        self._omega = 2.0 * np.pi * np.asarray(cutoff, dtype=np.float64)
        if not (np.isfinite(self._omega).all() and (self._omega > 0).all()):
            raise ValueError("a cutoff must be greater than 0 hertz")
        self.reset()

    @property
    def lag(self) -> float:
        """Seconds until a sudden change shows by half, in the slowest channel."""
        return float(_HALF_RISE / self._omega.min())

    def reset(self) -> None:
        """Forget everything."""
        self._start((), math.nan)
        self._span = 1.0 / 30.0
        self._shown: NDArray[np.float64] | None = None

    def update(self, values: ArrayLike, time: float, confidence: float = 1.0) -> NDArray[np.float64]:
        """Take one sample, give the filtered values (see `Filter.update`)."""
        sample = np.asarray(values, dtype=np.float64)
        if not -LONGEST_GAP <= time - self._time <= LONGEST_GAP:  # so it is for NaN, before the first
            self._start(sample.shape, time)
        self._predict(max(time - self._time, 0.0))
        self._time = time = max(time, self._time)
        self._seen = self._seen & (time - self._seen_at <= LONGEST_GAP)
        self._correct(sample, confidence)
        self._seen_at = np.where(np.isfinite(sample), time, self._seen_at)
        held = np.full(sample.shape, np.nan) if self._shown is None else self._shown
        self._shown = np.where(np.isfinite(sample), self._value, held)
        return self._shown.copy()

    def smooth(
        self, times: ArrayLike, values: ArrayLike, confidence: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Filter a whole run, without lag (see `Filter.smooth`)."""
        return smooth_groups(times, values, confidence, self._omega, smooth_path)

    def _start(self, shape: tuple[int, ...], time: float) -> None:
        self._time = time
        self._seen, self._seen_at = np.zeros(shape, dtype=bool), np.full(shape, -np.inf)
        self._value, self._velocity = np.zeros(shape), np.zeros(shape)
        self._p00, self._p01, self._p11 = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def _predict(self, step: float) -> None:
        """Step to x = G x and its covariance G P Gᵀ + W, for the channels seen before."""
        if step >= NEAREST:
            self._span = float(np.clip(step, 1.0 / 250.0, 1.0 / 10.0))
        d = self._omega * step
        self._value = self._value + d * self._velocity
        self._p00 = self._p00 + 2.0 * d * self._p01 + d**2 * self._p11 + d**3 / 3.0
        self._p01 = self._p01 + d * self._p11 + d**2 / 2.0
        self._p11 = self._p11 + d

    def _correct(self, sample: NDArray[np.float64], confidence: float) -> None:
        measured = np.isfinite(sample)
        trust = min(max(confidence, LEAST_TRUST), 1.0) if np.isfinite(confidence) else LEAST_TRUST
        noise = np.broadcast_to(1.0 / (self._omega * self._span * trust), sample.shape)
        self._begin(sample, measured & ~self._seen, noise)
        old = measured & self._seen
        gain = np.where(old, self._p00 / (self._p00 + noise), 0.0)
        speed_gain = np.where(old, self._p01 / (self._p00 + noise), 0.0)
        error = np.where(old, sample - self._value, 0.0)
        self._value = self._value + gain * error
        self._velocity = self._velocity + speed_gain * error
        self._p11 = self._p11 - speed_gain * self._p01
        self._p01 = (1.0 - gain) * self._p01
        self._p00 = (1.0 - gain) * self._p00
        self._seen = self._seen | measured

    def _begin(self, sample: NDArray[np.float64], new: NDArray[np.bool_], noise: NDArray[np.float64]) -> None:
        """Channels measured for the first time: at rest there, with the velocity's steady uncertainty."""
        self._value = np.where(new, sample, self._value)
        self._velocity = np.where(new, 0.0, self._velocity)
        self._p00 = np.where(new, noise, self._p00)
        self._p01 = np.where(new, 0.0, self._p01)
        self._p11 = np.where(new, np.sqrt(2.0), self._p11)


def smooth_path(
    times: NDArray[np.float64], values: NDArray[np.float64], trust: NDArray[np.float64], omega: float
) -> NDArray[np.float64]:
    """The most likely path of the model given all samples.

    Parameters
    ----------
    times : ndarray, float64, (M,)
        Seconds, strictly increasing by `NEAREST` or more.
    values : ndarray, float64, (M, K)
        Without NaN.
    trust : ndarray, float64, (M,)
        Greater than 0.
    omega : float
        2π · cutoff.

    Returns
    -------
    ndarray, float64, (M, K)
    """
    weight = omega * spans(times) * trust
    bands = _information(omega * np.diff(times), weight)
    right = np.zeros((2 * len(times), values.shape[1]))
    right[0::2] = weight[:, None] * values
    solution: NDArray[np.float64] = solveh_banded(
        bands, right, overwrite_ab=True, overwrite_b=True, lower=True, check_finite=False
    )
    return solution[0::2]


_LEAST = 1e-9
"""What is known of every velocity beforehand (next to nothing), so that one sample alone has a solution."""


def _information(d: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix of the quadratic form, (value, velocity) for each moment, as four lower bands (4, 2M).

    Each step d between neighbours adds eᵀ W⁻¹ e of e = x₁ − G x₀, with W = [[d³/3, d²/2], [d²/2, d]], and
    each sample its weight.
    """
    count = len(weight)
    bands = np.zeros((4, 2 * count))
    value, speed = bands[:, 0::2], bands[:, 1::2]
    value[0] += weight
    speed[0] += _LEAST
    for side in (slice(None, -1), slice(1, None)):
        value[0, side] += 12.0 / d**3
        speed[0, side] += 4.0 / d
    value[1, :-1] += 6.0 / d**2
    value[1, 1:] -= 6.0 / d**2
    value[2, :-1] = -12.0 / d**3
    value[3, :-1] = 6.0 / d**2
    speed[1, :-1] = -6.0 / d**2
    speed[2, :-1] = 2.0 / d
    return bands
