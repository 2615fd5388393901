# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes as the panel needs them again and again: read once, until the file changes. No bpy here."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.take import Take


def read_take(path: Path) -> Take:
    """The take of a file, of any format; MienError where it can't be read."""
    return _read(path, stamp_of(path))


def stamp_of(path: Path) -> tuple[int, int]:
    """What changes when a file does: its time and its size; (0, 0) where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=2)
def _read(path: Path, _stamp: tuple[int, int]) -> Take:
    from mien import interchange

    return interchange.read(path)
