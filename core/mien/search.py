"""Finding a face in a frame: windows all over it, the best of them settled on what they show.

There is no second network: the student scores the windows by its presence output. Which windows there are is
in `mien.windows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .boxes import is_apart, is_usable
from .crop import box_from_landmarks
from .sighting import Sighting, look
from .student import Student
from .types import FaceBox, Frame

FOUND: Final = 0.7
CREDIBLE: Final = 0.2
"""Presence and confidence that a search must reach."""

CANDIDATES: Final = 6
SETTLING_ROUNDS: Final = 3
"""So many of the best windows move, so many times, to where their own landmarks say the face is."""

AS_SURE: Final = 0.1
"""Of several faces the largest is followed, unless its presence is lower by more than this."""

NUDGE: Final = 0.12
NUDGE_ROLL: Final = 8.0
STEADY: Final = 0.6
"""A face that was found is looked at again from so many sides and degrees off; its landmarks may follow by
less than this part of it."""


def search(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> Sighting | None:
    """The face in a picture, begun from the best of some windows; None when there is none."""
    seen = sorted(look(student, frame, boxes), key=lambda sighting: -sighting.presence)
    return settle(student, frame, [sighting.box for sighting in seen[:CANDIDATES]])


def settle(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> Sighting | None:
    """Let boxes move to where their own landmarks say; of those that are a face in the end, the largest."""
    for _ in range(SETTLING_ROUNDS):
        boxes = [box for box in fitted(student, frame, boxes) if is_usable(box, frame)]
    seen = look(student, frame, boxes)
    likely = [face for face in seen if face.presence >= FOUND and face.confidence >= CREDIBLE]
    return _chosen(student, frame, sorted(likely, key=lambda face: -face.presence))


def _chosen(student: Student, frame: Frame, faces: Sequence[Sighting]) -> Sighting | None:
    """Of steady faces the largest, unless it is less sure than the surest; no more are tried than needed.

    The surest come first.
    """
    first = next((i for i, face in enumerate(faces) if is_steady(student, frame, face)), None)
    if first is None:
        return None
    surest = faces[first]
    rivals = [face for face in faces[first:] if face.presence >= surest.presence - AS_SURE]
    by_size = sorted(rivals, key=lambda face: -face.box.size)
    return next(face for face in by_size if face is surest or is_steady(student, frame, face))


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
        for again in fitted(student, frame, nudged)
    )


def fitted(student: Student, frame: Frame, boxes: Sequence[FaceBox]) -> list[FaceBox]:
    """The boxes that the landmarks in some boxes ask for."""
    return [box_from_landmarks(sighting.landmarks) for sighting in look(student, frame, boxes)]
