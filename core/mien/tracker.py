"""Where the face is, from frame to frame: follow it by its own landmarks, notice its loss.

The landmarks say where the next frame's crop belongs. All decisions are deterministic, and times are seconds
of footage. How a face is found is in `mien.search`, how it is looked at in `mien.sighting`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Optional

from .boxes import is_apart, is_usable, wrapped
from .crop import box_from_landmarks
from .search import search, settle
from .sighting import Sighting, look, look_in_all
from .student import Student
from .types import FaceBox, Frame
from .windows import PASSES, windows

LOST: Final = 0.4
"""Presence below which a followed face is lost."""

SEARCH_EVERY: Final = 0.3
"""Seconds of footage between two passes of a search that goes on."""

REMEMBER: Final = 2.0
"""Seconds of footage for which the place where a face was lost is looked at in every frame."""

CENTRE_SLACK: Final = 0.02
SIZE_SLACK: Final = 0.03
ROLL_SLACK: Final = 1.5
"""A followed box is dragged on a loose rope: it stays while the landmarks' box is within so many sides, so
much of its size, so many degrees of it. The noise of the landmarks so never moves the crop, and the crop
never jumps: it comes after by the excess alone."""

HOLD: Final = 0.13
HELD: Final = 2.0
"""It is dragged when so many seconds have passed since it moved last, or the rope is stretched to so much of
its length: in between several frames are cut alike and solved at once, and don't tremble with the box."""

TOGETHER: Final = 4
"""Frames at most that are solved at once."""

CENTRE_REACH: Final = 0.1
SIZE_REACH: Final = 0.15
ROLL_REACH: Final = 12.0
"""Farther off than this, a frame is cut and solved again where its landmarks say (fast movement)."""

CENTRE_JUMP: Final = 0.5
SIZE_JUMP: Final = 0.5
ROLL_JUMP: Final = 45.0
"""From one frame to the next, more is no movement of a head: the face is lost (a cut in the edit, a slip)."""


