"""What faces do: frames of recorded performances, mixed and stretched, and authored patterns by region.

Real performances are mixtures of a few actions at a time; 52 independent random numbers make monsters. The
frames (`performances.npz`) are numbers alone, picked from three Live Link Face recordings of one actor
(alexdjulin, MIT licence); `mien synth performances` made the file.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

import numpy as np
from mien import arkit
from numpy.typing import NDArray

from .units import GAZE_DOWN, GAZE_IN, GAZE_OUT, GAZE_UP

Pattern = dict[str, float]
Place = tuple[float, float]

BROWS: Final[tuple[Pattern, ...]] = (
    {"browInnerUp": 1.0, "browOuterUp": 0.9},
    {"browInnerUp": 1.0},
    {"browDown": 1.0},
    {"browOuterUp": 1.0},
    {"browDown": 0.7, "browInnerUp": 0.7},
    {"browDown": 0.9, "eyeSquint": 0.6, "noseSneer": 0.4},
)
LIDS: Final[tuple[Pattern, ...]] = (
    {"eyeSquint": 1.0},
    {"eyeWide": 1.0},
    {"eyeBlink": 1.0},
    {"eyeBlink": 0.5},
    {"eyeSquint": 0.8, "cheekSquint": 0.9},
    {"eyeBlink": 1.0, "eyeSquint": 0.8, "cheekSquint": 0.7},
)
NOSE_AND_CHEEKS: Final[tuple[Pattern, ...]] = (
    {"noseSneer": 1.0},
    {"noseSneer": 1.0, "mouthUpperUp": 0.8, "browDown": 0.5},
    {"cheekPuff": 1.0, "mouthPress": 0.3},
    {"cheekSquint": 1.0},
)
MOUTH: Final[tuple[Pattern, ...]] = (  # grins have a good share: teeth that meet are no open jaw
    {"mouthSmile": 1.0, "cheekSquint": 0.5},
    {"mouthSmile": 1.0, "jawOpen": 0.3, "mouthUpperUp": 0.5, "mouthLowerDown": 0.5},
    {"mouthSmile": 0.9, "mouthDimple": 0.5, "mouthPress": 0.2},
    {"mouthSmile": 1.0, "mouthUpperUp": 0.7, "mouthLowerDown": 0.7},
    {"mouthSmile": 1.0, "mouthUpperUp": 0.4, "mouthStretch": 0.5, "mouthLowerDown": 0.8, "cheekSquint": 0.7},
    {"mouthUpperUp": 0.8, "mouthLowerDown": 0.9, "mouthStretch": 0.4, "noseSneer": 0.4},
    {"mouthSmile": 0.9, "mouthLowerDown": 1.0, "mouthUpperUp": 0.4, "mouthStretch": 0.3},
    {"mouthSmile": 0.8, "mouthLowerDown": 1.0, "mouthUpperUp": 0.7, "mouthStretch": 0.6, "cheekSquint": 0.6},
    {"mouthSmile": 1.0, "mouthLowerDown": 1.0, "mouthUpperUp": 0.9, "cheekSquint": 0.8, "noseSneer": 0.3},
    {"mouthStretch": 1.0, "mouthLowerDown": 1.0, "mouthUpperUp": 0.6},
    {"mouthFrown": 1.0},
    {"mouthFrown": 0.8, "mouthShrugLower": 0.8, "mouthPress": 0.3},
    {"mouthPucker": 1.0},
    {"mouthPucker": 0.8, "mouthFunnel": 0.4},
    {"mouthFunnel": 1.0, "jawOpen": 0.25},
    {"mouthFunnel": 0.7, "jawOpen": 0.5},
    {"mouthStretch": 1.0},
    {"mouthStretch": 0.8, "mouthLowerDown": 0.6, "jawOpen": 0.2},
    {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
    {"mouthRollLower": 1.0},
    {"mouthRollUpper": 1.0},
    {"mouthShrugUpper": 1.0, "mouthShrugLower": 0.6},
    {"mouthShrugLower": 1.0},
    {"mouthPress": 1.0},
    {"mouthLowerDown": 1.0},
    {"mouthUpperUp": 1.0},
    {"mouthUpperUp": 0.9, "mouthLowerDown": 0.9},
    {"mouthDimple": 1.0},
    {"mouthLeft": 1.0},
    {"mouthRight": 1.0},
    {"jawLeft": 1.0, "mouthLeft": 0.4},
    {"jawRight": 1.0, "mouthRight": 0.4},
    {"jawLeft": 1.0},
    {"jawRight": 1.0},
    {"jawForward": 1.0},
    {"jawOpen": 1.0},
    {"jawOpen": 0.6},
    {"jawOpen": 0.9, "mouthClose": 0.85},
    {"jawOpen": 0.4, "mouthClose": 0.35},
    {"jawOpen": 0.3, "mouthClose": 0.3, "mouthPress": 0.3},
    {"jawOpen": 0.25, "mouthLowerDown": 0.4, "mouthUpperUp": 0.2},
    {"jawOpen": 0.5, "tongueOut": 1.0},
    {"jawOpen": 0.2, "tongueOut": 0.6},
    {"jawOpen": 0.8, "mouthStretch": 0.5, "mouthUpperUp": 0.4},
)
FOLLOWED: Final[dict[str, Pattern]] = {
    "eyeLookUp": {"eyeWide": 0.5, "eyeSquint": 0.3},
    "eyeLookDown": {"eyeBlink": 0.75, "eyeWide": -0.5},
}
"""How ARKit's recordings tell of lids that follow the gaze: shares of its weight."""
FROWN_HOLDS: Final = 0.7
"""By how much of itself a lowered brow keeps the upper lid from going up with the gaze."""
AT_CAMERA: Final = 0.5
"""Share of the looks that go to the camera, whichever way the head is turned: what most people look at.
Heads and eyes that turn each on their own let no network learn that eyes on a nodding head look up."""
CAMERA_MISSED: Final = 5.0
"""How far these looks go beside it, degrees (one standard deviation)."""
FUNNELLED: Final = 0.7
"""How much of a funnel ARKit's recordings see in a pucker whose lips part."""
REST_SHARE: Final = 0.08
SPREAD_SHARE: Final = 0.25
"""Share of faces that also get a few single shapes at random strength, so that all 52 are met apart."""


