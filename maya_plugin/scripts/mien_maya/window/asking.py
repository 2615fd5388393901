"""Asking for files and names; in Maya and outside it."""

from __future__ import annotations

from Qt import QtWidgets


def ask_to_open(parent: QtWidgets.QWidget, title: str, filters: str) -> str:
    """A file that exists; "" where nothing was chosen."""
    return str(QtWidgets.QFileDialog.getOpenFileName(parent, title, "", filters)[0])


def ask_for_several(parent: QtWidgets.QWidget, title: str, filters: str) -> list[str]:
    """Files that exist; none where nothing was chosen."""
    return [str(path) for path in QtWidgets.QFileDialog.getOpenFileNames(parent, title, "", filters)[0]]


def ask_to_save(parent: QtWidgets.QWidget, title: str, filters: str) -> str:
    """A file to write; "" where nothing was chosen."""
    return str(QtWidgets.QFileDialog.getSaveFileName(parent, title, "", filters)[0])


def ask_for_folder(parent: QtWidgets.QWidget, title: str) -> str:
    """A folder that exists; "" where nothing was chosen."""
    return str(QtWidgets.QFileDialog.getExistingDirectory(parent, title))


def ask_for_name(parent: QtWidgets.QWidget, title: str, label: str, name: str) -> str:
    """A name; "" where it was cancelled."""
    text, is_meant = QtWidgets.QInputDialog.getText(parent, title, label, QtWidgets.QLineEdit.Normal, name)
    return str(text).strip() if is_meant else ""
