"""The scene's time: its unit, where the slider stands, what is played. The unit is never changed."""

from __future__ import annotations

from maya import cmds
from maya.api import OpenMaya, OpenMayaAnim


def frames_per_second() -> float:
    """How many of the scene's time units a second has: 24.0, 23.976…, 60.0 in NTSC fields, 1000.0 in ms."""
    second = OpenMaya.MTime(1.0, OpenMaya.MTime.kSeconds)
    return float(second.asUnits(OpenMaya.MTime.uiUnit()))


def time_unit() -> str:
    """The unit's name as Maya has it: film, ntscf, 23.976fps."""
    return str(cmds.currentUnit(query=True, time=True))


def current_frame() -> float:
    """Where the time slider stands, in the scene's time unit."""
    return float(OpenMayaAnim.MAnimControl.currentTime().value)


def go_to(frame: float) -> None:
    """Put the time slider on a frame."""
    OpenMayaAnim.MAnimControl.setCurrentTime(OpenMaya.MTime(float(frame), OpenMaya.MTime.uiUnit()))


def up_axis() -> str:
    """Which axis of the scene points up: "y" or "z"."""
    return str(cmds.upAxis(query=True, axis=True))


def playback_range() -> tuple[float, float]:
    """The first and the last frame that are played."""
    first = cmds.playbackOptions(query=True, minTime=True)
    last = cmds.playbackOptions(query=True, maxTime=True)
    return float(first), float(last)  # type: ignore[arg-type,unused-ignore]


def is_playing() -> bool:
    """Whether the scene plays."""
    return bool(OpenMayaAnim.MAnimControl.isPlaying())


class Playing:
    """The scene plays in real time from now on, with its sound, until `stop`, which puts its speed back."""

    def __init__(self) -> None:
        self._speeds = (
            float(cmds.playbackOptions(query=True, playbackSpeed=True)),  # type: ignore[arg-type,unused-ignore]
            float(cmds.playbackOptions(query=True, maxPlaybackSpeed=True)),  # type: ignore[arg-type,unused-ignore]
        )
        cmds.playbackOptions(playbackSpeed=1.0, maxPlaybackSpeed=1.0)
        cmds.play(state=True)

    def stop(self) -> None:
        """Play no longer."""
        cmds.play(state=False)
        cmds.playbackOptions(playbackSpeed=self._speeds[0], maxPlaybackSpeed=self._speeds[1])
