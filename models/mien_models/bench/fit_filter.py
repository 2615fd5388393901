"""`mien bench fit-filter`: how fast each part of the face moves, fitted to recordings of real performances.

The model of `mien.filters.path` disturbs a constant velocity by an unknown acceleration. In recordings with
next to no noise the accelerations can be seen: mostly the face rests, sometimes it drifts, now and then it
moves fast. They are fitted by three zero-mean normal distributions (expectation maximisation).
A variance of acceleration A² and noise of variance σ² at the same step make the best cutoff (A²/σ²)^¼ / 2π.
The result is the table CUTOFFS of `mien.filters.families`, where its comment says what is not from here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

import numpy as np
from mien.filters.families import NOISE
from numpy.typing import NDArray

from .recordings import REGIONS, Recording, load_recordings

STEPS: Final = 500
LEAST_MOVING: Final = 1e-6
SHARPER: Final = 1.3
"""Factor on the highest cutoff: what is sharper than the average fast movement must pass too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("recordings", type=Path, help="folder of Live Link Face recordings (.csv)")
    parser.add_argument(
        "--noise", type=Path, help="JSON of `mien bench noise` (default: the built-in figures)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Fit and print; returns the exit code."""
    sizes = json.loads(arguments.noise.read_text(encoding="utf-8"))["sizes"] if arguments.noise else NOISE
    print(f"{'':8}{'accelerations at rest, slow, fast (1/s²)':>44}{'how often':>22}{'cutoffs (Hz)':>24}")
    for region, seen in accelerations(load_recordings(arguments.recordings)).items():
        spread, often = fit_mixture(seen)
        hertz = cutoffs(spread, sizes[region])
        cells = [f"{value:14.2f}" for value in spread] + [f"{value:8.3f}" for value in often]
        print(f"{region:8}" + "".join(cells) + "".join(f"{value:8.2f}" for value in hertz))
    return 0


def accelerations(recordings: list[Recording]) -> dict[str, NDArray[np.float64]]:
    """The accelerations of the shapes that move, at the usual step, by region, in 1/s²."""
    seen: dict[str, list[NDArray[np.float64]]] = {}
    for recording in recordings:
        steps = np.diff(recording.times)
        step = float(np.median(steps))
        even = np.abs(steps - step) < 0.1 * step
        bend = (np.diff(recording.weights, 2, axis=0) / step**2)[even[1:] & even[:-1]]
        for region, columns in recording.moving.items():
            seen.setdefault(region, []).append(bend[:, columns].ravel())
    found = {region: np.concatenate(seen[region]) for region in REGIONS if region in seen}
    return {region: values[np.abs(values) > LEAST_MOVING] for region, values in found.items()}


def fit_mixture(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviations (3,), rising, and shares (3,) of three zero-mean normal distributions."""
    squares = values**2
    variance = np.quantile(squares, [0.3, 0.9, 0.995])
    share = np.array([0.6, 0.3, 0.1])
    for _ in range(STEPS):
        density = share * np.exp(-0.5 * squares[:, None] / variance) / np.sqrt(variance)
        part = density / np.maximum(density.sum(axis=1, keepdims=True), 1e-300)
        share = part.mean(axis=0)
        variance = (part * squares[:, None]).sum(axis=0) / part.sum(axis=0)
    order = np.argsort(variance)
    return np.sqrt(variance[order]), share[order]


def cutoffs(spread: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    """Hertz (3,) for accelerations of these standard deviations and noise of that one."""
    hertz: NDArray[np.float64] = np.sqrt(spread / noise) / (2.0 * np.pi) * [1.0, 1.0, SHARPER]
    return hertz
