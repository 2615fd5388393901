"""Calibration: which raw weights are this actor's face at rest, and which are as far as it goes.

It is found from a take after solving, can be edited, and is kept in the take's description or in an actor's
profile (`mien.profile`). Most shapes are stretched so that rest becomes 0 and full becomes 1. Two kinds are
calibrated apart. Lids rest where they are when open, never so low that no way is left to close. Gaze rests
where the eyes look straight on, with a sign: what is taken off one direction is given to its opposite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arkit
from .errors import TakeError
from .take import Take

Span = tuple[float, float]
"""From when to when, in seconds of the take; twice the same is one moment."""

BLINKS: Final = (arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["eyeBlinkRight"])
GAZE: Final = tuple(
    (arkit.INDEX[f"eyeLook{one}{side}"], arkit.INDEX[f"eyeLook{other}{side}"], blink)
    for side, blink in zip(("Left", "Right"), BLINKS)
    for one, other in (("Out", "In"), ("Up", "Down"))
)
"""Opposite directions of each eye, and the blink of that eye."""

REST_QUANTILE: Final = 0.1
"""A face is taken to rest a tenth of the time in each shape, if nobody says when it does."""

MOST_REST: Final = 0.35
"""A guessed neutral is never above this, so that an expression held throughout is not taken away."""

MOST_TOLD: Final = 0.9
"""A neutral that was chosen may go up to this."""

MOST_LID_REST: Final = 0.6
"""Open lids never count as lower than this, whatever moment was chosen."""

LEAST_WAY: Final = 0.2
"""From rest to full at least."""

FULL_QUANTILE: Final = 0.995
LEAST_FULL: Final = 0.4
"""A shape that never came this far was not performed: its range stays 1."""

OPEN: Final = 0.5
"""Gaze counts while the eye's blink is below this."""

MOMENT: Final = 0.05
"""Seconds on either side of a chosen moment that count as it."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """The raw weights that become 0 and 1.

    Attributes
    ----------
    neutral : ndarray, float32, (52,)
        Raw weights of the face at rest, 0–1. Of two opposite directions of gaze the difference counts.
    full : ndarray, float32, (52,)
        Raw weights that are as far as the shape goes, 0–1, above `neutral` by 0.05 at least.
    """

    neutral: NDArray[np.float32]
    full: NDArray[np.float32]

    def __post_init__(self) -> None:
        for name in ("neutral", "full"):
            values = np.array(getattr(self, name), dtype=np.float32)
            if values.shape != (arkit.COUNT,) or not ((values >= 0.0) & (values <= 1.0)).all():
                raise TakeError(f"A calibration's {name} must be 52 numbers from 0 to 1")
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        tight = np.flatnonzero(self.full - self.neutral < 0.05 - 1e-6)
        if len(tight):
            names = ", ".join(arkit.NAMES[i] for i in tight)
            raise TakeError(f"Rest and full range are too near to one another in {names}",
                            "Choose a lower rest or a higher full value.")  # fmt: skip

    @classmethod
    def from_take(cls, take: Take, rest: Span | None = None, motion: Span | None = None) -> Calibration:
        """Find it in a take.

        Parameters
        ----------
        take : Take
            Raw.
        rest : (float, float), optional
            From when to when (seconds) the face is at rest with open eyes, or one moment twice. Guessed from
            the whole take when not given.
        motion : (float, float), optional
            A span in which the actor goes through the whole range of motion. When not given only the blinks
            get a range, from the whole take.
        """
        if not take.found.any():
            raise TakeError("There is no face in the take to calibrate on", "Choose a take that shows one.")
        neutral = _guessed_rest(take) if rest is None else _told_rest(take, rest)
        performed = _measured(take) if motion is None else _measured(_part(take, motion))
        full = np.ones(arkit.COUNT)
        for i in BLINKS if motion is None else range(arkit.COUNT):
            furthest = np.quantile(performed[:, i], FULL_QUANTILE)
            if furthest >= max(LEAST_FULL, neutral[i] + LEAST_WAY):
                full[i] = min(furthest, 1.0)
        for i in BLINKS:  # whatever was chosen, a way to close is left
            neutral[i] = min(neutral[i], full[i] - LEAST_WAY)
        return cls(neutral.astype(np.float32), full.astype(np.float32))

    def apply(self, weights: ArrayLike) -> NDArray[np.float32]:
        """Stretch raw weights (…, 52) so that neutral becomes 0 and full becomes 1; NaN stays."""
        raw = np.asarray(weights, dtype=np.float32)
        stretched = np.maximum((raw - self.neutral) * (1.0 / (self.full - self.neutral)), np.float32(0.0))
        for one, other, _ in GAZE:
            away = raw[..., one] - raw[..., other] - (self.neutral[one] - self.neutral[other])
            stretched[..., one] = np.maximum(away, 0.0) / self._reach(one, other)
            stretched[..., other] = np.maximum(-away, 0.0) / self._reach(other, one)
        return stretched

    def _reach(self, one: int, other: int) -> np.float32:
        """How far a direction of gaze goes from where the eyes rest."""
        return self.full[one] - max(self.neutral[one] - self.neutral[other], np.float32(0.0))

    def edited(self, neutral: Mapping[str, float] | None = None,
               full: Mapping[str, float] | None = None) -> Calibration:  # fmt: skip
        """The same with other values for some shapes, by ARKit's names."""
        return Calibration(_changed(self.neutral, neutral or {}), _changed(self.full, full or {}))

    def to_json(self) -> dict[str, dict[str, float]]:
        """`neutral` and `full` by ARKit's names, fit for JSON; what is 0 or 1 as usual is left out."""
        return {
            "neutral": {n: float(v) for n, v in zip(arkit.NAMES, self.neutral) if v != 0.0},
            "full": {n: float(v) for n, v in zip(arkit.NAMES, self.full) if v != 1.0},
        }

    @classmethod
    def from_json(cls, content: Any) -> Calibration:
        """Read what `to_json` gave; TakeError for anything else."""
        if not isinstance(content, Mapping) or not set(content) <= {"neutral", "full"}:
            raise TakeError("A calibration has the fields neutral and full, and no others")
        parts = [content.get("neutral", {}), content.get("full", {})]
        for part in parts:
            if not isinstance(part, Mapping) or not all(map(_is_number, part.values())):
                raise TakeError("A calibration's neutral and full are numbers by ARKit's names")
        usual = cls(np.zeros(arkit.COUNT, np.float32), np.ones(arkit.COUNT, np.float32))
        return usual.edited(*parts)


