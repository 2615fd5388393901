"""Asking for files, and for yes or no; in Maya and outside it."""

from __future__ import annotations

from Qt import QtWidgets


def ask_to_open(parent: QtWidgets.QWidget, title: str, filters: str) -> str:
    """A file that exists; "" where nothing was chosen."""
    return str(QtWidgets.QFileDialog.getOpenFileName(parent, title, "", filters)[0])


def ask_to_save(parent: QtWidgets.QWidget, title: str, filters: str) -> str:
    """A file to write; "" where nothing was chosen."""
    return str(QtWidgets.QFileDialog.getSaveFileName(parent, title, "", filters)[0])
