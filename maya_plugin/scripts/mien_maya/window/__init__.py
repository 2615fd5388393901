"""The window: the road as sections below one another, the same in Maya and outside it."""

from __future__ import annotations

from typing import Any, Final

from Qt import QtCore, QtGui, QtWidgets

from ..driving import Drive
from ..road import Session
from .actor import ActorPage
from .baking import BakePage
from .casting import CharacterPage
from .live import LivePage
from .solving import SolvePage, SourcePage
from .tuning import TunePage
from .widgets import Section

FOLDED: Final = ("Live", "Actor")
"""Pages that are not open at first."""
LISTEN: Final = 100
"""Milliseconds between two looks at the worker, and at the time slider."""


class MienWindow(QtWidgets.QWidget):
    """All of it, in one widget that docks.

    Parameters
    ----------
    scene : module
        `mien_maya.scene`.
    """

    def __init__(self, scene: Any, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mienWindowPages")
        self.setWindowTitle("Mien")
        self._frame, self._ready = None, False
        self.session = Session(scene, self.refresh)
        self.drive = Drive(self.session)
        self.pages: dict[str, Any] = {
            "Source": SourcePage(self.session),
            "Solve": SolvePage(self.session),
            "Tune": TunePage(self.session),
            "Character": CharacterPage(self.session),
            "Bake": BakePage(self.session),
            "Live": LivePage(self.session, self.drive),
            "Actor": ActorPage(self.session),
        }
        self.sections = {name: Section(name, page, name not in FOLDED) for name, page in self.pages.items()}
        self.status = QtWidgets.QLabel()
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(QtCore.Qt.TextSelectableByMouse)
        self.status.setContentsMargins(8, 6, 8, 6)
        self.status.setAutoFillBackground(True)
        self.status.setBackgroundRole(QtGui.QPalette.AlternateBase)
        self._lay_out()
        self._ready = True
        self.timer = QtCore.QTimer(self)
        self.timer.timeout.connect(self._listen)
        self.timer.start(LISTEN)
        self.refresh()

    def refresh(self) -> None:
        """Show the session as it is."""
        if not self._ready:
            return
        for page in self.pages.values():
            page.refresh()
        self.status.setText(self.session.message)
        self.status.setStyleSheet("color: #e0a030" if self.session.trouble else "")

    def release(self) -> None:
        """Stop what runs: the window goes, or Maya does."""
        self.timer.stop()
        self.drive.stop()
        self.session.close()

    def _lay_out(self) -> None:
        column = QtWidgets.QWidget()
        road = QtWidgets.QVBoxLayout(column)
        road.setContentsMargins(4, 4, 4, 4)
        road.setSpacing(4)
        for section in self.sections.values():
            road.addWidget(section)
        road.addStretch(1)
        scroll = QtWidgets.QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QtWidgets.QFrame.NoFrame)
        scroll.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarAlwaysOff)
        scroll.setWidget(column)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.status)

    def _listen(self) -> None:
        self.session.listen()
        self.session.keep_up()
        self.pages["Actor"].look()
        if self.drive.running:
            self.drive.follow()
            self.pages["Live"].look()
        frame = self.session.scene.current_frame()
        if frame != self._frame:
            self._frame = frame
            self.pages["Solve"].look()
            self.pages["Tune"].look()
