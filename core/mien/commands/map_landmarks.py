"""`mien map landmarks`: guess the picked points of a mesh (see `mien.mesh_landmarks`)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..atomic import open_atomic
from ..errors import SourceError, SourceNotFoundError
from ..untrusted import UNREADABLE, load_arrays


def add_landmarks(verbs: Any) -> None:
    """Add `landmarks` to the subparsers of `mien map`."""
    parser = verbs.add_parser("landmarks", help="guess where the points to pick lie on a face's mesh")
    parser.add_argument(
        "mesh", metavar="MESH.npz", type=Path, help="`vertices` (V, 3) and `faces` (F, 3 or 4)"
    )
    parser.add_argument("-o", "--output", metavar="POINTS.json", type=Path, help="standard output without")
    parser.add_argument("--up", metavar="AXIS", help="where the top of the head is: x, y, z or -x …")
    parser.add_argument("--front", metavar="AXIS", help="where the face looks; write --front=-y")
    parser.add_argument("--model", metavar="FOLDER", type=Path, help="another network")
    parser.add_argument("--json", action="store_true", help="errors for machines")
    parser.set_defaults(run=landmarks)


def landmarks(args: argparse.Namespace) -> int:
    """Read the mesh, guess, write."""
    vertices, faces = _mesh(args.mesh)
    from ..mesh_landmarks import guess_points
    from ..student import Student

    points = guess_points(vertices, faces, Student(args.model), args.up, args.front)
    text = json.dumps({"format": 1, "points": points}, indent=1)
    if args.output is None:
        sys.stdout.write(text + "\n")
        return 0
    with open_atomic(args.output) as stream:
        stream.write(text.encode())
    return 0


def _mesh(path: Path) -> tuple[Any, Any]:
    try:
        stored = load_arrays(path, "vertices", "faces")
        return stored["vertices"], stored["faces"]
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"There is no mesh {path}", "Check its name.") from error
    except UNREADABLE as error:
        hint = "Write it with numpy.savez(path, vertices=…, faces=…)."
        raise SourceError(f"{path} is no mesh as `mien map landmarks` reads it ({error})", hint) from error
