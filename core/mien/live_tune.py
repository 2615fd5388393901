"""The causal twin of `mien.tune`: the same settings, one sample at a time, nothing known of what comes next.

What looks ahead offline is done here with what is there: gaze in a blink stays where it was, a face that is
lost keeps still and then eases to neutral, lips are sealed by their weights alone. Landmarks stay raw.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arkit
from .calibration import LEAST_WAY, Calibration
from .constraints import BESIDE, LONGEST_BLINK, SHUT, constrain
from .errors import TakeError
from .filters import HybridFilter, weight_numbers
from .filters.families import numbers
from .take import Take
from .tune import EASE, HOLD, calibration_of, gains
from .tune_settings import TuneSettings
from .types import Sample

RESTING: Final = 0.5
REST_WITHIN: Final = 3.0
"""Seconds of a face at rest that make a neutral, and in which they must come."""

_NO_PICTURE: Final = Take.from_weights([0.0], np.zeros((1, arkit.COUNT)))
_OF_FILTERS: Final = ("smoothing", "smoothings", "cutoffs")
"""The settings that filters are made of."""

_POSE_IN_MIRROR: Final = np.array([1.0, -1.0, -1.0])
_EYES: Final = tuple(
    (
        arkit.INDEX[f"eyeBlink{side}"],
        [arkit.INDEX[f"eyeLook{way}{side}"] for way in ("Down", "In", "Out", "Up")],
    )
    for side in ("Left", "Right")
)


class LiveTuner:
    """Tunes samples as they come.

    Parameters
    ----------
    settings : TuneSettings, optional
    calibration : Calibration, optional
        What the settings mean for this actor (`mien.tune.calibration_of`); None for none.
    """

    def __init__(self, settings: TuneSettings | None = None, calibration: Calibration | None = None) -> None:
        self._settings = settings or TuneSettings()
        self._calibration = calibration
        self._gains = gains(self._settings)
        self._make_filters()
        self.reset()

    def change(self, settings: TuneSettings, calibration: Calibration | None = None) -> None:
        """Go on with other settings: nothing jumps but what they change.

        The filters keep what they know unless the smoothing itself is another one; so does a face on its way
        to neutral or back. Another calibration is moved to at the filters' pace.
        """
        before, self._settings = self._settings, settings
        self._calibration = calibration
        self._gains = gains(settings)
        if any(getattr(before, name) != getattr(settings, name) for name in _OF_FILTERS):
            self._make_filters()

    def _make_filters(self) -> None:
        given = self._settings.smoothings
        level = self._settings.smoothing
        cutoffs, noise = weight_numbers(level, given, self._settings.cutoffs)
        self._rough = np.array([given.get(region, level) > 0.0 for region in arkit.REGION])
        self._weights = (
            HybridFilter(cutoffs[:, self._rough], noise[self._rough]) if self._rough.any() else None
        )
        head = given.get("pose", level)
        turns, wobble = numbers("pose", head, self._settings.cutoffs) if head > 0.0 else ((), 0.0)
        self._pose = HybridFilter(np.array(turns)[:, None], wobble) if turns else None

    @property
    def lag(self) -> float:
        """Seconds until a sudden change shows by half, in the slowest channel."""
        return max((run.lag for run in (self._weights, self._pose) if run is not None), default=0.0)

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""
        for run in (self._weights, self._pose):
            if run is not None:
                run.reset()
        self._gaze = [_HeldGaze(blink, looks) for blink, looks in _EYES]
        self._level, self._time, self._seen = 0.0, -np.inf, -np.inf
        self._last = np.zeros(arkit.COUNT)
        self._turned = np.zeros(3)

    def update(
        self, weights: ArrayLike, pose: ArrayLike, time: float, confidence: float = 1.0
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Take one raw sample, give the tuned one of this moment.

        Parameters
        ----------
        weights : array_like, (52,)
            NaN where there is no face.
        pose : array_like, (3,), degrees
        time : float
            Seconds.
        confidence : float
            0–1; 0 where there is no face.

        Returns
        -------
        weights : ndarray, float32, (52,), 0–1 unless the settings say otherwise
        pose : ndarray, float64, (3,), degrees, unwrapped
        """
        raw = np.asarray(weights, dtype=np.float64)
        found = bool(confidence > 0 and np.isfinite(raw).all())
        self._ease(found, time)
        if found:
            self._last = self._filtered(raw, time, confidence)
            self._turn(np.asarray(pose, dtype=np.float64), time, confidence)
        shown = self._last * (self._level**2 * (3.0 - 2.0 * self._level)) * self._gains
        return self._constrained(shown, time), self._turned.copy()

    def _ease(self, found: bool, time: float) -> None:
        """Move `_level`, 0–1: how much of the face shows."""
        step = max(time - self._time, 0.0) / EASE if np.isfinite(self._time) else 0.0
        if found and not np.isfinite(self._seen):
            self._level = 1.0
        elif found:
            self._level = min(self._level + step, 1.0)
        elif time - self._seen > HOLD:
            self._level = max(self._level - step, 0.0)
        self._time = max(time, self._time)
        self._seen = time if found else self._seen

    def _filtered(self, raw: NDArray[np.float64], time: float, confidence: float) -> NDArray[np.float64]:
        values = raw if self._calibration is None else self._calibration.apply(raw).astype(np.float64)
        if self._weights is not None:
            values = values.copy()
            values[self._rough] = self._weights.update(values[self._rough], time, confidence)
        return values

    def _turn(self, pose: NDArray[np.float64], time: float, confidence: float) -> None:
        if np.isfinite(pose).all():
            near = self._turned + (pose - self._turned + 180.0) % 360.0 - 180.0
            self._turned = near if self._pose is None else self._pose.update(near, time, confidence)

    def _constrained(self, weights: NDArray[np.float64], time: float) -> NDArray[np.float32]:
        wanted = self._settings.constraints
        if wanted.hold_gaze:
            for eye in self._gaze:
                eye.hold(weights, time)
        return constrain(weights[None], _NO_PICTURE, replace(wanted, hold_gaze=False))[0]


