"""Recordings of other programs, and ours: the suffix of the file chooses the format.

`.mien` is a Take as Mien keeps it (`mien.take`), `.csv` a recording of Live Link Face
(`livelink_csv`), `.json` text for scripts of your own (`json_take`). All are written atomically. Live streams
are in the other modules of this room (`stream` says how they hang together); none of them is imported here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import UsageError
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
"""What can be read and written, in small letters."""


def read(path: str | os.PathLike[str]) -> Take:
    """Read a recording: TakeError when it is missing, damaged or foreign, UsageError for another suffix."""
    return _READERS[suffix_of(path)](Path(path))


def write(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a take: OutputError when it can't be written there, UsageError for another suffix."""
    _WRITERS[suffix_of(path)](take, Path(path))


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The suffix in small letters; UsageError where it is none of `SUFFIXES`."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise UsageError(f"{path} has none of the suffixes {known}", "The suffix says what it is.")
    return suffix
