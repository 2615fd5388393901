"""The most likely path of the constant-velocity model given all samples: Rauch, Tung and Striebel's smoother.

State x = (value, velocity), G = [[1, d], [0, 1]] over a step d, no control u; w is the noise of an unknown,
white acceleration, z = value + v (FACEGOOD 2021, section 3.2, eq. 3–4). With time counted in 1/(2π·cutoff)
both noises have density 1. The path is the minimum of a quadratic form that links only neighbours, so it is
found in one banded solve for all channels rather than by stepping there and back (it is a cubic smoothing
spline). It lets through 1 / (1 + (f / cutoff)⁴) of an oscillation of f hertz: half of it at the cutoff.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def spans(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds (N,) that each of N samples stands for: the step up to it, within 1/250 and 1/10 s."""
    if len(times) < 2:
        return np.full(len(times), 1.0 / 30.0)
    steps = np.diff(times)
    return np.clip(np.concatenate([steps[:1], steps]), 1.0 / 250.0, 1.0 / 10.0)


def reach_of(omega: float) -> float:
    """Seconds after which the path has forgotten a sample but for a 1/10,000: weights fall as e^(−ωt/√2)."""
    return math.log(1e4) * math.sqrt(2.0) / omega


def smooth_path(
    times: NDArray[np.float64], values: NDArray[np.float64], trust: NDArray[np.float64], omega: float
) -> NDArray[np.float64]:
    """Find the path.

    Parameters
    ----------
    times : ndarray, float64, (M,)
        Seconds, strictly increasing.
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
    from scipy.linalg import solveh_banded  # imported where it is used: live does without

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
