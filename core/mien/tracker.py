"""Where the face is: find it, follow it by its own landmarks, notice its loss.

There is no second network: the student scores search windows by its presence output, and its landmarks
say where the next frame's crop belongs. All decisions are deterministic, and times are seconds of footage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Optional

import numpy as np
from numpy.typing import NDArray

from .crop import box_from_landmarks, cut, to_frame
from .student import Student
from .types import CROP_SIZE, FaceBox, Frame
from .windows import PASSES, SMALLEST, windows

FOUND: Final = 0.7
CREDIBLE: Final = 0.2
"""Presence and confidence that a search must reach."""

LOST: Final = 0.4
"""Presence below which a followed face is lost."""

SEARCH_EVERY: Final = 0.3
"""Seconds of footage between two passes of a search that goes on."""

REMEMBER: Final = 2.0
"""Seconds of footage for which the place where a face was lost is looked at in every frame."""

CANDIDATES: Final = 6
SETTLING_ROUNDS: Final = 3
"""So many of the best windows move, so many times, to where their own landmarks say the face is."""

AS_SURE: Final = 0.1
"""Of several faces the largest is followed, unless its presence is lower by more than this."""

CENTRE_SLACK: Final = 0.02
SIZE_SLACK: Final = 0.03
ROLL_SLACK: Final = 1.5
"""A followed box is dragged on a loose rope: it stays while the landmarks' box is within so many sides, so
much of its size, so many degrees of it. The noise of the landmarks so never moves the crop, and the crop
never jumps: it comes after by the excess alone."""

HOLD: Final = 0.13
HELD: Final = 1.2
"""It is dragged when so many seconds have passed since it moved last, or the rope is stretched to so much of
its length: in between several frames are cut alike and solved at once."""

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


NUDGE: Final = 0.12
NUDGE_ROLL: Final = 8.0
STEADY: Final = 0.6
"""A face that was found is looked at again from so many sides and degrees off; its landmarks may follow by
less than this part of it."""

_NO_CROPS: Final = np.empty((0, CROP_SIZE, CROP_SIZE), np.uint8)


@dataclass(frozen=True)
class Sighting:
    """The network's answer at one place of a frame.

    Attributes
    ----------
    box : FaceBox
        Where it looked, pixels of the frame.
    weights : ndarray, float32, (52,)
        0–1, in the order of `mien.arkit.NAMES`.
    landmarks : ndarray, float32, (70, 2)
        Pixels of the frame.
    presence : float
        0–1: the probability that a face is properly in the box.
    pose : ndarray, float32, (3,)
        Pitch, yaw, roll in degrees, relative to the box.
    confidence : float
        0–1: how far the weights can be trusted.
    code : ndarray, float32, (C,)
        What the network keeps of it (see `mien.person`); empty where there is none.
    """

    box: FaceBox
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    presence: float
    pose: NDArray[np.float32]
    confidence: float
    code: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))


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


def look(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> list[Sighting]:
    """Solve a frame at each of some boxes."""
    return look_in_all(student, [(frame, box) for box in boxes])


def look_in_all(student: Student, places: Sequence[tuple[Frame, FaceBox]]) -> list[Sighting]:
    """Solve each of some frames at its box."""
    crops = [cut(frame.luma, box, frame.levels).image for frame, box in places]
    output = student.solve(np.stack(crops) if crops else _NO_CROPS)
    return [
        Sighting(box, output.weights[i], to_frame(output.landmarks[i], box), float(output.presence[i]),
                 output.pose[i], float(output.confidence[i]), output.code[i])
        for i, (_, box) in enumerate(places)
    ]  # fmt: skip


def search(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> Sighting | None:
    """The face in a picture, begun from the best of some windows; None when there is none."""
    seen = sorted(look(student, frame, boxes), key=lambda sighting: -sighting.presence)
    return settle(student, frame, [sighting.box for sighting in seen[:CANDIDATES]])


def settle(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> Sighting | None:
    """Let boxes move to where their own landmarks say; of those that are a face in the end, the largest."""
    for _ in range(SETTLING_ROUNDS):
        boxes = [box for box in _fitted(student, frame, boxes) if is_usable(box, frame)]
    seen = look(student, frame, boxes)
    likely = [face for face in seen if face.presence >= FOUND and face.confidence >= CREDIBLE]
    faces = [face for face in likely if is_steady(student, frame, face)]
    surest = max((sighting.presence for sighting in faces), default=0.0)
    sure = [sighting for sighting in faces if sighting.presence >= surest - AS_SURE]
    return max(sure, key=lambda sighting: sighting.box.size, default=None)


def is_steady(student: Student, frame: Frame, sighting: Sighting) -> bool:
    """Whether the landmarks stay on the face when the crop moves; those of a mistake move with the crop."""
    box = box_from_landmarks(sighting.landmarks)
    if not is_usable(box, frame):
        return False
    step = NUDGE * box.size
    nudged = [
        FaceBox(box.x - step, box.y, box.size / (1 + NUDGE), box.roll - NUDGE_ROLL),
        FaceBox(box.x, box.y + step, box.size * (1 + NUDGE), box.roll + NUDGE_ROLL),
    ]
    part = STEADY
    return not any(
        is_apart(box, again, part * NUDGE, part * NUDGE, part * NUDGE_ROLL)
        for again in _fitted(student, frame, nudged)
    )


def _fitted(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> list[FaceBox]:
    """The boxes that the landmarks in some boxes ask for."""
    return [box_from_landmarks(sighting.landmarks) for sighting in look(student, frame, boxes)]


def is_usable(box: FaceBox, frame: Frame) -> bool:
    """Whether a face can be measured there: finite, neither tiny nor larger than any face, centre in view."""
    height, width = frame.luma.shape
    if not all(map(math.isfinite, (box.x, box.y, box.size, box.roll))):
        return False
    return SMALLEST <= box.size <= 3 * max(width, height) and 0 <= box.x < width and 0 <= box.y < height


def is_apart(box: FaceBox, other: FaceBox, centre: float, size: float, roll: float) -> bool:
    """Whether two boxes differ by more than so many sides, share of the size, or degrees."""
    away = math.hypot(other.x - box.x, other.y - box.y) / box.size
    growth = abs(math.log(max(other.size, 1e-6) / box.size))
    return not (away <= centre and growth <= math.log1p(size) and abs(wrapped(other.roll - box.roll)) <= roll)


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


def wrapped(degrees: float) -> float:
    """The same angle within -180 to 180 degrees."""
    return (degrees + 180.0) % 360.0 - 180.0
