"""Character: the list of them, the chosen one's map as a list that can be edited, its joints."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Final

from mien import arkit
from Qt import QtCore, QtWidgets

from ..rigging import JOINTS, Row
from ..road import Session
from .asking import ask_to_open, ask_to_save
from .widgets import (
    LINE,
    Page,
    Section,
    ShortList,
    allow,
    button,
    check,
    fit_rows,
    show_checked,
    show_text,
)

MAPS: Final = "Retarget map (*.json)"
PATH: Final = QtCore.Qt.UserRole
"""Where a line of the list keeps its channel's whole name."""

_COLUMNS: Final = ("Channel", "Driven by", "Gain")


class CharacterPage(Page):
    """Who is driven, and by what."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.characters = ShortList(
            session.add_character, "The selected meshes, controls and joints are a character",
            session.remove_character, "Take the character off the list. Nothing of the scene changes",
        )  # fmt: skip
        self.characters.chosen.connect(session.choose_character)
        self.form.addRow(self.characters)
        self.told = QtWidgets.QLabel()
        self.find = QtWidgets.QLineEdit(placeholderText="Find a channel", clearButtonEnabled=True)
        self.find.setMaximumWidth(150)
        self.list = ChannelList(session)
        self.find.textChanged.connect(self.list.show_only)
        self.row(self.told, self.find)
        self.form.addRow(self.list)
        self.auto = button("Auto-Map", session.auto_map, "Make the map from the channels' names anew")
        self.load = button("Load Map…", self._load, "Use the map of a file")
        self.save = button("Save Map…", self._save, "Write the map, as it is edited")
        self.row(self.auto, self.load, self.save)
        tip = "Left and right change places"
        self.mirror = check("Mirror", tip, lambda on: session.change_character(mirror=on))
        tip = "A blendShape with ARKit's shapes, for a face that has none"
        self.make = button("Make the 52 Shapes", session.make_shapes, tip)
        self.row(self.mirror, self.make)
        self.joints = _Joints(session)
        self.form.addRow(Section("Head and Eyes", self.joints, is_open=False, below=True))

    def refresh(self) -> None:
        """Show what is."""
        session, kept = self.session, self.session.kept
        rows = [
            (who.name, f"{len(who.nodes)} objects" if len(who.nodes) > 1 else "", ", ".join(who.nodes))
            for who in kept.characters
        ]
        self.characters.show_rows(rows, kept.character_index)
        allow(self.characters.remove, session.why_not("remove_character"))
        who = session.who
        self.mirror.setEnabled(who is not None)
        show_checked(self.mirror, who is not None and who.mirror)
        for widget in (self.auto, self.load, self.save):
            allow(widget, session.why_not("map"))
        allow(self.make, session.why_not("shapes"))
        count = len(session.rig.mapping.channels)
        driven = f"{session.rig.driven} of {count} channels are driven"
        self.told.setText(driven if count else "Select its meshes, then press +")
        self.list.refresh()
        self.joints.refresh()

    def _load(self) -> None:
        path = ask_to_open(self, "Load map", MAPS)
        if path:
            self.session.load_map(path)

    def _save(self) -> None:
        path = ask_to_save(self, "Save map", MAPS)
        if path:
            self.session.save_map(path)


class ChannelList(QtWidgets.QTreeWidget):
    """A line for each channel: a box for driven or not, the shape, the gain. A double click edits."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._shown: list[Row] | None = None
        self.setHeaderLabels(_COLUMNS)
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        views = QtWidgets.QAbstractItemView
        self.setEditTriggers(views.DoubleClicked | views.EditKeyPressed)
        self.setItemDelegateForColumn(0, _ReadOnly(self))
        self.setItemDelegateForColumn(1, _ShapeChoice(self))
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarAlwaysOff)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QtWidgets.QHeaderView.Stretch)
        for column, width in ((1, 140), (2, 50)):
            self.header().setSectionResizeMode(column, QtWidgets.QHeaderView.Fixed)
            self.setColumnWidth(column, width)
        self.itemChanged.connect(self._edited)
        fit_rows(self, 9)

    def refresh(self) -> None:
        """Show the map, where it has changed.

        Lines that stay are changed in place: this runs while the list tells of an edit, and to take a line
        away then would take Maya down.
        """
        rows = self.session.rig.rows
        if rows == self._shown:
            return
        is_same = self._shown is not None and [r.path for r in rows] == [r.path for r in self._shown]
        self._shown = rows
        self.blockSignals(True)
        if not is_same:
            self.clear()
            self.addTopLevelItems([QtWidgets.QTreeWidgetItem() for _ in rows])
        for i, (row, name) in enumerate(zip(rows, _short_names(rows))):
            _show_row(self.topLevelItem(i), row, name)
        self.blockSignals(False)

    def show_only(self, words: str) -> None:
        """Hide the lines that say none of it."""
        for i, row in enumerate(self._shown or ()):
            said = f"{row.path} {row.source}".lower()
            self.topLevelItem(i).setHidden(words.strip().lower() not in said)

    def _edited(self, item: QtWidgets.QTreeWidgetItem, column: int) -> None:
        path = item.data(0, PATH)
        if column == 0:
            self.session.edit_channel(path, driven=item.checkState(0) == QtCore.Qt.Checked)
        elif column == 1:
            self.session.edit_channel(path, source=item.text(1))
        else:
            try:
                self.session.edit_channel(path, gain=float(item.text(2).replace(",", ".")))
            except ValueError:
                self.session.say(f"{item.text(2)!r} is no number.", trouble=True)
                self._shown = None
                self.refresh()


