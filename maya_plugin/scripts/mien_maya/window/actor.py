"""Actor: a network of one's own for one face."""

from __future__ import annotations

from typing import Final

from mien.hosting.actor_training import LABELS
from Qt import QtCore, QtGui, QtWidgets

from ..road import Session
from ..road.networks import FOLDER
from ..road.training import PYTHON
from .asking import ask_for_folder, ask_to_open
from .widgets import (
    Page,
    allow,
    button,
    check,
    choice,
    show_checked,
    show_choice,
    show_text,
    small_button,
    small_label,
)

_NAMES: Final = [name for name, _, _ in LABELS]


class ActorPage(Page):
    """What is learnt from, with which Python, and what came of it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.actor = QtWidgets.QLineEdit()
        self.actor.setToolTip("What the network will be called. Empty: as the character is")
        self.actor.editingFinished.connect(lambda: self._change(actor=self.actor.text().strip()))
        self.row(self.actor, name="Actor")
        self.labels = choice(
            [(text, tip) for _, text, tip in LABELS], "What the network learns that the footage shows",
            lambda index: self._change(labels=_NAMES[index]),
        )  # fmt: skip
        self.row(self.labels, name="Labels")
        self.all_takes = check(
            "All Takes of the List",
            "Learn from all takes whose footage is known, all of this actor. Off: from the chosen one",
            lambda on: self._change(all_takes=on),
        )
        self.in_range = check(
            "Only Keys in Playback Range",
            "Learn from the keys within the playback range only: those that were corrected already",
            lambda on: self._change(in_range=on),
        )
        for box in (self.all_takes, self.in_range):
            self.row(box, name="")
        self._add_machine()
        self._add_work()

    def _add_machine(self) -> None:
        self.python = self._path(
            PYTHON,
            "A Python of any version with torch: make a venv and run in it, in the folder of Mien's source, "
            'pip install -e ".[training,plots]"',
        )
        browse = small_button("…", self._ask_python, "Choose the Python that trains")
        again = small_button("↻", self.session.look_again, "Ask it again whether it has torch")
        self.row(self.python, browse, again, name="Training Python")
        self.folder = self._path(FOLDER, "Where networks of single actors are kept. Empty: with Maya's files")
        browse = small_button("…", self._ask_folder, "Choose the folder for networks")
        self.row(self.folder, browse, name="Networks")
        self.versions = small_label()
        self.form.addRow(self.versions)

    def _add_work(self) -> None:
        session = self.session
        self.train = button(
            "Train on This Actor", session.train,
            "Fine-tune the network on this actor's footage: half an hour on two cores for some minutes "
            "of it. Maya stays free; when cancelled, it goes on from there the next time", True,
        )  # fmt: skip
        self.bar = QtWidgets.QProgressBar()
        self.bar.setMinimumHeight(30)
        self.bar.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Fixed)
        self.cancel = button("Cancel", session.cancel, "Stop; train again to go on from here", True)
        self.row(self.train, self.bar, self.cancel)
        self.gain = small_label()
        self.report = button(
            "Report", self._show_report, "Open the report: errors before and after, by shape, with pictures"
        )
        self.form.addRow(self.gain)
        self.row(self.report)

    def refresh(self) -> None:
        """Show what is."""
        session, options = self.session, self.session.kept.training
        show_text(self.actor, options.actor)
        self.actor.setPlaceholderText(session.who.name if session.who else "")
        show_choice(self.labels, _NAMES.index(options.labels))
        show_checked(self.all_takes, options.all_takes)
        show_checked(self.in_range, options.in_range)
        self.in_range.setEnabled(options.labels != "LABELLER")
        show_text(self.python, session.training_python)
        show_text(self.folder, session.scene.read_option(FOLDER))
        working = session.work is not None
        self.train.setVisible(not working)
        self.bar.setVisible(working)
        self.cancel.setVisible(working)
        part = session.progress.part
        self.bar.setRange(0, 0 if part is None else 1000)
        self.bar.setValue(round(1000 * (part or 0.0)))
        self.bar.setFormat(session.progress.text)
        self.look()
        if not working:
            network = session.network
            self.gain.setText(f"{network.name}: {network.gain}" if network and network.gain else "")
            allow(self.report, session.why_not("report"))

    def look(self) -> None:
        """Whether it can train; the training Python is asked when this is seen."""
        if not self.isVisible():
            return
        why_not = self.session.why_not("train")
        allow(self.train, why_not)
        self.versions.setText(self.session.pythons.versions(self.session.training_python) or why_not)

    def _path(self, name: str, tip: str) -> QtWidgets.QLineEdit:
        field = QtWidgets.QLineEdit()
        field.setToolTip(tip)
        field.editingFinished.connect(lambda: self._set(name, field.text()))
        return field

    def _set(self, name: str, text: str) -> None:
        if text.strip() != self.session.scene.read_option(name):
            self.session.set_machine(name, text)

    def _change(self, **what: object) -> None:
        self.session.change_training(**what)

    def _ask_python(self) -> None:
        path = ask_to_open(self, "Choose the Python that trains", "All files (*)")
        if path:
            self.session.set_machine(PYTHON, path)

    def _ask_folder(self) -> None:
        path = ask_for_folder(self, "Choose the folder for networks")
        if path:
            self.session.set_machine(FOLDER, path)

    def _show_report(self) -> None:
        page = self.session.report()
        if page is not None:
            QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(page)))
