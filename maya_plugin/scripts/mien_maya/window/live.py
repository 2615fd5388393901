"""Live: where the face comes from, how it goes, recording."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from Qt import QtCore, QtWidgets

from ..driving import Drive
from ..road import SOURCES, Session
from .widgets import (
    Page,
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

WORDS: Final = {
    "CAMERA": ("Camera", "A camera on this machine"),
    "LIVELINK": ("Live Link Face", "The stream of the Live Link Face app"),
    "VMC": ("VMC", "The stream of a program that speaks VMC"),
    "IFACIALMOCAP": ("iFacialMocap", "The stream of the iFacialMocap app"),
    "FILE": ("Footage in a Loop", "The footage of Source, again and again"),
}
TICK: Final = 16
"""Milliseconds between two looks at what the worker said."""


class LivePage(Page):
    """Driving the character from a camera or a stream."""

    def __init__(self, session: Session, drive: Drive) -> None:
        super().__init__()
        self.session, self.drive = session, drive
        self.source = _Source(session)
        self.form.addRow(self.source)
        self.go = button("Start Live", self._toggle, "", big=True)
        self.row(self.go)
        self.told = small_label()
        self.form.addRow(self.told)
        tip = "The face of the next half second is the actor's face at rest"
        self.neutral = button("Set Neutral", drive.neutral, tip)
        self.forget = small_button("✕", lambda: drive.neutral(forget=True), "No neutral any more")
        self.row(self.neutral, self.forget)
        self.recording = _Recording(session)
        self.form.addRow(self.recording)
        tip = "Record a take, after the countdown; press again to end it"
        self.record = button("Record", drive.record, tip, big=True)
        self.row(self.record)
        self.timer = QtCore.QTimer(self)
        self.timer.setTimerType(QtCore.Qt.PreciseTimer)
        self.timer.timeout.connect(self._tick)

    def refresh(self) -> None:
        """Show what is."""
        running = self.drive.running
        self.go.setText("Stop Live" if running else "Start Live")
        tip = "Give the rig its own values back, and save what is being recorded" if running else (
            "Drive the character from the camera, as it happens. Stop gives the rig its own values back"
        )  # fmt: skip
        self.go.setProperty("tip", tip)
        allow(self.go, "" if running else self.session.why_not("live"))
        self.source.refresh()
        self.source.setEnabled(not running)
        for widget in (self.neutral, self.record):
            allow(widget, "" if running else "Start Live first")
        self.forget.setVisible(running and self.drive.status.neutral)
        self.recording.refresh()
        self.look()

    def look(self) -> None:
        """Say how it goes."""
        status = self.drive.status
        lines = []
        if self.drive.running:
            lines = [status.text]
            if status.rate is not None and status.latency is not None:
                lines = [f"{status.text}, {status.rate:.0f} frames a second, {status.latency[0]:.0f} ms"]
            lines += [status.message, status.hint]
        self.told.setText("\n".join(filter(None, lines)))
        self.told.setVisible(bool(self.told.text()))
        well = status.face is not False and status.there and not status.message
        self.told.setStyleSheet("" if well else "color: #e0a030")
        self._show_recording()

    def _toggle(self) -> None:
        if self.drive.running:
            self.drive.stop()
        else:
            self.drive.start()
            self.timer.start(TICK)
        self.session.changed()

    def _tick(self) -> None:
        self.drive.tick()
        if not self.drive.running:
            self.timer.stop()

    def _show_recording(self) -> None:
        live = self.drive.live
        recording = live.recording if live is not None else None
        under_way = recording is not None and recording.under_way
        self.recording.setEnabled(not under_way)
        left = live.countdown(time.perf_counter()) if live is not None else None
        phases = {"running": "End Recording", "saving": "Saving…"}
        text = phases.get(recording.phase if recording else "", "Record")
        self.record.setText(f"Begins in {max(left, 0.0):.0f} s" if left is not None else text)


class _Part(Page):
    """A part of the page over what the scene keeps of Live."""

    def __init__(self, session: Session) -> None:
        super().__init__(is_part=True)
        self.session = session

    def set(self, name: str) -> Callable[[Any], None]:
        """What takes in a new value."""
        return lambda value: self.session.change(live=replace(self.session.kept.live, **{name: value}))


class _Source(_Part):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        words = [WORDS[name] for name in SOURCES]
        self.kind = choice(words, "Where the face comes from", lambda i: self.set("source")(SOURCES[i]))
        self.row(self.kind, name="Source")
        number = lambda name: lambda value: self.set(name)(int(value))  # noqa: E731
        self.camera = spin(0, 63, 0, "Its number, from 0", number("camera"))
        self.port = spin(0, 65535, 0, "Where the stream comes in. 0: the app's usual one", number("port"))
        self.hear = check(
            "Hear the Network",
            "Let other machines, such as the phone, send to this one. Off: only its own programs",
            self.set("hear_network"),
        )
        self.phone = QtWidgets.QLineEdit(placeholderText="its address")
        self.phone.setToolTip("iFacialMocap: the address of the phone to ask for its stream")
        self.phone.editingFinished.connect(lambda: self.set("phone")(self.phone.text().strip()))
        self.parts = {}
        for what, name, widgets in (
            ("camera", "Camera", [self.camera]), ("stream", "Port", [self.port, self.hear]),
            ("phone", "Phone", [self.phone]),
        ):  # fmt: skip
            self.parts[what] = Page(is_part=True)
            self.parts[what].row(*widgets, name=name)
            self.form.addRow(self.parts[what])

    def refresh(self) -> None:
        kept = self.session.kept.live
        show_choice(self.kind, SOURCES.index(kept.source))
        show_number(self.camera, kept.camera)
        show_number(self.port, kept.port)
        show_checked(self.hear, kept.hear_network)
        show_text(self.phone, kept.phone)
        shown = {"CAMERA": ["camera"], "FILE": [], "IFACIALMOCAP": ["stream", "phone"]}.get(
            kept.source, ["stream"]
        )
        for what, part in self.parts.items():
            part.setVisible(what in shown)


class _Recording(_Part):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        tip = "Seconds from pressing Record until recording begins"
        self.countdown = spin(0, 30, 0, tip, self.set("countdown"), " s")
        tip = "Play the scene with its sound while recording"
        self.cue = check("Play the Scene", tip, self.set("cue"))
        self.row(self.countdown, self.cue, name="Countdown")
        tip = (
            "Record the playback range only, in the place of that part of the chosen take. "
            "The old take stays in its file"
        )
        self.punch_in = check("Punch In", tip, self.set("punch_in"))
        self.row(self.punch_in, name="")
        tip = "Seconds at both ends of a punch-in that go over from the old to the new"
        self.fade = spin(0, 5, 2, tip, self.set("fade"), " s")
        self.fading = Page(is_part=True)
        self.fading.row(self.fade, name="Fade")
        self.form.addRow(self.fading)

    def refresh(self) -> None:
        kept = self.session.kept.live
        show_number(self.countdown, kept.countdown)
        show_checked(self.cue, kept.cue)
        show_checked(self.punch_in, kept.punch_in)
        show_number(self.fade, kept.fade)
        self.fading.setVisible(kept.punch_in)
