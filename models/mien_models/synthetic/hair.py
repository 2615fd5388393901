"""Hair that hangs behind and before a face, as flat streaked shapes; that on the skull is `appearance`'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import whole

Picture = NDArray[Any]
LONG_SHARE: Final = 0.4
"""Share of heads with hair to the shoulders; half of the others have a tuft or a full head of it."""


@dataclass(frozen=True, eq=False)
class HairStyle:
    """One head's hair in the units of one view.

    Attributes
    ----------
    streaks : ndarray, float32, (size, size)
        The hair's light, everywhere.
    long, high, wide : float
        How far it falls below the chin, rises above the brows, and stands off the cheeks; pixels, 0 for none.
    over : tuple of float
        How far the right and the left curtain reach over the face's edge, pixels.
    """

    streaks: Picture
    long: float
    high: float
    wide: float
    over: tuple[float, float]

    @classmethod
    def sample(cls, rng: np.random.Generator, level: float, unit: float, size: int = 256) -> HairStyle:
        """Draw a style; `level` is the hair's light, `unit` pixels a decimetre."""
        grain = rng.standard_normal((int(rng.integers(3, 12)), size // 3)).astype(np.float32)
        streaks = cv2.resize(grain, (size, size), interpolation=cv2.INTER_CUBIC)
        bend = np.cumsum(rng.normal(0, 0.4, size)).astype(np.float32)
        rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
        streaks = cv2.remap(
            streaks, columns + bend[:, None], rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        light = level * np.clip(1 + rng.uniform(0.1, 0.5) * streaks, 0.2, 3)
        kind = rng.random()
        if kind < LONG_SHARE:
            over = tuple(unit * rng.uniform(-0.1, 0.22, 2) * (rng.random(2) < 0.8))
            return cls(light, unit * rng.uniform(0.3, 3), unit * rng.uniform(0.7, 1.3),
                       unit * rng.uniform(0.1, 0.7), (float(over[0]), float(over[1])))  # fmt: skip
        high = unit * rng.uniform(0.7, 1.2) if kind < (1 + LONG_SHARE) / 2 else 0.0
        return cls(light, 0.0, high, unit * rng.uniform(0.0, 0.25), (0.0, 0.0))

    def behind(self, scene: Picture, spots: NDArray) -> None:
        """Draw what is behind the head; `spots` (…, 2) are its landmarks in pixels; in place."""
        if self.high <= 0:
            return
        top = spots[[19, 24]].mean(0) - (0, self.high)
        right, left, chin = spots[0], spots[16], spots[8]
        middle, half = (right + left) / 2, abs(left[0] - right[0]) / 2 + self.wide
        mask = np.zeros(scene.shape, np.uint8)
        cv2.ellipse(mask, whole(middle), whole((half, max(middle[1] - top[1], 1))), 0, 180, 360, 255, -1)
        if self.long > 0:
            low = chin[1] + self.long
            corners = [(middle[0] - half, middle[1]), (middle[0] + half, middle[1]),
                       (middle[0] + 1.1 * half, low), (middle[0] - 1.1 * half, low)]  # fmt: skip
            cv2.fillPoly(mask, [np.array(corners, np.int32)], 255)
        self._blend(scene, mask, 1.5)

    def front(self, picture: Picture, spots: NDArray) -> None:
        """Draw the curtains beside the face, over its edge; in place."""
        if self.long <= 0:
            return
        mask = np.zeros(picture.shape, np.uint8)
        for sign, jaw, over in ((1, spots[0:6], self.over[0]), (-1, spots[16:10:-1], self.over[1])):
            if over == 0:
                continue
            inner = jaw[:5] + np.array([sign * over, 0])
            edge = (spots[36 if sign > 0 else 45, 0] - jaw[0, 0]) * sign * 0.7
            inner[:, 0] = jaw[0, 0] + sign * np.minimum((inner[:, 0] - jaw[0, 0]) * sign, edge)
            above = spots[[19, 24]].mean(0) - (sign * 0.1 * self.high, 0.75 * self.high)
            low = spots[8, 1] + self.long
            outer = jaw[0, 0] - sign * self.wide
            outline = [above, *inner, (inner[-1][0], low), (outer, low), (outer, jaw[0, 1] - 0.4 * self.high)]
            cv2.fillPoly(mask, [np.array(outline, np.int32)], 255)
        self._blend(picture, mask, 1.0)

    def _blend(self, picture: Picture, mask: NDArray[np.uint8], soft: float) -> None:
        share = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft)
        picture[:] = picture * (1 - share) + self.streaks * share
