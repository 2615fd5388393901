"""What all parts of the road share: the state, how an action runs and tells, the worker's process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mien.errors import MienError
from mien.interchange import read
from mien.take import Take
from mien.tune import TuneSettings, tune

from .. import rigging
from ..worker import Event, Work, as_error
from .kept import NOTE, Kept, KeptCharacter, KeptTake, settings_of
from .shown import KINDS, Progress, progress_of


class Road:
    """The road's state.

    Parameters
    ----------
    scene : module
        `mien_maya.scene`.
    changed : callable, optional
        Called after everything that a window shows may have changed.

    Attributes
    ----------
    kept : Kept
    settings : TuneSettings
        Of the scene, without a take's calibration.
    take : Take or None
        The chosen one.
    character, rig
        The chosen one as the scene has it now, and its map.
    loads : int
        How many scenes were open so far.
    is_live : bool
        Whether live drives the character: then nothing else may write to it.
    """

    def __init__(self, scene: Any, changed: Callable[[], None] | None = None) -> None:
        self.scene, self.changed = scene, changed or (lambda: None)
        self.message, self.trouble, self.is_live = "", False, False
        self.work: Work | None = None
        self._scratch = tempfile.TemporaryDirectory(prefix="mien-")
        self.preview = Path(self._scratch.name) / "preview.pgm"
        self.progress = Progress()
        self._then: Callable[[Event], str] | None = None
        self.loads, self._asked = 0, False
        self.load()

    # What is kept

    def load(self) -> None:
        """Take what the open scene keeps: at the beginning, and when another scene was opened."""
        self.loads += 1
        self._asked = False
        self.kept = Kept.of(self.scene.read_note(NOTE))
        self.settings = settings_of(self.kept.tune)
        self.message, self.trouble = "", False
        self.take: Take | None = None
        self._use_character()
        self._try(self._read_take)
        self.changed()

    def change(self, **fields_: Any) -> None:
        """Change what is kept."""
        self.kept = replace(self.kept, **fields_)
        self.scene.write_note(NOTE, self.kept.text)
        self._asked = True
        self.changed()

    def change_settings(self, **fields_: Any) -> None:
        """Change how it is tuned."""
        self.settings = replace(self.settings, **fields_)
        self.change(tune=self.settings.to_json())

    def change_take(self, **fields_: Any) -> None:
        """Change what is kept of the chosen take."""
        kept = self.kept
        takes = [replace(t, **fields_) if i == kept.take_index else t for i, t in enumerate(kept.takes)]
        self.change(takes=tuple(takes))

    def change_character(self, **fields_: Any) -> None:
        """Change what is kept of the chosen character."""
        kept, index = self.kept, self.kept.character_index
        known = [replace(c, **fields_) if i == index else c for i, c in enumerate(kept.characters)]
        self.change(characters=tuple(known))

    @property
    def chosen(self) -> KeptTake | None:
        """The take that is tuned and baked."""
        return self.kept.chosen

    @property
    def who(self) -> KeptCharacter | None:
        """The character that is animated."""
        return self.kept.who

    def why_not(self, action: str) -> str:
        """Why an action can't be had now; "" if it can."""
        if self.work is not None and action in ("solve", "shapes", "punch_in", "sound"):
            return f"{KINDS.get(self.progress.what, self.progress.what)} is not finished yet"
        if self.is_live and action in ("bake", "update", "shapes"):
            return "Stop Live first"
        needs_take = self.take is None and "Solve a video first, or choose a take"
        needs_character = self.character is None and "Select the character's meshes, then press +"
        needs_video = (
            not (self.chosen and self.chosen.video) and "The take's footage is not known: solve it here"
        )
        is_mapped = self.who is not None and (self.rig.driven or self.who.joints)
        needs_map = needs_character or (not is_mapped and "No channel is driven: choose sources in the map")
        reasons = {
            "solve": not self.kept.video and "Choose a video first",
            "punch_in": needs_take or needs_video, "sound": needs_take or needs_video,
            "footage": needs_take or needs_video, "tune": needs_take,
            "remove_take": self.chosen is None and "No take is chosen",
            "remove_character": self.who is None and "No character is chosen",
            "map": needs_character, "shapes": needs_character,
            "bake": needs_take or needs_map, "live": needs_map,
            "update": not any(c.baked.plugs for c in self.kept.characters) and "Nothing is baked yet",
        }  # fmt: skip
        return str(reasons[action] or "")

    @property
    def tuned(self) -> Take | None:
        """The take as it will be baked; None where there is none, or its calibration can't be read."""
        if self.take is None or self.chosen is None:
            return None
        try:
            return _tuned(self.take, json.dumps(self.chosen.calibrated(self.settings).to_json()))
        except MienError:
            return None

    @property
    def start(self) -> float:
        """The frame of the scene at which the chosen take's second 0 lies."""
        return self.chosen.start if self.chosen is not None else 1.0

    def frame_of(self, seconds: float) -> float:
        """The scene's frame of a time of the take."""
        return self.start + seconds * float(self.scene.frames_per_second())

    def seconds_of(self, frame: float) -> float:
        """And back."""
        return (frame - self.start) / float(self.scene.frames_per_second())

    @property
    def now(self) -> float:
        """Where the time slider stands, in seconds of the take."""
        return self.seconds_of(self.scene.current_frame())

    def cancel(self) -> None:
        """End the worker; nothing is written."""
        if self.work is not None:
            self.work.stop()

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
            self.work.kill()
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
            self.message, self.trouble = in_sentences(error), True

    def _use_character(self) -> None:
        """Find the chosen character in the scene; what is wrong with it is said."""
        who = self.who
        self.character: Any = None
        self.rig = rigging.rig_of_text(who.map if who else "")
        if who is not None:
            self._try(self._find_character)

    def _find_character(self) -> str:
        assert self.who is not None
        self.character = self.scene.character_of(self.who.nodes)
        return self.message

    def _read_take(self) -> str:
        self.take = None
        if self.chosen is None:
            return self.message
        self.take = read(self.chosen.path)
        return self.message

    def _begin(
        self, what: str, words: Sequence[str], then: Callable[[Event], str], program: str = "mien",
        python: str = "",
    ) -> None:  # fmt: skip
        self.preview.unlink(missing_ok=True)
        self.work = Work(words, program, python)
        self.work.start()
        self.progress, self._then = Progress(what, None, "Starting…"), self._of_this_scene(then)

    def _of_this_scene(self, then: Callable[[Event], str]) -> Callable[[Event], str]:
        """What comes after the work, unless another scene was opened meanwhile: then that stays as it is."""
        begun = self.loads

        def act(event: Event) -> str:
            if self.loads == begun:
                return then(event)
            output = event.get("output")
            return (
                f"Another scene is open now. The result is {output}"
                if output
                else "Another scene is open now."
            )

        return act

    def _hear(self, event: Event) -> None:
        kind = event.get("event")
        if kind == "progress":
            self.progress = progress_of(self.progress.what, event)
        elif kind == "error":
            self.work, self._then = None, None
            error = as_error(event)
            self.message, self.trouble = in_sentences(error), error.code != "cancelled"
        elif kind == "done":
            self.work, then = None, self._then
            assert then is not None
            self._try(lambda: then(event))


def in_sentences(error: MienError) -> str:
    """What went wrong as a sentence, then what to do."""
    return f"{error.message.strip().rstrip('.')}. {error.hint.strip()}".strip()


@lru_cache(maxsize=4)
def _tuned(take: Take, settings: str) -> Take:
    return tune(take, TuneSettings.from_json(json.loads(settings)), landmarks=False)