RECORDED_SHARE: Final = 0.45
"""Share of faces that begin from recorded frames."""
UPPER: Final = np.isin(arkit.REGION, ("lids", "gaze", "brow"))
ONE_SIDED: Final = 0.5
"""Share of authored patterns that one side does more weakly, or not at all."""
LEANING_SHARE: Final = 0.3
"""Share of recorded frames with a region that one side does more weakly: few of the recordings' are so."""
LEANING: Final = tuple(
    np.isin(arkit.REGION, regions)
    for regions in (("brow",), ("lids", "cheek"), ("nose", "mouth"), ("brow", "lids", "cheek", "nose"))
)
"""The regions (52,) that may do so. A brow, a squint, half a smile; all of an eye."""
LEFT, RIGHT = (np.array([name.endswith(side) for name in arkit.NAMES]) for side in ("Left", "Right"))


class ExpressionSampler:
    """Draws weights (52,), float32, 0–1."""

    def __init__(self) -> None:
        with resources.files(__package__).joinpath("performances.npz").open("rb") as stream:
            self._frames = np.load(stream, allow_pickle=False)["weights"] / 255.0

    def sample(self, rng: np.random.Generator, camera: Place | None = None) -> NDArray[np.float32]:
        """Draw one face's weights; a small share is a face at rest, gaze and lids aside.

        Parameters
        ----------
        camera : (2,) floats, optional
            Where the camera is as the head sees it, degrees to its left and upwards: many look there.
        """
        pick = self._recorded if rng.random() < RECORDED_SHARE else self._authored
        weights = pick(rng, camera)
        weights += (rng.random(arkit.COUNT) < 0.25) * rng.exponential(0.03, arkit.COUNT)
        return _possible(weights).astype(np.float32)

    def _recorded(self, rng: np.random.Generator, camera: Place | None) -> NDArray:
        """A frame stretched or shrunk, perhaps with another's eyes and brows, a gaze or a pattern more."""
        one, other = self._frames[rng.integers(len(self._frames), size=2)]
        if rng.random() < 0.5:
            one = one[list(arkit.MIRROR)]
        weights = np.where(UPPER, other, one) if rng.random() < 0.5 else one.copy()
        weights *= rng.uniform(0.6, 1.6)
        if rng.random() < 0.4:
            _add(weights, (BROWS, LIDS, NOSE_AND_CHEEKS, MOUTH)[rng.integers(4)], rng, 1.0)
        if rng.random() < LEANING_SHARE:
            region = LEANING[rng.integers(len(LEANING))]
            weights[region & (LEFT if rng.random() < 0.5 else RIGHT)] *= _weak(rng)
        if rng.random() < 0.6:
            _look(weights, rng, camera)
        return weights

    def _authored(self, rng: np.random.Generator, camera: Place | None) -> NDArray:
        weights = np.zeros(arkit.COUNT)
        if rng.random() > REST_SHARE:
            _add(weights, BROWS, rng, 0.45)
            _add(weights, LIDS, rng, 0.4)
            _add(weights, NOSE_AND_CHEEKS, rng, 0.18)
            _add(weights, MOUTH, rng, 0.85)
            _add(weights, MOUTH, rng, 0.45)
            if rng.random() < SPREAD_SHARE:
                some = rng.integers(0, arkit.COUNT, 4)
                weights[some] = np.maximum(weights[some], rng.beta(1, 2, 4))
        _blink(weights, rng)
        _look(weights, rng, camera)
        return weights


