"""Keys in bulk: one call of `MFnAnimCurve.addKeys` a curve, and one step of undo for all of them.

The first key of a curve is set by a command, which makes the curve, its layer's blend node and what else Maya
needs, and undoes it too. All further keys go in through the API, at times where no key is, recorded in a
MAnimCurveChange each, which the command `mienKeepChange` (plug-ins/mien_undo.py) keeps in the undo queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from maya import cmds
from maya.api import OpenMaya, OpenMayaAnim
from mien.errors import RigError
from numpy.typing import NDArray

from .. import handover
from .channels import Held, holding, parent_of
from .layers import check_layer, dimmed, layer_called
from .names import listed
from .undo import load_undo_plugin, undo_chunk

UNDO_NAME: Final = "Mien bake"
BESIDE: Final = 1e-3
"""Frames: keys nearer than this to the range's ends are in it."""


@dataclass(frozen=True)
class Curve:
    """The keys of one channel.

    Attributes
    ----------
    frames : ndarray, float64, (K,)
        Strictly increasing, in the scene's time unit.
    values : ndarray, float64, (K,)
        Weights and attributes as they are; rotations in degrees; translations in the scene's unit of length.
    """

    frames: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Earlier:
    """What an earlier bake wrote and this one replaces: its plugs, and its range in frames."""

    plugs: tuple[str, ...]
    span: tuple[float, float]


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    plugs : tuple of str
        Those that got keys.
    keys : int
        How many, on all of them.
    first, last : float
        The range in frames; other keys of these plugs within it are gone.
    skipped : tuple of Held
        Left alone.
    broken : tuple of str
        Plugs that were unlocked or disconnected for it.
    layer : str
        The animation layer, "" for the base.
    dimmed : str
        What keeps the layer's keys from being seen as they are, "" where nothing does.
    """

    plugs: tuple[str, ...]
    keys: int
    first: float
    last: float
    skipped: tuple[Held, ...] = ()
    broken: tuple[str, ...] = ()
    layer: str = ""
    dimmed: str = ""


def write_keys(
    curves: Mapping[str, Curve], layer: str = "", break_held: bool = False, instead: Earlier | None = None
) -> Written:
    """Replace the keys of these plugs from the first to the last frame of all; one undo takes it back.

    Parameters
    ----------
    curves : mapping of plug to Curve
    layer : str
        An animation layer, made where it is missing (it overrides what is below it); "" for the base.
    break_held : bool
        Unlock and disconnect what holds a plug, where that is possible; else such plugs are left alone.
    instead : Earlier, optional
        Its keys go, on its plugs that get none now too.

    Raises
    ------
    RigError
        When nothing could be keyed, or the layer is locked. Nothing is changed then.
    """
    held = holding(curves)
    breakable = [each for each in held if each.breakable and break_held]
    held_plugs = {each.plug for each in held if each not in breakable}
    _check_some_are_free(curves, held_plugs, held)
    check_layer(layer)
    load_undo_plugin()
    with _in_words(), undo_chunk(UNDO_NAME):
        stuck = [each for each in map(_freed, breakable) if each]
        free = {
            plug: curve for plug, curve in curves.items() if plug not in held_plugs | {s.plug for s in stuck}
        }
        _check_some_are_free(free, set(), [*held, *stuck])
        span, into = _span(free), layer_called(layer)
        earlier = instead or Earlier((), span)
        _write_all(free, (min(span[0], earlier.span[0]), max(span[1], earlier.span[1])), into)
        for plug in earlier.plugs:
            if plug not in curves and not holding([plug]):
                _clear(plug, earlier.span, into)
    skipped = (*(each for each in held if each.plug in held_plugs), *stuck)
    broken = tuple(each.plug for each in breakable if each.plug in free)
    count = sum(len(curve.frames) for curve in free.values())
    return Written(tuple(free), count, *span, skipped, broken, layer, dimmed(layer))


@contextmanager
def _in_words() -> Iterator[None]:
    """What Maya refuses becomes a RigError; by then the chunk has been taken back."""
    try:
        yield
    except (RuntimeError, ValueError) as error:  # Maya's Python says both
        hint = "Nothing was changed. The Script Editor says more."
        raise RigError(f"Maya refuses to write the keys: {str(error).strip()}", hint) from error


def _check_some_are_free(curves: Mapping[str, Curve], held_plugs: set[str], held: list[Held]) -> None:
    if set(curves) <= held_plugs:
        reasons = "; ".join(f"{each.plug}: {each.reason}" for each in held[:5]) or "no channel is mapped"
        hint = "Unlock or disconnect them, allow Mien to do so, or choose other channels."
        raise RigError(f"No channel can be keyed ({reasons}).", hint)


def _freed(held: Held) -> Held | None:
    """Unlock or disconnect a plug; what still holds it, where that was refused."""
    node, _, attribute = held.plug.partition(".")
    parent = parent_of(node, attribute)
    for plug in (held.plug, *([f"{node}.{parent}"] if parent else [])):
        try:
            if cmds.getAttr(plug, lock=True):
                cmds.setAttr(plug, lock=False)
            for source in listed(cmds.listConnections(plug, source=True, destination=False, plugs=True)):
                cmds.disconnectAttr(source, plug)
        except RuntimeError as error:
            return Held(held.plug, f"{held.reason}, and Maya refuses to change that ({str(error).strip()})")
    still = holding([held.plug])
    return still[0] if still else None


def _span(curves: Mapping[str, Curve]) -> tuple[float, float]:
    first = min(float(curve.frames[0]) for curve in curves.values())
    return first, max(float(curve.frames[-1]) for curve in curves.values())


def _write_all(curves: Mapping[str, Curve], span: tuple[float, float], layer: str) -> None:
    changes: list[OpenMayaAnim.MAnimCurveChange] = []
    handover.waiting.append(changes)
    times = _Times()
    try:
        for plug, curve in curves.items():
            fn = _curve_with_first_key(plug, curve, span, layer)
            if len(curve.frames) > 1:
                changes.append(_add_keys(fn, curve, times))
    finally:
        cmds.mienKeepChange()  # type: ignore[attr-defined,unused-ignore]


def _clear(plug: str, span: tuple[float, float], layer: str) -> None:
    """Take the keys of a span off a plug's curve, if it has one there."""
    name = _curve_of(plug, layer)
    if name:
        cmds.cutKey(name, time=(span[0] - BESIDE, span[1] + BESIDE), clear=True)  # type: ignore[arg-type,unused-ignore]


