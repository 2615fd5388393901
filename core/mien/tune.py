"""Tune: from a raw Take to weights fit for a rig. A pure function of take and settings; it never solves.

The order is calibrate ▶ filter ▶ fill the gaps ▶ gain ▶ constrain.
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
from .filters.families import POSE_CUTOFF, strength
from .take import Take

EASE: Final = 0.3
"""Seconds in which a face that is lost goes to neutral, and in which it comes back."""


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
            raise UsageError(
                f"There is no shape or region {', '.join(sorted(unknown))}", "Use ARKit's names."
            )
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
        The same samples with finite weights, 0–1, and a finite pose; where there was no face they ease
        to neutral and back. Confidence, landmarks and boxes stay raw.
    """
    wanted = settings or TuneSettings()
    weights = take.weights.astype(np.float64)
    found = take.found
    weights[~found] = np.nan
    if wanted.calibrate and found.any():
        weights = Calibration.from_take(take, wanted.rest).apply(weights).astype(np.float64)
    if wanted.smoothing > 0.0:
        weights = HybridFilter(weight_cutoffs(wanted.smoothing)).smooth(take.times, weights, take.confidence)
    weights = fill_gaps(take.times, weights) * _gains(wanted)
    return take.replaced(weights=constrain(weights), pose=_steady_pose(take, wanted.smoothing))


def fill_gaps(times: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill the rows (N, C) that are NaN: ease to 0 and back, or across where the gap is short.

    A gap of up to `EASE` seconds is crossed from one side to the other; in a longer one the face goes to
    neutral in that time, rests, and is back when it is seen again.
    """
    found = np.flatnonzero(np.isfinite(weights).all(axis=1))
    lost = np.flatnonzero(~np.isfinite(weights).all(axis=1))
    filled = weights.copy()
    if not len(found):
        filled[:] = 0.0
        return filled
    place = np.searchsorted(found, lost)
    before, after = found[np.maximum(place - 1, 0)], found[np.minimum(place, len(found) - 1)]
    inner = (place > 0) & (place < len(found))
    ease = np.where(inner, np.clip(times[after] - times[before], 1e-9, EASE), EASE)
    since, until = np.abs(times[lost] - times[before]) / ease, np.abs(times[after] - times[lost]) / ease
    leaving = np.where(place > 0, _fade(since), 0.0)
    coming = np.where(place < len(found), _fade(until), 0.0)
    filled[lost] = leaving[:, None] * weights[before] + coming[:, None] * weights[after]
    return filled


def constrain(weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights (…, 52) within 0–1, and lips sealed no further than the jaw is open (mouthClose ≤ jawOpen)."""
    inside = np.clip(weights, 0.0, 1.0).astype(np.float32)
    close, jaw = arkit.INDEX["mouthClose"], arkit.INDEX["jawOpen"]
    inside[..., close] = np.minimum(inside[..., close], inside[..., jaw])
    return inside


def _fade(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1 at 0 to 0 at 1, level at both ends; the fades from both sides of 0–1 add up to 1."""
    x = np.clip(part, 0.0, 1.0)
    return 1.0 - x * x * (3.0 - 2.0 * x)


def _gains(settings: TuneSettings) -> NDArray[np.float64]:
    """The factor (52,) of each shape."""
    by_region = np.array([settings.gains.get(region, 1.0) for region in arkit.REGION])
    by_shape = np.array([settings.gains.get(name, 1.0) for name in arkit.NAMES])
    return settings.gain * by_region * by_shape


def _steady_pose(take: Take, smoothing: float) -> NDArray[np.float32]:
    """The head's angles (N, 3), filtered; across gaps they go straight from one side to the other."""
    pose = take.pose.astype(np.float64)
    known = np.isfinite(pose).all(axis=1) & take.found
    if not known.any():
        return np.zeros_like(take.pose)
    turned = np.unwrap(pose[known], period=360.0, axis=0)
    if smoothing > 0.0:
        steady = HybridFilter(np.full(3, POSE_CUTOFF * strength(smoothing)))
        turned = steady.smooth(take.times[known], turned, take.confidence[known])
    columns = [np.interp(take.times, take.times[known], angle) for angle in turned.T]
    return np.stack(columns, axis=1).astype(np.float32)
