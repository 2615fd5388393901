"""A folder of takes, looked at quickly: names, lengths, how much of each shows a face. And renaming.

Of each `.mien` file only the description, the times and the confidence are read: 12 bytes a sample of about
880.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import TakeError
from .take import load_take, peek, save_take

LONGEST_NAME = 200


@dataclass(frozen=True)
class Listed:
    """One take of a folder.

    Attributes
    ----------
    path : Path
    name : str
        As its `about` says; the file's stem where it says nothing.
    seconds : float
        From the first to the last sample.
    samples : int
    rate : float
        Nominal samples a second; measured where the take does not say.
    found : float
        0–1: the share of samples with a face.
    error : str
        Why the file can't be read; "" where it can.
    """

    path: Path
    name: str
    seconds: float = 0.0
    samples: int = 0
    rate: float = 0.0
    found: float = 0.0
    error: str = ""


def list_takes(folder: str | os.PathLike[str]) -> list[Listed]:
    """The `.mien` files of a folder, by their file names; damaged ones are listed with their error."""
    return [_listed(path) for path in _files(Path(folder))]


def rename(path: str | os.PathLike[str], name: str) -> None:
    """Give a take another name; its file keeps its own."""
    wanted = name.strip()
    if not wanted or len(wanted) > LONGEST_NAME or not wanted.isprintable():
        raise TakeError(f"{name!r} is no name for a take", f"Use 1 to {LONGEST_NAME} letters.")
    take = load_take(path)
    save_take(take.replaced(about={**take.about, "name": wanted}), path)


def _files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name.lower())
    except OSError as error:
        reason = error.strerror or error
        raise TakeError(f"{folder} is no folder that can be read ({reason})", "Choose another.") from error
    return (path for path in entries if path.suffix.lower() == ".mien" and path.is_file())


def _listed(path: Path) -> Listed:
    try:
        about, times, confidence = peek(path)
    except TakeError as error:
        return Listed(path, path.stem, error=error.message)
    seconds = float(times[-1] - times[0]) if len(times) > 1 else 0.0
    rate = about.get("rate")
    if not isinstance(rate, (int, float)) or not 0 < rate < np.inf:
        rate = (len(times) - 1) / seconds if seconds else 0.0
    found = float((confidence > 0).mean()) if len(times) else 0.0
    return Listed(path, str(about.get("name") or path.stem), seconds, len(times), float(rate), found)
