"""Tune: curves to look at, bad frames, calibration, settings as presets and files, actors' profiles."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mien import arkit
from mien.calibration import MOMENT, Calibration
from mien.editing import bad_spans
from mien.errors import OutputError, TakeError, UsageError
from mien.profile import Profile, load_profile, save_profile
from mien.tune import TuneSettings, calibration_of, load_settings, save_settings
from numpy.typing import NDArray

from .base import Road
from .kept import Span


class Tuning(Road):
    """What can be changed without solving again."""

    def curves(self, shape: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None:
        """Times (N,), and the raw and the tuned weights (N,) of a shape."""
        tuned = self.tuned
        if self.take is None or tuned is None:
            return None
        i = arkit.INDEX[shape]
        return self.take.times, self.take.weights[:, i], tuned.weights[:, i]

    def go_to_bad(self, backward: bool = False) -> None:
        """Put the time slider where the face is lost or doubtful next."""
        if self.take is None:
            return
        begun = [self.frame_of(time) for time in bad_spans(self.take)[:, 0]]
        frames, here = np.unique(np.round(begun)), self.scene.current_frame()
        found = frames[frames < here][-1:] if backward else frames[frames > here][:1]
        if not len(found):
            self.say(f"No bad frame {'before' if backward else 'after'} this one.")
            return
        self.scene.go_to(float(found[0]))
        self.say(f"The face is lost or doubtful from frame {found[0]:.0f}.")

    # Calibration

    def neutral(self, when: str) -> None:
        """Say when the face is at rest: "FRAME" here, "RANGE" the playback range, "TAKE" guess it."""

        def act() -> str:
            if when == "TAKE":
                self.change_take(calibrate="GUESS")
                return "Rest is guessed from the whole take."
            span = self._span_of(when)
            pose = self._head_in(span)
            self.change_take(rest=span, calibrate="TOLD", head_rest=pose)
            return "The face is at rest here."

        self._do(act)

    def motion_in_range(self) -> None:
        """The actor goes as far as the face can in the playback range."""

        def act() -> str:
            span = self._span_of("RANGE")
            self._head_in(span)
            self.change_take(motion=span, calibrate="TOLD")
            return "The playback range is the range of motion."

        self._do(act)

    def clear_calibration(self) -> None:
        """Forget the frames of rest and of the range of motion."""
        self.change_take(rest=None, motion=None, head_rest=(0.0, 0.0, 0.0), calibrate="KEPT")

    def choose_profile(self, path: str) -> None:
        """Calibrate with an actor's profile."""

        def act() -> str:
            actor = load_profile(path).actor
            self.change_take(profile=path, calibrate="PROFILE")
            return f"Calibrated as {actor or Path(path).stem}."

        self._do(act)

    def save_profile(self, path: str) -> None:
        """The take's calibration to a file, for all takes of this actor."""

        def act() -> str:
            assert self.take is not None
            assert self.chosen is not None
            found = calibration_of(self.take, self.chosen.calibrated(self.settings))
            save_profile(Profile(Path(path).stem, found or Calibration.from_take(self.take)), path)
            return f"Saved {Path(path).name}."

        self._do(act)

    # Presets and files

    @property
    def presets(self) -> list[str]:
        """The names of the user's presets."""
        return sorted(path.stem for path in self._presets.glob("*.json"))

    def add_preset(self, name: str) -> None:
        """Keep these settings under a name, for all scenes."""

        def act() -> str:
            word = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(" .")
            if not word:
                raise UsageError("A preset needs a name", "Write one.")
            try:
                self._presets.mkdir(parents=True, exist_ok=True)
                save_settings(self.settings, self._presets / f"{word}.json")
            except OSError as error:
                raise OutputError(
                    f"The preset can't be written: {error}", "Save the settings elsewhere."
                ) from error
            return f"Preset {word}."

        self._do(act)

    def use_preset(self, name: str) -> None:
        """Tune as a preset says."""
        self.load_settings(str(self._presets / f"{name}.json"))

    def remove_preset(self, name: str) -> None:
        """Delete a preset."""
        (self._presets / f"{name}.json").unlink(missing_ok=True)
        self.changed()

    def save_settings(self, path: str) -> None:
        """To a file, with the take's calibration, for Blender or `mien tune`."""

        def act() -> str:
            save_settings(self.chosen.calibrated(self.settings) if self.chosen else self.settings, path)
            return f"Saved {Path(path).name}."

        self._do(act)

    def load_settings(self, path: str) -> None:
        """From a file; the take's calibration stays as it is."""

        def act() -> str:
            usual = TuneSettings()
            none = {name: getattr(usual, name) for name in ("calibrate", "calibration", "rest", "motion")}
            self.settings = replace(load_settings(path), **none)
            self.change(tune=self.settings.to_json())
            return f"Settings of {Path(path).stem}."

        self._do(act)

    @property
    def _presets(self) -> Path:
        return Path(self.scene.user_folder()) / "presets"

    def _span_of(self, when: str) -> Span:
        if when == "FRAME":
            return self.now, self.now
        first, last = (self.seconds_of(frame) for frame in self.scene.playback_range())
        return first, last

    def _head_in(self, span: Span) -> tuple[float, float, float]:
        """The middle of the head's pose (degrees) in a span; TakeError where it shows no face."""
        assert self.take is not None
        margin = MOMENT if span[0] == span[1] else 0.0
        part = self.take.cut(span[0] - margin, span[1] + margin)
        if not part.found.any():
            raise TakeError("There is no face in these frames of the take", "Choose frames that show one.")
        pitch, yaw, roll = np.median(part.pose[part.found], axis=0).tolist()
        return pitch, yaw, roll
