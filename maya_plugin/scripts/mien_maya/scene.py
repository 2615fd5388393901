"""The scene: the only module that reads or writes Maya's nodes.

Keys go through `MFnAnimCurve.addKeys`, one call a curve; the rest through undoable commands, all in one undo
chunk. Frames are in the scene's time unit, whatever that is, and the unit is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from maya import cmds
from maya.api import OpenMaya, OpenMayaAnim
from mien.errors import RigError
from numpy.typing import NDArray

from . import handover


def selected_mesh() -> str:
    """The mesh that is selected, by the path of its shape."""
    shapes = _names(cmds.ls(selection=True, dagObjects=True, type="mesh", noIntermediate=True, long=True))
    if len(shapes) != 1:
        found = "none is selected" if not shapes else f"{len(shapes)} are selected"
        raise RigError(f"Mien bakes onto one mesh, and {found}.", "Select the head, and nothing else.")
    return shapes[0]


def blendshape_channels(mesh: str) -> dict[str, str]:
    """The targets that can be keyed: name of the target to its plug, `blendShape1.jawOpen`.

    Left out are locked ones, and those that something other than a plain animation curve drives. Where two
    blendShape nodes have a target of one name, the node nearest to the mesh has it.
    """
    channels: dict[str, str] = {}
    history = _names(cmds.listHistory(mesh, pruneDagObjects=True))
    for node in (name for name in history if cmds.nodeType(name) == "blendShape"):
        for target in _names(cmds.listAttr(f"{node}.weight", multi=True)):
            plug = f"{node}.{target}"
            if _is_free(plug):
                channels.setdefault(target, plug)
    if not channels:
        hint = "Give it the ARKit shapes, or unlock them."
        raise RigError(f"{mesh} has no blendShape target that can be keyed.", hint)
    return channels


def _is_free(plug: str) -> bool:
    if cmds.getAttr(plug, lock=True):
        return False
    drivers = cmds.listConnections(plug, source=True, destination=False, skipConversionNodes=True)
    return all(str(cmds.nodeType(driver)).startswith("animCurveT") for driver in _names(drivers))


def _names(found: object) -> list[str]:
    """What a command found: Maya answers None instead of an empty list."""
    return [str(name) for name in found] if isinstance(found, list) else []


def frames_per_second() -> float:
    """How many of the scene's time units a second has: 24.0, 29.97…, 1000.0 in milliseconds."""
    second = OpenMaya.MTime(1.0, OpenMaya.MTime.kSeconds)
    return float(second.asUnits(OpenMaya.MTime.uiUnit()))


def current_frame() -> float:
    """Where the time slider stands, in the scene's time unit."""
    return float(OpenMayaAnim.MAnimControl.currentTime().value)


def write_keys(frames: NDArray[np.float64], columns: Mapping[str, NDArray[np.float64]]) -> None:
    """Replace the keys of these plugs between the first and the last frame; one undo takes it all back.

    Parameters
    ----------
    frames : ndarray, float64, (M,)
        Strictly increasing, in the scene's time unit.
    columns : mapping of plug to ndarray, float64, (M,)
        The values of each, unitless.
    """
    unit = OpenMaya.MTime.uiUnit()
    times = OpenMaya.MTimeArray([OpenMaya.MTime(float(frame), unit) for frame in frames])
    cmds.loadPlugin("mien_undo.py", quiet=True)
    with _undo_chunk("Mien bake"):
        change = OpenMayaAnim.MAnimCurveChange()
        handover.waiting.append(change)
        try:
            for plug, values in columns.items():
                _write_curve(plug, frames, times, values, change)
        finally:
            cmds.mienKeepChange()  # type: ignore[attr-defined,unused-ignore]


def _write_curve(
    plug: str,
    frames: NDArray[np.float64],
    times: OpenMaya.MTimeArray,
    values: NDArray[np.float64],
    change: OpenMayaAnim.MAnimCurveChange,
) -> None:
    """Write one curve. The first key makes it, by a command, so that an undo unmakes it."""
    first, last = float(frames[0]), float(frames[-1])
    cmds.cutKey(plug, time=(first, last), clear=True)
    # maya-stubs knows whole times only; Maya's `time` takes any.
    cmds.setKeyframe(plug, time=first, value=float(values[0]))  # type: ignore[arg-type,unused-ignore]
    linear = OpenMayaAnim.MFnAnimCurve.kTangentLinear
    curve = OpenMayaAnim.MFnAnimCurve(_plug(plug))
    curve.addKeys(times, OpenMaya.MDoubleArray(values.tolist()), linear, linear, True, change)


def _plug(name: str) -> OpenMaya.MPlug:
    return OpenMaya.MSelectionList().add(name).getPlug(0)


@contextmanager
def _undo_chunk(name: str) -> Iterator[None]:
    cmds.undoInfo(openChunk=True, chunkName=name)
    try:
        yield
    finally:
        cmds.undoInfo(closeChunk=True)