KEY: Final = "calibration"
"""Where a take's description keeps it."""


def stored(take: Take) -> Calibration | None:
    """The calibration that is kept with a take, if there is one."""
    return Calibration.from_json(take.about[KEY]) if KEY in take.about else None


def stored_in(take: Take, calibration: Calibration | None) -> Take:
    """The same take with this calibration kept in its description, or with none."""
    about = {name: value for name, value in take.about.items() if name != KEY}
    return take.replaced(about=about if calibration is None else {**about, KEY: calibration.to_json()})


def _measured(take: Take) -> NDArray[np.float64]:
    return take.weights[take.found].astype(np.float64).clip(0.0, 1.0)


def _part(take: Take, span: Span) -> Take:
    margin = MOMENT if span[0] == span[1] else 0.0
    part = take.cut(span[0] - margin, span[1] + margin)
    if not part.found.any():
        message = f"There is no face between {span[0]:g} and {span[1]:g} s"
        raise TakeError(message, "Choose a moment when the face is at rest and in view.")
    return part


def _guessed_rest(take: Take) -> NDArray[np.float64]:
    weights = _measured(take)
    neutral: NDArray[np.float64] = np.quantile(weights, REST_QUANTILE, axis=0).clip(0.0, MOST_REST)
    for one, other, blink in GAZE:
        _rest_gaze(neutral, weights, (one, other, blink), MOST_REST)
    return neutral


def _told_rest(take: Take, rest: Span) -> NDArray[np.float64]:
    weights = _measured(_part(take, rest))
    neutral: NDArray[np.float64] = np.median(weights, axis=0).clip(0.0, MOST_TOLD)
    for gaze in GAZE:
        _rest_gaze(neutral, weights, gaze, MOST_TOLD)
    for blink in BLINKS:
        neutral[blink] = min(neutral[blink], MOST_LID_REST)
    return neutral


def _rest_gaze(
    neutral: NDArray[np.float64], weights: NDArray[np.float64], gaze: tuple[int, int, int], most: float
) -> None:
    """Write the usual direction of an open eye into the two opposite shapes of a neutral."""
    one, other, blink = gaze
    seeing = weights[weights[:, blink] < OPEN]
    away = float(np.median(seeing[:, one] - seeing[:, other])) if len(seeing) else 0.0
    neutral[one], neutral[other] = np.clip([away, -away], 0.0, most) + 0.0


def _changed(values: NDArray[np.float32], changes: Mapping[str, float]) -> NDArray[np.float32]:
    unknown = sorted(set(changes) - set(arkit.NAMES))
    if unknown:
        raise TakeError(f"There is no shape {', '.join(map(str, unknown))}", "Use ARKit's names.")
    result = values.copy()
    for name, value in changes.items():
        result[arkit.INDEX[name]] = value
    return result


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