class Tracker:
    """Follows one face through a run of frames, from the first at which it is found."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self._box: FaceBox | None = None
        self._since = -math.inf
        self._at_once = 1
        self._lost_box: FaceBox | None = None
        self._lost_time = -math.inf
        self._next_pass = 0
        self._next_search = -math.inf

    def update(self, frame: Frame) -> Sighting | None:
        """The face in the next frame, or None when there is none."""
        return self.update_some([frame])[0]

    def update_some(self, frames: Sequence[Frame]) -> list[Sighting | None]:
        """The face in the next frame, and in those after it that could be solved together with it.

        Parameters
        ----------
        frames : sequence of Frame
            The next ones, at least one. Those of which no result comes back are to be given again.

        Returns
        -------
        list of Sighting or None
            At least one: what `update` would have said of each frame. (The network's answers to several
            crops at once differ from those to one by rounding, less than 1e-5; where they are cut does not.)
        """
        box = self._box
        if box is None:
            return [self._find(frames[0])]
        run, results = self._together(frames), list[Optional[Sighting]]()
        for frame, sighting in zip(run, look_in_all(self._student, [(frame, box) for frame in run])):
            due = self._is_due(frame)
            results.append(self._follow(frame, box, sighting))
            if self._box is not box:
                self._at_once = TOGETHER if due else 1
                return results
        self._at_once = min(2 * self._at_once, TOGETHER)
        return results

    def _together(self, frames: Sequence[Frame]) -> list[Frame]:
        """As many of the next frames as the box will probably stay for."""
        due = next((i for i, frame in enumerate(frames) if self._is_due(frame)), len(frames))
        return list(frames[: min(due + 1, self._at_once)])

    def _is_due(self, frame: Frame) -> bool:
        return frame.time >= self._since + HOLD

    def _follow(self, frame: Frame, box: FaceBox, sighting: Sighting) -> Sighting | None:
        """What a look into the box shows; the box moves on when it must."""
        fitted = box_from_landmarks(sighting.landmarks)
        if is_apart(box, fitted, CENTRE_JUMP, SIZE_JUMP, ROLL_JUMP) or not is_usable(fitted, frame):
            return self._find_again(frame)
        if is_apart(box, fitted, CENTRE_REACH, SIZE_REACH, ROLL_REACH):
            sighting = look(self._student, frame, [fitted])[0]
            fitted = box_from_landmarks(sighting.landmarks)
        if sighting.presence < LOST or not is_usable(fitted, frame):
            return self._find_again(frame)
        if self._is_due(frame) or is_apart(
            box, fitted, HELD * CENTRE_SLACK, HELD * SIZE_SLACK, HELD * ROLL_SLACK
        ):
            self._box, self._since = dragged(box, fitted), frame.time
        return sighting

    def _find_again(self, frame: Frame) -> Sighting | None:
        self._lose(frame.time)
        return self._find(frame)

    def _find(self, frame: Frame) -> Sighting | None:
        sighting = self._look_again(frame) or self._search(frame)
        if sighting is not None:
            self._box, self._since = box_from_landmarks(sighting.landmarks), frame.time
        return sighting

    def _lose(self, time: float) -> None:
        self._lost_box, self._lost_time, self._box = self._box, time, None
        self._next_pass, self._next_search = 0, time

    def _look_again(self, frame: Frame) -> Sighting | None:
        """Look where the face was lost: it comes back from behind a hand without a search."""
        if self._lost_box is None or frame.time > self._lost_time + REMEMBER:
            return None
        return settle(self._student, frame, [self._lost_box])

    def _search(self, frame: Frame) -> Sighting | None:
        """One pass over the frame, if its time has come; all of them where none was made before."""
        if frame.time < self._next_search:
            return None
        passes = [PASSES[self._next_pass]] if math.isfinite(self._next_search) else PASSES
        self._next_pass = (self._next_pass + 1) % len(PASSES)
        self._next_search = frame.time + SEARCH_EVERY
        height, width = frame.luma.shape
        for one in passes:
            found = search(self._student, frame, list(windows(width, height, one)))
            if found is not None:
                return found
        return None


class FixedCrop:
    """The papers' way: always the same rectangle, for a camera worn on the head. Never searches.

    Parameters
    ----------
    student : Student
    rectangle : tuple of float
        x, y (top left corner), width and height in pixels of the frame; what is not square is enlarged to a
        square about its centre.
    """

    def __init__(self, student: Student, rectangle: tuple[float, float, float, float]) -> None:
        x, y, width, height = rectangle
        self._student = student
        self.box = FaceBox(x + (width - 1) / 2, y + (height - 1) / 2, max(width, height))

    def update(self, frame: Frame) -> Sighting | None:
        """The face in the rectangle, or None when there is none."""
        return self.update_some([frame])[0]

    def update_some(self, frames: Sequence[Frame]) -> list[Sighting | None]:
        """The same for the next frames, as many as are solved at once (see `Tracker.update_some`)."""
        seen = look_in_all(self._student, [(frame, self.box) for frame in frames[:TOGETHER]])
        return [sighting if sighting.presence >= LOST else None for sighting in seen]


def dragged(box: FaceBox, target: FaceBox) -> FaceBox:
    """The box after its target has pulled at it on a loose rope (see CENTRE_SLACK)."""
    away = math.hypot(target.x - box.x, target.y - box.y)
    part = _beyond(away, CENTRE_SLACK * box.size) / away if away else 0.0
    growth = _beyond(math.log(target.size / box.size), math.log1p(SIZE_SLACK))
    return replace(
        box,
        x=box.x + part * (target.x - box.x),
        y=box.y + part * (target.y - box.y),
        size=box.size * math.exp(growth),
        roll=wrapped(box.roll + _beyond(wrapped(target.roll - box.roll), ROLL_SLACK)),
    )


def _beyond(value: float, slack: float) -> float:
    """What of a value goes beyond ±slack."""
    return math.copysign(max(abs(value) - slack, 0.0), value)