def _add(weights: NDArray, patterns: tuple[Pattern, ...], rng: np.random.Generator, chance: float) -> None:
    if rng.random() > chance:
        return
    strength = rng.beta(1.3, 1.1)
    left, right = _sides(rng)
    for name, share in patterns[rng.integers(len(patterns))].items():
        amount = strength * share * rng.uniform(0.7, 1.2)
        if name in arkit.INDEX:
            weights[arkit.INDEX[name]] += amount
        else:
            weights[arkit.INDEX[f"{name}Left"]] += amount * left
            weights[arkit.INDEX[f"{name}Right"]] += amount * right


def _sides(rng: np.random.Generator) -> tuple[float, float]:
    """Strength of the left and the right side: alike, or one side alone."""
    if rng.random() > ONE_SIDED:
        return float(rng.uniform(0.85, 1.15)), float(rng.uniform(0.85, 1.15))
    return (1.0, _weak(rng)) if rng.random() < 0.5 else (_weak(rng), 1.0)


def _weak(rng: np.random.Generator) -> float:
    """What the weaker side does of the stronger one's strength: often next to nothing."""
    return float(rng.beta(0.6, 1.2))


def _blink(weights: NDArray, rng: np.random.Generator) -> None:
    left, right = arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["eyeBlinkRight"]
    weights[[left, right]] += rng.beta(1, 10, 1) * rng.uniform(0.8, 1.2, 2)
    kind = rng.random()
    if kind < 0.14:
        weights[[left, right]] = rng.uniform(0.85, 1.0, 2)
    elif kind < 0.22:
        weights[left if rng.random() < 0.5 else right] = rng.uniform(0.7, 1.0)


def _look(weights: NDArray, rng: np.random.Generator, camera: Place | None) -> None:
    """Both eyes look the same way, now and then a little crossed or apart; their lids go with them."""
    if camera is not None and rng.random() < AT_CAMERA:
        left, high = rng.normal(camera, CAMERA_MISSED)
        across, up = 2 * left / (GAZE_OUT + GAZE_IN), high / (GAZE_UP if high > 0 else GAZE_DOWN)
    else:
        wide = 0.45 if rng.random() < 0.6 else 0.12
        across, up = rng.normal(0, wide, 2) * (1.0, 0.8)
    followed = rng.uniform(0.3, 1.4)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        _follow(weights, side, -1.0)
        outward = sign * across + rng.normal(0, 0.04)
        weights[arkit.INDEX[f"eyeLookOut{side}"]] = max(outward, 0)
        weights[arkit.INDEX[f"eyeLookIn{side}"]] = max(-outward, 0)
        height = up + rng.normal(0, 0.03)
        weights[arkit.INDEX[f"eyeLookUp{side}"]] = max(height, 0)
        weights[arkit.INDEX[f"eyeLookDown{side}"]] = max(-height, 0)
        _follow(weights, side, followed)


def _follow(weights: NDArray, side: str, share: float) -> None:
    """Lids of one side follow its gaze by a `share` of `FOLLOWED`; a negative one undoes it."""
    free = 1 - FROWN_HOLDS * min(weights[arkit.INDEX[f"browDown{side}"]], 1.0)
    for gaze, lids in FOLLOWED.items():
        for lid, slope in lids.items():
            slope *= free if lid == "eyeWide" else 1.0
            lid_at = arkit.INDEX[f"{lid}{side}"]
            weights[lid_at] = max(weights[lid_at] + share * slope * weights[arkit.INDEX[f"{gaze}{side}"]], 0)


def _possible(weights: NDArray) -> NDArray:
    """Within 0–1, lips sealed no further than the jaw opens, open puckers funnel, no pair both ways."""
    weights = np.clip(weights, 0, 1)
    index = arkit.INDEX
    weights[index["mouthClose"]] = min(weights[index["mouthClose"]], weights[index["jawOpen"]])
    opening = weights[index["jawOpen"]] - weights[index["mouthClose"]]
    least = FUNNELLED * min(weights[index["mouthPucker"]], 2 * opening)
    weights[index["mouthFunnel"]] = max(weights[index["mouthFunnel"]], least)
    for one, other in (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")):
        pair = [index[one], index[other]]
        weights[pair] = np.maximum(weights[pair] - weights[pair].min(), 0)
    for side in ("Left", "Right"):
        weights[index[f"eyeWide{side}"]] *= 1 - weights[index[f"eyeBlink{side}"]]
    return weights
