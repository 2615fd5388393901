"""Heads of people who never lived: MakeHuman's macro and local targets mixed at random.

An identity is a neutral head and its own 52 face units; how its skin and hair look is in `appearance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from mien import arkit
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray

from .head import HeadSource
from .landmarks import EYE_PARTS, VERTICES
from .units import LEVEL, fit_lids, gaze_angles, globe_turn, lift_arches, mended_units, turned_globe

RACES: Final = ("african", "asian", "caucasian")
LOCAL_FOLDERS: Final = (
    "head", "nose", "mouth", "eyes", "chin", "cheek", "forehead", "eyebrows", "ears", "asym", "neck"
)  # fmt: skip
LOCAL_SHARE: Final = 0.25
LOCAL_SPREAD: Final = 0.35


BEARING: Final[dict[str, float]] = {
    "eyeWide": 0.35, "browInnerUp": 0.2, "browOuterUp": 0.2, "browDown": 0.2, "mouthSmile": 0.1,
    "mouthFrown": 0.15, "mouthShrugLower": 0.1, "mouthPucker": 0.1, "eyeSquint": 0.3, "cheekPuff": 0.15,
}  # fmt: skip
"""How much of a shape, up or down, a resting face may have of its own (one standard deviation)."""
LIDS: Final[dict[str, float]] = {"eyeWide": 0.6, "eyeSquint": 0.3}
"""What a resting face has of a shape on average: both of MakeHuman's lids hang lower than people's."""
ALONG: Final = 0.4
"""The most that a brow's inner half goes along when its outer half is raised: who raises one brow raises all
of it, and `browInnerUp` has no sides."""
MIDDLE: Final = 0.1
"""How far from the middle of the forehead one brow's half of it ends, decimetres."""
STRAIGHT: Final = (2.0, 7.0)
"""How far heads differ in where they look with gaze weights of 0, about `LEVEL`: one standard deviation."""
TEETH: Final = ("helper-upper-teeth",)
"""What sits lower or higher behind the lips from one head to another."""


@dataclass(frozen=True, eq=False)
class Identity:
    """One head.

    Attributes
    ----------
    neutral : ndarray, float32, (V, 3)
        Decimetres, the middle of the eyes at the origin's height as in the base mesh.
    units : ndarray, float32, (52, V, 3)
        What each shape adds at weight 1.
    age, masculine : float
        0–1, for the looks that go with them (wrinkles, beards).
    races : ndarray, float64, (3,)
        Shares of `RACES`, for the skin.
    straight : ndarray, float64, (2,)
        Where both eyes look with gaze weights of 0, as in `units.gaze_angles`.
    """

    neutral: NDArray[np.float32]
    units: NDArray[np.float32]
    age: float
    masculine: float
    races: NDArray[np.float64]
    straight: NDArray[np.float64]


