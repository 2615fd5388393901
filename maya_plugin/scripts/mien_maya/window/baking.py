"""Bake: where the keys go, and how many; the footage beside them."""

from __future__ import annotations

from functools import partial

from Qt import QtWidgets

from ..road import Session
from .asking import ask_to_open
from .widgets import Page, allow, button, check, show_checked, show_text


class BakePage(Page):
    """From the tuned take to keys."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.layer = QtWidgets.QLineEdit(placeholderText="base animation")
        self.layer.setToolTip(
            "The animation layer to write into; it is made where it is missing. Empty: the base"
        )
        self.layer.editingFinished.connect(self._choose_layer)
        self.form.addRow("Layer", self.layer)
        words = {
            "whole_frames": (
                "Whole Frames",
                "A key on each frame of the scene. Off: at the time of each frame of the video",
            ),
            "in_range": (
                "Only in Playback Range",
                "No keys before the start and after the end of the playback range",
            ),
            "break_held": (
                "Unlock and Disconnect",
                "Free channels that are locked or driven by something. Off: leave them alone",
            ),
            "reduce": ("Fewer Keys", "Leave out the keys that straight lines make up for"),
        }
        self.boxes = {name: check(text, tip, partial(self._set, name)) for name, (text, tip) in words.items()}
        for name in ("whole_frames", "in_range", "break_held"):
            self.form.addRow("", self.boxes[name])
        self.error = QtWidgets.QDoubleSpinBox(minimum=0.0001, maximum=0.5, decimals=4, singleStep=0.001)
        self.error.setToolTip(
            "How far the curves may be off, in parts of a full shape; of 60 degrees for turns"
        )
        self.error.setKeyboardTracking(False)
        self.error.valueChanged.connect(lambda value: session.change(max_error=value))
        self.row(self.boxes["reduce"], QtWidgets.QLabel("Largest Error"), self.error)
        tip = "Write the take as keys on the character; what is keyed outside its range stays"
        self.bake = button("Bake", session.bake, tip, big=True)
        self.row(self.bake)
        self.sound = button(
            "Add Sound…", self._add_sound, "Put a .wav or .aiff on the time slider where the footage begins"
        )
        self.plane = button(
            "Show Footage", self._show, "The footage behind the camera, in time with the keys"
        )
        self.camera = QtWidgets.QLineEdit("persp")
        self.camera.setToolTip("The camera behind which the footage is shown")
        self.row(self.camera, self.plane, name="Footage")
        self.row(self.sound)

    def refresh(self) -> None:
        """Show what is."""
        kept = self.session.kept
        show_text(self.layer, kept.layer)
        for name, box in self.boxes.items():
            show_checked(box, getattr(kept, name))
        self.error.blockSignals(True)
        self.error.setValue(kept.max_error)
        self.error.blockSignals(False)
        self.error.setEnabled(kept.reduce)
        allow(self.bake, self.session.why_not("bake"))
        allow(self.plane, self.session.why_not("footage"))

    def _set(self, name: str, on: bool) -> None:
        self.session.change(**{name: on})

    def _choose_layer(self) -> None:
        if self.layer.text().strip() != self.session.kept.layer:
            self.session.change(layer=self.layer.text().strip())

    def _add_sound(self) -> None:
        path = ask_to_open(self, "Choose the sound", "Sound (*.wav *.aif *.aiff)")
        if path:
            self.session.add_sound(path)

    def _show(self) -> None:
        self.session.add_image_plane(self.camera.text().strip())
