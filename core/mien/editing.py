"""A take under the editor's hands: find what is bad, and put a newly solved span in its place (punch-in).

Cutting and resampling are methods of `mien.take.Take` itself. Nothing here reads or writes files.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import TakeError
from .resampling import mixed
from .take import ANGLES, ARRAYS, Take

BAD: Final = 0.5
"""A sample whose confidence is below this is bad, if nobody says otherwise. A frame without a face has 0."""

SAME: Final = 1e-4
"""Seconds. Two samples nearer than this are one frame."""


def next_bad(take: Take, time: float, threshold: float = BAD, *, backward: bool = False) -> float | None:
    """When the next bad frame comes after a time, or before it.

    Parameters
    ----------
    time : float
        Seconds. A frame within `SAME` of it is the one that is looked at, and doesn't count.
    threshold : float
        0–1: confidence below it is bad.

    Returns
    -------
    float or None
        Its time in seconds; None where no more come.
    """
    bad = take.times[_is_bad(take, threshold)]
    if backward:
        before = bad[bad < time - SAME]
        return float(before[-1]) if len(before) else None
    after = bad[bad > time + SAME]
    return float(after[0]) if len(after) else None


def bad_spans(take: Take, threshold: float = BAD) -> NDArray[np.float64]:
    """Runs of bad frames: float64 (M, 2), seconds of the first and the last frame of each."""
    bad = _is_bad(take, threshold).astype(np.int8)
    steps = np.diff(bad, prepend=0, append=0)
    first, end = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return np.stack([take.times[first], take.times[end - 1]], axis=1)


def punch_in(take: Take, part: Take, fade: float = 0.0) -> Take:
    """Put a newly solved span in the place of the old one.

    Parameters
    ----------
    take : Take
        What is there. Samples within the span of `part` go; all others stay to the bit.
    part : Take
        What replaces it, its times on the same clock (as `mien solve --from --to` leaves them).
    fade : float
        Seconds at either end of the span in which the new samples are mixed with the old ones, from all old
        to all new; 0 for none. There is no mixing where either has no face, nor beyond the ends of `take`.

    Returns
    -------
    Take
        With the `about` of `take`. The eyes' own angles stay where they were measured.
    """
    if not len(part):
        raise TakeError("There are no frames in the part to punch in", "Solve a longer span.")
    sizes = [side.about.get("frame_size") for side in (take, part)]
    if None not in sizes and sizes[0] != sizes[1]:
        raise TakeError(f"The take and the part are of pictures of another size: {sizes[0]} and {sizes[1]}",
                        "Solve the part from the same footage.")  # fmt: skip
    if not (fade >= 0 and 2 * fade <= max(part.duration, 0.0)):
        raise TakeError(
            f"A fade of {fade:g} s at both ends does not fit into a span of {part.duration:g} s",
            "Solve a longer span, or fade less.",
        )
    new = _faded(take, part, fade) if fade else part
    before, after = take.times < part.times[0] - SAME, take.times > part.times[-1] + SAME
    arrays = {name: getattr(take, name) for name in ARRAYS}
    return take.replaced(**{
        name: np.concatenate([old[before], getattr(new, name), old[after]]) for name, old in arrays.items()
    })  # fmt: skip


def punch_in_later(take: Take, part: Take, later: float, fade: float = 0.0) -> Take:
    """The same with a part on a clock of its own, such as a recording of live.

    Parameters
    ----------
    take, part : Take
    later : float
        At which second of `take` the part's second 0 lies.
    fade : float
        As of `punch_in`; at most half of the part.
    """
    moved = part.replaced(times=part.times + later)
    return punch_in(take, moved, min(fade, moved.duration / 2))


def _is_bad(take: Take, threshold: float) -> NDArray[np.bool_]:
    return np.asarray(~take.found | (take.confidence < threshold))


def _faded(take: Take, part: Take, fade: float) -> Take:
    """The part, at its ends mixed with what the take has there."""
    if not len(take):
        return part
    away = np.minimum(part.times - part.times[0], part.times[-1] - part.times)
    share = np.clip(away / fade, 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    old = take.resample(part.times)
    faces = part.found & old.found
    arrays = {"times": part.times}
    for name in ARRAYS[1:]:
        fresh, stale = getattr(part, name), getattr(old, name)
        known = np.isfinite(fresh).reshape(len(part), -1) & np.isfinite(stale).reshape(len(part), -1)
        rows = faces & known.all(axis=1)
        arrays[name] = fresh.astype(np.float64)
        arrays[name][rows] = mixed(stale[rows], fresh[rows], share[rows], ANGLES.get(name, ()))
    return part.replaced(**arrays)
