"""Tune: smoothing and gains, regions, constraints, calibration; the curve of a shape, raw against tuned."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import Any, Final

from mien import arkit
from mien.constraints import Constraints
from Qt import QtWidgets

from ..road import Session
from .asking import ask_to_open, ask_to_save
from .pictures import CurveView
from .widgets import Number, Page, Section, allow, button, check, show_checked

REGIONS: Final = tuple(dict.fromkeys(arkit.REGION))
SETTINGS: Final = "Tune settings (*.json)"
CONSTRAINTS: Final = {
    "hold_gaze": ("Hold Gaze in Blinks", "The eyes don't look down while they blink"),
    "part_winks": ("Part Winks", "A closing eye doesn't take the other along"),
    "resolve_opposites": ("Resolve Opposites", "Of two shapes that no face shows together only one stays"),
    "clamp": ("Keep within 0–1", "No weight below 0 or above 1"),
    "limit_close": ("Limit Mouth Close", "The mouth closes no further than the jaw is open"),
    "seal_lips": ("Seal Lips", "Lips that touch in B, P and M close wholly"),
}
assert set(CONSTRAINTS) == {f.name for f in fields(Constraints)}


class TunePage(Page):
    """How the take is tuned."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.shape = QtWidgets.QComboBox()
        self.shape.addItems(arkit.NAMES)
        self.shape.setCurrentText("jawOpen")
        self.shape.setMaxVisibleItems(26)
        self.shape.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.shape.setMinimumContentsLength(10)
        self.shape.currentIndexChanged.connect(lambda *_: self.look())
        self.curve = CurveView()
        self.curve.clicked.connect(self._go)
        self.before = button(
            "◀ Previous Bad Frame",
            lambda: session.go_to_bad(True),
            "Go to where the face was lost or doubtful before",
        )
        self.after = button(
            "Next Bad Frame ▶", session.go_to_bad, "Go to where the face is lost or doubtful next"
        )
        self.form.addRow("Curve", self.shape)
        self.form.addRow(self.curve)
        self.row(self.before, self.after)
        self.smoothing = Number(0, 1, "0: as measured. 0.5: no jitter, and blinks stay sharp. 1: slow")
        self.smoothing.changed.connect(lambda value: session.change_settings(smoothing=value))
        self.head = Number(0, 1, "The same for the turns of the head")
        self.head.changed.connect(self._smooth_head)
        self.gain = Number(0, 3, "Factor on all shapes. 1: as measured. Above: a livelier face")
        self.gain.changed.connect(lambda value: session.change_settings(gain=value))
        for name, number in (
            ("Smoothing", self.smoothing),
            ("Head Smoothing", self.head),
            ("Gain", self.gain),
        ):
            self.form.addRow(name, number)
        self.parts = (_Regions(session), _Constraints(session), _Calibration(session))
        for title, part in zip(("Regions", "Constraints", "Calibration"), self.parts):
            self.form.addRow(Section(title, part, is_open=False))
        self.row(button("Load Settings…", self._load), button("Save Settings…", self._save))

    def refresh(self) -> None:
        """Show what is."""
        settings = self.session.settings
        self.smoothing.show_value(settings.smoothing)
        self.head.show_value(settings.smoothings.get("pose", settings.smoothing))
        self.gain.show_value(settings.gain)
        why_not = self.session.why_not("tune")
        for widget in (self.before, self.after):
            allow(widget, why_not)
        for part in self.parts:
            part.refresh()
        self.look()

    def look(self) -> None:
        """Draw the curve anew."""
        self.curve.show_curves(self.session.curves(self.shape.currentText()), self.session.now)

    def _go(self, seconds: float) -> None:
        self.session.scene.go_to(round(self.session.frame_of(seconds)))
        self.session.changed()

    def _smooth_head(self, value: float) -> None:
        smoothings = {**self.session.settings.smoothings, "pose": value}
        self.session.change_settings(smoothings=smoothings)

    def _load(self) -> None:
        path = ask_to_open(self, "Load settings", SETTINGS)
        if path:
            self.session.load_settings(path)

    def _save(self) -> None:
        path = ask_to_save(self, "Save settings", SETTINGS)
        if path:
            self.session.save_settings(path)


class _Regions(Page):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.rows = session, {}
        for region in REGIONS:
            gain = Number(0, 3, "Factor on the shapes of this region, besides the gain of all")
            gain.changed.connect(partial(self._gain, region))
            mute = check("Mute", "Keep the shapes of this region at rest", partial(self._mute, region))
            self.rows[region] = (gain, mute)
            self.row(gain, mute, name=region.title())

    def refresh(self) -> None:
        settings = self.session.settings
        for region, (gain, mute) in self.rows.items():
            gain.show_value(settings.gains.get(region, 1.0))
            gain.setEnabled(region not in settings.muted)
            show_checked(mute, region in settings.muted)

    def _gain(self, region: str, value: float) -> None:
        self.session.change_settings(gains={**self.session.settings.gains, region: value})

    def _mute(self, region: str, on: bool) -> None:
        rest = tuple(name for name in self.session.settings.muted if name != region)
        self.session.change_settings(muted=(*rest, region) if on else rest)


class _Constraints(Page):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.boxes = session, {}
        for name, (text, tip) in CONSTRAINTS.items():
            self.boxes[name] = check(text, tip, partial(self._set, name))
            self.form.addRow(self.boxes[name])

    def refresh(self) -> None:
        for name, box in self.boxes.items():
            show_checked(box, getattr(self.session.settings.constraints, name))

    def _set(self, name: str, on: bool) -> None:
        changed: Any = replace(self.session.settings.constraints, **{name: on})
        self.session.change_settings(constraints=changed)


class _Calibration(Page):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.told = QtWidgets.QLabel()
        self.told.setWordWrap(True)
        self.neutral = button(
            "Neutral Face Here", session.neutral_here, "The face of this frame is at rest, with open eyes: 0"
        )
        self.motion = button(
            "Full Motion from Range",
            session.motion_in_range,
            "In the playback range the face goes as far as it can: 1",
        )
        self.clear = button(
            "Clear", session.forget_calibration, "Forget the frames of rest and of the range of motion"
        )
        self.row(self.neutral, self.motion, self.clear)
        self.form.addRow(self.told)

    def refresh(self) -> None:
        settings, why_not = self.session.settings, self.session.why_not("tune")
        for widget in (self.neutral, self.motion):
            allow(widget, why_not)
        spans = (("At rest", settings.rest), ("Range of motion", settings.motion))
        said = [f"{name}: {span[0]:.2f} – {span[1]:.2f} s" for name, span in spans if span is not None]
        self.told.setText(", ".join(said) or "Not calibrated")
