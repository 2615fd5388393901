"""Where scene.py and the undo command of plug-ins/mien_undo.py meet: Maya loads a plug-in by its path."""

from __future__ import annotations

from typing import Any

waiting: list[Any] = []
"""The MAnimCurveChange that the next `mienKeepChange` takes over; empty but for that moment."""
