"""Bake: where the keys go, and how many."""

from __future__ import annotations

from functools import partial
from typing import Final

from ..road import Session
from .widgets import Menu, Page, allow, button, check, show_checked, show_number, spin

_BOXES: Final = {
    "whole_frames": (
        "Whole Frames",
        "A key on each frame of the scene. Off: a key at the time of each frame of the video",
    ),
    "in_range": (
        "Only in Playback Range",
        "Write no keys before the start and after the end of the playback range",
    ),
    "break_held": (
        "Unlock and Disconnect",
        "Free channels that are locked or driven by something. Off: leave them alone, and name them",
    ),
    "reduce": ("Fewer Keys", "Leave out the keys that straight lines make up for"),
}


class BakePage(Page):
    """From the tuned take to keys."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        tip = "The animation layer to write into; it is made where it is missing. Empty: the base"
        self.layer = Menu(session.scene.layers, tip)
        self.layer.setEditable(True)
        self.layer.lineEdit().setPlaceholderText("base animation")
        self.layer.lineEdit().editingFinished.connect(self._choose_layer)
        self.layer.activated[int].connect(lambda _: self._choose_layer())
        self.row(self.layer, name="Into Layer")
        self.boxes = {
            name: check(text, tip, partial(self._set, name)) for name, (text, tip) in _BOXES.items()
        }
        for box in self.boxes.values():
            self.row(box, name="")
        tip = "How far the curves may be off, in parts of a full shape; of 45 degrees for turns"
        self.error = spin(0.0001, 0.2, 4, tip, lambda value: session.change(max_error=value))
        self.error.setSingleStep(0.001)
        self.row(self.error, name="Largest Error")
        tip = "Write the take as keys on the character; what is keyed outside its range stays"
        self.bake = button("Bake", session.bake, tip, big=True)
        self.row(self.bake)

    def refresh(self) -> None:
        """Show what is."""
        kept = self.session.kept
        if not self.layer.lineEdit().hasFocus():
            self.layer.setEditText(kept.layer)
        for name, box in self.boxes.items():
            show_checked(box, getattr(kept, name))
        show_number(self.error, kept.max_error)
        self.error.setEnabled(kept.reduce)
        allow(self.bake, self.session.why_not("bake"))

    def _set(self, name: str, on: bool) -> None:
        self.session.change(**{name: on})

    def _choose_layer(self) -> None:
        name = self.layer.currentText().strip()
        if name != self.session.kept.layer:
            self.session.change(layer=name)
