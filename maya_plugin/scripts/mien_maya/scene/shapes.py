"""A mesh as it is at rest, and the 52 shapes as a blendShape node on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from maya import cmds
from maya.api import OpenMaya
from mien.errors import RigError
from numpy.typing import NDArray

from .channels import character_of
from .names import listed
from .undo import undo_chunk


@dataclass(frozen=True)
class Face:
    """A mesh at rest.

    Attributes
    ----------
    mesh : str
        Its shape's path.
    vertices : ndarray, float64, (V, 3)
        Centimetres, in the mesh's own space, before any deformer.
    polygons : tuple of tuple of int
    """

    mesh: str
    vertices: NDArray[np.float64]
    polygons: tuple[tuple[int, ...], ...]


def face_of(node: str) -> Face:
    """Read the mesh of an object as it is before its deformers."""
    if len(listed(cmds.ls(node))) != 1:
        character_of([node])  # raises, in words
    meshes = listed(cmds.listRelatives(node, shapes=True, noIntermediate=True, type="mesh", fullPath=True))
    if len(meshes) != 1:
        raise RigError(f"{node} has {len(meshes)} meshes.", "Choose the object of the face's mesh.")
    fn = _fn_mesh(_undeformed(node, meshes[0]))
    points = np.array(fn.getPoints(OpenMaya.MSpace.kObject), dtype=np.float64)[:, :3]
    counts, corners = (np.array(part, dtype=np.int64) for part in fn.getVertices())
    polygons = np.split(corners, np.cumsum(counts)[:-1])
    return Face(meshes[0], points, tuple(tuple(polygon.tolist()) for polygon in polygons))


def make_blendshape(
    node: str, names: Sequence[str], deltas: NDArray[np.float32],
    progress: Callable[[int], bool] | None = None,
) -> str:  # fmt: skip
    """Put a blendShape with a target for each name onto an object's mesh, before its other deformers.

    Parameters
    ----------
    node : str
    names : sequence of str
    deltas : ndarray, float32, (len(names), V, 3)
        Centimetres.
    progress : callable, optional
        Hears how many are done; answers False to stop, which takes all back.

    Returns
    -------
    str
        The blendShape node; one undo takes it away.
    """
    face = face_of(node)
    if deltas.shape != (len(names), len(face.vertices), 3):
        raise RigError(f"The shapes are for another mesh than {node}.", "Make them again.")
    with undo_chunk("Mien shapes"):
        blendshape = listed(cmds.blendShape(node, frontOfChain=True, name=f"{_word(node)}_mien"))[0]
        for i, (name, delta) in enumerate(zip(names, deltas)):
            if progress is not None and not progress(i):
                raise RigError("The shapes were cancelled.", "Nothing was changed.")
            _add_target(blendshape, node, i, name, face.vertices + delta)
    return blendshape


def _add_target(blendshape: str, node: str, index: int, name: str, points: NDArray[np.float64]) -> None:
    """Through a copy of the mesh, which Maya takes into the blendShape: no delta is written by hand."""
    copy = listed(cmds.duplicate(node, name=name, returnRootsOnly=True))[0]
    shape = listed(cmds.listRelatives(copy, shapes=True, noIntermediate=True, type="mesh", fullPath=True))[0]
    places = OpenMaya.MPointArray([OpenMaya.MPoint(x, y, z) for x, y, z in points.tolist()])
    _fn_mesh(shape).setPoints(places, OpenMaya.MSpace.kObject)
    cmds.blendShape(blendshape, edit=True, target=(node, index, copy, 1.0))
    made = listed(cmds.listAttr(f"{blendshape}.weight[{index}]"))
    if made != [name]:
        cmds.aliasAttr(name, f"{blendshape}.weight[{index}]")
    cmds.delete(copy)


def _undeformed(node: str, mesh: str) -> str:
    """The mesh the deformers begin with: the intermediate one that nothing feeds; else the mesh itself."""
    shapes = listed(cmds.listRelatives(node, shapes=True, type="mesh", fullPath=True))
    for shape in shapes:
        fed = listed(cmds.listConnections(f"{shape}.inMesh", source=True, destination=False))
        if cmds.getAttr(f"{shape}.intermediateObject") and not fed:
            return shape
    return mesh


def _fn_mesh(path: str) -> OpenMaya.MFnMesh:
    return OpenMaya.MFnMesh(OpenMaya.MSelectionList().add(path).getDagPath(0))


def _word(node: str) -> str:
    return node.rsplit("|", 1)[-1].rsplit(":", 1)[-1]