class _HeldGaze:
    """Keeps one eye looking where it looked while its lid is down; not longer than a blink lasts."""

    def __init__(self, blink: int, looks: list[int]) -> None:
        self._blink, self._looks = blink, looks
        self._before: NDArray[np.float64] | None = None
        self._shut_at = self._shut_until = -np.inf

    def hold(self, weights: NDArray[np.float64], time: float) -> None:
        """Change the looks of this eye in `weights` (52,)."""
        if weights[self._blink] > SHUT:
            if time > self._shut_until + BESIDE:
                self._shut_at = time
            self._shut_until = time
        hidden = time <= self._shut_until + BESIDE and time - self._shut_at <= LONGEST_BLINK
        if hidden and self._before is not None:
            weights[self._looks] = self._before
        elif not hidden:
            self._before = weights[self._looks].copy()


def mirrored(
    weights: NDArray[np.float32], pose: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The same moment as a mirror shows it: weights (52,), and pitch, yaw, roll (3,) in degrees."""
    return weights[list(arkit.MIRROR)], pose * _POSE_IN_MIRROR


def neutral_from(samples: Take, before: Calibration | None = None) -> Calibration:
    """The calibration that a face at rest asks for.

    Parameters
    ----------
    samples : Take
        Half a second of raw samples of it; TakeError where there is no face in them.
    before : Calibration, optional
        What held until now: how far the shapes go stays as it says, as far as that leaves a way.
    """
    whole = (float(samples.times[0]), float(samples.times[-1])) if len(samples) else None
    fresh = Calibration.from_take(samples, rest=whole)
    if before is None:
        return fresh
    return Calibration(fresh.neutral, np.clip(before.full, np.minimum(fresh.neutral + LEAST_WAY, 1.0), 1.0))


class Rest:
    """A neutral that is being taken from a face at rest.

    Parameters
    ----------
    since : float
        What came before is not counted; seconds of any clock.
    """

    def __init__(self, since: float) -> None:
        self._since = since
        self._samples: list[Sample] = []

    def add(self, sample: Sample, at: float, before: Calibration | None) -> Calibration | None:
        """One sample more, which came at `at`: the calibration as soon as there are enough of them.

        Raises
        ------
        TakeError
            They have not come in time, or there is no face in them.
        """
        if sample.confidence > 0 and at >= self._since:
            self._samples.append(sample)
        if self._samples and sample.time - self._samples[0].time >= RESTING:
            return neutral_from(Take.from_samples(self._samples), before)
        if at - self._since > REST_WITHIN:
            raise TakeError("No face was there to take the neutral from", "Look into the camera, at rest.")
        return None


def tune_live(take: Take, settings: TuneSettings | None = None) -> Take:
    """Run a recording through a `LiveTuner`, sample by sample, as a camera would have.

    A calibration is known before, as an actor's profile is: it is the one that `mien.tune.tune` would use.
    """
    wanted = settings or TuneSettings()
    tuner = LiveTuner(wanted, calibration_of(take, wanted) if len(take) else None)
    rows = [
        tuner.update(weights, pose, time, confidence)
        for weights, pose, time, confidence in zip(
            take.weights, take.pose, take.times.tolist(), take.confidence.tolist()
        )
    ]
    if not rows:
        return take
    return take.replaced(
        weights=np.stack([weights for weights, _ in rows]), pose=np.stack([pose for _, pose in rows])
    )
