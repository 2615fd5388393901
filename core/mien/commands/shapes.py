"""`mien shapes`: the 52 shapes for a mesh that has none, in a process of its own (see `mien.rig.transfer`).

The mesh comes as an .npz that a host writes: vertices (V, 3), corners (vertex numbers of all faces, one face
after the other), sizes (how many corners each face has), point_names and points (P, 3), see
`mien.rig.picked_points.POINTS`. The result is an .npz with names (52,) and deltas, float32 (52, V, 3).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError, RigError
from ..untrusted import UNREADABLE, load_arrays
from .stopping import Stop

FIELDS: Final = ("vertices", "corners", "sizes", "point_names", "points")


def add_shapes(commands: Any) -> None:
    """Add `shapes` to the subparsers of the command line."""
    parser = commands.add_parser("shapes", help="make the 52 shapes for a mesh that has none")
    parser.add_argument("mesh", metavar="MESH.npz", type=Path)
    parser.add_argument("-o", "--output", metavar="OUT.npz", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help="say everything as JSON lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, make, write; progress in hundredths."""
    from .. import arkit
    from ..atomic import open_atomic
    from ..rig.transfer import make_arkit_shapes

    mesh = read_mesh(args.mesh)
    faces, picked = faces_and_points(mesh)
    told = _Told(args)
    with Stop() as stop:

        def progress(share: float, what: str) -> None:
            stop.check()
            told.progress(share, what)

        deltas = make_arkit_shapes(mesh["vertices"], faces, picked, progress)
        stop.check()
    if args.output.suffix != ".npz":
        raise OutputError(f"{args.output} doesn't end in .npz", "Name it so.")
    with open_atomic(args.output) as stream:
        np.savez(stream, names=np.array(arkit.NAMES), deltas=deltas)
    told.done()
    return 0


class _Told:
    """JSON lines, or one line at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._last = -1

    def progress(self, share: float, what: str) -> None:
        percent = round(100 * share)
        if percent > self._last:
            self._last = percent
            self._say("progress", frame=percent, frames=100, rate=None, left=None, stage=what)

    def done(self) -> None:
        self._say("done", output=str(self._args.output))
        if not self._args.json:
            print(f"{self._args.mesh} -> {self._args.output}: 52 shapes")

    def _say(self, event: str, **entries: Any) -> None:
        if self._args.json:
            print(json.dumps({"event": event, "source": str(self._args.mesh), **entries}), flush=True)


def read_mesh(path: Path, fields: tuple[str, ...] = FIELDS) -> dict[str, Any]:
    """The arrays of a mesh file by their names."""
    try:
        return load_arrays(path, *fields)
    except UNREADABLE as error:
        raise RigError(f"{path} can't be read as a mesh ({error})", "Write it again.") from error


def faces_and_points(mesh: Mapping[str, Any]) -> tuple[list[NDArray[Any]], dict[str, NDArray[Any]]]:
    """The corners of each face, and the picked points by their names."""
    faces = np.split(mesh["corners"], np.cumsum(mesh["sizes"])[:-1])
    return faces, dict(zip(map(str, mesh["point_names"]), mesh["points"]))
