"""Where a host may put takes: a file's name that is not taken yet, a folder that can be written to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path


def unused(path: Path) -> Path:
    """The path, or the first of NAME-2, NAME-3 … that is not there."""
    return next(place for place in _names(path) if not place.exists())


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def can_be_written(folder: Path) -> bool:
    """Whether files can be made in a folder, which may not be there yet."""
    return os.access(folder if folder.exists() else folder.parent, os.W_OK)
