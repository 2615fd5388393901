"""What an animator's corrections of a bake say of the performance: labels for a network of this actor.

The bake's own curves are made again from the take and compared with those of the rig. Where these differ, the
difference is read back into weights. Gains and mutes are the character's style and no part of the face: they
are taken off again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..errors import TakeError
from ..take import Take
from ..tune import gains, tune
from ..tune_settings import TuneSettings
from .baking import Timeline
from .keys import place_keys
from .read_back import full_of, read_back
from .retarget_map import RetargetMap
from .targets import Target

LEAST: Final = 0.02
"""Parts of a full movement by which a curve must differ from the bake to count as corrected."""
FEWEST: Final = 2
"""Frames that must differ: one alone is a rounding at the end of the range."""

Values = Callable[[Sequence[Target], NDArray[np.float64]], NDArray[np.float64]]
"""Reads a rig: targets and frames (F,) ─▶ values (F, C) as in a map; NaN where a target has no curve."""


@dataclass(frozen=True, eq=False)
class Corrected:
    """A take as the rig now plays it.

    Attributes
    ----------
    take : Take
        Times and weights; a sample for each of the scene's frames.
    frames : int
        How many of them differ from the bake.
    largest : float
        The greatest difference, in parts of a full movement.
    """

    take: Take
    frames: int
    largest: float

    @property
    def by_hand(self) -> bool:
        """Whether somebody has changed the curves."""
        return self.frames >= FEWEST


def corrected(
    take: Take, settings: TuneSettings, retarget_map: RetargetMap, line: Timeline, values: Values,
    tolerance: float = 0.0,
) -> Corrected:  # fmt: skip
    """Read a rig's curves back into weights.

    Parameters
    ----------
    take : Take
        Raw: the one that was baked.
    settings : TuneSettings
        As it was baked with.
    retarget_map : RetargetMap
    line : Timeline
        Where the take lies; `first` and `last` limit what is read.
    values : callable
    tolerance : float
        How far the bake itself may be off, in parts of a full movement.

    Raises
    ------
    TakeError
        When the range lies beside the take, or not one control of the map has a curve there.
    """
    mapping = replace(retarget_map, head=())
    frames, weights, own = _played(take, settings, line)
    seen = values(mapping.targets, frames)
    if not np.isfinite(seen).any():
        raise TakeError("The character has no keys there", "Bake the take on it first, and correct the keys.")
    off = (np.abs(np.nan_to_num(seen - mapping.apply(weights))) / full_of(mapping)).max(axis=1, initial=0.0)
    changed = off > tolerance + LEAST
    factor = gains(settings)
    change = read_back(mapping, weights[changed], seen[changed]) - weights[changed]
    own[changed] += np.where(factor > 0, change / np.where(factor > 0, factor, 1.0), 0.0)
    labels = np.clip(own, 0.0, 1.0)
    times = [line.time_of(frame) for frame in frames]
    played = Take.from_weights(times, labels, {"name": take.about.get("name", ""), "corrected": True})
    return Corrected(played, int(changed.sum()), float(off.max()))


def _played(
    take: Take, settings: TuneSettings, line: Timeline
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]:
    """Frames (F,), the weights (F, 52) that were baked there, and the same without gains and mutes."""
    plain = replace(settings, gain=1.0, gains={}, muted=())
    rows = [tune(take, each, landmarks=False).weights for each in (settings, plain)]
    frames, both = place_keys(take.times, np.concatenate(rows, axis=1), line.fps, line.fps_base, line.start)
    inside = (frames >= line.first - 1e-3) & (frames <= line.last + 1e-3)
    if not inside.any():
        raise TakeError("The range lies beside the take", "Change the range, or the take's start frame.")
    return frames[inside], both[inside, : arkit.COUNT], both[inside, arkit.COUNT :]
