"""Tune: smoothing and gains, regions, constraints, calibration; the curve of a shape, raw against tuned."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from mien import arkit
from mien.constraints import Constraints
from Qt import QtWidgets

from ..road import CALIBRATIONS, Session
from .asking import ask_for_name, ask_to_open, ask_to_save
from .pictures import CurveView
from .widgets import (
    Menu,
    Number,
    Page,
    Section,
    allow,
    button,
    check,
    choice,
    show_checked,
    show_choice,
    show_number,
    show_text,
    small_button,
    small_label,
    spin,
)

REGIONS: Final = tuple(dict.fromkeys(arkit.REGION))
SETTINGS: Final = "Tune settings (*.json)"
PROFILES: Final = "Actor's profile (*.json)"
CONSTRAINTS: Final = {
    "hold_gaze": ("Hold Gaze in Blinks", "The eyes go straight from before a blink to after it"),
    "part_winks": ("Keep Winks Apart", "An eye that closes does not take the other along"),
    "resolve_opposites": ("Resolve Opposites", "Of two shapes that exclude each other the difference stays"),
    "clamp": ("Keep within 0 to 1", "No shape goes below its rest or beyond its full"),
    "limit_close": ("Limit Mouth Close", "The lips close no further than the jaw is open"),
    "seal_lips": ("Seal Lips", "Lips that touch in the footage (B, P, M) close wholly"),
}
assert set(CONSTRAINTS) == {f.name for f in fields(Constraints)}

CALIBRATION: Final = {
    "KEPT": ("As Kept", "The calibration that is kept with the take, if there is one"),
    "OFF": ("Off", "Weights as they were measured"),
    "GUESS": ("Guess", "Rest and blinks are guessed from the whole take"),
    "TOLD": ("From Frames", "Rest, and the range of motion, from the frames chosen here"),
    "PROFILE": ("Actor's Profile", "The calibration saved for an actor"),
}


class TunePage(Page):
    """How the take is tuned."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._presets()
        self.shape = QtWidgets.QComboBox()
        self.shape.addItems(arkit.NAMES)
        self.shape.setCurrentText("jawOpen")
        self.shape.setMaxVisibleItems(26)
        self.shape.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.shape.setMinimumContentsLength(10)
        self.shape.currentIndexChanged.connect(lambda *_: self.look())
        self.curve = CurveView()
        self.curve.clicked.connect(self._go)
        self.row(self.shape, name="Curve")
        self.form.addRow(self.curve)
        tip = "Go to where the face was lost or doubtful before"
        self.before = button("◀ Previous Bad Frame", lambda: session.go_to_bad(True), tip)
        tip = "Go to where the face is lost or doubtful next"
        self.after = button("Next Bad Frame ▶", session.go_to_bad, tip)
        self.row(self.before, self.after)
        self._sliders()
        tip = (
            "Bake again, into the same keys, whenever a setting of Tune or of the character changes. "
            "What was edited by hand on these keys is replaced"
        )
        self.auto = check("Update Keys at Once", tip, lambda on: session.change(auto_update=on))
        tip = "Bake again, into the same keys, with the settings as they are now"
        self.update_keys = button("Update Keys", session.update_keys, tip)
        self.row(self.auto, self.update_keys)
        self.parts = (_Calibration(session), _Regions(session), _Constraints(session))
        for title, part in zip(("Calibration", "Regions", "Constraints"), self.parts):
            self.form.addRow(Section(title, part, is_open=False, below=True))

    def refresh(self) -> None:
        """Show what is."""
        settings = self.session.settings
        self.smoothing.show_value(settings.smoothing)
        self.head.show_value(settings.smoothings.get("pose", settings.smoothing))
        self.gain.show_value(settings.gain)
        for widget in (self.before, self.after):
            allow(widget, self.session.why_not("tune"))
        show_checked(self.auto, self.session.kept.auto_update)
        allow(self.update_keys, self.session.why_not("update"))
        allow(self.drop, "" if self.presets.currentText() else "No preset is chosen")
        for part in self.parts:
            part.refresh()
        self.look()

    def look(self) -> None:
        """Draw the curve anew."""
        self.curve.show_curves(self.session.curves(self.shape.currentText()), self.session.now)

    def _presets(self) -> None:
        session = self.session
        self.presets = Menu(lambda: session.presets, "Settings that were kept under a name, for all scenes")
        self.presets.look()
        self.presets.setPlaceholderText("none")
        self.presets.setCurrentIndex(-1)
        self.presets.activated[int].connect(lambda _: session.use_preset(self.presets.currentText()))
        add = small_button("+", self._add_preset, "Keep these settings under a name, for all scenes")
        self.drop = small_button("−", self._drop_preset, "Delete the preset that is shown")
        tip = "Read tune settings from a file. The take's calibration stays as it is"
        load = button("Load…", self._load, tip)
        tip = "Write the tune settings, with the take's calibration, to a file for Blender or `mien tune`"
        self.row(self.presets, add, self.drop, load, button("Save…", self._save, tip), name="Presets")

    def _sliders(self) -> None:
        session = self.session
        self.smoothing = Number(0, 1, "0: as measured. 0.5: no jitter, and blinks stay sharp. 1: slow")
        self.smoothing.changed.connect(lambda value: session.change_settings(smoothing=value))
        self.head = Number(0, 1, "The same for the turns of the head")
        self.head.changed.connect(self._smooth_head)
        self.gain = Number(0, 3, "Factor on all shapes. 1: as measured. Above: a livelier face")
        self.gain.changed.connect(lambda value: session.change_settings(gain=value))
        self.row(self.smoothing, name="Smoothing")
        self.row(self.head, name="of Head")
        self.row(self.gain, name="Gain")

    def _go(self, seconds: float) -> None:
        self.session.scene.go_to(round(self.session.frame_of(seconds)))
        self.session.changed()

    def _smooth_head(self, value: float) -> None:
        smoothings = {**self.session.settings.smoothings, "pose": value}
        self.session.change_settings(smoothings=smoothings)

    def _add_preset(self) -> None:
        name = ask_for_name(self, "Add Tune Preset", "Name", self.presets.currentText())
        if name:
            self.session.add_preset(name)
            self.presets.look()
            self.presets.setCurrentIndex(self.presets.findText(name))

    def _drop_preset(self) -> None:
        self.session.remove_preset(self.presets.currentText())
        self.presets.look()
        self.refresh()

    def _load(self) -> None:
        path = ask_to_open(self, "Load settings", SETTINGS)
        if path:
            self.session.load_settings(path)

    def _save(self) -> None:
        path = ask_to_save(self, "Save settings", SETTINGS)
        if path:
            self.session.save_settings(path)


