"""Frames ─▶ Samples ─▶ Take: each frame through the tracker, the network's pose set into the frame.

Frames are decoded in a thread beside (`mien.ahead`). What comes out does not depend on its timing, nor on the
number of the network's threads.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import islice
from typing import Any

import numpy as np

from . import arkit
from .ahead import ahead
from .boxes import wrapped
from .image_sequences import ImageSequence
from .sighting import Sighting
from .sources import Video
from .student import Student
from .tracker import TOGETHER, FixedCrop, Tracker
from .types import LANDMARK_COUNT, FaceBox, Frame, HeadPose, Sample
from .version import __version__

NO_BOX = FaceBox(float("nan"), float("nan"), float("nan"), float("nan"))


def solve(
    frames: Iterable[Frame],
    student: Student,
    crop: tuple[float, float, float, float] | None = None,
) -> Generator[Sample, None, None]:
    """One Sample for each frame, as soon as it is there; frames are taken a few ahead.

    Parameters
    ----------
    frames : iterable of Frame
        In order of time.
    student : Student
    crop : tuple of float, optional
        x, y, width, height in pixels of the frame: a fixed rectangle instead of finding and following.
    """
    tracker = FixedCrop(student, crop) if crop else Tracker(student)
    with closing(ahead(frames)) as decoded:
        waiting = deque(islice(decoded, TOGETHER))
        while waiting:
            for sighting in tracker.update_some(list(waiting)):
                time = waiting.popleft().time
                yield no_face(time) if sighting is None else sample_of(sighting, time)
            waiting.extend(islice(decoded, TOGETHER - len(waiting)))


def sample_of(sighting: Sighting, time: float) -> Sample:
    """A Sample of a sighting at `time` seconds."""
    return Sample(
        time=time,
        weights=sighting.weights,
        landmarks=sighting.landmarks,
        pose=pose_in_frame(sighting),
        confidence=sighting.confidence,
        box=sighting.box,
        code=sighting.code,
    )


def pose_in_frame(sighting: Sighting) -> HeadPose:
    """The head's pose in the frame: what the network sees upright in its crop, tilted by the box's roll."""
    pitch, yaw, roll = (float(angle) for angle in sighting.pose)
    return HeadPose(pitch, yaw, wrapped(roll + sighting.box.roll))


def no_face(time: float) -> Sample:
    """The Sample of a frame without a face at `time` seconds."""
    nan = float("nan")
    return Sample(
        time=time,
        weights=np.full(arkit.COUNT, nan, np.float32),
        landmarks=np.full((LANDMARK_COUNT, 2), nan, np.float32),
        pose=HeadPose(nan, nan, nan),
        confidence=0.0,
        box=NO_BOX,
    )


def about(video: Video | ImageSequence, student: Student) -> dict[str, Any]:
    """What a Take says about its origin (see `mien.take.Take.about`)."""
    return {"name": video.name, **origin(video.path.name, video.size, video.rate, student)}


def origin(
    source: str, size: tuple[int, int] | None, rate: float | None, student: Student | None
) -> dict[str, Any]:
    """The same of any source but for the name; a stream has no picture and needs no network."""
    pictures = {} if size is None else {"frame_size": list(size)}
    return {
        "source": source,
        **pictures,
        "rate": rate or 60.0,
        **({} if student is None else _network(student)),
        "mien": __version__,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }


def _network(student: Student) -> dict[str, str]:
    reader = {} if student.reader_sha256 is None else {"reader_sha256": student.reader_sha256}
    return {"network": student.name, "network_sha256": student.sha256, **reader}
