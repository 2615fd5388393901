r"""Moving vertices as the caches that hosts play on a mesh: all are written, PC2 and MDD read.

- **PC2** (`.pc2`): Blender's Mesh Cache modifier, 3ds Max. Little-endian: `POINTCACHE2\0`, int32 version 1,
  int32 vertices, float32 first frame, float32 frames a sample, int32 samples; then float32 x, y, z.
- **MDD** (`.mdd`): Blender's Mesh Cache modifier, LightWave. Big-endian: int32 samples, int32 vertices,
  float32 seconds of each sample; then float32 x, y, z.
- **USD** (`.usda`): a mesh of its own with moving points; Blender imports it, Maya's mayaUsd references it.
- **Alembic** (`.abc`): the same for all hosts, with the library that `caches_alembic` needs.
- **Maya's geometry cache** (`.xml` with an `.mcc` beside it) is in `caches_maya`.

All are at even steps, as hosts play them, and a file is either complete or not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from mien.atomic import open_atomic
from mien.errors import TakeError, UsageError
from numpy.typing import NDArray

from .caches_alembic import write_alembic
from .caches_maya import write_mcc

UNITS: Final = {"mm": 1.0, "cm": 0.1, "m": 0.001}
"""What a millimetre is in a file's unit. Blender counts in m, Maya in cm."""
PC2_MAGIC: Final = b"POINTCACHE2\0"
PC2_HEADER: Final = np.dtype(
    [("magic", "S12"), ("version", "<i4"), ("vertices", "<i4"), ("first", "<f4"), ("step", "<f4"),
     ("samples", "<i4")]
)  # fmt: skip
Faces = Sequence[Any]
_CHECK: Final = "Export the cache again, with the mesh that it was made for."


@dataclass(frozen=True, eq=False)
class VertexClip:
    """A mesh in motion.

    Attributes
    ----------
    times : ndarray, float64, (T,)
        Seconds, increasing.
    vertices : ndarray, float32, (T, V, 3)
        Millimetres, in the mesh's own axes and order of vertices.
    """

    times: NDArray[np.float64]
    vertices: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.vertices.ndim != 3 or self.vertices.shape[2] != 3 or len(self.times) != len(self.vertices):
            raise TakeError(
                f"{len(self.times)} times and vertices of shape {self.vertices.shape} are no moving mesh",
                "Vertices have the shape (frames, vertices, 3), and every frame has a time.",
            )
        if not len(self.vertices) or not self.vertices.shape[1]:
            raise TakeError("The moving mesh has no frames or no vertices", _CHECK)
        if not np.isfinite(self.times).all() or (np.diff(self.times) <= 0).any():
            raise TakeError("The moving mesh's times don't increase", _CHECK)
        for at, frame in enumerate(self.vertices):
            if not np.isfinite(frame).all():
                wrong = int((~np.isfinite(frame)).any(axis=1).argmax())
                raise TakeError(f"Vertex {wrong} of frame {at} is not a number", _CHECK)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def rate(self) -> float:
        """Frames a second, by the median step; 30 for a single frame."""
        return 1 / float(np.median(np.diff(self.times))) if len(self) > 1 else 30.0

    def at(self, times: NDArray[np.float64]) -> VertexClip:
        """The same motion at other times (linear between frames, held beyond the ends)."""
        place = np.interp(times, self.times, np.arange(len(self)))
        before = np.clip(np.floor(place).astype(int), 0, max(len(self) - 2, 0))
        after = np.minimum(before + 1, len(self) - 1)
        share = (place - before)[:, None, None].astype(np.float32)
        blended = self.vertices[before] * (1 - share) + self.vertices[after] * share
        return VertexClip(np.asarray(times, np.float64), blended.astype(np.float32))

    def at_rate(self, rate: float) -> VertexClip:
        """The same motion at even steps of `rate` frames a second, from its first time on."""
        if not np.isfinite(rate) or rate <= 0:
            raise UsageError(f"{rate} is no frame rate", "Give frames a second, such as 24 or 29.97.")
        count = int(np.floor((self.times[-1] - self.times[0]) * rate + 1e-4)) + 1
        times = self.times[0] + np.arange(count) / rate
        if count == len(self) and np.abs(times - self.times).max() < 1e-4 / rate:
            return self
        return self.at(times)


