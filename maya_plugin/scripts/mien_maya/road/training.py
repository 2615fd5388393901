"""Train on this actor: what the scene says of it, and the networks that came of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mien.errors import UsageError
from mien.hosting import actor_training as hosting
from mien.hosting.training_python import TrainingPythons
from mien.interchange import read
from mien.picture_files import is_sequence
from mien.rig.baking import Timeline
from mien.rig.corrected import Corrected, corrected
from mien.rig.targets import Target
from numpy.typing import NDArray

from .. import rigging
from ..worker import NO_WINDOW, Event
from .baking import Baking
from .kept import KeptTake

PYTHON = "training_python"
"""Under which name the machine keeps which Python trains."""


class Training(Baking):
    """From corrected keys, or from footage alone, to a network of this actor."""

    pythons = TrainingPythons(NO_WINDOW)
    """What is known of the Pythons that could train."""

    @property
    def training_python(self) -> str:
        """The Python that trains; "" where none was chosen."""
        return str(self.scene.read_option(PYTHON))

    def why_not(self, action: str) -> str:
        """Why an action can't be had now; "" if it can."""
        if action == "train":
            nothing = "" if self._learnt_from() else "Solve the actor's footage here first"
            working = "Something is not finished yet" if self.work is not None else ""
            return nothing or working or self.pythons.why_not(self.training_python)
        if action == "report":
            return "" if self.network is not None else "Choose a network that was trained here"
        return super().why_not(action)

    def set_machine(self, name: str, text: str) -> None:
        """Set the training Python or the networks' folder, for all scenes."""
        self.scene.write_option(name, text.strip())
        self.pythons.forget()
        self.changed()

    def look_again(self) -> None:
        """Ask the training Python again: something was installed."""
        self.pythons.forget()
        self.changed()

    def change_training(self, **what: Any) -> None:
        """Change what is learnt from."""
        self.change(training=replace(self.kept.training, **what))

    def train(self, options: Sequence[str] = ()) -> None:
        """Fine-tune the network on the actor of the takes, in a worker of the user's own Python."""
        self._do(lambda: self._train(options))

    def report(self) -> Path | None:
        """The page on the chosen network; says why where there is none."""
        page = self.network.folder / "report.html" if self.network else None
        if page is not None and page.is_file():
            return page
        self.say(
            "This network has no report: matplotlib is missing beside torch (Mien's extra: plots).", True
        )
        return None

    def _learnt_from(self) -> list[KeptTake]:
        kept = self.kept
        meant = kept.takes if kept.training.all_takes else [kept.chosen] if kept.chosen else []
        return [take for take in meant if take.video]

    def _train(self, options: Sequence[str]) -> str:
        takes = self._learnt_from()
        if not takes:
            raise UsageError("There is no footage to learn from", "Solve the actor's footage first.")
        name = self.kept.training.actor or (self.who.name if self.who else takes[0].name)
        name = name.rpartition(":")[2]
        order = hosting.prepare(self.networks_folder, name, [self._shot(take) for take in takes])
        words = ["train", "actor", str(order.source), "-o", str(order.output), *order.options(options)]

        def keep(event: Event) -> str:
            hosting.finish(order.run)
            if hosting.is_better(event):
                self.choose_network(hosting.name_of(event))
            return hosting.told(event)

        self._begin("Train", words, keep, python=self.training_python)
        return f"Training {order.output.name}…"

    def _shot(self, take: KeptTake) -> hosting.Shot:
        which, footage = self.kept.training.labels, self._there(take.video)
        is_on = which == "KEYS" or (self.who is not None and self.who.baked.take == take.path)
        found = self._corrected(take) if which != "LABELLER" and is_on else None
        rate = self.kept.rate if is_sequence(footage) else None
        rest = take.rest if take.calibrate == "TOLD" else None
        return hosting.Shot(take.name, footage, rate, rest, hosting.labels_of(which, found, take.name))

    def _corrected(self, take: KeptTake) -> Corrected | None:
        if self.who is None or self.character is None:
            return None
        namespace = self.character.namespace
        spans = [self.scene.playback_range()] if self.kept.training.in_range else []
        if self.who.baked.take == take.path and self.who.baked.wanted is not None:
            spans.append(self.who.baked.wanted)  # beyond it, curves only go on as they end
        line = Timeline(self.scene.frames_per_second(), start=take.start).within(*spans)

        def values(targets: Sequence[Target], frames: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(self.scene.values_of(targets, namespace, frames))

        mapping = self._map_of(self.who, rigging.rig_of_text(self.who.map), namespace)
        settings = take.calibrated(self.settings)
        return corrected(
            read(take.path), settings, replace(mapping, head=()), line, values, self.who.baked.max_error
        )
