"""Source and Solve: the footage, the button and its progress, the takes and the face in the chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mien.hosting.networks import DEFAULT
from mien.picture_files import SUFFIXES, is_sequence
from Qt import QtGui, QtWidgets

from ..road import Session, in_crop, take_in_words
from .asking import ask_for_several, ask_to_open
from .pictures import CropView
from .widgets import (
    Menu,
    Page,
    ShortList,
    allow,
    button,
    show_choice,
    show_number,
    show_text,
    small_button,
    small_label,
    spin,
)

_PICTURES: Final = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
FOOTAGE: Final = (
    f"Footage (*.mp4 *.mov *.avi *.mkv *.webm *.m4v {_PICTURES});;"
    f"One of numbered pictures ({_PICTURES});;All files (*)"
)
TAKES: Final = "Takes (*.mien *.csv *.json)"


class SourcePage(Page):
    """The footage, and the take's footage in the scene."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.video = QtWidgets.QLineEdit(placeholderText="Video of a face")
        self.video.setToolTip(
            "The footage of one face: a video, a folder of numbered pictures, or shot.####.png"
        )
        self.video.editingFinished.connect(self._choose)
        self.row(self.video, small_button("…", self._ask, "Choose a video, or one of numbered pictures"))
        self.rate = spin(
            1, 1000, 3, "Pictures a second that the numbered pictures were taken at",
            lambda rate: session.change(rate=rate), " fps",
        )  # fmt: skip
        self.pictures = Page(is_part=True)
        self.pictures.row(self.rate, name="Frame Rate")
        self.form.addRow(self.pictures)
        self.camera = Menu(session.scene.cameras, "The camera behind which the take's footage is shown")
        self.camera.look()
        self.camera.setCurrentIndex(0)
        self.plane = button(
            "Camera", lambda: session.add_image_plane(self.camera.currentText()),
            "Show the take's footage behind this camera, in time with the keys",
        )  # fmt: skip
        self.sound = button(
            "Sound",
            session.add_sound,
            "Put the sound of the take's footage on the time slider, in time with the keys",
        )
        self.row(self.camera, self.plane, self.sound, name="Show Footage")

    def refresh(self) -> None:
        """Show what is."""
        kept = self.session.kept
        show_text(self.video, kept.video)
        show_number(self.rate, kept.rate)
        self.pictures.setVisible(bool(kept.video) and is_sequence(kept.video))
        allow(self.plane, self.session.why_not("footage"))
        allow(self.sound, self.session.why_not("sound"))

    def _choose(self) -> None:
        if self.video.text() != self.session.kept.video:
            self.session.choose_video(self.video.text())

    def _ask(self) -> None:
        path = ask_to_open(self, "Choose the footage", FOOTAGE)
        if path:
            self.session.choose_video(path)


class SolvePage(Page):
    """The worker, and the takes that it leaves."""

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
        self.network = Menu(
            session.network_names, "The network that measures faces; Actor makes more of them"
        )
        self.network.activated[int].connect(lambda _: session.choose_network(self.network.currentText()))
        self.row(self.network, name="Network")
        self.takes = ShortList(
            self._ask, "Put takes into the list: solved (.mien), or recorded by Live Link Face (.csv)",
            session.remove_take, "Take the take off the list. Its file stays",
        )  # fmt: skip
        self.takes.chosen.connect(session.choose_take)
        self.form.addRow(self.takes)
        self.crop, self.found = CropView(), small_label()
        self.start = spin(
            -1e6, 1e6, 2, "The frame of the scene at which the footage begins",
            lambda frame: session.change_take(start=frame),
        )  # fmt: skip
        self.again = button(
            "Punch In", session.punch_in, "Solve the playback range again, and put it into the take"
        )
        self.row(self.crop, self._side())

    def _side(self) -> QtWidgets.QWidget:
        side = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(side)
        column.setContentsMargins(4, 0, 0, 0)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(QtWidgets.QLabel("Start Frame"))
        row.addWidget(self.start, 1)
        column.addWidget(self.found)
        column.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.again)
        return side

    def refresh(self) -> None:
        """Show what is."""
        session, working = self.session, self.session.work is not None
        self.solve.setVisible(not working)
        self.bar.setVisible(working)
        self.cancel.setVisible(working)
        self._show_network()
        allow(self.solve, session.why_not("solve"))
        allow(self.again, session.why_not("punch_in"))
        allow(self.takes.remove, session.why_not("remove_take"))
        part = session.progress.part
        self.bar.setRange(0, 0 if part is None else 1000)
        self.bar.setValue(round(1000 * (part or 0.0)))
        self.bar.setFormat(session.progress.text)
        self._show_takes()
        show_number(self.start, session.start)
        self.start.setEnabled(session.chosen is not None)
        self.look()

    def look(self) -> None:
        """Show the face that is being solved, or the one at the time slider."""
        session, take = self.session, self.session.take
        if session.work is not None and session.preview.is_file():
            picture = QtGui.QImage(str(session.preview))
            if not picture.isNull():  # else it is just being replaced
                self.crop.show_face(None, picture)
            return
        self.crop.show_face(in_crop(take, session.now) if take is not None else None)

    def _show_network(self) -> None:
        shown = self.session.kept.network or DEFAULT
        if self.network.currentText() != shown:
            self.network.look()
            show_choice(self.network, self.network.findText(shown))

    def _show_takes(self) -> None:
        session, take = self.session, self.session.take
        length = f"{take.duration:.1f} s" if take is not None else "can't be read"
        rows = [
            (known.name, length if i == session.kept.take_index else "", known.path)
            for i, known in enumerate(session.kept.takes)
        ]
        self.takes.show_rows(rows, session.kept.take_index)
        said = "No take yet" if not rows else "The take can't be read"
        if session.work is not None:
            self.found.setText(session.progress.rate)
        else:
            self.found.setText(take_in_words(take).replace(", ", "\n") if take is not None else said)

    def _ask(self) -> None:
        paths = ask_for_several(self, "Choose takes", TAKES)
        if paths:
            self.session.open_takes([str(Path(path)) for path in paths])
