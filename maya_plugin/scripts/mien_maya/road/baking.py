"""Bake: the keys, kept up to date with the settings; the footage beside them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from mien.errors import MienError, OutputError
from mien.interchange import read
from mien.picture_files import is_sequence, pictures_of
from mien.rig.baking import with_head_rest
from mien.rig.map_file import format_map
from mien.take import Take

from .. import batch, plan, rigging
from ..worker import Event
from .base import in_sentences
from .casting import Casting
from .kept import Baked, KeptCharacter, KeptTake


class Baking(Casting):
    """From the tuned take to the scene."""

    def bake(self) -> None:
        """Write the take's keys onto the character."""
        self._do(self._bake)

    def update_keys(self) -> None:
        """Bake again, into the same keys, with the settings as they are now."""
        self._do(lambda: "Keys are up to date." if self._update() else "Nothing had changed.")

    def keep_up(self) -> None:
        """Bring keys up to date where a setting has changed: called a few times a second."""
        asked, self._asked = self._asked, False
        if not asked or not self.kept.auto_update or self.is_live:
            return
        try:
            changed = self._update()
        except MienError as error:
            self.say(in_sentences(error), trouble=True)
            return
        if changed:
            self.say("Keys are up to date.")

    def add_sound(self) -> None:
        """Put the sound of the take's footage on the time slider, in time with the keys."""
        self._do(self._add_sound)

    def add_image_plane(self, camera: str) -> None:
        """Show the take's footage behind a camera, its pictures where the keys are."""

        def act() -> str:
            assert self.take is not None
            assert self.chosen is not None
            footage, numbers = self._there(self.chosen.video), (0, len(self.take) - 1)
            pictures = pictures_of(footage) if is_sequence(footage) else {}
            if pictures:
                numbers = min(pictures), max(pictures)
            frames = self.take.duration * self.scene.frames_per_second()
            first = pictures.get(numbers[0], footage)
            plane = self.scene.add_image_plane(first, camera, self.start, frames, numbers, not pictures)
            return f"{plane} shows the footage."

        self._do(act)

    def _bake(self) -> str:
        assert self.chosen is not None
        assert self.take is not None
        assert self.who is not None
        kept, chosen = self.kept, self.chosen
        wanted = self.scene.playback_range() if kept.in_range else None
        error = kept.max_error if kept.reduce else 0.0
        record = Baked((), chosen.path, kept.layer, kept.whole_frames, error, wanted)
        namespace = self.character.namespace
        written, baked = self._write(
            record, self.who, chosen, self.take, self.rig, namespace, kept.break_held
        )
        self.change_character(baked=baked)
        self._asked = False
        return batch.told(written)

    def _update(self) -> bool:
        """Whether a character's keys have changed; one whose take is not in the list stays as it is."""
        changed = False
        for i, who in enumerate(self.kept.characters):
            chosen = next((take for take in self.kept.takes if take.path == who.baked.take), None)
            if chosen is not None and who.baked.plugs:
                changed = self._update_one(i, who, chosen) or changed
        self._asked = False
        return changed

    def _update_one(self, index: int, who: KeptCharacter, chosen: KeptTake) -> bool:
        rig = rigging.rig_of_text(who.map)
        character = self.scene.character_of(who.nodes)
        if self._signature(who.baked, who, chosen, rig, character.namespace) == who.baked.signature:
            return False
        take = self.take if chosen == self.chosen and self.take is not None else read(chosen.path)
        _, baked = self._write(who.baked, who, chosen, take, rig, character.namespace)
        known = [*self.kept.characters]
        known[index] = replace(who, baked=baked)
        self.change(characters=tuple(known))
        return True

    def _write(
        self, record: Baked, who: KeptCharacter, chosen: KeptTake, take: Take, rig: rigging.Rig,
        namespace: str, break_held: bool = False,
    ) -> tuple[batch.scene.Written, Baked]:  # fmt: skip
        """What was written, and the record that is kept of it."""
        signature = self._signature(record, who, chosen, rig, namespace)
        options = plan.BakeOptions(
            chosen.start, record.whole_frames, record.max_error, record.layer, break_held,
            *(record.wanted or (-float("inf"), float("inf"))),
        )  # fmt: skip
        mapping = with_head_rest(self._map_of(who, rig, namespace), chosen.head_rest)
        settings = chosen.calibrated(self.settings)
        made = plan.channels(take, settings, mapping, self.scene.frames_per_second(), options)
        earlier = self.scene.Earlier(record.plugs, record.span) if record.plugs else None
        written = batch.write(made, namespace, options, earlier)
        span = written.first, written.last
        return written, replace(record, plugs=written.plugs, span=span, signature=signature)

    def _signature(
        self, record: Baked, who: KeptCharacter, chosen: KeptTake, rig: rigging.Rig, namespace: str
    ) -> str:
        """What changes when the keys would."""
        told = [
            chosen.calibrated(self.settings).to_json(), chosen.start, chosen.head_rest, _stamp(chosen.path),
            format_map(self._map_of(who, rig, namespace)), self.scene.frames_per_second(),
            record.layer, record.whole_frames, record.max_error, record.wanted,
        ]  # fmt: skip
        return hashlib.sha1(json.dumps(told).encode()).hexdigest()

    def _add_sound(self) -> str:
        assert self.chosen is not None
        wave, start = Path(self.chosen.path).with_suffix(".wav"), self.start

        def add(_event: Event) -> str:
            return f"{self.scene.add_sound(wave, start)} is on the time slider."

        self._begin("Sound", [str(self._there(self.chosen.video)), str(wave)], add, "mien.soundtrack")
        return "Taking the sound out of the footage…"


def _stamp(path: str) -> list[int]:
    try:
        found = Path(path).stat()
    except OSError as error:
        raise OutputError(
            f"There is no file {path}", "Put the take back, or take it off the list."
        ) from error
    return [found.st_mtime_ns, found.st_size]