def _short_names(rows: list[Row]) -> list[str]:
    """The channels' own names, with their nodes where several have the same."""
    own = [row.path.rpartition(".")[2] for row in rows]
    count = Counter(own)
    return [name if count[name] == 1 else row.path for name, row in zip(own, rows)]


def _show_row(item: QtWidgets.QTreeWidgetItem, row: Row, name: str) -> None:
    for column, text in enumerate((name, row.source, f"{row.gain:g}" if row.source else "")):
        if item.text(column) != text:
            item.setText(column, text)
        item.setToolTip(column, "\n".join(filter(None, (row.path, row.note))))
    item.setData(0, PATH, row.path)
    item.setSizeHint(0, LINE)
    flags = QtCore.Qt.ItemIsEnabled | QtCore.Qt.ItemIsSelectable | QtCore.Qt.ItemIsUserCheckable
    item.setFlags(flags | QtCore.Qt.ItemIsEditable if row.simple else flags)
    item.setCheckState(0, QtCore.Qt.Checked if row.driven else QtCore.Qt.Unchecked)


class _ReadOnly(QtWidgets.QStyledItemDelegate):
    def createEditor(self, *_: object) -> None:  # noqa: N802
        return None


class _ShapeChoice(QtWidgets.QStyledItemDelegate):
    """A list of ARKit's shapes to choose from."""

    def createEditor(self, parent, _option, _index):  # noqa: N802
        box = QtWidgets.QComboBox(parent)
        box.addItems(["", *arkit.NAMES])
        box.setMaxVisibleItems(27)
        return box

    def setEditorData(self, box, index) -> None:  # noqa: N802
        box.setCurrentText(index.data() or "")

    def setModelData(self, box, model, index) -> None:  # noqa: N802
        model.setData(index, box.currentText())


class _Joints(Page):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.fields, self.buttons = session, {}, {}
        tip = "The selected joint or control turns with it, from how it stands now. Nothing selected: none"
        for part, name in JOINTS.items():
            field = QtWidgets.QLineEdit(readOnly=True, placeholderText="none")
            self.fields[part] = field
            self.buttons[part] = button("Use Selected", partial(session.choose_joint, part), tip)
            self.row(field, self.buttons[part], name=name)

    def refresh(self) -> None:
        who = self.session.who
        for part, field in self.fields.items():
            joint = who.joints.get(part) if who else None
            show_text(field, joint.node if joint else "")
            allow(self.buttons[part], self.session.why_not("map"))
