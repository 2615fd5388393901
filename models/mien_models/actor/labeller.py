"""Our own labeller: a fit of the reference head to a whole clip, from what the default student says of it.

It sees the clip as one actor's: one identity, one set of habits of the student with this face, weights that
lean towards rest and change no faster than faces do. The arithmetic is in `fitting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.crop import to_crop, to_frame
from mien.errors import TakeError
from mien.take import Take
from mien.tracker import wrapped
from mien.types import LANDMARK_COUNT, LEFT_PUPIL, RIGHT_PUPIL, FaceBox
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .fitting import POINTS, Fit, Fitter, Seen
from .footage import Footage
from .priors import load_priors

LEAST: Final = 10
"""Frames with a face that a fit needs."""
BAD: Final = 2.5
"""Times the median residual from which a frame is named in the notes."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A clip with labels.

    Attributes
    ----------
    take : Take
        Weights, landmarks (of the fit) and pose; NaN where the footage is not usable. Confidence is the
        student's, less where the fit is bad.
    residual : ndarray, float64, (T,)
        Root mean square distance of the fit from the student's landmarks, in % of the distance between the
        pupils; NaN where there is no fit.
    notes : tuple of str
    """

    take: Take
    residual: NDArray[np.float64]
    notes: tuple[str, ...]


@lru_cache(maxsize=1)
def _fitter() -> Fitter:
    return Fitter(load_priors())


def label(footage: Footage, fitter: Fitter | None = None) -> Labelled:
    """Label a clip; TakeError when there are too few frames with a face."""
    solve, rows = footage.solve, np.flatnonzero(footage.usable)
    if len(rows) < LEAST:
        raise TakeError(
            f"{len(rows)} frames with a face are too few to fit a head to", "Choose a longer clip."
        )
    fitter, seen = fitter or _fitter(), what_was_said(solve, rows)
    fit = fitter.fit(seen)
    points = fitter.points(fit)
    off = seen.said[:, :POINTS].reshape(points.shape) - points - fit.bias[:POINTS].reshape(-1, 2)
    eyes = np.linalg.norm(points[:, LEFT_PUPIL] - points[:, RIGHT_PUPIL], axis=1)
    residual = np.full(len(solve), np.nan)
    residual[rows] = 100 * np.sqrt((off**2).sum(axis=2).mean(axis=1)) / np.maximum(eyes, 1.0)
    notes = (*footage.notes, *_notes(residual, solve))
    return Labelled(_take(solve, rows, fit, points, residual, notes), residual, notes)


def what_was_said(solve: Take, rows: NDArray[Any]) -> Seen:
    """The student's answers in the frames of its crops."""
    boxes = [FaceBox(*map(float, box)) for box in solve.boxes[rows]]
    points = np.stack([to_crop(solve.landmarks[row], box) for row, box in zip(rows, boxes)])
    said = np.concatenate([points.reshape(len(rows), -1), solve.weights[rows]], axis=1).astype(np.float64)
    turns = np.array(solve.pose[rows], np.float64)
    turns[:, 2] = [wrapped(turn - box.roll) for turn, box in zip(turns[:, 2], boxes)]
    return Seen(said, turns, solve.times[rows])


def _take(
    solve: Take, rows: NDArray[Any], fit: Fit, points: NDArray[Any], residual: NDArray[Any],
    notes: tuple[str, ...],
) -> Take:  # fmt: skip
    count = len(solve)
    weights = np.full((count, arkit.COUNT), np.nan, np.float32)
    landmarks = np.full((count, LANDMARK_COUNT, 2), np.nan, np.float32)
    pose = np.full((count, 3), np.nan)
    confidence = np.zeros(count, np.float32)
    boxes = np.full((count, 4), np.nan, np.float32)
    angles = Rotation.from_matrix(fit.turns).as_euler("xyz", degrees=True) * (1, 1, -1)
    for place, row in enumerate(rows):
        box = FaceBox(*map(float, solve.boxes[row]))
        landmarks[row] = to_frame(points[place], box)
        angles[place, 2] = wrapped(angles[place, 2] + box.roll)
    weights[rows], pose[rows], boxes[rows] = fit.weights, angles, solve.boxes[rows]
    confidence[rows] = solve.confidence[rows] * np.minimum(fit.trust, 1.0)
    about = {
        **solve.about, "notes": list(notes), "labeller": {
            "residual": round(float(np.nanmean(residual)), 3), "distance": fit.distance,
            "identity": [round(float(each), 4) for each in fit.identity],
        },
    }  # fmt: skip
    return Take(solve.times, weights, landmarks, pose, confidence, boxes, about)


def _notes(residual: NDArray[np.float64], solve: Take) -> list[str]:
    bad = np.flatnonzero(residual > BAD * np.nanmedian(residual))
    if not len(bad):
        return []
    worst = bad[np.argsort(-residual[bad])][:3]
    when = ", ".join(f"{solve.times[row]:.2f} s" for row in sorted(worst))
    return [f"the fit is bad in {len(bad)} frames, worst at {when}"]
