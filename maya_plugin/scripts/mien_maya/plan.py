"""From a take to curves for a rig: tune, lay out on the scene's time, retarget, reduce. No Maya here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from mien.errors import RigError, TakeError
from mien.rig.automap import AutoMap, auto_map
from mien.rig.keys import place_keys, reduce_keys
from mien.rig.retarget_map import RetargetMap
from mien.rig.targets import Target
from mien.take import Take
from mien.tune import TuneSettings, tune
from numpy.typing import NDArray

TURN: Final = 60.0
"""Degrees of a rotation that count as a weight of 1 where keys are left out."""


@dataclass(frozen=True)
class BakeOptions:
    """How a bake is written.

    Attributes
    ----------
    start : float
        The frame of the scene at which the footage begins.
    whole_frames : bool
        A key on each frame of the scene; else at the time of each frame of the footage.
    tolerance : float
        Keys are left out where straight lines stay this near, in weights; 0 keeps all.
    layer : str
        The animation layer to write into; "" for the base.
    break_held : bool
        Unlock and disconnect what holds a channel.
    """

    start: float = 1.0
    whole_frames: bool = True
    tolerance: float = 0.0
    layer: str = ""
    break_held: bool = False


@dataclass(frozen=True)
class Channel:
    """The keys of one target: frames (K,) and values (K,), float64; see `scene.Curve` for the units."""

    target: Target
    frames: NDArray[np.float64]
    values: NDArray[np.float64]


def map_by_names(targets: Sequence[Target], name: str = "") -> AutoMap:
    """A map from the channels' names; RigError where not one of them is known."""
    made = auto_map(targets, "blendshape", name)
    if not made.driven:
        hint = "Rename the targets (jawOpen, mouthSmileLeft…), choose a map, or make the 52 shapes."
        raise RigError("No channel has the name of an ARKit shape.", hint)
    return made


def channels(
    take: Take, settings: TuneSettings, mapping: RetargetMap, fps: float, options: BakeOptions
) -> list[Channel]:
    """The keys of every target that the map drives, `fps` being the scene's frames a second."""
    if not take.found.any():
        raise TakeError("There is no face in the take", "Choose a video that shows one face well.")
    tuned = tune(take, settings, landmarks=False)
    both = np.concatenate([tuned.weights, tuned.pose], axis=1)
    frames, rows = place_keys(tuned.times, both, fps, 1.0, options.start, options.whole_frames)
    values = mapping.apply(rows[:, :52], rows[:, 52:]).astype(np.float64)
    if options.tolerance <= 0:
        return [Channel(target, frames, column) for target, column in zip(mapping.targets, values.T)]
    kept = _kept(frames, values, mapping, options)
    return [
        Channel(target, frames[needed], column[needed])
        for target, column, needed in zip(mapping.targets, values.T, kept)
    ]


def _kept(
    frames: NDArray[np.float64], values: NDArray[np.float64], mapping: RetargetMap, options: BakeOptions
) -> list[NDArray[np.intp]]:
    sizes = np.array([TURN if target.axis.startswith("r") else 1.0 for target in mapping.targets])
    return reduce_keys(frames, values / sizes, options.tolerance)
