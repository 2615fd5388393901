"""The 52 ARKit blendshapes: names, order, mirror pairs and regions.

Every `weights` array in Mien has shape (…, 52) in the order of `NAMES`. Files and rigs are matched to it
by name, never by position: Live Link Face writes some pairs the other way round
(see `mien.interchange.livelink_csv`).
"""

from __future__ import annotations

from typing import Final

NAMES: Final[tuple[str, ...]] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft",
    "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The names in Mien's order."""

COUNT: Final = len(NAMES)

INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(NAMES)}
"""The position of each name in a weights array."""


def sided(name: str) -> tuple[str, ...]:
    """The one name of NAMES, or the left and the right one of a pair named without its side ("eyeBlink")."""
    return (name,) if name in INDEX else (f"{name}Left", f"{name}Right")


def _mirrored_name(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name[: -len(side)] + other
    return name


MIRROR: Final[tuple[int, ...]] = tuple(INDEX[_mirrored_name(name)] for name in NAMES)
"""`weights[..., MIRROR]` is the performance seen in a mirror (jaw, mouth and gaze included).

Gaze is named by the eye, and swapping the eyes is right for it: a look to the subject's left is Out on the
left eye and In on the right one, its mirror image Out on the right and In on the left.
"""


def _region(name: str) -> str:
    if name.startswith("eyeLook"):
        return "gaze"
    if name.startswith("eye"):
        return "lids"
    if name == "tongueOut":
        return "tongue"
    for prefix in ("brow", "cheek", "nose", "jaw"):
        if name.startswith(prefix):
            return prefix
    return "mouth"


REGION: Final[tuple[str, ...]] = tuple(_region(name) for name in NAMES)
"""The region of each shape: lids, gaze, brow, cheek, nose, jaw, mouth or tongue."""

OTHER_SIDE: Final[tuple[int, ...]] = tuple(
    i if REGION[i] == "gaze" or name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight") else MIRROR[i]
    for i, name in enumerate(NAMES)
)
"""`weights[..., OTHER_SIDE]` is what the other side of the face does of each shape: the shape itself where it
has no sides, or left and right are directions."""
