"""Calibration: which raw weights are this person's face at rest, and which are closed lids.

It is found from a take and kept beside it; nothing is solved again. First version: a neutral for each shape,
and for the blinks a range of their own, so that taking the neutral off never keeps an eye from closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arkit
from .errors import TakeError
from .take import Take

BLINKS: Final = (arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["eyeBlinkRight"])

REST_QUANTILE: Final = 0.1
"""A face is taken to rest a tenth of the time in each shape, if nobody says when it does."""

MOST_REST: Final = 0.35
"""A guessed neutral is never above this, so that an expression held throughout is not taken away."""

CLOSED_QUANTILE: Final = 0.995
LEAST_CLOSED: Final = 0.4
"""Lids that never came this far are taken never to have closed: their range stays 1."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """The raw weights that become 0 and 1.

    Attributes
    ----------
    neutral : ndarray, float32, (52,)
        Raw weights of the face at rest, 0–1.
    full : ndarray, float32, (52,)
        Raw weights that are as far as the shape goes: above `neutral`, 1 but for the blinks.
    """

    neutral: NDArray[np.float32]
    full: NDArray[np.float32]

    @classmethod
    def from_take(cls, take: Take, rest: tuple[float, float] | None = None) -> Calibration:
        """Find it in a take.

        Parameters
        ----------
        take : Take
            Raw.
        rest : (float, float), optional
            From when to when (seconds) the face is at rest with open eyes. Guessed when not given.
        """
        weights = take.weights[take.found]
        if not len(weights):
            raise TakeError("There is no face in the take to calibrate on", "Choose a take that shows one.")
        if rest is None:
            neutral = np.quantile(weights, REST_QUANTILE, axis=0).clip(0.0, MOST_REST)
        else:
            neutral = _at_rest(take, rest)
        full = np.ones(arkit.COUNT)
        for blink in BLINKS:
            closed = np.quantile(weights[:, blink], CLOSED_QUANTILE)
            full[blink] = closed if closed >= max(LEAST_CLOSED, neutral[blink] + 0.2) else 1.0
        return cls(neutral.astype(np.float32), full.astype(np.float32))

    def apply(self, weights: ArrayLike) -> NDArray[np.float32]:
        """Stretch raw weights (…, 52) so that neutral becomes 0 and full becomes 1; NaN stays."""
        raw = np.asarray(weights, dtype=np.float32)
        return np.maximum((raw - self.neutral) / (self.full - self.neutral), np.float32(0.0))


def _at_rest(take: Take, rest: tuple[float, float]) -> NDArray[np.float64]:
    part = take.cut(*rest)
    if not part.found.any():
        message = f"There is no face between {rest[0]:g} and {rest[1]:g} s"
        raise TakeError(message, "Choose a moment when the face is at rest and in view.")
    return np.median(part.weights[part.found].astype(np.float64), axis=0).clip(0.0, 0.9)
