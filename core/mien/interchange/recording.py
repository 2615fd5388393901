"""A live stream becomes a Take: whose frames count, when they were, and what had to be left out.

Everything is bounded: one sender, a thousand samples a second, `MOST` of them, and skips only counted.
"""

from __future__ import annotations

import datetime
from array import array
from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from ..take import Take
from ..types import FaceBox, HeadPose, Sample
from ..version import __version__
from .stream import StreamFrame
from .timecode import TICKS, write_timecode

MOST: Final = 1_000_000
"""Samples of one recording: four and a half hours at 60 a second, and 280 MB."""

NEAREST: Final = 0.001
"""Seconds. Of frames nearer together than this the first one counts."""

BACK: Final = 1.0
ASTRAY: Final = 5.0
"""Seconds by which a sender's clock may go back, or be off the time of arrival, before it counts as set anew.

Packets overtake one another by less, and a network that stands still delivers late by less.
"""

HOLE: Final = 0.5
"""Seconds without a frame after which a face was not there: the take gets a sample without one in between."""

_OTHER: Final = "packets from another sender"
_LATE: Final = "frames that came twice, late or too close together"
_FULL: Final = f"frames beyond the {MOST:,} that one recording holds"


class Recorder:
    """Takes up frames one by one; the first sender that sends one is the one that is recorded.

    Parameters
    ----------
    of_day : bool
        Whether the sender's clock counts from midnight: then the take gets its timecode.

    Attributes
    ----------
    skipped : Counter
        How often what was left out, by reason.
    """

    def __init__(self, of_day: bool = False) -> None:
        self.skipped: Counter[str] = Counter()
        self._of_day = of_day
        self._clock = SenderClock()
        self._sender: tuple[str, str] | None = None
        self._times, self._weights = array("d"), array("f")
        self._poses, self._eyes = array("d"), array("d")
        self._first_stamp: float | None = None

    def __len__(self) -> int:
        return len(self._times)

    @property
    def subject(self) -> str:
        """What the sender calls the face; "" where it does not."""
        return self._sender[1] if self._sender else ""

    def add(self, frame: StreamFrame, sender: str, arrival: float) -> Sample | None:
        """Record a frame.

        Parameters
        ----------
        frame : StreamFrame
        sender : str
            The address it came from.
        arrival : float
            Seconds on a clock of ours that never goes back.

        Returns
        -------
        Sample or None
            None where the frame was left out, for a reason that is counted.
        """
        reason = self._objection(frame, sender)
        time = None if reason else self._clock.read(frame.time, arrival)
        if time is None:
            self.skipped[reason or _LATE] += 1
            return None
        if not len(self):
            self._sender, self._first_stamp = (sender, frame.subject), frame.time
        self._times.append(time)
        self._weights.extend(frame.weights.tolist())
        self._poses.extend(frame.pose.tolist())
        self._eyes.extend(frame.eyes.tolist())
        return sample_of(frame, time)

    def take(self, about: dict[str, Any] | None = None) -> Take:
        """What was recorded; a hole in the stream is marked by a sample without a face."""
        times = np.array(self._times)
        if not len(times):
            return Take.from_samples([])
        weights = np.array(self._weights, dtype=np.float32).reshape(-1, arkit.COUNT)
        columns = [weights, np.array(self._poses).reshape(-1, 3), np.array(self._eyes).reshape(-1, 6)]
        holes = np.flatnonzero(np.diff(times) > HOLE) + 1
        times = np.insert(times, holes, (times[holes] + times[holes - 1]) / 2)
        weights, pose, eyes = (np.insert(column, holes, np.nan, axis=0) for column in columns)
        return Take.from_weights(times, weights, {**self._about(), **(about or {})}, pose=pose, eyes=eyes)

    def notes(self) -> list[str]:
        """What was left out, for people."""
        return [f"{reason}: {count}" for reason, count in self.skipped.most_common()]

    def _objection(self, frame: StreamFrame, sender: str) -> str | None:
        if self._sender not in (None, (sender, frame.subject)):
            return _OTHER
        return _FULL if len(self) >= MOST else None

    def _about(self) -> dict[str, Any]:
        steps = np.diff(np.array(self._times))
        about: dict[str, Any] = {
            "rate": round(1.0 / float(np.median(steps)), 2) if len(steps) else 60.0,
            "mien": __version__,
            "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        }
        if self._of_day and self._first_stamp is not None:
            about["timecode"] = write_timecode(round(self._first_stamp * TICKS))
        return {**about, "notes": self.notes()} if self.skipped else about


class SenderClock:
    """A sender's clock, as seconds from its first frame; time of arrival where it has none."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._begun = self._last = 0.0
        self._stamp = 0.0

    def read(self, stamp: float | None, arrival: float) -> float | None:
        """When a frame was, or None where that is not after the one before."""
        if stamp is None:
            stamp = arrival
        if self._offset is None:
            self._offset = arrival - stamp
            self._begun, self._last = arrival, arrival - NEAREST
        elif stamp < self._stamp - BACK or abs(stamp + self._offset - arrival) > ASTRAY:
            self._offset = arrival - stamp
        time = stamp + self._offset
        self._stamp = stamp
        if time < self._last + NEAREST * (1 - 1e-6):
            return None
        self._last = time
        return time - self._begun


def sample_of(frame: StreamFrame, time: float) -> Sample:
    """A Sample of a frame at `time` seconds: no landmarks, no box."""
    nowhere = FaceBox(np.nan, np.nan, np.nan, np.nan)
    no_landmarks: NDArray[np.float32] = np.full((70, 2), np.nan, dtype=np.float32)
    pose = HeadPose(*frame.pose.tolist())
    return Sample(time, frame.weights, no_landmarks, pose, float(frame.found), nowhere)
