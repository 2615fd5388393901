"""How a retarget map and a rig fit: targets that vanished, channels and shapes left over."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import arkit
from .retarget_map import RetargetMap


@dataclass(frozen=True)
class MapCheck:
    """How a map and a rig fit.

    Attributes
    ----------
    vanished : tuple of (str, str)
        Targets that the rig no longer has, and the name that is nearest, or "".
    idle : tuple of str
        Channels of the rig that no channel of the map names.
    muted : tuple of str
        Targets whose channels are muted.
    unused : tuple of str
        ARKit shapes that move nothing.
    """

    vanished: tuple[tuple[str, str], ...]
    idle: tuple[str, ...]
    muted: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether the rig has every target that is driven."""
        return not self.vanished

    def report(self) -> list[str]:
        """Lines for people."""
        gone = [f"  {path}" + (f": perhaps {near}" if near else "") for path, near in self.vanished]
        lines = [f"Targets that vanished from the rig: {len(gone)}", *gone] if gone else ["The map is sound"]
        parts = (
            ("Muted", self.muted),
            ("Not in the map", self.idle),
            ("Shapes that move nothing", self.unused),
        )
        return lines + [f"{title}: {', '.join(names)}" for title, names in parts if names]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        vanished = [{"target": path, "nearest": near or None} for path, near in self.vanished]
        rest = {"not_in_map": self.idle, "muted": self.muted, "unused_shapes": self.unused}
        return {"fits": self.fits, "vanished": vanished, **{key: list(names) for key, names in rest.items()}}


def check(retarget_map: RetargetMap, rig_channels: Iterable[str] | None = None) -> MapCheck:
    """Compare a map with a rig's channels (`Target.path`, one each); without them, look at the map alone."""
    muted = tuple(channel.target.path for channel in retarget_map.channels if channel.mute)
    used = {
        name for channel in retarget_map.driven for term in channel.terms for name in term.shapes if term.gain
    }
    used |= {name for name in arkit.NAMES if retarget_map.eyes and name.startswith("eyeLook")}
    unused = tuple(name for name in arkit.NAMES if name not in used)
    if rig_channels is None:
        return MapCheck((), (), muted, unused)
    rig = list(dict.fromkeys(rig_channels))
    there, known = set(rig), {*retarget_map.paths, *muted}
    vanished = tuple((path, _nearest(path, rig)) for path in retarget_map.paths if path not in there)
    return MapCheck(vanished, tuple(path for path in rig if path not in known), muted, unused)


def _nearest(path: str, rig: list[str]) -> str:
    near = difflib.get_close_matches(path, rig, 1, 0.8)
    return near[0] if near else ""
