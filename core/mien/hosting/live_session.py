"""A live session as an adapter drives it: `tick` at the display's rate gives the newest sample, once.

It knows what the panel shows (state, rate, latency, messages) and carries a recording from its countdown to
the take. It knows no rig: what a sample becomes, and how the rig gets its own values back, is the host's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ..errors import MienError
from ..journal import journal_of, recover
from .live_worker import Event, LiveSample, LiveWorker

SAVING: Final = 10.0
"""Seconds after which a take that is being saved counts as lost."""


@dataclass(frozen=True)
class Recording:
    """A recording of the session.

    Attributes
    ----------
    output : Path
    begins : float
        When the countdown ends, seconds on the host's clock.
    length : float
        Seconds to record; infinite until it is stopped.
    phase : str
        "counting", "running", "saving", then "saved" or "failed".
    frames, faces : int
        Of the saved take.
    """

    output: Path
    begins: float
    length: float = math.inf
    phase: str = "counting"
    frames: int = 0
    faces: int = 0

    @property
    def under_way(self) -> bool:
        """Whether another one must wait."""
        return self.phase in ("counting", "running", "saving")


@dataclass(frozen=True)
class Status:
    """What a panel shows.

    Attributes
    ----------
    source : str
        "" until it is open.
    face : bool or None
        Whether there is one; None before the first frame.
    there : bool
        Whether the camera gives anything.
    rate : float or None
        Frames a second that were solved.
    dropped : int
    latency : (float, float) or None
        Median and 99th percentile of the last second in milliseconds, from the frame's arrival to its line.
    message, hint : str
        What went wrong last.
    neutral : bool
        Whether a neutral was set.
    """

    source: str = ""
    face: bool | None = None
    there: bool = True
    rate: float | None = None
    dropped: int = 0
    latency: tuple[float, float] | None = None
    message: str = ""
    hint: str = ""
    neutral: bool = False

    @property
    def text(self) -> str:
        """In a few words."""
        if not self.source:
            return "Starting…"
        if not self.there:
            return f"Nothing from {self.source}"
        return {None: "Waiting for a picture…", False: "No face", True: "Live"}[self.face]


class LiveSession:
    """From start to stop; used from the host's main thread.

    Parameters
    ----------
    worker : LiveWorker
        Not started yet.
    happened : callable, optional
        Told every event as `tick` meets it, after the session has taken it in; besides those of the worker:
        `{"event": "record", "state": "running"}` when the countdown is over and `"ended"` when recording is.

    Attributes
    ----------
    status : Status
    recording : Recording or None
        The last one.
    over : bool
        Whether the worker has ended.
    calibration : dict or None
        The neutral that was set last, for the actor's profile.
    """

    def __init__(self, worker: LiveWorker, happened: Callable[[Event], None] | None = None) -> None:
        self._worker, self._happened = worker, happened or (lambda event: None)
        self._shown = -1
        self._settings: dict[str, Any] | None = None
        self.status = Status()
        self.recording: Recording | None = None
        self.over = False
        self.calibration: dict[str, Any] | None = None
        worker.start()

    @property
    def worker(self) -> LiveWorker:
        """The process."""
        return self._worker

    def tick(self, now: float) -> LiveSample | None:
        """Take in what happened; the newest sample, or None where it was given before.

        Parameters
        ----------
        now : float
            Seconds on any clock of the host's that never goes back.
        """
        for event in self._worker.events():
            self._hear(event)
            self._happened(event)
        self._go_on(now)
        newest = self._worker.newest
        if newest is None or newest.number == self._shown:
            return None
        self._shown = newest.number
        return newest

    def set(self, settings: dict[str, Any], mirror: bool) -> None:
        """Tune with these settings (as `mien.tune_settings` writes them); what is as before is not sent."""
        wanted = {"settings": settings, "mirror": mirror}
        if wanted == self._settings:
            return
        sent = self._worker.say("settings", settings=settings) and self._worker.say("mirror", on=mirror)
        self._settings = wanted if sent else None

    def take_neutral(self) -> None:
        """The face of the next half second is the face at rest."""
        self._worker.say("neutral")

    def forget_neutral(self) -> None:
        """No neutral any more."""
        self._worker.say("forget neutral")

    def record(self, output: Path, now: float, countdown: float = 0.0, length: float = math.inf) -> None:
        """Begin to record into a new file after so many seconds of countdown."""
        assert self.recording is None or not self.recording.under_way
        self.recording = Recording(output, now + countdown, length)

    def end_recording(self, now: float) -> None:
        """Stop recording, or counting down."""
        recording = self.recording
        if recording is None or recording.phase not in ("counting", "running"):
            return
        if recording.phase == "counting":
            self.recording = None
            self._tell("ended")
            return
        self._worker.say("stop")
        self.recording = replace(recording, phase="saving", begins=now)
        self._tell("ended")

    def countdown(self, now: float) -> float | None:
        """Seconds until recording begins; None where nothing is counted down."""
        recording = self.recording
        return recording.begins - now if recording is not None and recording.phase == "counting" else None

    def stop(self) -> None:
        """End the worker; it saves what it records, and `tick` goes on until `over`."""
        self._worker.stop()

    def kill(self) -> None:
        """End the worker now; what was recorded becomes a take all the same."""
        self._worker.kill()
        for event in self._worker.events():
            self._hear(event)
            self._happened(event)
        self.over = True
        self._rescue()

    def _go_on(self, now: float) -> None:
        recording = self.recording
        if recording is None or self.over:
            return
        if recording.phase == "counting" and now >= recording.begins:
            if not self._worker.say("record", output=str(recording.output)):
                return
            self.recording = replace(recording, phase="running", begins=now)
            self._tell("running")
        elif recording.phase == "running" and now - recording.begins >= recording.length:
            self.end_recording(now)
        elif recording.phase == "saving" and now - recording.begins > SAVING:
            self.recording = replace(recording, phase="failed")

    def _tell(self, state: str) -> None:
        self._happened({"event": "record", "state": state})

    def _hear(self, event: Event) -> None:
        kind = event["event"]
        if kind == "start":
            self.status = replace(self.status, source=event["source"])
        elif kind == "face":
            self.status = replace(self.status, face=event["found"])
        elif kind == "source":
            words = {name: event.get(name, "") for name in ("message", "hint")}
            self.status = replace(self.status, there=event["there"], **words)
        elif kind == "stats":
            latency = None if None in event["latency"] else tuple(event["latency"])
            self.status = replace(self.status, rate=event["rate"], dropped=event["dropped"], latency=latency)
        elif kind in ("problem", "error"):
            self.status = replace(self.status, message=event["message"], hint=event.get("hint", ""))
        elif kind == "neutral":
            self.calibration = event["calibration"]
            self.status = replace(self.status, neutral=self.calibration is not None, message="", hint="")
        elif kind == "record":
            self._hear_record(event)
        elif kind == "closed":
            self._close()

    def _hear_record(self, event: Event) -> None:
        if self.recording is None or str(self.recording.output) != event["output"]:
            return
        if event["state"] == "saved":
            numbers = {name: event[name] for name in ("frames", "faces")}
            self.recording = replace(self.recording, phase="saved", **numbers)
        elif event["state"] == "failed":
            self.recording = replace(self.recording, phase="failed")

    def _close(self) -> None:
        self.over = True
        self._rescue()

    def _rescue(self) -> None:
        """Make a take of the journal of a worker that ended in the middle of a recording."""
        from .. import interchange

        recording = self.recording
        if recording is None or recording.phase not in ("running", "saving"):
            self.recording = None if recording is not None and recording.phase == "counting" else recording
            return
        journal = journal_of(recording.output)
        try:
            take = recover(journal)
            interchange.write(take, recording.output)
            journal.unlink()
        except (MienError, OSError):
            self._end(state="failed")
        else:
            self._end(state="saved", frames=len(take), faces=int(take.found.sum()))

    def _end(self, **entries: Any) -> None:
        """What the worker would have said of its recording."""
        assert self.recording is not None
        event = {"event": "record", "output": str(self.recording.output), **entries}
        self._hear_record(event)
        self._happened(event)
