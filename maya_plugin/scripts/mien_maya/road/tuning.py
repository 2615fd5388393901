"""Tune: curves to look at, bad frames, calibration, settings as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mien import arkit
from mien.calibration import Calibration
from mien.editing import next_bad
from mien.tune import load_settings, save_settings
from numpy.typing import NDArray

from .base import Road


class Tuning(Road):
    """What can be changed without solving again."""

    def curves(self, shape: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None:
        """Times (N,), and the raw and the tuned weights (N,) of a shape."""
        if self.take is None or self.tuned is None:
            return None
        i = arkit.INDEX[shape]
        return self.take.times, self.take.weights[:, i], self.tuned.weights[:, i]

    def go_to_bad(self, backward: bool = False) -> None:
        """Put the time slider where the face is lost or doubtful next."""
        if self.take is None:
            return
        found = next_bad(self.take, self.now, backward=backward)
        if found is None:
            self.say(f"No bad frame {'before' if backward else 'after'} this one.")
        else:
            self.scene.go_to(round(self.frame_of(found)))
            self.say(f"The face is lost or doubtful at {found:.2f} s.")

    def neutral_here(self) -> None:
        """The face of the current frame is the actor's face at rest."""
        moment = self.now
        self._do(lambda: self._calibrated(rest=(moment, moment)))

    def motion_in_range(self) -> None:
        """The actor goes as far as the face can in the playback range."""
        first, last = (self.seconds_of(frame) for frame in self.scene.playback_range())
        self._do(lambda: self._calibrated(motion=(first, last)))

    def forget_calibration(self) -> None:
        """No calibration any more."""
        self.change_settings(rest=None, motion=None, calibration=None, calibrate=None)

    def save_settings(self, path: str) -> None:
        """To a file, for Blender or `mien tune`."""

        def act() -> str:
            save_settings(self.settings, path)
            return f"Saved {Path(path).name}."

        self._do(act)

    def load_settings(self, path: str) -> None:
        """From a file."""

        def act() -> str:
            self.settings = load_settings(path)
            self.change(tune=self.settings.to_json())
            return f"Settings of {Path(path).name}."

        self._do(act)

    def _calibrated(self, **what: Any) -> str:
        assert self.take is not None
        told = replace(self.settings, **what, calibration=None, calibrate=True)
        Calibration.from_take(self.take, told.rest, told.motion)  # refuses here, in words, not in the bake
        self.settings = told
        self.change(tune=told.to_json())
        return "Calibrated."
