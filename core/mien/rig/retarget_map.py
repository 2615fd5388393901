"""From the 52 weights to the channels of a rig: which shape drives which channel, as one matrix.

Channels are matched by their names only, and only where the name leaves no doubt: `eyeBlinkLeft`,
`EyeBlinkLeft`, `eye_blink_left`, `eyeBlink_L`, `Eye_Blink_L`, `L_eyeBlink`, with a node or a prefix before it
(`blendShape1.eyeBlinkLeft`, `head_eyeBlinkLeft`). Nothing is guessed from parts of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit


@dataclass(frozen=True, eq=False)
class RetargetMap:
    """What drives each channel.

    Attributes
    ----------
    channels : tuple of str, (C,)
        The rig's names, in the rig's order; only those that something drives.
    shapes : tuple of str, (C,)
        The ARKit shape that drives each of them.
    matrix : ndarray, float32, (52, C)
        Read-only. Channel c is `weights @ matrix[:, c]`.
    """

    channels: tuple[str, ...]
    shapes: tuple[str, ...]
    matrix: NDArray[np.float32]

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> RetargetMap:
        """Make a map of (channel, shape) pairs, each at full strength."""
        run = list(pairs)
        matrix = np.zeros((arkit.COUNT, len(run)), dtype=np.float32)
        for column, (_channel, shape) in enumerate(run):
            matrix[arkit.INDEX[shape], column] = 1.0
        matrix.flags.writeable = False
        return cls(tuple(channel for channel, _ in run), tuple(shape for _, shape in run), matrix)

    def apply(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """Weights (N, 52) into channel values, float32 (N, C), in one product."""
        return np.asarray(weights, dtype=np.float32) @ self.matrix


def match_names(channel_names: Iterable[str]) -> RetargetMap:
    """Match a rig's channels to ARKit's shapes by their names; those without a match are left out.

    A channel that is half of a shape ARKit doesn't divide (`browInnerUp_L`, `cheekPuff_R`) is driven by the
    whole one. Several channels may follow one shape.
    """
    pairs = ((name, shape_of(name)) for name in channel_names)
    return RetargetMap.from_pairs((name, shape) for name, shape in pairs if shape is not None)


def shape_of(channel: str) -> str | None:
    """The ARKit shape that a channel is named after, or None."""
    segments = [part for part in re.split(r"[^A-Za-z0-9]+", re.split(r"[.:|/]", channel)[-1]) if part]
    for start in range(len(segments)):
        shape = _SHAPES.get(_plain(segments[start:]))
        if shape is not None:
            return None if _has_meaning(segments[:start]) else shape
    return None


_SIDES: Final = {"l": "left", "left": "left", "r": "right", "right": "right"}
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_HALVED: Final = ("browInnerUp", "cheekPuff")
_SHAPES: Final = {
    **{name.lower(): name for name in arkit.NAMES},
    **{name.lower() + side: name for name in _HALVED for side in ("left", "right")},
}


def _words(segments: Iterable[str]) -> list[str]:
    words = [word.lower() for segment in segments for word in _WORD.findall(segment)]
    return [_SIDES.get(word, word) for word in words]


def _plain(segments: Iterable[str]) -> str:
    """The words in small letters, the side at the end."""
    words = _words(segments)
    if len(words) > 1 and words[0] in _SIDES and words[-1] not in _SIDES:
        words = [*words[1:], words[0]]
    return "".join(words)


def _has_meaning(prefix: list[str]) -> bool:
    """Whether words before a shape's name make it another channel: a side, or a combination of shapes."""
    words = _words(prefix)
    tails = (_plain(prefix[i:j]) for i in range(len(prefix)) for j in range(i + 1, len(prefix) + 1))
    return any(word in _SIDES for word in words) or any(tail in _SHAPES for tail in tails)
