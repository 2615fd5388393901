"""Files from strangers: JSON and arrays, read so that nothing runs and no memory is taken for empty claims.

`mien.archive` reads takes with it, others maps, settings, cards, meshes. What is wrong with a file is raised
as one of `UNREADABLE`; what that means is the caller's to say. Footage has its bounds in `mien.containers`.
"""

from __future__ import annotations

import json
import os
import tokenize
import zipfile
import zlib
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

DEEPEST: Final = 32
"""Lists and objects within one another in JSON. Mien's own go six deep."""

MOST_INFLATED: Final = 64 << 20
"""Bytes that a compressed member of an archive may become. Mien writes its own uncompressed."""

MOST_ARRAYS: Final = 4 << 30
"""Bytes of all arrays of a file together."""

_LONGEST_HEADER: Final = 4096
_MOST_DIGITS: Final = 100

UNREADABLE: Final = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What a damaged or forged file raises, here and in what numpy and zipfile make of it."""


def parse_json(text: str | bytes, **options: Any) -> Any:
    """`json.loads` (with its options); ValueError also where it nests deeper than `DEEPEST`.

    Whole numbers have a hundred digits at most: beyond, reading them takes time by the square.
    """
    try:
        content = json.loads(text, **{"parse_int": whole_number, **options})
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error
    check_depth(content)
    return content


def check_depth(content: Any, deepest: int = DEEPEST) -> None:
    """ValueError where lists and objects nest deeper."""
    level = [content]
    for _ in range(deepest + 1):
        level = [inner for outer in level if isinstance(outer, (dict, list)) for inner in _parts(outer)]
        if not level:
            return
    raise ValueError("it nests too deeply")


def read_text(path: str | os.PathLike[str], most: int) -> str:
    """A text in UTF-8; ValueError where it has more than so many bytes."""
    with open(path, "rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it is larger than {most >> 20} MB")
    return content.decode("utf-8-sig")


def load_arrays(path: str | os.PathLike[str], *names: str) -> dict[str, NDArray[Any]]:
    """Arrays of a `.npz`, by name: those named, all where none is. Their sizes are checked first.

    Raises
    ------
    UNREADABLE
        KeyError where one is missing.
    """
    with open(path, "rb") as stream, zipfile.ZipFile(stream) as archive:
        wanted = [f"{name}.npy" for name in names] or archive.namelist()
        members = [checked_member(archive, name) for name in wanted]
        if sum(member.file_size for member in members) > MOST_ARRAYS:
            raise ValueError("it is too large")
        return {member.filename[:-4]: _array(archive, member) for member in members}


def checked_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """A member that can be as large as it says it is, by what the whole file has."""
    member = archive.getinfo(name)
    stored = member.compress_type == zipfile.ZIP_STORED
    room = _size_of(archive.fp)
    if member.compress_size > room or member.file_size > (room if stored else MOST_INFLATED):
        raise ValueError(f"{name} claims {member.file_size} bytes")
    return member


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array that begins in a stream; its values must be numbers or text, in C order."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if fortran and len(shape) > 1:
        raise ValueError("arrays must be in C order")
    if dtype.hasobject or dtype.itemsize == 0 or any(length < 0 for length in shape):
        raise ValueError("arrays must be of plain values")
    return shape, dtype


def read_values(stream: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], member: int) -> NDArray[Any]:
    """The values after a header, in a member of so many bytes that must hold just these."""
    size = dtype.itemsize
    for length in shape:
        size *= length  # in Python's whole numbers, which don't overflow
    if not 0 <= member - size <= _LONGEST_HEADER:
        raise ValueError(f"an array claims {shape} in {member} bytes")
    content = stream.read()
    if len(content) != size:
        raise ValueError("an array is cut short")
    return np.frombuffer(content, dtype).reshape(shape)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        return read_values(stream, *read_header(stream), member.file_size)


def _size_of(stream: Any) -> int:
    place = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(place)
    return int(size)


def whole_number(text: str) -> int:
    """`int`, for `json.loads`; ValueError where it has more than a hundred digits."""
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _parts(content: dict[str, Any] | list[Any]) -> Any:
    return content.values() if isinstance(content, dict) else content