class IdentitySampler:
    """Draws identities from one head source."""

    def __init__(self, source: HeadSource) -> None:
        self.source = source
        self.landmarks = landmark_vertices(source)
        self._local = [name for name in source.target_names if name.split("/")[0] in LOCAL_FOLDERS]
        self.eyes = [source.head.part(part) for part in EYE_PARTS]
        self.irises = [iris_ring(source, eye) for eye in self.eyes]
        self._units = mended_units(source)
        lift_arches(self._units, source)
        self._inner_halves = inner_halves(source, self._units[arkit.INDEX["browInnerUp"]])

    def sample(self, rng: np.random.Generator, bearing: bool = True) -> Identity:
        """Draw one head; `bearing` lets its rest be another's expression (see `BEARING`)."""
        races = rng.dirichlet([0.5] * len(RACES))
        masculine = float(np.clip(rng.beta(0.5, 0.5), 0, 1))
        age = float(rng.beta(0.7, 1.3))
        neutral = self.source.identity(self._targets(rng, races, masculine, age))
        strength = rng.normal(1.0, 0.08, arkit.COUNT).astype(np.float32).clip(0.8, 1.2)
        units = self._units * strength[:, None, None]
        along = np.float32(rng.uniform(0, ALONG))
        for name, half in self._inner_halves.items():
            units[arkit.INDEX[name]] += along * half
        fit_lids(neutral, units, self.landmarks)
        if bearing:
            self._settle(rng, neutral, units)
            fit_lids(neutral, units, self.landmarks)
        straight = rng.normal(LEVEL, STRAIGHT) if bearing else np.array(LEVEL)
        return Identity(neutral, units, age, masculine, races, straight)

    def posed(self, identity: Identity, weights: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A head with an expression (V, 3), and the middles of its irises (2, 3), the right one first."""
        vertices = identity.neutral + np.tensordot(weights, identity.units, 1).astype(np.float32)
        pupils = np.empty((2, 3), np.float32)
        for place, (eye, angles) in enumerate(zip(self.eyes, gaze_angles(weights) + identity.straight)):
            vertices[eye] = turned_globe(vertices[eye], globe_turn(angles))
            pupils[place] = vertices[self.irises[place]].mean(0)
        return vertices, pupils

    def _settle(self, rng: np.random.Generator, neutral: NDArray, units: NDArray) -> None:
        """Give the resting face a bearing: one's rest is another's expression; in place."""
        for name, spread in BEARING.items():
            amount = rng.normal(LIDS.get(name, 0.0), spread)
            for full in arkit.sided(name):
                neutral += np.float32(amount + rng.normal(0, 0.15 * spread)) * units[arkit.INDEX[full]]
        teeth = np.concatenate([self.source.head.part(part) for part in TEETH])
        neutral[teeth] += np.array([0, rng.uniform(-0.05, 0.01), rng.uniform(0, 0.04)], np.float32)

    def _targets(
        self, rng: np.random.Generator, races: NDArray[np.float64], masculine: float, age: float
    ) -> dict[str, float]:
        weights: dict[str, float] = {}
        weight, muscle = rng.beta(1.2, 1.2), rng.beta(1.2, 1.2)
        for gender, share in (("male", masculine), ("female", 1 - masculine)):
            for years, part in (("old", age), ("young", 1 - age)):
                for race, portion in zip(RACES, races):
                    weights[f"macrodetails/{race}-{gender}-{years}"] = share * part * portion
                build = f"{_grade(muscle)}muscle-{_grade(weight)}weight"
                weights[f"macrodetails/universal-{gender}-{years}-{build}"] = share * part
        chosen = rng.random(len(self._local)) < LOCAL_SHARE
        for name in np.array(self._local)[chosen]:
            weights[str(name)] = abs(float(rng.normal(0, LOCAL_SPREAD)))
        return weights


def landmark_vertices(source: HeadSource) -> NDArray[np.int32]:
    """The vertices (70,), int32, of `source.head` that carry the landmarks of `mien.types`."""
    points = np.empty(LANDMARK_COUNT, np.int32)
    points[:68] = source.head.table[list(VERTICES)]
    rest = source.vertices[source.head.indices]
    for place, part in enumerate(EYE_PARTS, start=68):
        eye = source.head.part(part)
        points[place] = eye[np.argmax(rest[eye, 2])]  # near the iris; where it is, `posed` says
    return points


def iris_ring(source: HeadSource, eye: NDArray[np.integer]) -> NDArray[np.integer]:
    """The ring (8,) round the foremost point at rest of a globe `eye`: its middle is the iris'.

    `shading` paints the iris round that point. Targets turn globes by some degrees from head to head, so the
    foremost point of another head's globe is not it.
    """
    depth = source.vertices[source.head.indices[eye], 2]
    return eye[np.isclose(depth, depth.max(), atol=1e-4)]


def inner_halves(source: HeadSource, unit: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """`browInnerUp`'s unit (V, 3), each side's half of it by the raised brow it goes along with."""
    left = np.interp(source.vertices[source.head.indices, 0], (-MIDDLE, MIDDLE), (0, 1)).astype(np.float32)
    return {"browOuterUpLeft": unit * left[:, None], "browOuterUpRight": unit * (1 - left)[:, None]}


def _grade(amount: float) -> str:
    return "min" if amount < 1 / 3 else "max" if amount > 2 / 3 else "average"