def _curve_of(plug: str, layer: str) -> str:
    """The curve of a plug on a layer, in the base where the plug is on none; "" where there is none."""
    driver = listed(cmds.listConnections(plug, source=True, destination=False, skipConversionNodes=True))
    if driver and str(cmds.nodeType(driver[0])).startswith("animBlendNode"):
        driver = listed(cmds.animLayer(layer, edit=True, findCurveForPlug=plug))
    return driver[0] if driver and str(cmds.nodeType(driver[0])).startswith("animCurveT") else ""


def _curve_with_first_key(
    plug: str, curve: Curve, span: tuple[float, float], layer: str
) -> OpenMayaAnim.MFnAnimCurve:
    """The plug's curve, with its first key and with no others in the range."""
    first = float(curve.frames[0])
    layered = bool(layer) and _is_on_layers(plug, layer)
    if layered:
        cmds.setKeyframe(  # maya-stubs knows whole numbers only, Maya takes any
            plug, time=first, value=0.0,  # type: ignore[arg-type,unused-ignore]
            inTangentType="linear", outTangentType="linear", animLayer=layer,
        )  # fmt: skip
    else:
        cmds.setKeyframe(
            plug, time=first, value=0.0,  # type: ignore[arg-type,unused-ignore]
            inTangentType="linear", outTangentType="linear",
        )  # fmt: skip
    name = _curve_of(plug, layer)
    fn = OpenMayaAnim.MFnAnimCurve(OpenMaya.MSelectionList().add(name).getDependNode(0))
    for start, end in ((span[0] - BESIDE, first - BESIDE), (first + BESIDE, span[1] + BESIDE)):
        if start < end:
            cmds.cutKey(name, time=(start, end), clear=True)  # type: ignore[arg-type,unused-ignore]
    shown = float(curve.values[0]) * _shown(fn)
    at = (first - BESIDE / 2, first + BESIDE / 2)
    cmds.keyframe(name, edit=True, time=at, valueChange=shown)  # type: ignore[call-overload,unused-ignore]
    return fn


def _is_on_layers(plug: str, layer: str) -> bool:
    """Put the plug onto a layer. Of the base layer are those that another layer has already."""
    if layer != cmds.animLayer(query=True, root=True):
        cmds.animLayer(layer, edit=True, attribute=plug)
        return True
    drivers = listed(cmds.listConnections(plug, source=True, destination=False, skipConversionNodes=True))
    return any(str(cmds.nodeType(driver)).startswith("animBlendNode") for driver in drivers)


class _Times:
    """Frames as Maya's times, made once for all the curves that share them."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[NDArray[np.float64], OpenMaya.MTimeArray]] = {}

    def of(self, frames: NDArray[np.float64]) -> OpenMaya.MTimeArray:
        """All but the first."""
        if id(frames) not in self._made:
            unit = OpenMaya.MTime.uiUnit()
            times = OpenMaya.MTimeArray([OpenMaya.MTime(frame, unit) for frame in frames[1:].tolist()])
            self._made[id(frames)] = (frames, times)
        return self._made[id(frames)][1]


def _add_keys(fn: OpenMayaAnim.MFnAnimCurve, curve: Curve, times: _Times) -> OpenMayaAnim.MAnimCurveChange:
    """All keys but the first. The API counts in radians and centimetres whatever the scene shows."""
    change = OpenMayaAnim.MAnimCurveChange()
    values = OpenMaya.MDoubleArray((curve.values[1:] * _internal(fn)).tolist())
    linear = OpenMayaAnim.MFnAnimCurve.kTangentLinear
    fn.addKeys(times.of(curve.frames), values, linear, linear, True, change)
    return change


def _shown(fn: OpenMayaAnim.MFnAnimCurve) -> float:
    """What a value is multiplied by for a command: those count angles as the scene shows them."""
    if fn.animCurveType == OpenMayaAnim.MFnAnimCurve.kAnimCurveTA:
        degree = OpenMaya.MAngle(1.0, OpenMaya.MAngle.kDegrees)
        return float(degree.asUnits(OpenMaya.MAngle.uiUnit()))
    return 1.0


def _internal(fn: OpenMayaAnim.MFnAnimCurve) -> float:
    """What a value is multiplied by for the API."""
    kind = fn.animCurveType
    if kind == OpenMayaAnim.MFnAnimCurve.kAnimCurveTA:
        return float(np.pi / 180.0)
    if kind == OpenMayaAnim.MFnAnimCurve.kAnimCurveTL:
        return float(OpenMaya.MDistance(1.0, OpenMaya.MDistance.uiUnit()).asCentimeters())
    return 1.0
