"""What all parts of the road share: the state, how an action runs and tells, the worker's process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mien.errors import MienError
from mien.interchange import read
from mien.take import Take
from mien.tune import TuneSettings, tune

from .. import rigging
from ..worker import Event, Work, as_error
from .kept import NOTE, Kept, Progress, progress_of, settings_of, take_in_words


class Road:
    """The road's state.

    Parameters
    ----------
    scene : module
        `mien_maya.scene`.
    changed : callable, optional
        Called after everything that a window shows may have changed.
    """

    def __init__(self, scene: Any, changed: Callable[[], None] | None = None) -> None:
        self.scene, self.changed = scene, changed or (lambda: None)
        self.message, self.trouble = "", False
        self.take: Take | None = None
        self.work: Work | None = None
        self._scratch = tempfile.TemporaryDirectory(prefix="mien-")
        self.preview = Path(self._scratch.name) / "preview.pgm"
        self.progress = Progress()
        self._then: Callable[[Event], str] | None = None
        self.load()

    # What is kept

    def load(self) -> None:
        """Take what the open scene keeps: at the beginning, and when another scene was opened."""
        self.kept = Kept.of(self.scene.read_note(NOTE))
        self.settings = settings_of(self.kept.tune)
        self.rig = rigging.rig_of_text(self.kept.map)
        self.character: Any = None
        self.take = None
        self._try(self._read_take)
        if self.kept.nodes:
            self._try(self._find_character)
        self.changed()

    def change(self, **fields_: Any) -> None:
        """Change what is kept."""
        self.kept = replace(self.kept, **fields_)
        self.scene.write_note(NOTE, json.dumps(asdict(self.kept)))
        self.changed()

    def change_settings(self, **fields_: Any) -> None:
        """Change how it is tuned."""
        self.settings = replace(self.settings, **fields_)
        self.change(tune=self.settings.to_json())

    def why_not(self, action: str) -> str:
        """Why an action can't be had now; "" if it can."""
        if action in ("solve", "shapes", "punch_in") and self.work is not None:
            return f"{self.progress.what} is running"
        needs_take = self.take is None and "Solve a video first, or open a take"
        needs_character = self.character is None and "Use the selected meshes or controls first"
        reasons = {
            "solve": not self.kept.video and "Choose a video first",
            "punch_in": needs_take or (not self.kept.video and "Choose the take's video first"),
            "tune": needs_take,
            "map": needs_character,
            "shapes": needs_character,
            "bake": needs_take
            or needs_character
            or (not self.rig.driven and not self.kept.joints and "Nothing is mapped"),
            "live": needs_character or (not self.rig.driven and not self.kept.joints and "Nothing is mapped"),
            "footage": needs_take or (not self.kept.video and "Choose the take's video first"),
        }
        return str(reasons[action] or "")

    @property
    def tuned(self) -> Take | None:
        """The take as it will be baked."""
        return None if self.take is None else _tuned(self.take, json.dumps(self.settings.to_json()))

    def frame_of(self, seconds: float) -> float:
        """The scene's frame of a time of the take."""
        return self.kept.start + seconds * self.scene.frames_per_second()

    def seconds_of(self, frame: float) -> float:
        """And back."""
        return (frame - self.kept.start) / self.scene.frames_per_second()

    @property
    def now(self) -> float:
        """Where the time slider stands, in seconds of the take."""
        return self.seconds_of(self.scene.current_frame())

    def cancel(self) -> None:
        """End the worker; nothing is written."""
        if self.work is not None:
            self.work.cancel()

    def listen(self) -> None:
        """Take in what the worker said: called by a timer."""
        if self.work is None:
            return
        for event in self.work.events():
            self._hear(event)
        self.changed()

    def close(self) -> None:
        """The window goes."""
        if self.work is not None:
            self.work.close()
            self.work = None
        self._scratch.cleanup()

    def say(self, text: str, trouble: bool = False) -> None:
        """Tell the user."""
        self.message, self.trouble = text, trouble
        self.changed()

    # Inside

    def _do(self, act: Callable[[], str]) -> None:
        self._try(act)
        self.changed()

    def _try(self, act: Callable[[], str]) -> None:
        try:
            self.message, self.trouble = act(), False
        except MienError as error:
            self.message, self.trouble = str(error), True

    def _find_character(self) -> str:
        self.character = self.scene.character_of(self.kept.nodes)
        return self.message

    def _read_take(self) -> str:
        self.take = read(self.kept.take) if self.kept.take else None
        return take_in_words(self.take) if self.take else ""

    def _begin(self, what: str, words: Sequence[str], then: Callable[[Event], str]) -> None:
        self.preview.unlink(missing_ok=True)
        self.work = Work(words)
        self.progress, self._then = Progress(what, None, "Starting…"), then

    def _hear(self, event: Event) -> None:
        kind = event.get("event")
        if kind == "progress":
            self.progress = progress_of(self.progress.what, event)
        elif kind == "error":
            self.work, self._then = None, None
            error = as_error(event)
            self.message, self.trouble = str(error), error.code != "cancelled"
        elif kind == "done":
            self.work, then = None, self._then
            assert then is not None
            self._try(lambda: then(event))


@lru_cache(maxsize=4)
def _tuned(take: Take, settings: str) -> Take:
    return tune(take, TuneSettings.from_json(json.loads(settings)), landmarks=False)
