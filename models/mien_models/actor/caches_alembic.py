"""Moving vertices as an Alembic archive (`.abc`, Ogawa), by `alembic3d`: an extra, for it is compiled.

A file says neither unit nor rate: places are in the scene's unit, samples at seconds (frame / rate), as Maya
and Blender take them. Its axes are Y up, and its faces go round clockwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.atomic import replaced
from mien.errors import OutputError, UsageError, install_extra
from numpy.typing import NDArray


def write_alembic(
    path: Path, frames: Iterator[NDArray[Any]], faces: tuple[list[int], list[int]], rate: float,
    first: float, name: str,
) -> None:  # fmt: skip
    """Write an archive with one mesh.

    Parameters
    ----------
    path : Path
        An .abc.
    frames : iterator of ndarray, float32, (V, 3)
    faces : (list of int, list of int)
        How many corners each face has, and the corners of all, anticlockwise.
    rate : float
        Frames a second.
    first : float
        The scene's frame of the first sample.
    name : str
        Of the mesh.
    """
    library = _library()
    try:
        with replaced(path) as scratch:
            _write(library, scratch, frames, faces, (1.0 / rate, first / rate), name)
    except RuntimeError as error:
        raise OutputError(
            f"Can't write {path}: {error}", "Check the folder, and room on the disk."
        ) from error


_HINT: Final = f"{install_extra('alembic')} (Python 3.10 and later), or write a .usda"


def _library() -> Any:
    try:
        import alembic3d
    except ImportError as error:
        raise UsageError("Alembic needs alembic3d, which is not installed", _HINT) from error
    return alembic3d


def _write(
    library: Any, path: Path, frames: Iterator[NDArray[Any]], faces: tuple[list[int], list[int]],
    time: tuple[float, float], name: str,
) -> None:  # fmt: skip
    import imath

    archive, geometry = library.Abc.OArchive(str(path)), library.AbcGeom
    sampling = archive.addTimeSampling(library.AbcCoreAbstract.TimeSampling(*time))
    mesh = geometry.OPolyMesh(archive.getTop(), name, sampling)
    schema = mesh.getSchema()
    counts, corners = (_ints(imath, numbers) for numbers in (faces[0], clockwise(*faces)))
    for frame in frames:
        points = imath.V3fArrayFromBuffer(np.ascontiguousarray(frame, np.float32))
        schema.set(geometry.OPolyMeshSchemaSample(points, corners, counts))
    del schema, mesh, archive  # closes the file


def _ints(imath: Any, numbers: Sequence[int]) -> Any:
    return imath.IntArrayFromBuffer(np.array(numbers, np.int32))


def clockwise(counts: Sequence[int], corners: Sequence[int]) -> list[int]:
    """The corners of all faces, each face the other way round."""
    ends = np.cumsum(counts)
    return [corner for end, count in zip(ends, counts) for corner in reversed(corners[end - count : end])]
