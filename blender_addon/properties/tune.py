# SPDX-License-Identifier: GPL-3.0-or-later
"""How takes are tuned, for all of a scene: smoothing, gains, mutes and constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import bpy
from bpy.props import BoolProperty, BoolVectorProperty, FloatProperty, FloatVectorProperty
from mien import arkit

from .. import retune

if TYPE_CHECKING:
    from mien.tune import TuneSettings

    from .takes import MienTake

REGIONS: Final = tuple(dict.fromkeys(arkit.REGION))
"""The regions of a face, in the order of `gains` and `mutes`."""

CONSTRAINTS: Final = {
    "hold_gaze": ("Hold Gaze in Blinks", "The eyes go straight from before a blink to after it"),
    "part_winks": ("Keep Winks Apart", "An eye that closes does not take the other along"),
    "resolve_opposites": ("Resolve Opposites", "Of two shapes that exclude each other the difference stays"),
    "clamp": ("Keep within 0 to 1", "No shape goes below its rest or beyond its full"),
    "limit_close": ("Limit Mouth Close", "The lips close no further than the jaw is open"),
    "seal_lips": ("Seal Lips", "Lips that touch in the footage (B, P, M) close wholly"),
}  # fmt: skip


class MienTune(bpy.types.PropertyGroup):
    smoothing: FloatProperty(
        name="Smoothing",
        description="0: as measured. 0.5: no jitter, and blinks stay sharp. 1: slow",
        default=0.5, min=0.0, max=1.0, subtype="FACTOR", update=retune.asked,
    )  # fmt: skip
    smoothing_head: FloatProperty(
        name="Head Smoothing",
        description="The same for the turns of the head",
        default=0.5, min=0.0, max=1.0, subtype="FACTOR", update=retune.asked,
    )  # fmt: skip
    gain: FloatProperty(
        name="Gain", description="Factor on all shapes. 1: as measured. Above: a livelier face",
        default=1.0, min=0.0, soft_max=2.0, max=10.0, precision=2, update=retune.asked,
    )  # fmt: skip
    gains: FloatVectorProperty(
        name="Gain", description="Factor on the shapes of this region, besides the gain of all",
        size=len(REGIONS), default=(1.0,) * len(REGIONS), min=0.0, soft_max=2.0, max=10.0, precision=2,
        update=retune.asked,
    )  # fmt: skip
    mutes: BoolVectorProperty(
        name="Mute", description="Keep the shapes of this region at rest",
        size=len(REGIONS), default=(False,) * len(REGIONS), update=retune.asked,
    )  # fmt: skip

    def settings(self, take: MienTake) -> TuneSettings:
        """What these properties, and the take's calibration, mean to the core."""
        from mien.constraints import Constraints
        from mien.profile import load_profile
        from mien.tune import TuneSettings

        how = take.calibrate
        profile = load_profile(bpy.path.abspath(take.profile)) if how == "PROFILE" and take.profile else None
        return TuneSettings(
            smoothing=self.smoothing,
            smoothings={"pose": self.smoothing_head},
            gain=self.gain,
            gains={name: gain for name, gain in zip(REGIONS, self.gains) if gain != 1.0},
            muted=tuple(name for name, muted in zip(REGIONS, self.mutes) if muted),
            calibrate={"OFF": False, "GUESS": True, "TOLD": True}.get(how),
            calibration=profile.calibration if profile else None,
            rest=take.rest_span if how == "TOLD" else None,
            motion=take.motion_span if how == "TOLD" else None,
            constraints=Constraints(**{name: getattr(self, name) for name in CONSTRAINTS}),
        )

    def take_over(self, settings: TuneSettings) -> tuple[str, ...]:
        """Set the properties as core settings say; what the panel has no place for is returned by name."""
        self.smoothing, self.gain = settings.smoothing, settings.gain
        self.smoothing_head = settings.smoothings.get("pose", settings.smoothing)
        self.gains = [settings.gains.get(name, 1.0) for name in REGIONS]
        self.mutes = [name in settings.muted for name in REGIONS]
        for name in CONSTRAINTS:
            setattr(self, name, getattr(settings.constraints, name))
        known = {*REGIONS, "pose"}
        given = [*settings.smoothings, *settings.gains, *settings.muted, *settings.cutoffs]
        return tuple(dict.fromkeys(name for name in given if name not in known or name in settings.cutoffs))


for _name, (_label, _told) in CONSTRAINTS.items():
    MienTune.__annotations__[_name] = BoolProperty(
        name=_label, description=_told, default=True, update=retune.asked
    )
