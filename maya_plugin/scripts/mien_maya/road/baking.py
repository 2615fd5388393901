"""Bake: the keys, and the footage beside them."""

from __future__ import annotations

from pathlib import Path

from .. import batch, plan
from .casting import Casting


class Baking(Casting):
    """From the tuned take to the scene."""

    def bake(self) -> None:
        """Write the take's keys onto the character."""
        self._do(self._bake)

    def add_sound(self, path: str) -> None:
        """Put a sound on the time slider where the take begins."""
        self._do(lambda: f"{self.scene.add_sound(Path(path), self.kept.start)} is on the time slider.")

    def add_image_plane(self, camera: str) -> None:
        """Show the footage behind a camera, its pictures where the keys are."""

        def act() -> str:
            assert self.take is not None
            frames = self.take.duration * self.scene.frames_per_second()
            plane = self.scene.add_image_plane(
                Path(self.kept.video), camera, self.kept.start, frames, 0, len(self.take)
            )
            return f"{plane} shows the footage."

        self._do(act)

    def _bake(self) -> str:
        assert self.take is not None
        kept = self.kept
        take = self.take
        if kept.in_range:
            first, last = (self.seconds_of(frame) for frame in self.scene.playback_range())
            take = take.cut(first, last)
        error = kept.max_error if kept.reduce else 0.0
        options = plan.BakeOptions(kept.start, kept.whole_frames, error, kept.layer, kept.break_held)
        made = plan.channels(take, self.settings, self.whole_map(), self.scene.frames_per_second(), options)
        written = batch.write(made, self.character.namespace, options)
        self.trouble = bool(written.skipped)
        return batch.told(written)
