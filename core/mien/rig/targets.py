"""What a retarget map drives: one control of a rig, named so that an adapter finds it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import MapError, NotANumberError

KINDS: Final = ("shape_key", "blendshape", "property", "transform", "driver")
"""Shape key (Blender), blendShape alias (Maya), custom property or attribute, transform of a bone, joint or
object, and the input of a driver or of a set-driven key."""

AXES: Final = ("tx", "ty", "tz", "rx", "ry", "rz", "sx", "sy", "sz", "qw", "qx", "qy", "qz")
"""Of a transform: translation (units of the scene), rotation (degrees), scale, quaternion."""


LARGEST: Final = 1e6
"""No gain, angle or distance of a rig is larger; beyond it, float32 ends soon."""


@dataclass(frozen=True)
class Target:
    """One control of a rig.

    Attributes
    ----------
    name : str
        Shape key, alias, property or bone.
    kind : str
        One of `KINDS`.
    node : str
        The object, blendShape node or armature that has it; "" where the host knows by itself.
    axis : str
        One of `AXES` for a transform, else "".
    extra : mapping
        Fields of the file that Mien doesn't know, kept as they are.
    """

    name: str
    kind: str = "shape_key"
    node: str = ""
    axis: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.name:
            raise MapError("A target needs a name")
        if self.kind not in KINDS:
            raise MapError(
                f"{self.name}: there is no kind of target {self.kind!r}", f"Use {', '.join(KINDS)}."
            )
        if self.axis and (self.kind != "transform" or self.axis not in AXES):
            raise MapError(
                f"{self.name}: {self.axis!r} is no axis of a {self.kind}", f"Use {', '.join(AXES)}."
            )

    @property
    def path(self) -> str:
        """The target in one line, as in `blendShape1.jawOpen` or `Armature.head.rx`."""
        return ".".join(part for part in (self.node, self.name, self.axis) if part)


def check_numbers(what: str, *numbers: float) -> None:
    """NotANumberError unless all are finite, and of a size that a rig can have."""
    if not all(-LARGEST <= number <= LARGEST for number in numbers):
        hint = "Set it to a number, such as 1 for a gain."
        raise NotANumberError(f"{what} is not a number that a rig can have", hint)
