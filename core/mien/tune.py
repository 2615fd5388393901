"""Tune: from a raw Take to one fit for a rig. A pure function of take and settings; it never solves.

The order is calibrate ▶ fill the gaps ▶ filter ▶ gain ▶ constrain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import arkit
from .calibration import Calibration
from .errors import UsageError
from .filters import HybridFilter, weight_cutoffs
from .filters.families import LANDMARK_CUTOFF, POSE_CUTOFF, strength
from .take import Take

HOLD: Final = 0.1
EASE: Final = 0.3
"""Seconds for which a face that is lost stays as it was, and in which it then goes to neutral."""

_FILLED: Final = 0.05
"""The trust in what fills a gap: it must not pull on what was measured beside it."""


@dataclass(frozen=True)
class TuneSettings:
    """What a user can change without solving again.

    Attributes
    ----------
    smoothing : float
        0–1: 0 leaves the curves as they were solved, 0.5 takes the jitter and keeps blinks, 1 is slow.
    gain : float
        Factor on every weight, 0 or more.
    gains : mapping of str to float
        Further factors by region (`mien.arkit.REGION`) or by shape (`mien.arkit.NAMES`).
    calibrate : bool
        Take the face's rest off (see `mien.calibration`).
    rest : (float, float), optional
        From when to when (seconds) the face is at rest; guessed when not given.
    """

    smoothing: float = 0.5
    gain: float = 1.0
    gains: Mapping[str, float] = field(default_factory=dict)
    calibrate: bool = False
    rest: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.smoothing <= 1.0:
            raise UsageError(f"smoothing must be from 0 to 1, not {self.smoothing}")
        unknown = set(self.gains) - set(arkit.NAMES) - set(arkit.REGION)
        if unknown:
            names = ", ".join(sorted(unknown))
            raise UsageError(f"There is no shape or region {names}", "Use ARKit's names.")
        if not all(0.0 <= gain < np.inf for gain in (self.gain, *self.gains.values())):
            raise UsageError("Gains must be numbers of 0 or more")


def tune(take: Take, settings: TuneSettings | None = None) -> Take:
    """Make a take fit for a rig.

    Parameters
    ----------
    take : Take
        Raw.
    settings : TuneSettings, optional

    Returns
    -------
    Take
        The same samples with finite weights, 0–1, and a finite pose; where there was no face the weights ease
        to neutral and back, and the head turns straight from one side to the other. Landmarks are smoothed
        and stay NaN there. Confidence and boxes stay raw.
    """
    wanted = settings or TuneSettings()
    if not len(take):
        return take
    weights, pose = _filled(take, wanted)
    landmarks = take.landmarks.reshape(len(take), -1).astype(np.float64)
    if wanted.smoothing > 0.0:
        faster = strength(wanted.smoothing)
        trust = np.where(take.found, np.maximum(take.confidence, _FILLED), _FILLED)
        weights = HybridFilter(weight_cutoffs(wanted.smoothing)).smooth(take.times, weights, trust)
        pose = HybridFilter(POSE_CUTOFF * faster).smooth(take.times, pose, trust)
        landmarks = HybridFilter(LANDMARK_CUTOFF * faster).smooth(take.times, landmarks, trust)
    return take.replaced(
        weights=constrain(weights * _gains(wanted)),
        pose=pose,
        landmarks=landmarks.reshape(take.landmarks.shape),
    )


def constrain(weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights (…, 52) within 0–1, and lips sealed no further than the jaw is open (mouthClose ≤ jawOpen)."""
    inside = np.clip(weights, 0.0, 1.0).astype(np.float32)
    close, jaw = arkit.INDEX["mouthClose"], arkit.INDEX["jawOpen"]
    inside[..., close] = np.minimum(inside[..., close], inside[..., jaw])
    return inside


def fill_gaps(times: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill the rows (N, C) that are NaN: across a short gap, to neutral (0) and back in a longer one.

    The face goes from how it was lost to how it is found again, evenly; but further than `HOLD` seconds from
    both it fades, and after `EASE` more it is neutral.
    """
    known = np.asarray(np.isfinite(weights).all(axis=1))
    if not known.any():
        return np.zeros_like(weights)
    gap = _Gaps.of(times, known)
    filled = np.where(known[:, None], weights, 0.0)
    bridge = (1.0 - gap.part) * filled[gap.before] + gap.part * filled[gap.after]
    filled[~known] = (_fade((gap.away - HOLD) / EASE)[:, None] * bridge)[~known]
    return filled


@dataclass(frozen=True)
class _Gaps:
    """For each sample (N,): the measured samples around it, how far (N, 1) it is from one to the other, 0–1,
    and how many seconds (N,) from the nearer one. At an end of the take both are the same sample.
    """

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    part: NDArray[np.float64]
    away: NDArray[np.float64]

    @classmethod
    def of(cls, times: NDArray[np.float64], known: NDArray[np.bool_]) -> _Gaps:
        places = np.flatnonzero(known)
        following = np.searchsorted(places, np.arange(len(times)))
        after = places[np.minimum(following, len(places) - 1)]
        before = np.where(known, after, places[np.maximum(following - 1, 0)])
        since, until = np.abs(times - times[before]), np.abs(times[after] - times)
        part = np.where(before == after, 0.0, since / np.maximum(since + until, 1e-12))
        return cls(before, after, part[:, None], np.minimum(since, until))


def _fade(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1 at 0 to 0 at 1, level at both ends."""
    x = np.clip(part, 0.0, 1.0)
    return 1.0 - x * x * (3.0 - 2.0 * x)


def _filled(take: Take, settings: TuneSettings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Calibrated weights (N, 52) and unwrapped angles (N, 3), finite everywhere."""
    weights, pose = take.weights.astype(np.float64), take.pose.astype(np.float64)
    weights[~take.found] = np.nan
    if settings.calibrate and take.found.any():
        weights = Calibration.from_take(take, settings.rest).apply(weights).astype(np.float64)
    known = np.isfinite(pose).all(axis=1) & take.found
    if not known.any():
        return fill_gaps(take.times, weights), np.zeros_like(pose)
    turned = np.unwrap(pose[known], period=360.0, axis=0)
    columns = [np.interp(take.times, take.times[known], angle) for angle in turned.T]
    return fill_gaps(take.times, weights), np.stack(columns, axis=1)


def _gains(settings: TuneSettings) -> NDArray[np.float64]:
    """The factor (52,) of each shape."""
    by_region = np.array([settings.gains.get(region, 1.0) for region in arkit.REGION])
    by_shape = np.array([settings.gains.get(name, 1.0) for name in arkit.NAMES])
    return settings.gain * by_region * by_shape
