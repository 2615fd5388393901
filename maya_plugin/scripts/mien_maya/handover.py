"""Where scene/keys.py and the command of plug-ins/mien_undo.py meet: Maya loads a plug-in by its path."""

from __future__ import annotations

from typing import Any

waiting: list[list[Any]] = []
"""The MAnimCurveChanges that the next `mienKeepChange` takes over; empty but for that moment."""
