"""Blinks and lip closures found and missed, to the frame, from hand-made labels of single frames.

What counts as what:

- **An eye is shut** in a frame that labels its eyeBlink on or strong, **open** where it is off. A shut eye is
  *found* when its eyeBlink reaches `SHUT` (½) in that very frame, *near* when it does so at most `REACH`
  frames away. An open eye is shut *by mistake* when its eyeBlink reaches ½ in that frame. Each eye counts by
  itself.
- **Lips are closed** in a frame that is labelled neutral, or mouthRollUpper or mouthRollLower on, or jawOpen
  off, unless a label of the frame says that teeth show (mouthUpperUp, mouthLowerDown or mouthFunnel on, a
  strong smile). They are **apart** where jawOpen is on or strong, or mouthUpperUp or mouthLowerDown on both
  sides. What a take says of the lips is what its weights do to a rig: the gap of the inner lips of Mien's own
  reference head (mean of three pairs of points, less the head's gap at rest). Closed is a gap under `APART`
  of the distance between its pupils. Found, near and by mistake as above.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.constraints import INNER_LIPS
from mien.errors import UsageError
from mien.rig.blendshape_model import BlendshapeModel
from mien.types import LEFT_PUPIL, RIGHT_PUPIL
from numpy.typing import NDArray

SHUT: Final = 0.5
APART: Final = 0.04
"""Part of the distance between the pupils: 2.5 mm of a grown-up's face."""

REACH: Final = 3
ON: Final = ("on", "strong")
TEETH: Final = ("mouthUpperUp", "mouthLowerDown")


@dataclass(frozen=True)
class Moment:
    """A frame of a clip in which something is shut, or is not.

    Attributes
    ----------
    clip : str
    frame : int
    what : str
        eyeBlinkLeft, eyeBlinkRight or lips.
    shut : bool
    """

    clip: str
    frame: int
    what: str
    shut: bool


Labels = dict[tuple[str, int], dict[str, str]]
"""(clip, frame): shape: on, strong or off."""


def read_labels(path: Path) -> Labels:
    """The labels of single frames in a table of events (clip, frame, shape, state, note)."""
    labels: Labels = defaultdict(dict)
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            for clip, frame, shape, state, *_ in list(csv.reader(stream, delimiter="\t"))[1:]:
                if "-" not in frame:
                    labels[clip, int(frame)][shape] = state
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as a table of events ({error})") from error
    return dict(labels)


def moments(labels: Labels) -> list[Moment]:
    """What the labels say of lids and lips."""
    found = []
    for (clip, frame), states in labels.items():
        for eye in ("eyeBlinkLeft", "eyeBlinkRight"):
            if eye in states:
                found.append(Moment(clip, frame, eye, states[eye] in ON))
        closed = lips_closed(states)
        if closed is not None:
            found.append(Moment(clip, frame, "lips", closed))
    return found


def lips_closed(states: dict[str, str]) -> bool | None:
    """Whether a frame's labels say that the lips are closed or apart; None where they don't say."""
    on = {shape for shape, state in states.items() if state in ON}
    if "jawOpen" in on or any({f"{shape}Left", f"{shape}Right"} <= on for shape in TEETH):
        return False
    teeth = any(shape.startswith((*TEETH, "mouthFunnel")) for shape in on)
    grin = any(states.get(f"mouthSmile{side}") == "strong" for side in ("Left", "Right"))
    told = on & {"neutral", "mouthRollUpper", "mouthRollLower"} or states.get("jawOpen") == "off"
    return True if told and not teeth and not grin else None


def lip_gaps(head: BlendshapeModel, weights: NDArray[Any]) -> NDArray[np.float64]:
    """How far the weights (N, 52) open the inner lips of a head, in parts of its pupils' distance (N,).

    0 at rest, negative where they are pressed into each other; NaN where the weights are.
    """
    chosen = [i for pair in INNER_LIPS for i in pair]
    moved = np.asarray(weights, np.float64) @ head.deltas[:, head.landmarks[chosen], 1]
    pupils = head.neutral[head.landmarks[[RIGHT_PUPIL, LEFT_PUPIL]]]
    gaps = (moved[:, 0::2] - moved[:, 1::2]).mean(axis=1) / np.linalg.norm(pupils[0] - pupils[1])
    return np.asarray(gaps, np.float64)


def curves(head: BlendshapeModel, weights: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
    """Where (N,) each thing of `Moment.what` is shut, by weights (N, 52). Without a face nothing is."""
    shut = {eye: weights[:, arkit.INDEX[eye]] >= SHUT for eye in ("eyeBlinkLeft", "eyeBlinkRight")}
    return {**shut, "lips": lip_gaps(head, weights) < APART}


def tally(labelled: Iterable[Moment], shut: dict[str, dict[str, NDArray[np.bool_]]]) -> dict[str, Any]:
    """Count: `shut[clip][what]` (N,) against the labels, for blinks and lips.

    Returns
    -------
    dict
        blinks, lips: shut (labelled so), found (in the frame), near (not in it, but within `REACH`), missed;
        open (labelled so), by_mistake; misses: the (clip, frame, what) of those missed, or shut by mistake.
    """
    counts = {kind: dict.fromkeys(("shut", "found", "near", "missed", "open", "by_mistake"), 0)
              for kind in ("blinks", "lips")}  # fmt: skip
    wrong: dict[str, list[list[Any]]] = {"blinks": [], "lips": []}
    for moment in labelled:
        if moment.clip not in shut:
            continue
        kind = "lips" if moment.what == "lips" else "blinks"
        outcome = judged(shut[moment.clip][moment.what], moment)
        counts[kind]["shut" if moment.shut else "open"] += 1
        if outcome:
            counts[kind][outcome] += 1
        if outcome in ("missed", "by_mistake"):
            wrong[kind].append([moment.clip, moment.frame, moment.what])
    return {kind: {**found, "misses": wrong[kind]} for kind, found in counts.items()}


def judged(shut: NDArray[np.bool_], moment: Moment) -> str:
    """`found`, `near` or `missed` for what is shut; `by_mistake` or nothing for what is open."""
    there = moment.frame < len(shut) and bool(shut[moment.frame])
    if not moment.shut:
        return "by_mistake" if there else ""
    around = shut[max(moment.frame - REACH, 0) : moment.frame + REACH + 1]
    return "found" if there else "near" if around.any() else "missed"
