"""MakeHuman's face units, mended where they are weaker or other than ARKit's pictures of the same shape.

Looked at one by one beside ARKit's reference: gains bring a shape to its strength, fields (soft pushes round
a point of the base head) add what it lacks, and lids are fitted to each head. Eyes turn, they don't shear.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from mien import arkit
from mien.rig.paint import globe_middle
from numpy.typing import NDArray

from .head import HeadSource
from .landmarks import EYE_PARTS

GAIN: Final[dict[str, float]] = {
    "eyeWide": 1.2, "browDown": 1.2, "browInnerUp": 1.9, "browOuterUp": 1.35, "cheekPuff": 1.3,
    "cheekSquint": 1.1, "mouthSmile": 1.15, "mouthFrown": 1.5, "mouthDimple": 1.4, "mouthStretch": 1.4,
    "mouthPucker": 1.2, "mouthLowerDown": 1.7, "mouthUpperUp": 1.5, "mouthShrugUpper": 1.3,
    "mouthShrugLower": 1.5, "mouthPress": 1.2, "jawLeft": 1.1, "jawRight": 1.1,
}  # fmt: skip

Field = tuple[tuple[float, float, float], float, tuple[float, float, float]]
FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "browDown": (((0.13, 7.46, 1.5), 0.11, (-0.03, -0.05, 0.015)),),
    "noseSneer": (
        ((0.13, 6.99, 1.55), 0.10, (0.015, 0.06, 0.0)),
        ((0.14, 6.74, 1.55), 0.09, (0.01, 0.035, 0.0)),
        ((0.09, 7.2, 1.5), 0.08, (0.0, 0.025, 0.012)),
    ),
    "mouthPucker": (((0.26, 6.64, 1.4), 0.13, (-0.05, 0.0, 0.04)),),
    "cheekPuff": (((0.42, 6.68, 1.25), 0.17, (0.05, 0.0, 0.04)), ((0.12, 6.55, 1.5), 0.1, (0.0, 0.0, 0.03))),
    "eyeSquint": (((0.32, 7.14, 1.38), 0.1, (0.0, 0.025, 0.0)),),
}
"""Centre, radius (one standard deviation) and push at weight 1, decimetres, of the subject's left side."""

ARCH: Final[Field] = ((0.31, 7.53, 1.42), 0.11, (0.0, 0.04, 0.0))
"""What people's outer brows do beyond MakeHuman's, which lift their tails alone: the arch rises as well."""

FUNNEL_NARROWS: Final = 0.5
"""How much of a pucker a funnel has in it: ARKit's rounds the mouth, MakeHuman's only turns the lips out."""

SQUINT_CLOSES: Final = 0.45
"""The share of the open lids' gap that a whole squint closes; a cheek's squint closes half as much."""

GAZE_OUT, GAZE_IN, GAZE_UP, GAZE_DOWN = 40.0, 29.0, 25.5, 35.0
"""Degrees that an eye turns at weight 1: the slopes of angle on weight in ARKit's own recordings."""

GLOBE: Final = 0.66
"""How far a drawn globe turns for an eye's degree: MakeHuman's are larger than people's (29 mm, not 24, and
people's turn about a point 10.5 mm behind the pupil), and the iris must not go further than a person's."""

LEVEL: Final = (0.0, 6.0)
"""Where drawn people look on average with gaze weights of 0, degrees as in `gaze_angles`: MakeHuman's
globes look down, people's pupils lie 3 % of the eyes' distance above the line through an eye's corners."""

GAZE: Final = tuple(name for name in arkit.NAMES if name.startswith("eyeLook"))

UPPER_LIDS: Final = {"Right": (37, 38), "Left": (43, 44)}
LOWER_LIDS: Final = {"Right": (41, 40), "Left": (47, 46)}


def mended_units(source: HeadSource) -> NDArray[np.float32]:
    """The 52 face units (52, V, 3), float32, decimetres: see the head of this file. The eyes stand still."""
    units = source.units.copy()
    rest = source.vertices[source.head.indices]
    body = _body(source)
    for number, name in enumerate(arkit.NAMES):
        base = name.replace("Left", "").replace("Right", "") if name[:3] not in ("jaw",) else name
        units[number] *= GAIN.get(base, 1.0)
        if base == "noseSneer":
            units[number] *= np.interp(rest[:, 1], [7.2, 7.4], [1.0, 0.4])[:, None].astype(np.float32)
        for sign in _sides(name):
            for field in FIELDS.get(base, ()):
                units[number] += _push(rest, field, sign) * body
    units[arkit.INDEX["mouthFunnel"]] += FUNNEL_NARROWS * units[arkit.INDEX["mouthPucker"]]
    for name in GAZE:
        for part in EYE_PARTS:
            units[arkit.INDEX[name], source.head.part(part)] = 0
    _stick_out(units, source)
    return units


