"""The container of a `.mien` file: a zip of `.npy` arrays and one description in JSON, read with suspicion.

Damaged, foreign and forged files end in a TakeError, before memory is taken for what they claim. Nothing is
unpickled. What the arrays mean is in `mien.take`.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import TakeError
from .untrusted import UNREADABLE, checked_member, parse_json, read_header, read_values

_MAX_ABOUT_BYTES = 1 << 20
_AGAIN = "Solve the footage again, or restore the file."


@contextlib.contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[zipfile.ZipFile]:
    """Open the zip; whatever goes wrong in the block becomes a TakeError that names the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError as error:
        raise TakeError(f"There is no take {path}", "Solve the footage, or choose another file.") from error
    except UNREADABLE as error:
        raise TakeError(f"{path} is not a take, or it is damaged ({error})", _AGAIN) from error


def read_about(archive: zipfile.ZipFile, path: object, newest: int) -> dict[str, Any]:
    """Read the description, of the formats 1 to `newest`."""
    with archive.open(checked_member(archive, "about.npy")) as member:
        shape, dtype = read_header(member)
        if len(shape) != 1 or dtype != np.uint8 or shape[0] > _MAX_ABOUT_BYTES:
            raise ValueError("the description is not text")
        about = parse_json(member.read(shape[0]).decode())
    if not isinstance(about, dict) or not isinstance(about.get("format"), int):
        raise ValueError("the description has no format number")
    json.dumps(about, allow_nan=False)
    if about["format"] < 1:
        raise ValueError(f"there is no format {about['format']}")
    if about["format"] > newest:
        raise TakeError(f"{path} is of a newer Mien (format {about['format']})", "Update Mien to open it.")
    return {key: value for key, value in about.items() if key != "format"}


def read_array(
    archive: zipfile.ZipFile, name: str, types: Sequence[np.dtype[Any]], row: tuple[int, ...], most: int
) -> NDArray[Any]:
    """Read one array, after its header has shown what it will need.

    Parameters
    ----------
    types : sequence of dtype
        Those it may have.
    row : tuple of int
        The shape of one sample.
    most : int
        More samples than this are refused.

    Returns
    -------
    ndarray, (N, *row)
    """
    info = checked_member(archive, f"{name}.npy")
    with archive.open(info) as member:
        shape, dtype = read_header(member)
        if dtype not in types or len(shape) != 1 + len(row) or shape[1:] != row:
            raise ValueError(f"{name} has shape {shape} and type {dtype}")
        if shape[0] > most:
            raise ValueError(f"{name} claims {shape[0]} samples")
        return read_values(member, shape, dtype, info.file_size)
