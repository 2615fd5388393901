"""`mien map shapes`: a map for shapes whose names say nothing, by how they move the face.

The mesh is the .npz of `mien shapes` with shape_names (S,) and shapes (S, V, 3), the offsets of each, too.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .shapes import FIELDS, faces_and_points, read_mesh


def add_map_shapes(verbs: Any) -> None:
    """Add `shapes` to the subparsers of `mien map`."""
    from ..rig.targets import KINDS

    parser = verbs.add_parser("shapes", help="make a map of a rig's shapes by how they move the face")
    parser.add_argument("mesh", metavar="MESH.npz", type=Path)
    parser.add_argument("-o", "--output", metavar="MAP", type=Path, help="only a report without")
    parser.add_argument(
        "--kind", choices=KINDS, default="shape_key", help="what the channels are (shape_key)"
    )
    parser.add_argument("--json", action="store_true", help="report for machines")
    parser.set_defaults(run=map_shapes)


def map_shapes(args: argparse.Namespace) -> int:
    """Read, compare, write, report."""
    from ..rig.geometry_automap import map_of, report
    from ..rig.geometry_map import map_by_geometry
    from ..rig.map_file import write_map

    mesh = read_mesh(args.mesh, (*FIELDS, "shape_names", "shapes"))
    faces, picked = faces_and_points(mesh)
    shapes = dict(zip(map(str, mesh["shape_names"]), mesh["shapes"]))
    matches = map_by_geometry(mesh["vertices"], faces, shapes, picked)
    if args.output:
        write_map(map_of(matches, args.kind, args.output.stem), args.output)
    if args.json:
        fields = ("mixture", "gains", "explained", "second", "second_explained", "is_clear")
        print(json.dumps({n: {f: getattr(m, f) for f in fields} for n, m in matches.items()}))
    else:
        print("\n".join(report(matches)))
    return 0
