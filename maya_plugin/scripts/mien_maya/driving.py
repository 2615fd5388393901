"""Live: the worker's newest sample onto the character. A timer calls `tick`, a slower one `follow`.

`tick` does nothing but write the newest sample. `follow` does all that costs more: settings and map that have
changed, a recording that has become a take.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mien.errors import MienError, SourceNotFoundError
from mien.hosting.live_session import LiveSession, Status
from mien.hosting.live_worker import LiveWorker, network_words
from mien.rig.retarget_map import RetargetMap

from .recording import Recording
from .road import Kept, Session, in_sentences
from .worker import NO_WINDOW, environment, python_program


class Drive:
    """At most one character is driven at a time.

    Attributes
    ----------
    live : LiveSession or None
    recording : Recording
    ticks : int
        Samples that were written.
    seconds : list of float
        What the newest thousand of them took.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.live: LiveSession | None = None
        self.recording = Recording(session)
        self.ticks, self.seconds = 0, [0.0] * 1000
        self._last = Status()
        self._rig: Any = None
        self._watch: Any = None
        self._mark: Any = None
        self._undone = False
        self._map = RetargetMap()

    @property
    def running(self) -> bool:
        """Whether a rig is being driven."""
        return self.live is not None

    @property
    def status(self) -> Status:
        """What the page shows."""
        return self.live.status if self.live is not None else self._last

    def start(self, worker: Callable[[Sequence[str]], LiveWorker] | None = None) -> None:
        """Begin to drive the character; what is in the way is said by the session."""
        session = self.session
        self._undone = False
        try:
            options = [*live_words(session.kept), *session.network_words()]
            self._take_rig()
            self._mark = self._marked()
        except MienError as error:
            session.say(in_sentences(error), trouble=True)
            return
        self.live = LiveSession((worker or _worker)(options), self.recording.heard)
        self.live.set(session.settings.to_json(), mirror=False)
        self._watch = session.scene.SceneWatch(self._goes, self._is_saved, self._was_saved)
        self._last, self.ticks, session.is_live = Status(), 0, True
        left = f" Left alone: {len(self._rig.held)} channels." if self._rig.held else ""
        session.say(f"Live drives {len(self._map.targets) - len(self._rig.held)} channels.{left}")

    def stop(self, trouble: str = "", hint: str = "") -> None:
        """Give the rig back what it had, and end the worker; what is being recorded becomes a take."""
        live, self.live = self.live, None
        if live is None:
            return
        self._watch.close()
        self._rig.restore()
        self._mark.close()
        live.kill()
        self.recording.heard({"event": "closed"})
        self._last, self.session.is_live = live.status, False
        said = trouble or "Live has stopped; the character is as it was."
        self.session.say(f"{said} {hint} {self.recording.settle()}".strip(), trouble=bool(trouble))

    def tick(self) -> None:
        """Write the newest sample, if there is a new one."""
        live = self.live
        if live is None:
            return
        if self._undone:
            self.stop("Live has stopped, for its beginning was undone.", "The character is as it was.")
            return
        begun = time.perf_counter()
        sample = live.tick(begun)
        if live.over:
            self.stop(live.status.message or "The camera's program has ended.", live.status.hint)
        elif self.session.scene.is_playing() and not self.recording.plays:
            self.stop("Live has stopped, for the scene plays.", "The character is as it was.")
        elif sample is not None:
            try:
                self._rig.write(self._map.apply(sample.weights[None], sample.pose[None])[0])
            except MienError as error:
                self.stop(error.message, error.hint)
                return
            self.ticks += 1
            self.seconds[self.ticks % len(self.seconds)] = time.perf_counter() - begun

    def follow(self) -> None:
        """Take over settings and map as they are now, and a take that was recorded: called now and then."""
        if self.live is None:
            return
        self.live.set(self.session.settings.to_json(), mirror=False)
        try:
            if self.session.whole_map() != self._map:
                self._rig.restore()
                self._take_rig()
        except MienError as error:
            self.stop(error.message, error.hint)
            return
        said = self.recording.settle()
        if said:
            self.session.say(said)

    def neutral(self, forget: bool = False) -> None:
        """The face of the next half second is the actor's face at rest; or no neutral any more."""
        if self.live is not None:
            (self.live.forget_neutral if forget else self.live.take_neutral)()

    def record(self) -> None:
        """Begin to record, after the countdown; or end it."""
        if self.live is None:
            return
        try:
            self.recording.press(self.live)
        except MienError as error:
            self.session.say(in_sentences(error), trouble=True)
        self.session.changed()

    def _take_rig(self) -> None:
        """Make the rig that the character's map means, and take it off its curves."""
        session = self.session
        self._map = session.whole_map()
        self._rig = session.scene.LiveRig(self._map.targets, session.character.namespace)
        self._rig.hold()

    def _marked(self) -> Any:
        try:
            return self.session.scene.UndoMark(self._is_undone)
        except MienError:
            self._rig.restore()
            raise

    def _goes(self) -> None:
        self.stop("Live has stopped, for another scene comes.", "The character is as it was.")

    def _is_undone(self) -> None:
        """What was before live is undone next: the character has its own back already then."""
        self._undone = True
        self._rig.restore()

    def _is_saved(self) -> None:
        """The file gets the character as it is without live."""
        self._rig.restore()

    def _was_saved(self) -> None:
        try:
            self._rig.hold()
        except MienError as error:
            self.stop(error.message, error.hint)


def live_words(kept: Kept) -> list[str]:
    """What `mien live` is told of the source."""
    options = kept.live
    if options.source == "CAMERA":
        return ["--source", str(options.camera)]
    if options.source == "FILE":
        video = Path(kept.video)
        if not kept.video or not video.exists():
            raise SourceNotFoundError(f"There is no file {video}", "Choose the footage in Source first.")
        return ["--source", str(video), "--loop"]
    return network_words(options.source, options.port, options.hear_network, options.phone)


def _worker(options: Sequence[str]) -> LiveWorker:
    return LiveWorker(python_program, environment, options, NO_WINDOW)
