"""Several models of movement over a whole run: each gives its most likely path, and the paths are blended.

The slowest path is the ground. What the next faster path adds to it is movement, or noise that the faster one
lets through; how much noise makes it add is known, and it is taken in as far as it stands out of that. So
jitter at rest falls as with the slowest path while a blink passes as with the fastest one, with no lag: the
live twin of this is `mien.filters.models`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .families import COLOUR
from .noise import level
from .path import reach_of, smooth_path
from .rhythm import Rhythm, smooth_linear
from .savgol import smooth_windows

CLEAR: Final = 1.95
"""How many times what noise adds counts half as movement."""

LOOK: Final = 0.1
"""Seconds to either side over which what a path adds is judged."""


def blend(
    rhythm: Rhythm, values: NDArray[Any], omega: NDArray[np.float64], least: NDArray[np.float64]
) -> NDArray[Any]:
    """Blend the paths of several models.

    Parameters
    ----------
    rhythm : Rhythm
        Of M moments.
    values : ndarray, (K, M)
        Without NaN.
    omega : ndarray, float64, (S,)
        2π · cutoff of each model, rising.
    least : ndarray, float64, (K,)
        Least standard deviation of the noise.

    Returns
    -------
    ndarray, (K, M)
    """
    path = _path(rhythm, values, omega[0])
    if len(omega) == 1:
        return path
    noise = level(values, least)
    lower = path
    for slow, fast in zip(omega[:-1], omega[1:]):
        higher = _path(rhythm, values, fast)
        added = higher - lower
        expected = CLEAR * noise * _leak(slow, fast, rhythm.step)
        share = _share(rhythm, added, expected)
        share *= added
        path = path + share
        lower = higher
    return path


def _path(rhythm: Rhythm, values: NDArray[Any], omega: float) -> NDArray[Any]:
    def exact(
        times: NDArray[np.float64], run: NDArray[np.float64], trust: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return smooth_path(times, run, trust, omega)

    return smooth_linear(rhythm, values, exact, reach_of(omega))


def _share(rhythm: Rhythm, added: NDArray[Any], expected: NDArray[np.float64]) -> NDArray[Any]:
    """How much (K, M), 0–1, of what a path adds is movement, judged by its mean square round about."""

    def mean(
        times: NDArray[np.float64], run: NDArray[np.float64], trust: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return smooth_windows(times, run, np.ones_like(trust), LOOK, 0, rhythm.step)

    energy = smooth_linear(rhythm, added * added, mean, 1.5 * LOOK)
    bar = (expected.astype(added.dtype) ** 2)[:, None]
    if rhythm.odd[1:-1].any():
        bar = bar / np.minimum(rhythm.trust, 1.0).astype(added.dtype)
    np.maximum(energy, 0.0, out=energy)
    energy *= energy
    return np.asarray(np.divide(energy, energy + bar * bar, out=energy))


def _leak(slow: float, fast: float, step: float) -> float:
    """Standard deviation that noise of 1, of which a sample hands on COLOUR, has between two paths."""
    hertz = np.linspace(0.0, 0.5 / step, 2000)
    spectrum = 1.0 / (1.0 - 2.0 * COLOUR * np.cos(2.0 * np.pi * hertz * step) + COLOUR**2)
    passed = [1.0 / (1.0 + (2.0 * np.pi * hertz / omega) ** 4) for omega in (fast, slow)]
    return float(np.sqrt(((passed[0] - passed[1]) ** 2 * spectrum).mean() / spectrum.mean()))
