"""What a face can't do: constraints on tuned weights, each of which can be turned off.

In order: gaze is held through a blink, winks are kept apart, opposite pairs are resolved, weights are kept
within 0–1, lips close no further than the jaw is open, and lips that touch in the picture are sealed.
All work on the whole take at once; each gives new weights and leaves its input alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import arkit
from .take import Take

_I: Final = arkit.INDEX
_BLINKS: Final = (_I["eyeBlinkLeft"], _I["eyeBlinkRight"])
_CLOSE, _JAW = _I["mouthClose"], _I["jawOpen"]


@dataclass(frozen=True)
class Constraints:
    """Which constraints hold; all do unless turned off.

    Attributes
    ----------
    hold_gaze : bool
        The eyes go straight from where they looked before a blink to where they look after it.
    part_winks : bool
        A closing eye doesn't take the other along.
    resolve_opposites : bool
        Of two shapes that no face shows together only the difference stays.
    clamp : bool
        Weights stay within 0–1.
    limit_close : bool
        mouthClose ≤ jawOpen: it is a corrective of it.
    seal_lips : bool
        Lips that touch (B, P, M) close wholly.
    """

    hold_gaze: bool = True
    part_winks: bool = True
    resolve_opposites: bool = True
    clamp: bool = True
    limit_close: bool = True
    seal_lips: bool = True


def constrain(weights: NDArray[np.floating], take: Take, wanted: Constraints) -> NDArray[np.float32]:
    """Apply what is wanted.

    Parameters
    ----------
    weights : ndarray, (N, 52)
        Tuned, without NaN.
    take : Take
        The raw take they come from: its times, and its landmarks for the lips.
    wanted : Constraints

    Returns
    -------
    ndarray, float32, (N, 52)
    """
    result = np.array(weights, dtype=np.float32)
    if wanted.hold_gaze:
        _hold_gaze(result, take.times)
    if wanted.part_winks:
        _part_winks(result)
    if wanted.resolve_opposites:
        _resolve_opposites(result)
    if wanted.clamp:
        np.clip(result, 0.0, 1.0, out=result)
    if wanted.seal_lips:
        _seal_lips(result, touching(take))
    if wanted.limit_close:
        np.minimum(result[:, _CLOSE], np.maximum(result[:, _JAW], 0.0), out=result[:, _CLOSE])
    return result


SHUT: Final = 0.5
"""An eye whose blink is above this is not seen looking."""

BESIDE: Final = 0.034
"""Seconds beside a blink in which the lid still hides the iris: a frame at 30 fps."""

LONGEST_BLINK: Final = 0.6
"""Seconds. Eyes that stay shut longer are left as they were solved."""

_GAZE: Final = tuple(
    (_I[f"eyeBlink{side}"], [_I[f"eyeLook{way}{side}"] for way in ("Down", "In", "Out", "Up")])
    for side in ("Left", "Right")
)


def _hold_gaze(weights: NDArray[np.float32], times: NDArray[np.float64]) -> None:
    for blink, gaze in _GAZE:
        hidden = _blinking(times, weights[:, blink] > SHUT)
        if hidden.any() and not hidden.all():
            for i in gaze:
                weights[hidden, i] = np.interp(times[hidden], times[~hidden], weights[~hidden, i])


def _blinking(times: NDArray[np.float64], shut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The samples (N,) in and beside blinks: runs of `shut` of a blink's length with open eyes around."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]]).astype(np.int8)))
    hidden = np.zeros(len(times), dtype=bool)
    for start, end in edges.reshape(-1, 2):  # shut from start to before end
        if start > 0 and end < len(times) and times[end] - times[start] <= LONGEST_BLINK:
            first = np.searchsorted(times, times[start] - BESIDE - 1e-3)
            last = np.searchsorted(times, times[end - 1] + BESIDE + 1e-3, "right")
            hidden[max(first, 1) : min(last, len(times) - 1)] = True
    return hidden


WINK_FROM, WINK_AT = 0.3, 0.6
"""A difference of the blinks that begins to be a wink, and one that is: real blinks in the recordings of
../shared/arkit differ by less than 0.26."""


def _part_winks(weights: NDArray[np.float32]) -> None:
    """Take the leak off the eye that is less shut: all of it where the other winks."""
    left, right = weights[:, _BLINKS[0]], weights[:, _BLINKS[1]]
    kept = 1.0 - _ease((np.abs(left - right) - WINK_FROM) / (WINK_AT - WINK_FROM))
    less = np.minimum(left, right) * kept
    weights[:, _BLINKS[0]] = np.where(left < right, less, left)
    weights[:, _BLINKS[1]] = np.where(right < left, less, right)


OPPOSITES: Final[tuple[tuple[str, str], ...]] = (
    ("jawLeft", "jawRight"),
    ("mouthLeft", "mouthRight"),
    *((f"eyeLookIn{side}", f"eyeLookOut{side}") for side in ("Left", "Right")),
    *((f"eyeLookUp{side}", f"eyeLookDown{side}") for side in ("Left", "Right")),
    *((f"mouthSmile{side}", f"mouthFrown{side}") for side in ("Left", "Right")),
    *((f"browDown{side}", f"browOuterUp{side}") for side in ("Left", "Right")),
)
"""Pairs that are never both above 0 in 7,971 frames of Live Link Face recordings. browDown and browInnerUp,
or mouthPucker and mouthSmile, are seen together and are left alone."""

_PAIRS: Final = np.array([[_I[one], _I[other]] for one, other in OPPOSITES])


def _resolve_opposites(weights: NDArray[np.float32]) -> None:
    for one, other in _PAIRS:
        both = np.maximum(np.minimum(weights[:, one], weights[:, other]), 0.0)
        weights[:, one] -= both
        weights[:, other] -= both


INNER_LIPS: Final = ((61, 67), (62, 66), (63, 65))
"""Points of the upper and lower inner lip that meet."""

TOUCH_QUANTILE: Final = 0.02
LARGEST_TOUCH: Final = 0.025
"""Parts of the face box's size: inner lips that never come nearer than this are taken never to touch."""