def write_cache(
    path: Path,
    clip: VertexClip,
    *,
    rate: float | None = None,
    start_frame: float = 1.0,
    unit: str = "m",
    faces: Faces | None = None, name: str = "face",
) -> None:  # fmt: skip
    """Write a cache; the suffix chooses its kind.

    Parameters
    ----------
    path : Path
        .pc2, .mdd, .usda, .abc or .xml (Maya's geometry cache, with an .mcc of the same name).
    clip : VertexClip
    rate : float, optional
        Frames a second of the scene; the clip's own when not given. The clip is brought to even steps of it.
    start_frame : float
        The scene's frame of the first sample. MDD can't say it: there the modifier's start frame does.
    unit : str
        Of the scene: "m", "cm" or "mm".
    faces : sequence of sequences of int, optional
        The vertices at each face's corners: USD and Alembic need them.
    name : str
        Of the mesh, in USD, Alembic and (with `Shape` after it) in Maya's cache.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path.name} is no cache that Mien writes", f"Use {', '.join(WRITERS)}.")
    if unit not in UNITS:
        raise UsageError(f"{unit!r} is no unit of a cache", f"Use {', '.join(UNITS)}.")
    if not (name.isascii() and name.isidentifier()):
        raise UsageError(f"{name!r} is no name for a mesh", "Use letters, digits and _, a letter first.")
    rate = clip.rate if rate is None else rate
    writer(path, clip.at_rate(rate), _Scene(rate, start_frame, unit, name, faces))


def read_cache(path: Path, *, unit: str = "m", rate: float = 30.0, vertices: int | None = None) -> VertexClip:
    """Read a PC2 or MDD.

    Parameters
    ----------
    path : Path
    unit : str
        What the file's numbers are in: neither format says.
    rate : float
        Frames a second of a PC2, which has frame numbers only; an MDD has seconds.
    vertices : int, optional
        What the mesh has; another number in the file is an error.

    Raises
    ------
    TakeError
        When the file is none of these, damaged, or another mesh's.
    """
    path = Path(path)
    read = {".pc2": _read_pc2, ".mdd": _read_mdd}.get(path.suffix.lower())
    if read is None:
        raise UsageError(f"{path.name} is no cache that Mien reads", "Use .pc2 or .mdd.")
    try:
        with open(path, "rb") as stream:
            times, values = read(stream, os.fstat(stream.fileno()).st_size, rate)
    except OSError as error:
        raise TakeError(f"Can't read {path}: {error.strerror or error}", _CHECK) from error
    except ValueError as error:
        raise TakeError(f"{path.name} is not a cache of its kind, or damaged ({error})", _CHECK) from error
    if vertices is not None and values.shape[1] != vertices:
        raise TakeError(f"{path.name} moves {values.shape[1]} vertices; the mesh has {vertices}", _CHECK)
    return VertexClip(times, np.asarray(values, np.float32) / np.float32(UNITS[unit]))


def scaled(clip: VertexClip, unit: str, kind: str) -> Iterator[NDArray[Any]]:
    """Each frame (V, 3) in a unit, as the numpy type `kind`."""
    factor = np.float32(UNITS[unit])
    for frame in clip.vertices:
        yield (frame * factor).astype(kind)


@dataclass(frozen=True)
class _Scene:
    """What a cache is written for; see `write_cache`."""

    rate: float
    first: float
    unit: str
    name: str
    faces: Faces | None


def _write_pc2(path: Path, clip: VertexClip, scene: _Scene) -> None:
    header = np.array((PC2_MAGIC, 1, clip.vertices.shape[1], scene.first, 1.0, len(clip)), PC2_HEADER)
    with open_atomic(path) as stream:
        stream.write(header.tobytes())
        for frame in scaled(clip, scene.unit, "<f4"):
            stream.write(frame.tobytes())


def _read_pc2(stream: IO[bytes], size: int, rate: float) -> tuple[NDArray[np.float64], NDArray[np.floating]]:
    raw = stream.read(PC2_HEADER.itemsize)
    if len(raw) < PC2_HEADER.itemsize:
        raise ValueError("its header is cut short")
    header = np.frombuffer(raw, PC2_HEADER)[0]
    if raw[:12] != PC2_MAGIC or header["version"] != 1:
        raise ValueError("its first bytes are not a PC2's")
    if not np.isfinite(header["step"]) or header["step"] <= 0 or not np.isfinite(header["first"]):
        raise ValueError("its frames make no sense")
    values = _values(stream, size - len(raw), int(header["samples"]), int(header["vertices"]), "<f4")
    frames = float(header["first"]) + float(header["step"]) * np.arange(len(values))
    return np.asarray(frames / rate, np.float64), values


def _write_mdd(path: Path, clip: VertexClip, scene: _Scene) -> None:
    with open_atomic(path) as stream:
        stream.write(np.array([len(clip), clip.vertices.shape[1]], ">i4").tobytes())
        stream.write((np.arange(len(clip)) / scene.rate).astype(">f4").tobytes())
        for frame in scaled(clip, scene.unit, ">f4"):
            stream.write(frame.tobytes())


def _read_mdd(stream: IO[bytes], size: int, _rate: float) -> tuple[NDArray[np.float64], NDArray[np.floating]]:
    raw = stream.read(8)
    if len(raw) < 8:
        raise ValueError("its header is cut short")
    samples, vertices = (int(each) for each in np.frombuffer(raw, ">i4"))
    if samples < 1 or size < 8 + 4 * samples:
        raise ValueError(f"it claims {samples} samples in {size} bytes")
    times = np.frombuffer(stream.read(4 * samples), ">f4").astype(np.float64)
    return times, _values(stream, size - 8 - 4 * samples, samples, vertices, ">f4")


def _values(stream: IO[bytes], left: int, samples: int, vertices: int, kind: str) -> NDArray[np.floating]:
    if samples < 1 or vertices < 1 or left != 12 * samples * vertices:
        raise ValueError(f"{samples} samples of {vertices} vertices don't fit {left} bytes")
    return np.frombuffer(stream.read(left), kind).reshape(samples, vertices, 3)


def _write_usd(path: Path, clip: VertexClip, scene: _Scene) -> None:
    counts, corners = _polygons("USD", scene.faces, clip.vertices.shape[1])
    points = ", ".join(["(%.7g, %.7g, %.7g)"] * clip.vertices.shape[1])
    with open_atomic(path, "w", encoding="ascii", newline="\n") as stream:
        stream.write(
            f'#usda 1.0\n(\n    defaultPrim = "{scene.name}"\n'
            f'    metersPerUnit = {0.001 / UNITS[scene.unit]:g}\n    upAxis = "Y"\n'
            f"    timeCodesPerSecond = {scene.rate:.9g}\n    framesPerSecond = {scene.rate:.9g}\n"
            f"    startTimeCode = {scene.first:.9g}\n"
            f"    endTimeCode = {scene.first + len(clip) - 1:.9g}\n)\n\n"
            f'def Mesh "{scene.name}"\n{{\n    uniform token subdivisionScheme = "none"\n'
            f"    int[] faceVertexCounts = {counts}\n    int[] faceVertexIndices = {corners}\n"
            "    point3f[] points.timeSamples = {\n"
        )
        for at, frame in enumerate(scaled(clip, scene.unit, "f4")):
            stream.write(f"        {scene.first + at:.9g}: [{points % tuple(frame.ravel().tolist())}],\n")
        stream.write("    }\n}\n")


def _write_maya(path: Path, clip: VertexClip, scene: _Scene) -> None:
    frames = scaled(clip, scene.unit, ">f4")
    count, vertices, _ = clip.vertices.shape
    write_mcc(path, frames, count, vertices, scene.rate, scene.first, f"{scene.name}Shape")


def _write_abc(path: Path, clip: VertexClip, scene: _Scene) -> None:
    faces = _polygons("Alembic", scene.faces, clip.vertices.shape[1])
    frames = scaled(clip, scene.unit, "f4")
    write_alembic(path, frames, faces, scene.rate, scene.first, scene.name)


def _polygons(kind: str, faces: Faces | None, vertices: int) -> tuple[list[int], list[int]]:
    """How many corners each face has, and the corners of all."""
    if faces is None:
        raise UsageError(f"{kind} needs the mesh's faces", "Give the mesh, or write a .pc2 or .mdd.")
    polygons = [[int(corner) for corner in face] for face in faces]
    corners = [corner for face in polygons for corner in face]
    if not corners or min(map(len, polygons)) < 3 or min(corners) < 0 or max(corners) >= vertices:
        raise TakeError(f"The faces don't belong to a mesh of {vertices} vertices", _CHECK)
    return [len(face) for face in polygons], corners


WRITERS: Final = {
    ".pc2": _write_pc2, ".mdd": _write_mdd, ".usda": _write_usd, ".abc": _write_abc, ".xml": _write_maya
}  # fmt: skip
