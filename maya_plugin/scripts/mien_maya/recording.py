"""Recording live: where the take goes, what is played meanwhile, and what becomes of the take.

A punch-in records the playback range and puts it in the place of that part of the chosen take; both the old
take and the part stay in their files.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mien import editing, interchange
from mien.errors import MienError, TakeError
from mien.hosting.live_session import LiveSession
from mien.hosting.live_worker import Event

from .road import KeptTake, Session, in_sentences

_NAME: Final = Path("Live.mien")


@dataclass(frozen=True)
class _Order:
    """What is being recorded: from which frame, into which take ("" for one of its own), how."""

    start: float
    whole: KeptTake | None
    fade: float
    cue: bool
    loads: int


class Recording:
    """The recording under way, and what the last one said."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._order: _Order | None = None
        self._playing: Any = None
        self._written: Event | None = None

    @property
    def plays(self) -> bool:
        """Whether the scene plays for the recording."""
        return self._playing is not None

    def press(self, live: LiveSession) -> None:
        """Begin to count down, or end what is under way; MienError where it can't be."""
        now, session = time.perf_counter(), self.session
        if live.recording is not None and live.recording.under_way:
            live.end_recording(now)
            return
        options, chosen = session.kept.live, session.chosen
        if options.punch_in and (chosen is None or session.take is None):
            raise TakeError("There is no take to punch into", "Choose one, or turn Punch In off.")
        first, last = session.scene.playback_range()
        whole = chosen if options.punch_in else None
        length = (last - first + 1) / session.scene.frames_per_second() if whole else math.inf
        output = session.take_path(_NAME)
        start = first if whole else session.scene.current_frame()
        self._order = _Order(start, whole, options.fade, options.cue, session.loads)
        live.record(output, now, options.countdown, length)

    def heard(self, event: Event) -> None:
        """Told by the live session what happened."""
        state = event.get("state", "") if event["event"] == "record" else event["event"]
        if state == "running":
            self._begin_cue()
        elif state in ("ended", "saved", "failed", "closed"):
            self._end_cue()
        if state in ("saved", "failed"):
            self._written = event

    def settle(self) -> str:
        """Take in the take that was written, outside a tick; what there is to say of it."""
        event, self._written = self._written, None
        order = self._order
        if event is None or order is None:
            return ""
        self._order = None
        if event["state"] == "failed":
            return "The recording failed."
        if order.loads != self.session.loads:
            return f"The take is {event['output']}."
        try:
            return self._kept(order, event)
        except MienError as error:
            return in_sentences(error)

    def _begin_cue(self) -> None:
        """The countdown is over: from here on the take's time runs."""
        order, scene = self._order, self.session.scene
        if order is None:
            return
        if order.whole is not None:
            scene.go_to(order.start)
        else:
            self._order = replace(order, start=scene.current_frame())
        if order.cue and not scene.is_playing():
            self._playing = scene.Playing()

    def _end_cue(self) -> None:
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.stop()

    def _kept(self, order: _Order, event: Event) -> str:
        """Put the take into the list."""
        path, whole = Path(event["output"]), order.whole
        said = f"{event['faces']} of {event['frames']} frames show a face."
        take = KeptTake(str(path), "", order.start)
        if whole is not None:
            try:
                take = replace(whole, path=str(self._punched_in(order, whole, path)))
            except MienError as error:
                said = f"{error.message}: it is a take of its own."
        self.session.add_take(take)
        return f"{take.name}: {said}"

    def _punched_in(self, order: _Order, whole: KeptTake, path: Path) -> Path:
        """A new take with the recorded part in its place; its file."""
        part = interchange.read(path)
        later = (order.start - whole.start) / self.session.scene.frames_per_second()
        made = editing.punch_in_later(interchange.read(whole.path), part, later, order.fade)
        output = self.session.take_path(Path(whole.path))
        interchange.write(made, output)
        return output
