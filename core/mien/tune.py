"""Tune: from a raw Take to one fit for a rig. A pure function of take and settings; it never solves.

The order is calibrate ▶ fill the gaps ▶ filter ▶ gain ▶ constrain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arkit
from .calibration import Calibration, stored
from .constraints import constrain
from .filters import HybridFilter, weight_numbers
from .filters.families import numbers
from .take import Take
from .tune_settings import TuneSettings, load_settings, save_settings

__all__ = ["TuneSettings", "calibration_of", "load_settings", "save_settings", "tune"]

HOLD: Final = 0.1
EASE: Final = 0.3
"""Seconds for which a face that is lost stays as it was, and in which it then goes to neutral."""

_FILLED: Final = 0.05
"""The confidence in what fills a gap: it must not pull on what was measured beside it."""


def tune(take: Take, settings: TuneSettings | None = None, landmarks: bool = True) -> Take:
    """Make a take fit for a rig.

    Parameters
    ----------
    take : Take
        Raw.
    settings : TuneSettings, optional
    landmarks : bool
        Smooth the landmarks too. A rig has no use for them, and they cost more than all the rest.

    Returns
    -------
    Take
        The same samples with finite weights, 0–1 (unless `constraints.clamp` is off), and a finite pose;
        where there was no face the weights ease to neutral and back, and the head turns straight from one
        side to the other. Landmarks stay NaN there. Confidence and boxes stay raw.
    """
    wanted = settings or TuneSettings()
    if not len(take):
        return take
    trust = np.where(take.found, np.maximum(take.confidence, _FILLED), _FILLED)
    smooth = _Smooth(take.times, trust, wanted)
    weights = smooth.weights(fill_gaps(take.times, _calibrated(take, wanted)))
    weights *= gains(wanted)
    tuned = {"weights": constrain(weights, take, wanted.constraints), "pose": smooth.pose(_pose(take))}
    if landmarks:
        tuned["landmarks"] = smooth.landmarks(take)
    return take.replaced(**tuned)


def calibration_of(take: Take, settings: TuneSettings) -> Calibration | None:
    """The calibration that settings mean for a raw take: see `TuneSettings.calibrate`."""
    if settings.calibrate is False:
        return None
    if settings.calibration is not None:
        return settings.calibration
    told = settings.rest is not None or settings.motion is not None
    kept = None if told else stored(take)
    if kept is None and (told or settings.calibrate) and take.found.any():
        return Calibration.from_take(take, settings.rest, settings.motion)
    return kept


@dataclass(frozen=True)
class _Smooth:
    """The filters that settings mean, over one run."""

    times: NDArray[np.float64]
    trust: NDArray[np.float64]
    settings: TuneSettings

    def weights(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        cutoffs, noise = weight_numbers(
            self.settings.smoothing, self.settings.smoothings, self.settings.cutoffs
        )
        rough = np.array([self._smoothing(region) > 0.0 for region in arkit.REGION])
        if rough.all():
            return self._run(cutoffs, noise, weights)
        if rough.any():
            weights[:, rough] = self._run(cutoffs[:, rough], noise[rough], weights[:, rough])
        return weights

    def pose(self, angles: NDArray[np.float64]) -> NDArray[Any]:
        return self._family("pose", angles, 1.0)

    def landmarks(self, take: Take) -> NDArray[Any]:
        points = take.landmarks.reshape(len(take), -1)
        sizes = take.boxes[:, 2][np.isfinite(take.boxes[:, 2])]
        if not len(sizes):
            return take.landmarks
        return self._family("landmarks", points, float(np.median(sizes))).reshape(take.landmarks.shape)

    def _family(self, family: str, values: NDArray[Any], unit: float) -> NDArray[Any]:
        smoothing = self._smoothing(family)
        if smoothing == 0.0:
            return values
        cutoffs, noise = numbers(family, smoothing, self.settings.cutoffs)
        return self._run(np.array(cutoffs)[:, None], noise * unit, values)

    def _smoothing(self, family: str) -> float:
        return self.settings.smoothings.get(family, self.settings.smoothing)

    def _run(self, cutoffs: NDArray[np.float64], noise: ArrayLike, values: NDArray[Any]) -> NDArray[Any]:
        return HybridFilter(cutoffs, noise).smooth(self.times, values, self.trust)


def fill_gaps(times: NDArray[np.float64], weights: NDArray[Any]) -> NDArray[Any]:
    """Fill the rows (N, C) that are NaN: across a short gap, to neutral (0) and back in a longer one.

    The face goes from how it was lost to how it is found again, evenly; but further than `HOLD` seconds from
    both it fades, and after `EASE` more it is neutral.
    """
    known = np.asarray(np.isfinite(weights).all(axis=1))
    filled = np.where(known[:, None], weights, weights.dtype.type(0.0))
    if known.any() and not known.all():
        gap = _Gaps.of(times, known)
        bridge = (1.0 - gap.part) * filled[gap.before] + gap.part * filled[gap.after]
        filled[~known] = _fade((gap.away - HOLD) / EASE)[:, None] * bridge
    return filled


@dataclass(frozen=True)
class _Gaps:
    """For each sample without a face (G,): the measured samples around it, how far (G, 1) it is from one to
    the other, 0–1, and how many seconds (G,) from the nearer one. At an end both are the same sample.
    """

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    part: NDArray[np.float64]
    away: NDArray[np.float64]

    @classmethod
    def of(cls, times: NDArray[np.float64], known: NDArray[np.bool_]) -> _Gaps:
        places, lost = np.flatnonzero(known), np.flatnonzero(~known)
        following = np.searchsorted(places, lost)
        after = places[np.minimum(following, len(places) - 1)]
        before = places[np.maximum(following - 1, 0)]
        since, until = np.abs(times[lost] - times[before]), np.abs(times[after] - times[lost])
        part = np.where(before == after, 0.0, since / np.maximum(since + until, 1e-12))
        return cls(before, after, part[:, None], np.minimum(since, until))


def _fade(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1 at 0 to 0 at 1, level at both ends."""
    x = np.clip(part, 0.0, 1.0)
    return 1.0 - x * x * (3.0 - 2.0 * x)


def _calibrated(take: Take, settings: TuneSettings) -> NDArray[np.float32]:
    """Weights (N, 52), calibrated if wanted; NaN where there is no face."""
    calibration = calibration_of(take, settings)
    weights = take.weights if calibration is None else calibration.apply(take.weights)
    found = take.found
    return weights if found.all() else np.where(found[:, None], weights, np.float32(np.nan))


def _pose(take: Take) -> NDArray[np.float64]:
    """Unwrapped angles (N, 3), finite everywhere."""
    pose = take.pose.astype(np.float64)
    known = np.isfinite(pose).all(axis=1) & take.found
    if not known.any():
        return np.zeros_like(pose)
    turned = np.unwrap(pose[known], period=360.0, axis=0)
    if known.all():
        return turned
    columns = [np.interp(take.times, take.times[known], angle) for angle in turned.T]
    return np.stack(columns, axis=1)


def gains(settings: TuneSettings) -> NDArray[np.float32]:
    """The factor (52,) of each shape."""
    factors = [
        0.0
        if {name, region} & set(settings.muted)
        else settings.gain * settings.gains.get(region, 1.0) * settings.gains.get(name, 1.0)
        for name, region in zip(arkit.NAMES, arkit.REGION)
    ]
    return np.array(factors, dtype=np.float32)
