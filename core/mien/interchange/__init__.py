"""Takes as files, in Mien's own format and in those that other tools read. The suffix chooses.

`.mien` is the take as it is; `.csv` is Epic's Live Link Face recording; `.json` is plain text for scripts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import OutputError, TakeError
from ..take import Take, load_take, save_take
from .json_take import read_json, write_json
from .livelink_csv import read_csv, write_csv

_READERS: Final[dict[str, Callable[[Path], Take]]] = {
    ".mien": load_take,
    ".csv": read_csv,
    ".json": read_json,
}
_WRITERS: Final[dict[str, Callable[[Take, Path], None]]] = {
    ".mien": save_take,
    ".csv": write_csv,
    ".json": write_json,
}

SUFFIXES: Final = tuple(_READERS)
_KNOWN: Final = f"Known suffixes are {', '.join(SUFFIXES)}."


def read(path: str | os.PathLike[str]) -> Take:
    """Read a take; TakeError when the file is missing, damaged or of an unknown kind."""
    place = Path(path)
    if place.suffix.lower() not in _READERS:
        raise TakeError(f"Mien doesn't know what kind of recording {place} is", _KNOWN)
    return _READERS[place.suffix.lower()](place)


def write(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a take; the file is complete or, after an OutputError, not there."""
    place = Path(path)
    if place.suffix.lower() not in _WRITERS:
        raise OutputError(f"Mien doesn't know what kind of recording {place} should be", _KNOWN)
    _WRITERS[place.suffix.lower()](take, place)


__all__ = ["SUFFIXES", "read", "read_csv", "read_json", "write", "write_csv", "write_json"]