def lift_arches(units: NDArray[np.float32], source: HeadSource) -> None:
    """Let outer brows rise as people's do (see `ARCH`), in place. The reference head's stay MakeHuman's."""
    rest = source.vertices[source.head.indices]
    for name in ("browOuterUpLeft", "browOuterUpRight"):
        units[arkit.INDEX[name]] += _push(rest, ARCH, *_sides(name)) * _body(source)


def _body(source: HeadSource) -> NDArray[np.float32]:
    """1 for vertices (V, 1) of the body, 0 for eyes, teeth, tongue and lashes."""
    body = np.zeros((len(source.head.indices), 1), np.float32)
    body[source.head.part("body")] = 1
    return body


def _sides(name: str) -> tuple[float, ...]:
    return (1.0,) if name.endswith("Left") else (-1.0,) if name.endswith("Right") else (1.0, -1.0)


def _push(rest: NDArray, field: Field, sign: float) -> NDArray[np.float32]:
    centre, radius, push = (np.array(part, np.float32) for part in field)
    mirror = np.array([sign, 1, 1], np.float32)
    away = np.square(rest - centre * mirror).sum(1) / radius**2
    return np.exp(-away / 2)[:, None] * (push * mirror)


def _stick_out(units: NDArray[np.float32], source: HeadSource) -> None:
    """The tongue comes out over the lower lip and bends down, the lip makes way."""
    tongue, rest = source.head.part("helper-tongue"), source.vertices[source.head.indices]
    depth = rest[tongue, 2]
    forward = (depth - depth.min()) / (depth.max() - depth.min())
    unit = units[arkit.INDEX["tongueOut"]]
    unit[tongue] = 0
    unit[tongue, 2] = 0.62 * forward**1.2
    unit[tongue, 1] = 0.06 * forward - 0.2 * forward**3


def fit_lids(neutral: NDArray[np.float32], units: NDArray[np.float32], points: NDArray[np.int32]) -> None:
    """Scale lids to this head: a whole blink just closes them, a whole squint `SQUINT_CLOSES` of the way.

    Parameters
    ----------
    neutral : ndarray, float32, (V, 3)
    units : ndarray, float32, (52, V, 3)
        Changed in place.
    points : ndarray, int32, (70,)
        The landmarks' vertices.
    """
    for side in ("Left", "Right"):
        upper, lower = points[list(UPPER_LIDS[side])], points[list(LOWER_LIDS[side])]
        gap = (neutral[upper, 1] - neutral[lower, 1]).mean()
        shares = {
            "eyeBlink": (1.0, 0.3),
            "eyeSquint": (SQUINT_CLOSES, 0.2),
            "cheekSquint": (SQUINT_CLOSES / 2, 0.5),
        }
        for name, (share, least) in shares.items():
            unit = units[arkit.INDEX[name + side]]
            closing = (unit[lower, 1] - unit[upper, 1]).mean()
            factor = np.clip(share * gap / max(closing, 1e-3), least, 1.8)
            if name == "cheekSquint":
                factor = min(factor, 1.0)
            unit *= factor


def gaze_angles(weights: NDArray) -> NDArray[np.float64]:
    """Turn to the subject's left and upwards (2, 2), degrees, of the right and the left eye."""
    value = {name: float(weights[arkit.INDEX[name]]) for name in GAZE}
    angles = []
    for side, sign in (("Right", -1.0), ("Left", 1.0)):
        across = GAZE_OUT * value[f"eyeLookOut{side}"] - GAZE_IN * value[f"eyeLookIn{side}"]
        up = GAZE_UP * value[f"eyeLookUp{side}"] - GAZE_DOWN * value[f"eyeLookDown{side}"]
        angles.append((sign * across, up))
    return np.array(angles)


def globe_turn(angles: NDArray) -> NDArray[np.float64]:
    """Rotation (3, 3) of a drawn globe along +z for an eye's angles (2,), a row of `gaze_angles`."""
    a, b = np.radians(GLOBE * angles)
    yaw = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    pitch = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    return yaw @ pitch


def turned_globe(globe: NDArray, turn: NDArray) -> NDArray[np.float64]:
    """The vertices (N, 3) of a globe that `turn` (3, 3) turns about its middle."""
    middle = globe_middle(globe)
    return np.asarray((globe - middle) @ turn.T + middle)
