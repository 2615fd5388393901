"""Small widgets that all pages use: sections that fold, sliders with a number, lists, buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from Qt import QtCore, QtWidgets

NAMES: Final = 92
"""Pixels for the names beside the fields, so that the fields of all pages stand below one another."""

LINE: Final = QtCore.QSize(0, 19)
"""Size of a line of a list; it is as wide as the list."""

_HEAD: Final = (
    "QToolButton {{ border: none; border-radius: 2px; background: rgba(128, 128, 128, {shade});"
    " font-weight: {weight}; padding: 4px; text-align: left; }}"
)


class Section(QtWidgets.QWidget):
    """A part of the road under a title that folds it; `below` another one it looks quieter."""

    def __init__(
        self, title: str, page: QtWidgets.QWidget, is_open: bool = True, below: bool = False
    ) -> None:
        super().__init__()
        self.page = page
        self.head = QtWidgets.QToolButton(text=title, checkable=True, checked=is_open)
        self.head.setToolButtonStyle(QtCore.Qt.ToolButtonTextBesideIcon)
        self.head.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        look = {"shade": 24, "weight": "normal"} if below else {"shade": 60, "weight": "bold"}
        self.head.setStyleSheet(_HEAD.format(**look))
        self.head.toggled.connect(self.fold)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.head)
        layout.addWidget(page)
        self.fold(is_open)

    def fold(self, is_open: bool) -> None:
        """Show the page, or only its title."""
        self.head.setArrowType(QtCore.Qt.DownArrow if is_open else QtCore.Qt.RightArrow)
        self.page.setVisible(is_open)


class Page(QtWidgets.QWidget):
    """A page of the road: fields below one another, each with its name beside it."""

    def __init__(self, is_part: bool = False) -> None:
        super().__init__()
        self.form = QtWidgets.QFormLayout(self)
        self.form.setContentsMargins(*((0, 0, 0, 0) if is_part else (8, 4, 4, 8)))
        self.form.setSpacing(5)
        self.form.setFieldGrowthPolicy(QtWidgets.QFormLayout.AllNonFixedFieldsGrow)

    def row(self, *widgets: QtWidgets.QWidget, name: str | None = None) -> None:
        """Put widgets side by side; a `name` of "" leaves its place free."""
        box = QtWidgets.QHBoxLayout()
        box.setSpacing(4)
        for widget in widgets:
            if isinstance(widget, (QtWidgets.QPushButton, QtWidgets.QLineEdit)) and not widget.minimumWidth():
                widget.setMinimumWidth(24)  # else a narrow dock would cut the page off
            box.addWidget(widget)
        if name is None:
            self.form.addRow(box)
            return
        label = QtWidgets.QLabel(name)
        label.setFixedWidth(NAMES)
        label.setAlignment(QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter)
        self.form.addRow(label, box)


class Number(QtWidgets.QWidget):
    """A slider with its number beside it."""

    changed = QtCore.Signal(float)

    def __init__(self, low: float, high: float, tip: str, decimals: int = 2) -> None:
        super().__init__()
        self._steps = 10**decimals
        self.box = QtWidgets.QDoubleSpinBox(minimum=low, maximum=high, decimals=decimals, singleStep=0.05)
        self.box.setKeyboardTracking(False)
        self.box.setFixedWidth(64)
        self.slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self.slider.setRange(round(low * self._steps), round(high * self._steps))
        self.setToolTip(tip)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        layout.addWidget(self.slider, 1)
        self.slider.valueChanged.connect(lambda steps: self.box.setValue(steps / self._steps))
        self.box.valueChanged.connect(self._tell)

    def show_value(self, value: float) -> None:
        """Show a value, telling nobody."""
        show_number(self.box, value)
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * self._steps))
        self.slider.blockSignals(False)

    def _tell(self, value: float) -> None:
        self.show_value(value)
        self.changed.emit(value)


class ShortList(QtWidgets.QWidget):
    """A list of a few things by name, one of them chosen, with + and − beside it."""

    chosen = QtCore.Signal(int)

    def __init__(
        self, add: Callable[[], Any], add_tip: str, remove: Callable[[], Any], remove_tip: str
    ) -> None:
        super().__init__()
        self.items = QtWidgets.QTreeWidget(columnCount=2)
        self.items.setHeaderHidden(True)
        self.items.setRootIsDecorated(False)
        self.items.setUniformRowHeights(True)
        self.items.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarAlwaysOff)
        self.items.header().setStretchLastSection(False)
        self.items.header().setSectionResizeMode(0, QtWidgets.QHeaderView.Stretch)
        self.items.header().setSectionResizeMode(1, QtWidgets.QHeaderView.ResizeToContents)
        self.items.currentItemChanged.connect(lambda *_: self.chosen.emit(self.index))
        self.add, self.remove = small_button("+", add, add_tip), small_button("−", remove, remove_tip)
        buttons = QtWidgets.QVBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.items, 1)
        layout.addLayout(buttons)
        fit_rows(self.items, 3)

    @property
    def index(self) -> int:
        """Which is chosen; -1 for none."""
        return int(self.items.indexOfTopLevelItem(self.items.currentItem()))

    def show_rows(self, rows: Sequence[tuple[str, str, str]], index: int) -> None:
        """Show names, what is told of each, and tips; telling nobody."""
        self.items.blockSignals(True)
        while self.items.topLevelItemCount() > len(rows):
            self.items.takeTopLevelItem(self.items.topLevelItemCount() - 1)
        while self.items.topLevelItemCount() < len(rows):
            self.items.addTopLevelItem(QtWidgets.QTreeWidgetItem())
        for i, (name, told, tip) in enumerate(rows):
            item = self.items.topLevelItem(i)
            item.setSizeHint(0, LINE)
            for column, text in enumerate((name, told)):
                item.setText(column, text)
                item.setToolTip(column, tip)
            item.setTextAlignment(1, QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter)
        self.items.setCurrentItem(self.items.topLevelItem(index))
        self.items.blockSignals(False)


class Menu(QtWidgets.QComboBox):
    """A choice whose list is looked up when it opens."""

    def __init__(self, fill: Callable[[], Iterable[str]], tip: str) -> None:
        super().__init__()
        self._fill = fill
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def showPopup(self) -> None:  # noqa: N802
        """Open the list as things are now."""
        self.look()
        super().showPopup()

    def look(self) -> None:
        """Make the list anew, keeping what is shown."""
        text = self.currentText()
        self.blockSignals(True)
        self.clear()
        self.addItems([*self._fill()])
        if self.isEditable():
            self.setEditText(text)
        else:
            self.setCurrentIndex(self.findText(text))
        self.blockSignals(False)


def fit_rows(tree: QtWidgets.QTreeWidget, count: int) -> None:
    """Make a list as high as so many lines (`LINE`), its head included."""
    head = 0 if tree.isHeaderHidden() else LINE.height() + 2
    tree.header().setFixedHeight(head)
    tree.setFixedHeight(count * LINE.height() + head + 2 * tree.frameWidth())


def button(text: str, act: Callable[[], Any], tip: str = "", big: bool = False) -> QtWidgets.QPushButton:
    """A button; `allow` greys it."""
    made = QtWidgets.QPushButton(text)
    made.setToolTip(tip)
    made.setProperty("tip", tip)
    if big:
        made.setMinimumHeight(30)
    made.clicked.connect(lambda *_: act())
    return made


def small_button(text: str, act: Callable[[], Any], tip: str) -> QtWidgets.QPushButton:
    """The small button beside a path or a list."""
    made = button(text, act, tip)
    made.setFixedWidth(28)
    return made


def allow(widget: QtWidgets.QWidget, why_not: str) -> None:
    """Grey a widget where there is a reason, and let it tell the reason."""
    widget.setEnabled(not why_not)
    widget.setToolTip(why_not or widget.property("tip") or "")


def check(text: str, tip: str, act: Callable[[bool], Any]) -> QtWidgets.QCheckBox:
    """A check box."""
    made = QtWidgets.QCheckBox(text)
    made.setToolTip(tip)
    made.toggled.connect(act)
    return made


def choice(words: Iterable[tuple[str, str]], tip: str, act: Callable[[int], Any]) -> QtWidgets.QComboBox:
    """A list to choose from: texts with their tips; `act` hears which."""
    made = QtWidgets.QComboBox()
    for i, (text, told) in enumerate(words):
        made.addItem(text)
        made.setItemData(i, told, QtCore.Qt.ToolTipRole)
    made.setToolTip(tip)
    made.currentIndexChanged[int].connect(act)
    return made


def spin(
    low: float, high: float, decimals: int, tip: str, act: Callable[[float], Any], suffix: str = ""
) -> QtWidgets.QDoubleSpinBox:
    """A number without a slider."""
    made = QtWidgets.QDoubleSpinBox(minimum=low, maximum=high, decimals=decimals, suffix=suffix)
    made.setKeyboardTracking(False)
    made.setMinimumWidth(64)
    made.setToolTip(tip)
    made.valueChanged.connect(act)
    return made


def show_number(box: QtWidgets.QDoubleSpinBox, value: float) -> None:
    """Show a number, telling nobody."""
    box.blockSignals(True)
    box.setValue(value)
    box.blockSignals(False)


def show_choice(box: QtWidgets.QComboBox, index: int) -> None:
    """Show a choice, telling nobody."""
    box.blockSignals(True)
    box.setCurrentIndex(index)
    box.blockSignals(False)


def show_checked(box: QtWidgets.QCheckBox, on: bool) -> None:
    """Show a state, telling nobody."""
    box.blockSignals(True)
    box.setChecked(on)
    box.blockSignals(False)


def show_text(field: QtWidgets.QLineEdit, text: str) -> None:
    """Show a text, unless the user is just writing there."""
    if field.text() != text and not field.hasFocus():
        field.setText(text)


def small_label() -> QtWidgets.QLabel:
    """A line of words below a field."""
    label = QtWidgets.QLabel()
    label.setWordWrap(True)
    return label
