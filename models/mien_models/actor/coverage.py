"""How well footage covers the 52 shapes, and what to film where it does not.

A network learns of an actor only what was filmed: a shape that never moves stays as the default network has
it, and two that always move together can't be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from mien import arkit
from numpy.typing import NDArray

FULL: Final = 0.6
"""Reached somewhere, a shape's range counts as shown."""
SOME: Final = 0.25
"""Below this it was not shown at all."""
ACTIVE: Final = 0.2
LEAST_ACTIVE: Final = 45
"""Frames above ACTIVE that a shape needs (1.5 s at 30 a second)."""
TOGETHER: Final = 0.985
"""Correlation from which a left and a right shape were never shown apart."""

ADVICE: Final[dict[str, str]] = {
    "eyeBlink": "close the eyes slowly and fast, hold them shut", "eyeSquint": "squint as into the sun",
    "eyeWide": "open the eyes as wide as they go", "eyeLookDown": "look at the floor with a still head",
    "eyeLookUp": "look at the ceiling with a still head",
    "eyeLookIn": "look at the nose, and far to the other side",
    "eyeLookOut": "look far to each side with a still head",
    "jawForward": "push the jaw forward", "jawLeft": "push the jaw to the left",
    "jawRight": "push the jaw to the right", "jawOpen": "open the mouth as wide as it goes",
    "mouthClose": "open the jaw with closed lips", "mouthFunnel": "say “oh” and “sh”",
    "mouthPucker": "pucker for a kiss, say “oo”", "mouthLeft": "move the mouth to the left",
    "mouthRight": "move the mouth to the right", "mouthSmile": "smile, broadly and slightly",
    "mouthFrown": "pull the corners of the mouth down", "mouthDimple": "pull the corners of the mouth back",
    "mouthStretch": "stretch the mouth wide as in fear", "mouthRollLower": "roll the lower lip in",
    "mouthRollUpper": "roll the upper lip in", "mouthShrugLower": "push the lower lip up, as in doubt",
    "mouthShrugUpper": "push the upper lip up", "mouthPress": "press the lips together",
    "mouthLowerDown": "show the lower teeth", "mouthUpperUp": "show the upper teeth",
    "browDown": "frown", "browInnerUp": "raise the inner brows, as in grief",
    "browOuterUp": "raise the outer brows", "cheekPuff": "puff the cheeks",
    "cheekSquint": "smile with the eyes, cheeks raised", "noseSneer": "wrinkle the nose, as at a bad smell",
    "tongueOut": "put the tongue out",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Coverage:
    """What footage shows of each shape.

    Attributes
    ----------
    reach : ndarray, float64, (52,)
        As far as it went (the 99.5th percentile), 0–1.
    frames : ndarray, int64, (52,)
        In how many frames it was above `ACTIVE`.
    apart : ndarray, bool, (52,)
        Whether it was ever shown apart from its mirror image.
    """

    reach: NDArray[np.float64]
    frames: NDArray[np.int64]
    apart: NDArray[np.bool_]

    def verdict(self, shape: int) -> str:
        """`never`, `little`, `paired` (never without its mirror image) or `good`."""
        if self.reach[shape] < SOME:
            return "never"
        if self.reach[shape] < FULL or self.frames[shape] < LEAST_ACTIVE:
            return "little"
        return "good" if self.apart[shape] else "paired"

    def advice(self) -> list[str]:
        """What to film, the shapes that were never shown first."""
        lines = []
        for wanted, words in (
            ("never", "never shown"),
            ("little", "shown little"),
            ("paired", "on both sides only"),
        ):
            names = [name for i, name in enumerate(arkit.NAMES) if self.verdict(i) == wanted]
            lines += [
                f"{'/'.join(_short(group))} {words}: {_advice(base, wanted)}" for base, group in _bases(names)
            ]
        return lines

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = zip(arkit.NAMES, self.reach.tolist(), self.frames.tolist())
        shapes = {
            name: {"reach": round(reach, 3), "frames": frames, "verdict": self.verdict(i)}
            for i, (name, reach, frames) in enumerate(rows)
        }
        return {"shapes": shapes, "advice": self.advice()}


def coverage(weights: NDArray[Any]) -> Coverage:
    """Of labels (N, 52), 0–1; rows with NaN don't count."""
    rows = np.asarray(weights, np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return Coverage(np.zeros(52), np.zeros(52, np.int64), np.zeros(52, bool))
    centred = rows - rows.mean(axis=0)
    mirrored = centred[:, list(arkit.MIRROR)]
    power = np.sqrt((centred**2).sum(axis=0) * (mirrored**2).sum(axis=0))
    alike = (centred * mirrored).sum(axis=0) / np.maximum(power, 1e-12)
    alone = np.array(arkit.MIRROR) == np.arange(arkit.COUNT)
    alone |= np.array(arkit.REGION) == "gaze"  # eyes go together
    return Coverage(np.quantile(rows, 0.995, axis=0), (rows > ACTIVE).sum(axis=0), alone | (alike < TOGETHER))


def _bases(names: list[str]) -> list[tuple[str, list[str]]]:
    """Names grouped by their pair, in order."""
    groups: dict[str, list[str]] = {}
    for name in names:
        base = name if name in ADVICE else name.replace("Left", "").replace("Right", "")
        groups.setdefault(base, []).append(name)
    return list(groups.items())


def _short(group: list[str]) -> list[str]:
    return [group[0], *(("Right",) if len(group) > 1 else ())]


def _advice(base: str, verdict: str) -> str:
    return f"{ADVICE[base]}, on one side alone" if verdict == "paired" else ADVICE[base]
