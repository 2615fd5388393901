"""Whether what one side of a face does is told from what the other does: half a smile, a single raised brow.

A side is *told* when its weight is at least `TOLD` above the other's. On drawn heads that is asked where the
truth is at least `STRONGER` above; on clips where a frame's labels say that a shape is on for one side and
off for the other (the mean of three frames counts, as for the labels met). Answers alike tell none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from mien import arkit
from numpy.typing import NDArray

from .quality_moments import ON, Labels

TOLD: Final = 0.1
STRONGER: Final = 0.3


@dataclass(frozen=True)
class OneSided:
    """A labelled frame of a clip in which one side does a shape, by its number, and the other doesn't."""

    clip: str
    frame: int
    shape: int


def share_told(given: NDArray[np.float32], true: NDArray[np.float32]) -> float:
    """How often the stronger side is told by weights (N, 52) of drawn heads, 0–1; NaN where none is."""
    wanted, answered = (weights - weights[:, arkit.OTHER_SIDE] for weights in (true, given))
    told = answered[wanted >= STRONGER] >= TOLD
    return float(told.mean()) if told.size else float("nan")


def one_sided(labels: Labels) -> list[OneSided]:
    """The labels that are on for one side and off for the other."""
    found = []
    for (clip, frame), states in labels.items():
        for shape, state in states.items():
            at = arkit.INDEX.get(shape)
            if at is not None and state in ON and states.get(arkit.NAMES[arkit.OTHER_SIDE[at]]) == "off":
                found.append(OneSided(clip, frame, at))
    return found


def tally(labelled: list[OneSided], weights: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """How many labels there are (`labelled`), how many are `told` by weights (N, 52) of each clip."""
    asked = [one for one in labelled if one.clip in weights]
    return {"labelled": len(asked), "told": sum(_is_told(one, weights[one.clip]) for one in asked)}


def _is_told(one: OneSided, weights: NDArray[Any]) -> bool:
    frames = weights[max(one.frame - 1, 0) : one.frame + 2]
    frames = frames[np.isfinite(frames).all(axis=1)]
    if not len(frames):
        return False
    mean = frames.mean(axis=0, dtype=float)
    return bool(mean[one.shape] - mean[arkit.OTHER_SIDE[one.shape]] >= TOLD)