TOUCH_WAY: Final = 0.008
"""Parts of the face box's size from lips that touch to lips that don't."""

PART_LIPS: Final = [_I[f"mouth{way}{side}"] for way in ("LowerDown", "UpperUp") for side in ("Left", "Right")]
"""Shapes that part the lips: they go as the lips are sealed."""

SNAP_FROM, SNAP_AT = 0.7, 0.95
"""mouthClose / jawOpen that begins to mean closed lips, and one that does, where no landmarks tell."""


def touching(take: Take) -> NDArray[np.float32] | None:
    """How far the lips touch in each sample of a raw take, 0–1, float32 (N,); None where nothing tells.

    Measured is the gap of the inner lips as a part of the face's size. What counts as touching is learnt
    from the take: the nearest that the lips come.
    """
    if not np.isfinite(take.boxes[:, 2]).any():
        return None
    upper, lower = ([pair[i] for pair in INNER_LIPS] for i in (0, 1))
    apart = take.landmarks[:, upper] - take.landmarks[:, lower]
    gap = np.sqrt((apart * apart).sum(axis=2)).mean(axis=1) / np.maximum(take.boxes[:, 2], 1.0)
    seen = np.isfinite(gap)
    if not seen.any():
        return None
    touch = float(np.quantile(gap[seen], TOUCH_QUANTILE))
    if touch > LARGEST_TOUCH:
        return np.zeros(len(gap), dtype=np.float32)
    sealed = 1.0 - _ease((np.nan_to_num(gap, nan=1.0) - touch) / TOUCH_WAY - 0.25)
    return np.asarray(sealed, dtype=np.float32)


def _seal_lips(weights: NDArray[np.float32], sealed: NDArray[np.float32] | None) -> None:
    close, jaw = weights[:, _CLOSE], weights[:, _JAW]
    told = _ease((close / np.maximum(jaw, 1e-3) - SNAP_FROM) / (SNAP_AT - SNAP_FROM))
    seal = told if sealed is None else np.maximum(told, sealed)
    weights[:, _CLOSE] = np.maximum(close, seal * jaw)
    if sealed is not None:
        weights[:, PART_LIPS] *= (1.0 - sealed)[:, None]


def _ease(x: NDArray[Any]) -> NDArray[Any]:
    """From 0 at 0 to 1 at 1, level at both ends."""
    inside = np.clip(x, 0.0, 1.0)
    eased: NDArray[Any] = inside * inside * (3.0 - 2.0 * inside)
    return eased
