"""`mien bench transfer`: the 52 shapes made for heads that have their own, and found on rigs without names.

The heads are MakeHuman's people mixed at random: each has its own 52, so what is made can be compared. Their
meshes are taken as they are and, with a Python that has bpy, remade in other topologies. What is told to
Mien of a head is its mesh and the 16 points that a user would pick.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from mien import arkit
from mien.errors import UsageError
from mien.rig.geometry_map import map_by_geometry
from mien.rig.picked_points import POINTS
from mien.rig.surface import Surface
from mien.rig.transfer import make_arkit_shapes
from numpy.typing import NDArray

from ..synthetic.head import PARTS, HeadSource
from ..synthetic.identities import IdentitySampler
from ..synthetic.reference import own_units
from .clay import sheet

KINDS: Final = ("half", "quarter", "unsubdivided", "subdivided", "smooth", "voxel")
"""The topologies of `remesh`."""
MOVED: Final = 0.005
"""Decimetres from which a vertex counts as displaced."""
PARTED: Final = 0.15
"""How far the mouth of the head that becomes voxels is open: closed lips would grow together."""

_COLOURS: Final = {
    "lashes": (30, 30, 30),
    "teeth": (200, 240, 240),
    "tongue": (90, 90, 220),
    "eye": (235, 235, 235),
}
_SKIN: Final = (150.0, 170.0, 210.0)


@dataclass(frozen=True, eq=False)
class KnownHead:
    """A mesh with its own 52 shapes.

    Attributes
    ----------
    vertices : ndarray, float64, (V, 3), decimetres
    faces : ndarray, int, (F, 3 or 4)
    units : ndarray, float64, (52, V, 3)
        Its own shapes.
    points : dict of str to list of float
        As a user picks them.
    colours : ndarray, float64, (V, 3)
        For pictures, BGR.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    units: NDArray[np.float64]
    points: dict[str, list[float]]
    colours: NDArray[np.float64]

    @property
    def triangles(self) -> NDArray[np.int64]:
        """The faces' halves (T, 3)."""
        if self.faces.shape[1] == 3:
            return self.faces
        return np.concatenate([self.faces[:, [0, 1, 2]], self.faces[:, [0, 2, 3]]])


def known_head(source: HeadSource, seed: int) -> KnownHead:
    """A head drawn at random, whole, with shapes of the usual strength."""
    sampler = IdentitySampler(source)
    neutral = sampler.sample(np.random.default_rng(seed), bearing=False).neutral
    units = own_units(source, neutral)
    points = {name: neutral[sampler.landmarks[i]].tolist() for name, i in POINTS.items()}
    colours = np.tile(_SKIN, (len(neutral), 1))
    for part in PARTS[1:]:
        colours[source.head.part(part)] = next(colour for word, colour in _COLOURS.items() if word in part)
    for part in PARTS[1:3]:
        globe = source.head.part(part)
        colours[globe[neutral[globe, 2] > neutral[globe, 2].max() - 0.03]] = (110, 70, 40)
    faces = source.head.quads.astype(np.int64)
    return KnownHead(neutral.astype(np.float64), faces, units.astype(np.float64), points, colours)


def skin_of(source: HeadSource, head: KnownHead) -> KnownHead:
    """The head's skin alone."""
    faces = head.faces[source.head.groups == 0]
    used, flat = np.unique(faces, return_inverse=True)
    return KnownHead(
        head.vertices[used], flat.reshape(-1, 4), head.units[:, used], head.points, head.colours[used]
    )