class _Calibration(Page):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.neutral = [
            button("Frame", lambda: session.neutral("FRAME"), "The face at the current frame is at rest"),
            button(
                "Range", lambda: session.neutral("RANGE"), "The face is at rest throughout the playback range"
            ),
            button(
                "Take", lambda: session.neutral("TAKE"), "Guess it: what the face comes back to in the take"
            ),
        ]
        self.row(*self.neutral, name="Neutral from")
        tip = "The actor goes as far as the face can in the playback range: that becomes 1"
        self.motion = button("Full Motion from Range", session.motion_in_range, tip)
        tip = "Forget the frames of rest and of the range of motion"
        self.clear = button("Clear", session.clear_calibration, tip)
        self.row(self.motion, self.clear, name="")
        tip = "What of the measured face is the actor's face at rest"
        self.how = choice([CALIBRATION[name] for name in CALIBRATIONS], tip, self._set_how)
        self.row(self.how, name="Calibration")
        self.file = QtWidgets.QLineEdit(readOnly=True, placeholderText="An actor's profile (.json)")
        self.profile = Page(is_part=True)
        self.profile.row(self.file, small_button("…", self._ask, "Choose an actor's profile"), name="Profile")
        self.form.addRow(self.profile)
        self.told = small_label()
        self.row(self.told, name="")
        tip = "Pitch, yaw and roll of the performer (degrees) that leave the character's head at rest"
        self.head = [spin(-180, 180, 1, tip, partial(self._set_head, i), "°") for i in range(3)]
        self.row(*self.head, name="Head at Rest")
        tip = "Write the take's calibration to a file, for all takes of this actor"
        self.save = button("Save Actor's Profile…", self._save, tip)
        self.row(self.save, name="")

    def refresh(self) -> None:
        chosen, why_not = self.session.chosen, self.session.why_not("tune")
        for widget in (*self.neutral, self.motion, self.clear, self.save):
            allow(widget, why_not)
        for widget in (self.how, *self.head):
            widget.setEnabled(chosen is not None)
        show_choice(self.how, CALIBRATIONS.index(chosen.calibrate) if chosen else 0)
        self.profile.setVisible(chosen is not None and chosen.calibrate == "PROFILE")
        show_text(self.file, Path(chosen.profile).name if chosen and chosen.profile else "")
        for box, angle in zip(self.head, chosen.head_rest if chosen else (0.0, 0.0, 0.0)):
            show_number(box, angle)
        is_told = chosen is not None and chosen.calibrate == "TOLD"
        self.told.setVisible(is_told)
        if chosen is not None and is_told:
            spans = (("At Rest", chosen.rest), ("Range of Motion", chosen.motion))
            lines = [f"{n}: {s[0]:.2f} – {s[1]:.2f} s" if s else f"{n}: not chosen" for n, s in spans]
            self.told.setText("\n".join(lines))

    def _set_how(self, index: int) -> None:
        self.session.change_take(calibrate=CALIBRATIONS[index])

    def _set_head(self, axis: int, value: float) -> None:
        assert self.session.chosen is not None
        pose = [*self.session.chosen.head_rest]
        pose[axis] = value
        self.session.change_take(head_rest=tuple(pose))

    def _ask(self) -> None:
        path = ask_to_open(self, "Choose an actor's profile", PROFILES)
        if path:
            self.session.choose_profile(path)

    def _save(self) -> None:
        path = ask_to_save(self, "Save actor's profile", PROFILES)
        if path:
            self.session.save_profile(path)


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
            self.row(self.boxes[name], name="")

    def refresh(self) -> None:
        for name, box in self.boxes.items():
            show_checked(box, getattr(self.session.settings.constraints, name))

    def _set(self, name: str, on: bool) -> None:
        changed: Any = replace(self.session.settings.constraints, **{name: on})
        self.session.change_settings(constraints=changed)
