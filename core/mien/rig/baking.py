"""A tuned take as keys of a rig's controls: mapped, laid on a timeline, limited to a range, thinned out.

What writes the keys is the host's; nothing of one is known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..errors import TakeError
from ..take import Take
from .keys import place_keys, reduce_keys
from .retarget_map import RetargetMap
from .targets import Target

FULL: Final = {"r": 45.0, "q": 0.4, "t": 1.0, "s": 1.0}
"""What counts as much as the full weight of a shape where an error is judged: degrees, parts of a quaternion,
units of the scene."""


@dataclass(frozen=True)
class Timeline:
    """How seconds of a take become frames of a scene.

    Attributes
    ----------
    fps, fps_base : float
        Frames a second as Blender has them: 30 and 1.001 are 29.97. Above 0.
    start : float
        The frame at which the take's second 0 lies.
    whole_frames : bool
        Keys on whole frames only; else one for each sample of the take.
    first, last : float
        Only keys from the first to the last of these frames are made.
    """

    fps: float
    fps_base: float = 1.0
    start: float = 1.0
    whole_frames: bool = True
    first: float = -math.inf
    last: float = math.inf

    def time_of(self, frame: float) -> float:
        """Seconds of the take at a frame."""
        return (frame - self.start) * self.fps_base / self.fps

    def frame_of(self, time: float) -> float:
        """The frame at a second of the take."""
        return self.start + time * self.fps / self.fps_base

    def within(self, *spans: tuple[float, float]) -> Timeline:
        """The same, limited to frames that also lie in all of some spans (first and last frame)."""
        first = max([self.first, *(span[0] for span in spans)])
        last = min([self.last, *(span[1] for span in spans)])
        return replace(self, first=first, last=last)


@dataclass(frozen=True, eq=False)
class ChannelKeys:
    """The keys of one control.

    Attributes
    ----------
    target : Target
    frames : ndarray, float64, (M,), M ≥ 1
        Increasing.
    values : ndarray, float32, (M,)
        Weights of shapes, degrees of rotations, units of the scene.
    """

    target: Target
    frames: NDArray[np.float64]
    values: NDArray[np.float32]


def channel_keys(
    tuned: Take, retarget_map: RetargetMap, timeline: Timeline, max_error: float = 0.0
) -> list[ChannelKeys]:
    """Make the keys of every control that a map drives.

    Parameters
    ----------
    tuned : Take
        Finite weights and pose.
    retarget_map : RetargetMap
    timeline : Timeline
    max_error : float
        0 keeps all keys. Else only those that straight lines need so as to stay this near to all others; in
        weights of shapes, and `FULL` for what is not a shape.
    """
    played = np.concatenate([tuned.weights, tuned.pose], axis=1)
    lie = (timeline.fps, timeline.fps_base, timeline.start, timeline.whole_frames)
    frames, rows = place_keys(tuned.times, played, *lie)
    inside = (frames >= timeline.first - 1e-3) & (frames <= timeline.last + 1e-3)
    if not inside.any():
        raise TakeError(
            f"The take lies at frames {frames[0]:g} to {frames[-1]:g}, outside the range",
            "Change the range or the take's start frame.",
        )
    frames, rows = frames[inside], rows[inside]
    values = retarget_map.apply(rows[:, : arkit.COUNT], rows[:, arkit.COUNT :])
    kept = _kept(frames, values, retarget_map.targets, max_error)
    return [
        ChannelKeys(target, frames[places], values[places, i])
        for i, (target, places) in enumerate(zip(retarget_map.targets, kept))
    ]


def with_head_rest(retarget_map: RetargetMap, rest: tuple[float, float, float]) -> RetargetMap:
    """The same map for a performer whose head rests at other angles (pitch, yaw, roll in degrees)."""
    return replace(retarget_map, head=tuple(replace(drive, rest=rest) for drive in retarget_map.head))


def _kept(
    frames: NDArray[np.float64], values: NDArray[np.float32], targets: tuple[Target, ...], max_error: float
) -> list[NDArray[np.intp]]:
    if max_error <= 0.0:
        return [np.arange(len(frames))] * len(targets)
    full = np.array([FULL[target.axis[0]] if target.axis else 1.0 for target in targets], dtype=np.float32)
    return reduce_keys(frames, values / full, max_error)