def remeshed(head: KnownHead, kinds: tuple[str, ...], blender: str) -> dict[str, KnownHead]:
    """The head in other topologies; its own shapes are read off where the new vertices lie on it."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "head.npz", Path(folder) / "made.npz"
        np.savez(source, vertices=head.vertices, faces=head.faces)
        script = Path(__file__).with_name("remesh.py")
        subprocess.run(
            [blender, str(script), str(source), str(target), *kinds], check=True, capture_output=True
        )
        with np.load(target) as stored:
            for kind in kinds:
                made[kind] = _carried(head, stored[f"{kind}_vertices"], stored[f"{kind}_faces"])
    return made


def _carried(head: KnownHead, vertices: NDArray, triangles: NDArray) -> KnownHead:
    new, old = Surface(vertices, triangles), Surface(head.vertices, head.triangles)
    places = old.closest(new.vertices, new.vertex_normals)
    units = np.stack([places.of(unit) for unit in head.units])
    colours = np.tile(_SKIN, (len(vertices), 1))
    return KnownHead(new.vertices, np.asarray(triangles, np.int64), units, head.points, colours)


def parted(head: KnownHead) -> KnownHead:
    """The head with its mouth a little open at rest."""
    vertices = head.vertices + PARTED * head.units[arkit.INDEX["jawOpen"]]
    nearest = [int(np.linalg.norm(head.vertices - point, axis=1).argmin()) for point in head.points.values()]
    points = {name: vertices[i].tolist() for name, i in zip(head.points, nearest)}
    return KnownHead(vertices, head.faces, head.units, points, head.colours)


def errors(made: NDArray, own: NDArray) -> dict[str, float]:
    """Each shape's mean error over its displaced vertices, as a share of their mean displacement.

    Parameters
    ----------
    made, own : ndarray, float, (52, V, 3), decimetres
        A shape that moves nothing of this mesh (a tongue's without a tongue) is left out.
    """
    shares = {}
    for name, one, other in zip(arkit.NAMES, made, own):
        size = np.linalg.norm(other, axis=1)
        if (size > MOVED).any():
            off = np.linalg.norm(one - other, axis=1)
            shares[name] = float(off[size > MOVED].mean() / size[size > MOVED].mean())
    return shares


def found_by_geometry(head: KnownHead, rng: np.random.Generator) -> float:
    """The share of shapes that are found again when they are shuffled, renamed, and of other strength."""
    order = rng.permutation(arkit.COUNT)
    order = order[np.linalg.norm(head.units[order], axis=2).max(axis=1) > MOVED]
    strength = rng.uniform(0.6, 1.6, len(order))
    shapes = {f"target_{i:02d}": s * head.units[k] for i, (k, s) in enumerate(zip(order, strength))}
    found = map_by_geometry(head.vertices, head.faces, shapes, head.points)
    firsts = [next(iter(match.mixture), "") for match in found.values()]
    return float(np.mean([first == arkit.NAMES[k] for first, k in zip(firsts, order)]))


def heads(source: HeadSource, seed: int, blender: str | None) -> Iterator[tuple[str, KnownHead]]:
    """One person's head in every topology that can be made here."""
    whole = known_head(source, seed)
    yield "whole", whole
    if blender:
        skin = skin_of(source, whole)
        yield from remeshed(skin, KINDS[:-1], blender).items()
        yield from remeshed(parted(skin), KINDS[-1:], blender).items()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mien bench transfer`."""
    parser.add_argument("--heads", type=int, default=6, metavar="N", help="people to try (default 6)")
    parser.add_argument("--blender", metavar="PYTHON", help="a Python with bpy, for other topologies")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="write contact sheets here")
    parser.add_argument("--no-map", action="store_true", help="leave out the search by geometry")


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    if args.heads < 1:
        raise UsageError("--heads must be at least 1")
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
    source, table = HeadSource(), []
    print("head  mesh          vertices  error   worst                     found   seconds")
    for seed in range(args.heads):
        for kind, head in heads(source, seed, args.blender):
            table.append(_row(seed, kind, head, args))
    error, found = np.mean(table, axis=0)
    print(f"mean of {len(table)}: error {error:.1%}, found {_percent(found)}")
    return 0


def _row(seed: int, kind: str, head: KnownHead, args: argparse.Namespace) -> tuple[float, float]:
    start = time.perf_counter()
    made = make_arkit_shapes(head.vertices, head.faces, head.points)
    seconds = time.perf_counter() - start
    shares = errors(made, head.units)
    worst = max(shares, key=shares.__getitem__)
    found = np.nan if args.no_map else found_by_geometry(head, np.random.default_rng(seed))
    mean = float(np.mean(list(shares.values())))
    print(
        f"{seed:<5} {kind:<13} {len(head.vertices):<9} {mean:<7.1%} "
        f"{worst:<18} {shares[worst]:<6.0%} {_percent(found):<7} {seconds:.1f}",
        flush=True,
    )
    if args.output:
        _draw(args.output / f"{seed}_{kind}", head, made)
    return mean, found


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.1%}"


def _draw(stem: Path, head: KnownHead, made: NDArray) -> None:
    eyes = np.mean([head.points[name] for name in POINTS if name.startswith("eye")], axis=0)
    for name, deltas in (("made", made), ("own", head.units)):
        path = stem.with_name(f"{stem.name}_{name}.png")
        sheet(path, head.vertices, head.triangles, deltas, head.colours, eyes)
