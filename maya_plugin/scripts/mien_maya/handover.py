"""Where scene/keys.py and the command of plug-ins/mien_undo.py meet: Maya loads a plug-in by its path."""

from __future__ import annotations

from typing import Any

waiting: list[list[Any]] = []
"""What the next `mienKeepChange` takes over, with `undoIt` and `redoIt`; empty but for that moment."""
