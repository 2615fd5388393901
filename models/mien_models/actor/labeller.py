"""Our own labeller: a fit of the reference head to a whole clip, from what the default student says of it.

It sees the clip as one actor's: one identity, one set of habits of the student with this face, weights that
lean towards rest and change no faster than faces do. The arithmetic is in `fitting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from mien.boxes import wrapped
from mien.commands.solve import Span
from mien.crop import to_crop, to_frame
from mien.errors import TakeError
from mien.take import Take
from mien.types import LANDMARK_COUNT, LEFT_PUPIL, RIGHT_PUPIL, FaceBox
from numpy.typing import NDArray

from .fit_state import Fit, Seen
from .fitting import POINTS, Fitter
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
        The fit's weights, with the student's own landmarks and pose, which are nearer to the truth than the
        fit's; NaN where the footage is not usable. Confidence is the student's, less where the fit is bad.
    points : ndarray, float32, (T, 70, 2)
        The fit's landmarks, pixels of the frame; NaN where there is no fit.
    residual : ndarray, float64, (T,)
        Root mean square distance of the fit from the student's landmarks, in % of the distance between the
        pupils; NaN where there is no fit.
    notes : tuple of str
    """

    take: Take
    points: NDArray[np.float32]
    residual: NDArray[np.float64]
    notes: tuple[str, ...]


@lru_cache(maxsize=1)
def _fitter() -> Fitter:
    return Fitter(load_priors())


def label(footage: Footage, rest: Span | None = None, fitter: Fitter | None = None) -> Labelled:
    """Label a clip.

    Parameters
    ----------
    footage : Footage
    rest : Span, optional
        From when to when the face is known to be at rest with its eyes open.
    fitter : Fitter, optional
        With other priors than the package's.

    Raises
    ------
    TakeError
        When there are too few frames with a face.
    """
    solve, rows = footage.solve, np.flatnonzero(footage.usable)
    if len(rows) < LEAST:
        raise TakeError(
            f"{len(rows)} frames with a face are too few to fit a head to", "Choose a longer clip."
        )
    fitter, seen = fitter or _fitter(), what_was_said(solve, rows, rest)
    if rest is not None and not seen.rests.any():
        raise TakeError(f"There is no face from {rest}", "Say --rest within the footage.")
    fit = fitter.fit(seen)
    points = fitter.points(fit)
    residual = np.full(len(solve), np.nan)
    residual[rows] = _residual(seen, fit, points)
    notes = (*footage.notes, *_notes(residual, solve))
    placed = np.full((len(solve), LANDMARK_COUNT, 2), np.nan, np.float32)
    for row, flat in zip(rows, points):
        placed[row] = to_frame(flat, FaceBox(*map(float, solve.boxes[row])))
    return Labelled(_take(solve, rows, fit, residual, notes), placed, residual, notes)


def _residual(seen: Seen, fit: Fit, points: NDArray[Any]) -> NDArray[np.float64]:
    """Root mean square distance (T,) of the landmarks from the fit, in % of the pupils' distance."""
    off = seen.said[:, :POINTS].reshape(points.shape) - points - fit.bias[:POINTS].reshape(-1, 2)
    eyes = np.linalg.norm(points[:, LEFT_PUPIL] - points[:, RIGHT_PUPIL], axis=1)
    return np.asarray(100 * np.sqrt((off**2).sum(axis=2).mean(axis=1)) / np.maximum(eyes, 1.0))


def what_was_said(solve: Take, rows: NDArray[Any], rest: Span | None = None) -> Seen:
    """The student's answers in the frames of its crops."""
    boxes = [FaceBox(*map(float, box)) for box in solve.boxes[rows]]
    points = np.stack([to_crop(solve.landmarks[row], box) for row, box in zip(rows, boxes)])
    said = np.concatenate([points.reshape(len(rows), -1), solve.weights[rows]], axis=1).astype(np.float64)
    turns = np.array(solve.pose[rows], np.float64)
    turns[:, 2] = [wrapped(turn - box.roll) for turn, box in zip(turns[:, 2], boxes)]
    rests = (
        np.zeros(len(rows), bool)
        if rest is None
        else (solve.times[rows] >= rest.start) & (solve.times[rows] <= rest.end)
    )
    return Seen(said, turns, solve.times[rows], rests)


def _take(solve: Take, rows: NDArray[Any], fit: Fit, residual: NDArray[Any], notes: tuple[str, ...]) -> Take:
    """The solve with the fit's weights; without what was seen of other faces."""
    unused = np.ones(len(solve), bool)
    unused[rows] = False
    arrays = {name: np.array(getattr(solve, name)) for name in ("weights", "landmarks", "pose", "boxes")}
    arrays["weights"][rows] = fit.weights
    for array in arrays.values():
        array[unused] = np.nan
    confidence = np.where(unused, 0.0, solve.confidence)
    confidence[rows] *= np.minimum(fit.trust, 1.0)
    about = {
        **solve.about, "notes": list(notes), "labeller": {
            "residual": round(float(np.nanmean(residual)), 3), "distance": fit.distance,
            "identity": [round(float(each), 4) for each in fit.identity],
        },
    }  # fmt: skip
    return solve.replaced(**arrays, confidence=confidence, about=about)


def _notes(residual: NDArray[np.float64], solve: Take) -> list[str]:
    bad = np.flatnonzero(residual > BAD * np.nanmedian(residual))
    if not len(bad):
        return []
    worst = bad[np.argsort(-residual[bad])][:3]
    when = ", ".join(f"{solve.times[row]:.2f} s" for row in sorted(worst))
    return [f"the fit is bad in {len(bad)} frames, worst at {when}"]
