"""What is drawn: the curve of a shape, raw against tuned, and the face's landmarks in their crop."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from Qt import QtCore, QtGui, QtWidgets

RAW: Final = QtGui.QColor(150, 150, 150)
TUNED: Final = QtGui.QColor(90, 180, 255)
NOW: Final = QtGui.QColor(230, 80, 70)
GROUND: Final = QtGui.QColor(38, 38, 38)
GRID: Final = QtGui.QColor(62, 62, 62)
LOST: Final = QtGui.QColor(120, 50, 45)
WORDS: Final = QtGui.QColor(190, 190, 190)
_LEFT, _RIGHT, _TOP, _BOTTOM = 26, 6, 18, 16

LINES: Final = (
    range(17), range(17, 22), range(22, 27), range(27, 31), range(31, 36), (*range(36, 42), 36),
    (*range(42, 48), 42), (*range(48, 60), 48), (*range(60, 68), 60),
)  # fmt: skip
"""Landmarks that are joined: jaw, brows, nose, eyes, lips."""


class CurveView(QtWidgets.QWidget):
    """One shape over the take's time; a click goes to its moment."""

    clicked = QtCore.Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(120)
        self._curves: tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None = None
        self._now = 0.0

    def show_curves(self, curves: tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None, now: float) -> None:
        """Times (N,), raw and tuned weights (N,); and where the time slider stands, in seconds."""
        self._curves, self._now = curves, now
        self.update()

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        if self._curves is None or len(self._curves[0]) < 2:
            painter.setPen(WORDS)
            painter.drawText(self.rect(), QtCore.Qt.AlignCenter, "No take yet")
            return
        times, raw, tuned = self._curves
        self._draw_grid(painter, times)
        self._draw_lost(painter, times, raw)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        self._draw(painter, times, raw, QtGui.QPen(RAW, 1))
        self._draw(painter, times, tuned, QtGui.QPen(TUNED, 1.6))
        painter.setPen(QtGui.QPen(NOW, 1))
        x = self._x(times, self._now)
        painter.drawLine(QtCore.QPointF(x, _TOP), QtCore.QPointF(x, self.height() - _BOTTOM))

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Tell the moment that was clicked."""
        if self._curves is not None and len(self._curves[0]) > 1:
            times = self._curves[0]
            part = (_place(event).x() - _LEFT) / max(self.width() - _LEFT - _RIGHT, 1)
            self.clicked.emit(float(times[0] + np.clip(part, 0, 1) * (times[-1] - times[0])))

    def _x(self, times: NDArray[Any], seconds: float) -> float:
        width = self.width() - _LEFT - _RIGHT
        return float(_LEFT + (seconds - times[0]) / (times[-1] - times[0]) * width)

    def _y(self, weight: float) -> float:
        height = self.height() - _TOP - _BOTTOM
        return float(self.height() - _BOTTOM - np.clip(weight, -0.05, 1.1) * height)

    def _draw_grid(self, painter: QtGui.QPainter, times: NDArray[Any]) -> None:
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for level in (0.0, 0.5, 1.0):
            y = round(self._y(level))
            painter.setPen(GRID)
            painter.drawLine(_LEFT, y, self.width() - _RIGHT, y)
            painter.setPen(WORDS)
            painter.drawText(2, y + 4, f"{level:g}")
        for seconds, x, align in (
            (times[0], _LEFT, QtCore.Qt.AlignLeft),
            (times[-1], self.width() - _RIGHT - 60, QtCore.Qt.AlignRight),
        ):
            where = QtCore.QRect(int(x), self.height() - 14, 60, 13)
            painter.drawText(where, align, f"{seconds:.1f} s")
        for text, colour, x in (("raw", RAW, _LEFT + 2), ("tuned", TUNED, _LEFT + 34)):
            painter.setPen(colour)
            painter.drawText(x, 13, text)

    def _draw_lost(self, painter: QtGui.QPainter, times: NDArray[Any], raw: NDArray[Any]) -> None:
        """Shade where there was no face."""
        lost = np.concatenate([[0], (~np.isfinite(raw)).astype(int), [0]])
        for first, end in zip(np.flatnonzero(np.diff(lost) == 1), np.flatnonzero(np.diff(lost) == -1)):
            until = min(int(end), len(times) - 1)
            x, last = self._x(times, times[first]), self._x(times, times[until])
            painter.fillRect(QtCore.QRectF(x, _TOP, last - x, self.height() - _TOP - _BOTTOM), LOST)

    def _draw(
        self, painter: QtGui.QPainter, times: NDArray[Any], values: NDArray[Any], pen: QtGui.QPen
    ) -> None:
        painter.setPen(pen)
        path, is_down = QtGui.QPainterPath(), False
        for i in _shown(times, self.width()):
            if not np.isfinite(values[i]):
                is_down = False
                continue
            point = QtCore.QPointF(self._x(times, times[i]), self._y(values[i]))
            (path.lineTo if is_down else path.moveTo)(point)
            is_down = True
        painter.drawPath(path)


def _place(event: QtGui.QMouseEvent) -> Any:
    """Where it happened: Qt 6 has another name for it."""
    return event.position() if hasattr(event, "position") else event.pos()


def _shown(times: NDArray[Any], width: int) -> range:
    """Enough of the samples for this many pixels."""
    return range(0, len(times), max(len(times) // max(4 * width, 1), 1))


class CropView(QtWidgets.QWidget):
    """The landmarks of the moment in the square that the network sees, upright."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(132, 132)
        self._points: NDArray[np.float64] | None = None
        self._picture: QtGui.QImage | None = None

    def show_face(self, points: NDArray[np.float64] | None, picture: QtGui.QImage | None = None) -> None:
        """Landmarks (70, 2), 0–1 in the crop, or None; and the picture, where there is one."""
        self._points, self._picture = points, picture
        self.update()

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        painter.fillRect(self.rect(), GROUND)
        if self._picture is not None:
            painter.drawImage(self.rect(), self._picture)
        elif self._points is None:
            painter.setPen(WORDS)
            painter.drawText(self.rect(), QtCore.Qt.AlignCenter, "No face here")
        if self._points is None:
            return
        points = [QtCore.QPointF(x * self.width(), y * self.height()) for x, y in self._points]
        painter.setPen(QtGui.QPen(TUNED, 1.2))
        for line in LINES:
            painter.drawPolyline(QtGui.QPolygonF([points[i] for i in line]))
        painter.setBrush(WORDS)
        painter.setPen(QtCore.Qt.NoPen)
        for i in (68, 69):
            painter.drawEllipse(points[i], 2.0, 2.0)
