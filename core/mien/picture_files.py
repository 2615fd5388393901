"""Which files are pictures of an image sequence, and what footage is called. Nothing is decoded here.

A sequence (shot.1001.exr, shot.1002.exr …) is named by its folder, by a pattern (shot.####.exr or
shot.%04d.exr), or by any one of its pictures.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from .errors import NotAVideoError, SourceError, SourceNotFoundError

SUFFIXES: Final = frozenset(
    (".png", ".jpg", ".jpeg", ".jp2", ".tif", ".tiff", ".bmp", ".tga", ".exr", ".dpx")
)
"""What is a picture, and not a video."""

_PATTERN: Final = re.compile(r"#+|%0?\d*d")
_NUMBER: Final = re.compile(r"\d+(?=\D*$)")
_TRY: Final = "Choose a picture of the sequence, its folder, or write its name as shot.####.png."


def is_sequence(path: str | os.PathLike[str]) -> bool:
    """Whether a path means pictures: a folder, a picture, or a pattern of pictures' names."""
    found = Path(path)
    return found.is_dir() or found.suffix.lower() in SUFFIXES


def name_of(path: str | os.PathLike[str]) -> str:
    """What footage is called: a file's name without its suffix, and a sequence's without its numbers."""
    found = Path(path)
    if found.is_dir():
        return found.name
    if found.suffix.lower() not in SUFFIXES:
        return found.stem
    number = _number_in(found)
    bare = found.stem[: number[0]] if number else found.stem
    return bare.rstrip("._- ") or found.absolute().parent.name or "sequence"


def pictures_of(path: str | os.PathLike[str]) -> dict[int, Path]:
    """The pictures of a sequence by their numbers, in order.

    Raises
    ------
    SourceNotFoundError, NotAVideoError
        There is none.
    SourceError
        A folder that holds several sequences, or that may not be read.
    """
    found = Path(path)
    try:
        pictures = _only_one(found) if found.is_dir() else _like(found)
    except OSError as error:
        raise SourceError(f"{found} may not be read ({error.strerror})", "Check its permissions.") from error
    if not pictures and found.is_dir():
        raise NotAVideoError(f"{found} is a folder, and holds no pictures", _TRY)
    if not pictures:
        raise SourceNotFoundError(f"There are no pictures {found}", _TRY)
    return pictures


def _like(path: Path) -> dict[int, Path]:
    """The pictures called as this one, or as the pattern says."""
    number = _number_in(path)
    if number is None:
        return {1: path} if path.is_file() else {}
    return _numbered(path.parent, path.name[: number[0]], path.name[number[1] :])


def _number_in(path: Path) -> tuple[int, int] | None:
    """Where in a file's name its pattern or number begins and ends."""
    if not path.is_file():
        pattern = _PATTERN.search(path.stem)
        if pattern:
            return pattern.span()
    number = _NUMBER.search(path.stem)
    return number.span() if number else None


def _numbered(folder: Path, before: str, after: str) -> dict[int, Path]:
    """The files called so, by the number in between."""
    if not folder.is_dir():
        return {}
    name = re.compile(re.escape(before) + r"(\d{1,9})" + re.escape(after))
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = name.fullmatch(path.name)
        if match:
            found.setdefault(int(match[1]), path)
    return dict(sorted(found.items()))


def _only_one(folder: Path) -> dict[int, Path]:
    """The one sequence in a folder."""
    names = sorted(
        p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
    )
    kinds = {}
    for name in names:
        number = _NUMBER.search(Path(name).stem)
        kinds[(name[: number.start()], name[number.end() :]) if number else (name, "")] = name
    if len(kinds) > 1:
        told = ", ".join(sorted(kinds.values())[:3])
        raise SourceError(f"{folder} holds several sequences ({told} …)", "Choose a picture of one of them.")
    return _like(folder / names[0]) if names else {}
