"""Small widgets that all pages use: sections that fold, sliders with a number, buttons that say why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from Qt import QtCore, QtWidgets


class Section(QtWidgets.QWidget):
    """A part of the road under a title that folds it."""

    def __init__(self, title: str, page: QtWidgets.QWidget, is_open: bool = True) -> None:
        super().__init__()
        self.page = page
        self.head = QtWidgets.QToolButton(text=title, checkable=True, checked=is_open)
        self.head.setToolButtonStyle(QtCore.Qt.ToolButtonTextBesideIcon)
        self.head.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self.head.setStyleSheet(
            "QToolButton { border: none; border-radius: 2px; background: rgba(128, 128, 128, 60);"
            " font-weight: bold; padding: 4px; text-align: left; }"
        )
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

    def __init__(self) -> None:
        super().__init__()
        self.form = QtWidgets.QFormLayout(self)
        self.form.setContentsMargins(8, 4, 4, 8)
        self.form.setSpacing(5)
        self.form.setFieldGrowthPolicy(QtWidgets.QFormLayout.AllNonFixedFieldsGrow)
        self.form.setLabelAlignment(QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter)

    def row(self, *widgets: QtWidgets.QWidget, name: str = "") -> None:
        """Put widgets side by side."""
        box = QtWidgets.QHBoxLayout()
        box.setSpacing(4)
        for widget in widgets:
            if (
                isinstance(widget, (QtWidgets.QPushButton, QtWidgets.QLineEdit))
                and widget.minimumWidth() == 0
            ):
                widget.setMinimumWidth(24)  # else a narrow dock would cut the page off
            box.addWidget(widget)
        if name:
            self.form.addRow(name, box)
        else:
            self.form.addRow(box)


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
        for widget, shown in ((self.box, value), (self.slider, round(value * self._steps))):
            widget.blockSignals(True)
            widget.setValue(shown)
            widget.blockSignals(False)

    def _tell(self, value: float) -> None:
        self.show_value(value)
        self.changed.emit(value)


def button(text: str, act: Callable[[], Any], tip: str = "", big: bool = False) -> QtWidgets.QPushButton:
    """A button; `allow` greys it."""
    made = QtWidgets.QPushButton(text)
    made.setToolTip(tip)
    made.setProperty("tip", tip)
    if big:
        made.setMinimumHeight(30)
    made.clicked.connect(lambda *_: act())
    return made


def ask_button(act: Callable[[], Any], tip: str) -> QtWidgets.QPushButton:
    """The small button beside a path."""
    made = button("…", act, tip)
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
