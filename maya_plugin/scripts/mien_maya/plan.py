"""From a take to the curves of a rig: what the core makes, with the options of a bake. No Maya here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mien.errors import RigError, TakeError
from mien.rig.automap import AutoMap, auto_map
from mien.rig.baking import ChannelKeys, Timeline, channel_keys
from mien.rig.retarget_map import RetargetMap
from mien.rig.targets import Target
from mien.take import Take
from mien.tune import TuneSettings, tune


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
        Keys are left out where straight lines stay this near: in parts of a full shape, of 45 degrees, of one
        unit of length; 0 keeps all.
    layer : str
        The animation layer to write into; "" for the base.
    break_held : bool
        Unlock and disconnect what holds a channel.
    first, last : float
        Only keys from the first to the last of these frames are written.
    """

    start: float = 1.0
    whole_frames: bool = True
    tolerance: float = 0.0
    layer: str = ""
    break_held: bool = False
    first: float = -math.inf
    last: float = math.inf


def map_by_names(targets: Sequence[Target], name: str = "") -> AutoMap:
    """A map from the channels' names; RigError where not one of them is known."""
    made = auto_map(targets, "blendshape", name)
    if not made.driven:
        hint = "Rename the targets (jawOpen, mouthSmileLeft…), choose a map, or make the 52 shapes."
        raise RigError("No channel has the name of an ARKit shape.", hint)
    return made


def channels(
    take: Take, settings: TuneSettings, mapping: RetargetMap, fps: float, options: BakeOptions
) -> list[ChannelKeys]:
    """The keys of every target that the map drives, `fps` being the scene's frames a second."""
    if not take.found.any():
        raise TakeError("There is no face in the take", "Choose a video that shows one face well.")
    tuned = tune(take, settings, landmarks=False)
    line = Timeline(fps, 1.0, options.start, options.whole_frames, options.first, options.last)
    return channel_keys(tuned, mapping, line, options.tolerance)
