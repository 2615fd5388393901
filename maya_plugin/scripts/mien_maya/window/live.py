"""Live: where the face comes from, how it goes, recording."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Final

from Qt import QtCore, QtWidgets

from ..driving import Drive
from ..road import Session
from .widgets import Page, allow, button, small_label

SOURCES: Final = {
    "Camera": "",
    "Live Link Face": "livelink",
    "VMC": "vmc",
    "iFacialMocap": "ifacialmocap",
    "Footage in a Loop": "file",
}
TICK: Final = 16
"""Milliseconds between two looks at what the worker said."""


class LivePage(Page):
    """Driving the character from a camera or a stream."""

    def __init__(self, session: Session, drive: Drive) -> None:
        super().__init__()
        self.session, self.drive = session, drive
        self.source = QtWidgets.QComboBox()
        self.source.addItems(list(SOURCES))
        self.source.setToolTip("Where the face comes from")
        self.camera = QtWidgets.QSpinBox(minimum=0, maximum=63)
        self.camera.setToolTip("The camera's number, from 0")
        self.row(self.source, self.camera, name="Source")
        self.go = button(
            "Start Live", self._toggle, "Drive the character; Stop gives it its own values back", big=True
        )
        self.row(self.go)
        self.told = small_label()
        self.form.addRow(self.told)
        self.neutral = button(
            "Set Neutral", self._neutral, "The face of the next half second is the actor's face at rest"
        )
        self.record = button(
            "Record", self._record, "Record a take, after the countdown; press again to end it"
        )
        self.countdown = QtWidgets.QSpinBox(minimum=0, maximum=30, value=3, suffix=" s")
        self.countdown.setToolTip("Seconds from pressing Record until recording begins")
        self.row(self.neutral, self.record, self.countdown)
        self.timer = QtCore.QTimer(self)
        self.timer.setTimerType(QtCore.Qt.PreciseTimer)
        self.timer.timeout.connect(self._tick)

    def refresh(self) -> None:
        """Show what is."""
        running = self.drive.running
        self.go.setText("Stop Live" if running else "Start Live")
        allow(self.go, "" if running else self.session.why_not("live"))
        for widget in (self.source, self.camera):
            widget.setEnabled(not running)
        self.camera.setVisible(self.source.currentText() == "Camera")
        for widget in (self.neutral, self.record):
            allow(widget, "" if running else "Start Live first")
        self.told.setText(self._words())
        self._show_recording()

    def options(self) -> list[str]:
        """Words for `mien live`."""
        kind = SOURCES[self.source.currentText()]
        if kind == "file":
            return ["--source", self.session.kept.video, "--loop"]
        return ["--source", kind or str(self.camera.value())]

    def _toggle(self) -> None:
        if self.drive.running:
            self.drive.stop()
            self.timer.stop()
        else:
            self.drive.start(self.options())
            if self.drive.running:
                self.timer.start(TICK)
        self.session.changed()

    def _tick(self) -> None:
        self.drive.tick()
        if not self.drive.running:
            self.timer.stop()
        self.told.setText(self._words())
        self._show_recording()

    def _neutral(self) -> None:
        if self.drive.live is not None:
            self.drive.live.take_neutral()

    def _record(self) -> None:
        folder = Path(self.session.kept.take or self.session.kept.video or Path.home() / "live").parent
        self.drive.record(folder / f"live_{datetime.now():%Y%m%d_%H%M%S}.mien", self.countdown.value())

    def _show_recording(self) -> None:
        live = self.drive.live
        recording = live.recording if live is not None else None
        text = {"running": "End Recording", "saving": "Saving…"}.get(
            recording.phase if recording else "", "Record"
        )
        left = live.countdown(time.perf_counter()) if live is not None else None
        self.record.setText(f"Begins in {left:.0f} s" if left is not None else text)

    def _words(self) -> str:
        status = self.drive.status
        numbers = ""
        if self.drive.running and status.rate is not None and status.latency is not None:
            numbers = f", {status.rate:.0f} frames a second, {status.latency[0]:.0f} ms"
        text = status.text + numbers if self.drive.running else ""
        return "\n".join(filter(None, (text, status.message, status.hint)))
