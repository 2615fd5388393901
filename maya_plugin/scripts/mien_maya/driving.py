"""Live: the worker's newest sample onto the character, and recording. A timer calls `tick`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mien.errors import MienError
from mien.hosting.live_session import LiveSession, Status
from mien.hosting.live_worker import Event, LiveWorker
from mien.rig.retarget_map import RetargetMap

from .road import Session
from .worker import NO_WINDOW, environment, python_program


class Drive:
    """At most one character is driven at a time.

    Attributes
    ----------
    live : LiveSession or None
    ticks : int
        Samples that were written.
    slowest : float
        Seconds that the slowest of them took.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.live: LiveSession | None = None
        self.ticks, self.slowest = 0, 0.0
        self._last = Status()
        self._rig: Any = None
        self._watch: Any = None
        self._map = RetargetMap()

    @property
    def running(self) -> bool:
        """Whether a rig is being driven."""
        return self.live is not None

    @property
    def status(self) -> Status:
        """What the page shows."""
        return self.live.status if self.live is not None else self._last

    def start(
        self, options: Sequence[str], worker: Callable[[Sequence[str]], LiveWorker] | None = None
    ) -> None:
        """Begin to drive the character; what is in the way is said by the session."""
        scene, session = self.session.scene, self.session
        try:
            self._map = session.whole_map()
            self._rig = scene.LiveRig(self._map.targets, session.character.namespace)
            self._rig.hold()
        except MienError as error:
            session.say(str(error), trouble=True)
            return
        made = (worker or _worker)(options)
        self.live = LiveSession(made, self._happened)
        self.live.set(session.settings.to_json(), mirror=False)
        self._watch = scene.SceneWatch(self.stop)
        self.ticks, self.slowest = 0, 0.0
        left = f" Left alone: {len(self._rig.held)} channels." if self._rig.held else ""
        session.say(f"Live drives {len(self._map.targets) - len(self._rig.held)} channels.{left}")

    def stop(self) -> None:
        """Give the rig back what it had, and end the worker."""
        live, self.live = self.live, None
        if live is None:
            return
        self._watch.close()
        self._rig.restore()
        live.kill()
        self._last = live.status
        self.session.say("Live has stopped; the character is as it was.")

    def tick(self) -> None:
        """Write the newest sample, if there is a new one: called by a timer."""
        live = self.live
        if live is None:
            return
        sample = live.tick(time.perf_counter())
        if live.over:
            message = live.status.message or "The camera's program has ended."
            self.stop()
            self.session.say(f"{message} {live.status.hint}".strip(), trouble=True)
        elif sample is not None and not self.session.scene.is_playing():
            begun = time.perf_counter()
            try:
                self._rig.write(self._map.apply(sample.weights[None], sample.pose[None])[0])
            except MienError as error:
                self.stop()
                self.session.say(str(error), trouble=True)
                return
            self.ticks += 1
            self.slowest = max(self.slowest, time.perf_counter() - begun)

    def follow(self) -> None:
        """Tune with the settings as they are now: called now and then."""
        if self.live is not None:
            self.live.set(self.session.settings.to_json(), mirror=False)

    def record(self, output: Path, countdown: float) -> None:
        """Begin to record, or end it."""
        live = self.live
        if live is None:
            return
        if live.recording is not None and live.recording.under_way:
            live.end_recording(time.perf_counter())
        else:
            live.record(output, time.perf_counter(), countdown)
        self.session.changed()

    def _happened(self, event: Event) -> None:
        if event["event"] == "record" and event.get("state") == "saved":
            self.session.open_take(event["output"])


def _worker(options: Sequence[str]) -> LiveWorker:
    return LiveWorker(python_program, environment, options, NO_WINDOW)
