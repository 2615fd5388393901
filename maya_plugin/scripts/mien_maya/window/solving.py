"""Source and Solve: the footage, the button and its progress, the take and the face in it."""

from __future__ import annotations

from pathlib import Path

from Qt import QtGui, QtWidgets

from ..road import Session, in_crop, take_in_words
from .asking import ask_to_open
from .pictures import CropView
from .widgets import Page, allow, ask_button, button, show_text, small_label

VIDEOS = "Video (*.mp4 *.mov *.avi *.mkv *.webm *.m4v);;All files (*.*)"
TAKES = "Take (*.mien *.csv *.json)"


class SourcePage(Page):
    """The footage."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.video = QtWidgets.QLineEdit(placeholderText="Video of a face")
        self.video.setToolTip("The footage of one face: any video file, or a folder of pictures")
        self.video.editingFinished.connect(self._choose)
        self.row(self.video, ask_button(self._ask, "Choose the footage"))

    def refresh(self) -> None:
        """Show what is."""
        show_text(self.video, self.session.kept.video)

    def _choose(self) -> None:
        if self.video.text() != self.session.kept.video:
            self.session.choose_video(self.video.text())

    def _ask(self) -> None:
        path = ask_to_open(self, "Choose the face video", VIDEOS)
        if path:
            self.session.choose_video(path)


class SolvePage(Page):
    """The worker, and the take that it leaves."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.solve = button(
            "Solve", session.solve, "Measure the face in the video, frame by frame; Maya stays free", True
        )
        self.bar = QtWidgets.QProgressBar()
        self.bar.setMinimumHeight(30)
        self.bar.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Fixed)
        self.cancel = button("Cancel", session.cancel, "Stop, and leave nothing", True)
        self.row(self.solve, self.bar, self.cancel)
        self.take = QtWidgets.QLineEdit(placeholderText="Take", readOnly=True)
        self.open = ask_button(
            self._ask, "Open a take: solved earlier (.mien), or recorded by Live Link Face (.csv)"
        )
        self.row(self.take, self.open, name="Take")
        self.crop, self.found = CropView(), small_label()
        self.start = QtWidgets.QDoubleSpinBox(minimum=-1e6, maximum=1e6, decimals=2)
        self.start.setToolTip("The frame of the scene at which the footage begins")
        self.start.setKeyboardTracking(False)
        self.start.setMinimumWidth(70)
        self.start.valueChanged.connect(lambda frame: session.change(start=frame))
        self.again = button(
            "Punch In", session.punch_in, "Solve the playback range again, and put it into the take"
        )
        side = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        start_row = QtWidgets.QHBoxLayout()
        start_row.addWidget(QtWidgets.QLabel("Start Frame"))
        start_row.addWidget(self.start, 1)
        column.addWidget(self.found)
        column.addStretch(1)
        column.addLayout(start_row)
        column.addWidget(self.again)
        self.row(self.crop, side)

    def refresh(self) -> None:
        """Show what is."""
        session, working = self.session, self.session.work is not None
        self.solve.setVisible(not working)
        self.bar.setVisible(working)
        self.cancel.setVisible(working)
        allow(self.solve, session.why_not("solve"))
        allow(self.again, session.why_not("punch_in"))
        part = session.progress.part
        self.bar.setRange(0, 0 if part is None else 1000)
        self.bar.setValue(round(1000 * (part or 0.0)))
        self.bar.setFormat(session.progress.text)
        show_text(self.take, Path(session.kept.take).name)
        self.take.setToolTip(session.kept.take)
        self.start.blockSignals(True)
        self.start.setValue(session.kept.start)
        self.start.blockSignals(False)
        self.found.setText(
            take_in_words(session.take).replace(", ", "\n") if session.take is not None else "No take yet"
        )
        self.look()

    def look(self) -> None:
        """Show the face that is being solved, or the one at the time slider."""
        session, take = self.session, self.session.take
        if session.work is not None and session.preview.is_file():
            picture = QtGui.QImage(str(session.preview))
            if not picture.isNull():  # else it is just being replaced
                self.crop.show_face(None, picture)
            return
        self.crop.show_face(in_crop(take, self.session.now) if take is not None else None)

    def _ask(self) -> None:
        path = ask_to_open(self, "Choose the take", TAKES)
        if path:
            self.session.open_take(path)
