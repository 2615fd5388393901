"""How good labels are, on made actors whose truth is known: the labeller's error, and the offset finder's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.student import Student
from mien.take import Take
from mien.tune import tune
from mien.tune_settings import TuneSettings
from mien.types import LEFT_PUPIL, RIGHT_PUPIL
from numpy.typing import NDArray

from .footage import solve_footage
from .labeller import label
from .made_actor import Actor, ActorClip, film
from .made_motion import Motion, authored_motion, recorded_motion, wandering
from .offsets import find_offset

SEEDS: Final = (31, 32, 33, 34)
"""Made actors; what the labeller's numbers were chosen on were the seeds 5 and 11 to 16."""
RATE: Final = 30.0
LATE: Final = 1.37
"""Seconds by which a phone's recording begins before the film, for the offset finder."""

Row = dict[str, Any]


def trial(
    recordings: Sequence[Path], student: Student, frames: int = 180, tell: Callable[[str], Any] = print
) -> list[Row]:
    """Film, solve and label each made actor; a line of figures for each."""
    rows = []
    for seed in SEEDS:
        motion = _motion(recordings, seed, frames)
        clip = film(Actor(seed), *motion, size=320, rate=RATE)
        rows.append(_judged(seed, clip, student))
        tell(", ".join(f"{name} {value:.4g}" for name, value in rows[-1].items() if np.ndim(value) == 0))
    return rows


def shape_table(rows: Sequence[Row]) -> list[tuple[str, float, float]]:
    """Each shape's mean error as solved and as labelled, over all actors, the worst label first."""
    raw = np.mean([row["raw by shape"] for row in rows], axis=0)
    labelled = np.mean([row["labelled by shape"] for row in rows], axis=0)
    order = np.argsort(-labelled)
    return [(arkit.NAMES[i], float(raw[i]), float(labelled[i])) for i in order]


def _motion(recordings: Sequence[Path], seed: int, frames: int) -> Motion:
    """Authored for odd seeds, and where there are no recordings; else recorded, with a wandering head."""
    if seed % 2 or not recordings:
        return authored_motion(frames, RATE, seed)
    weights, pose = recorded_motion(recordings[seed // 2 % len(recordings)], frames, RATE, start=12 + seed)
    return weights, np.clip(pose + wandering(frames, RATE, np.random.default_rng(seed)), -25, 25)


def _judged(seed: int, clip: ActorClip, student: Student) -> Row:
    with tempfile.TemporaryDirectory() as scratch:
        clip.write(Path(scratch) / "film.mp4")
        footage = solve_footage(Path(scratch) / "film.mp4", student)
    labelled = label(footage)
    calibrated = tune(footage.solve, TuneSettings(calibrate=True), landmarks=False)
    raw, own = (np.abs(take.weights - clip.weights) for take in (footage.solve, labelled.take))
    return {
        "seed": seed,
        "raw": float(np.nanmean(raw)),
        "calibrated and smoothed": float(np.nanmean(np.abs(calibrated.weights - clip.weights))),
        "labelled": float(np.nanmean(own)),
        "residual": float(np.nanmean(labelled.residual)),
        "landmarks": _away(footage.solve.landmarks, clip),
        "fit's landmarks": _away(labelled.points, clip),
        "offset error": _offset_error(clip, footage.solve),
        "raw by shape": np.nanmean(raw, axis=0),
        "labelled by shape": np.nanmean(own, axis=0),
    }


def _away(points: NDArray[Any], clip: ActorClip) -> float:
    """Mean distance from the truth, % of the distance between the pupils."""
    eyes = np.linalg.norm(clip.landmarks[:, LEFT_PUPIL] - clip.landmarks[:, RIGHT_PUPIL], axis=1)
    return float(np.nanmean(np.linalg.norm(points - clip.landmarks, axis=2) / eyes[:, None]) * 100)


def _offset_error(clip: ActorClip, solve: Take) -> float:
    """Seconds by which the offset of a phone's recording of the same performance is found wrong."""
    times = np.arange(0, clip.times[-1], 1 / 60)
    weights = clip.take().resample(times).weights
    return abs(find_offset(Take.from_weights(times + LATE, weights), solve).seconds - LATE)
