"""The window in a real Qt, offscreen: Maya's look, someone who talks as a take, clicks, photographs.

MIEN_PHOTOGRAPHS names a folder for the photographs.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from mien.arkit import INDEX
from mien.take import Take
from Qt import QtCore, QtGui, QtTest, QtWidgets

LEFT = QtCore.Qt.LeftButton
SHADES = {"Window": 68, "Base": 43, "AlternateBase": 50, "Button": 93, "ToolTipBase": 43}


def maya_look(application: QtWidgets.QApplication) -> None:
    """Maya's dark theme, as near as a palette comes to it."""
    application.setStyle("Fusion")
    palette = QtGui.QPalette()
    for role, shade in SHADES.items():
        palette.setColor(getattr(QtGui.QPalette, role), QtGui.QColor(shade, shade, shade))
    for role in ("WindowText", "Text", "ButtonText", "ToolTipText"):
        palette.setColor(getattr(QtGui.QPalette, role), QtGui.QColor(205, 205, 205))
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(QtGui.QPalette.Disabled, getattr(QtGui.QPalette, role), QtGui.QColor(140, 140, 140))
    palette.setColor(QtGui.QPalette.PlaceholderText, QtGui.QColor(130, 130, 130))
    palette.setColor(QtGui.QPalette.Highlight, QtGui.QColor(82, 133, 166))
    application.setPalette(palette)
    font = application.font()
    font.setPixelSize(12)
    application.setFont(font)


def face_points(open_: float) -> np.ndarray:
    """70 landmarks of a plain face, 0–1 in the crop."""

    def arc(x, y, width, height, first, last, count):
        turn = np.radians(np.linspace(first, last, count))
        return np.stack([x + width * np.cos(turn), y + height * np.sin(turn)], axis=1)

    jaw = arc(0.5, 0.42, 0.32, 0.42 + 0.04 * open_, 180, 0, 17)
    brows = [arc(x, 0.33, 0.09, 0.03, 200, 340, 5) for x in (0.36, 0.64)]
    nose = [np.stack([np.full(4, 0.5), np.linspace(0.40, 0.54, 4)], 1), arc(0.5, 0.55, 0.05, 0.02, 180, 0, 5)]
    eyes = [arc(x, 0.40, 0.055, 0.022, 180, 540, 7)[:6] for x in (0.37, 0.63)]
    lips = [arc(0.5, 0.68, 0.11, 0.035 + 0.05 * open_, 180, 540, 13)[:12]]
    inner = [arc(0.5, 0.68, 0.08, 0.008 + 0.05 * open_, 180, 540, 9)[:8]]
    pupils = np.array([[0.37, 0.40], [0.63, 0.40]])
    return np.concatenate([jaw, *brows, *nose, *eyes, *lips, *inner, pupils])


def talking_take() -> Take:
    """Six seconds of someone who talks and blinks, jittering; no face from 3.0 to 3.4 s."""
    times = np.arange(180) / 30
    noise = np.random.default_rng(3).normal(0, 0.02, (180, 52))
    weights = np.clip(noise + 0.02, 0, 1)
    weights[:, INDEX["jawOpen"]] = np.clip(0.3 + 0.3 * np.sin(times * 5) * np.sin(times) + noise[:, 0], 0, 1)
    for side in ("Left", "Right"):
        blink = np.exp(-(((times % 2.1 - 1.0) / 0.08) ** 2))
        weights[:, INDEX[f"eyeBlink{side}"]] = np.clip(blink + noise[:, 1], 0, 1)
        weights[:, INDEX[f"mouthSmile{side}"]] = np.clip(0.3 + 0.3 * np.sin(times * 0.9), 0, 1)
    lost = (times >= 3.0) & (times < 3.4)
    weights[lost] = np.nan
    base = Take.from_weights(times, weights, {"name": "shot_010", "frame_size": [640, 480]})
    boxes = np.tile(np.float32([320, 240, 300, 6]), (180, 1))
    turn = np.radians(6.0)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = np.stack(
        [((face_points(w) - 0.5) * 300) @ turned.T + (320, 240) for w in np.nan_to_num(weights[:, 17])]
    )
    points[lost], boxes[lost] = np.nan, np.nan
    return base.replaced(landmarks=points, boxes=boxes)


def click(widget):
    assert widget.isEnabled(), widget.toolTip()
    QtTest.QTest.mouseClick(widget, LEFT)


def photograph(window, name):
    assert window.findChild(QtWidgets.QScrollArea).widget().width() <= window.width(), (
        "it is cut off at the side"
    )
    folder = os.environ.get("MIEN_PHOTOGRAPHS")
    tall = window.findChild(QtWidgets.QScrollArea).widget().sizeHint().height()
    window.resize(window.width(), tall + 50)
    QtWidgets.QApplication.processEvents()
    picture = window.grab()
    assert picture.width() == window.width()
    if folder:
        assert picture.save(str(Path(folder) / f"{name}_{QtCore.qVersion().split('.')[0]}.png"))


def wait(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.005)


def until(done, seconds=60.0):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it takes too long"
        wait(0.02)
