"""Driving a rig live: its values are written at each tick, and it gets everything back as it was.

All is done through the API and outside Maya's undo queue, for nothing of it stays: a channel with keys is
taken off its curve while live runs, and put back on it. Nodes are looked up by name each time; none is held
from one tick to the next.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from maya import cmds
from maya.api import OpenMaya
from mien.errors import RigError
from mien.rig.targets import Target
from numpy.typing import NDArray

from .. import handover
from .channels import Held, holding, plug_of
from .undo import load_undo_plugin, undo_chunk

MARK: Final = "Mien live"


class LiveRig:
    """The channels of one character while they are driven.

    Attributes
    ----------
    held : list of Held
        Channels that can't be driven.
    """

    def __init__(self, targets: Sequence[Target], namespace: str) -> None:
        plugs = [plug_of(target, namespace) for target in targets]
        self.held: list[Held] = holding(plugs)
        stuck = {each.plug for each in self.held}
        self._columns = [i for i, plug in enumerate(plugs) if plug not in stuck]
        self._plugs = [plugs[i] for i in self._columns]
        if not self._plugs:
            reasons = "; ".join(f"{each.plug}: {each.reason}" for each in self.held[:5])
            raise RigError(f"No channel can be driven ({reasons}).", "Unlock or disconnect them.")
        self._units = np.array([_internal(targets[i]) for i in self._columns])
        self._before: list[tuple[str, float, str]] = []

    def hold(self) -> None:
        """Remember what there is, and take the channels off their curves; all or none."""
        off = OpenMaya.MDGModifier()
        before = []
        for plug, found in zip(self._plugs, _found(self._plugs)):
            source = found.source()
            before.append((plug, found.asDouble(), "" if source.isNull else source.name()))
            if not source.isNull:
                off.disconnect(source, found)
        try:
            off.doIt()
        except RuntimeError as error:
            message = f"Maya refuses to drive the character: {str(error).strip()}"
            raise RigError(message, "Its curves may be locked or in a reference.") from error
        self._before = before

    def write(self, row: NDArray[np.floating]) -> None:
        """Show values (C,), one for each target, in the map's units; RigError where one can't be set."""
        values = (row[self._columns] * self._units).tolist()
        for plug, found, value in zip(self._plugs, _found(self._plugs), values):
            try:
                found.setDouble(value)
            except RuntimeError as error:
                message = f"{plug} was locked or connected while live drove it."
                raise RigError(message, "Start Live again.") from error

    def restore(self) -> None:
        """Give back what there was, of everything that is still there and free."""
        before, self._before = self._before, []
        for plug, value, source in before:
            with contextlib.suppress(RuntimeError, RigError):
                found = _found([plug])[0]
                held = found.source()
                if held.isNull:
                    found.setDouble(value)
                elif held.name() == source:
                    continue
                if source:
                    back = OpenMaya.MDGModifier()
                    if not held.isNull:
                        back.disconnect(held, found)
                    back.connect(_found([source])[0], found)
                    back.doIt()


class UndoMark:
    """A step in Maya's undo queue that tells when it is undone: then what lies before it comes next.

    What live does to the scene is not in the queue. So the rig must have its own back before an earlier step
    is undone, which may be a bake of the very channels that are driven.
    """

    def __init__(self, told: Callable[[], None]) -> None:
        self._told: Callable[[], None] | None = told
        load_undo_plugin()
        with undo_chunk(MARK):
            handover.waiting.append([self])
            cmds.mienKeepChange()  # type: ignore[attr-defined,unused-ignore]

    def undoIt(self) -> None:  # noqa: N802
        """What Maya calls, through the plug-in."""
        told, self._told = self._told, None
        if told is not None:
            told()

    def redoIt(self) -> None:  # noqa: N802
        """Nothing to do: the mark is over."""

    def close(self) -> None:
        """Tell no more; the step goes where it is still the last."""
        is_there, self._told = self._told is not None, None
        if is_there and cmds.undoInfo(query=True, undoName=True) == MARK:
            cmds.undo()


class SceneWatch:
    """Tells when the scene is about to go, when it is about to be saved, and when it was saved."""

    def __init__(
        self, goes: Callable[[], None], is_saved: Callable[[], None], was_saved: Callable[[], None]
    ) -> None:
        message = OpenMaya.MSceneMessage
        told: Final = (
            (message.kBeforeNew, goes), (message.kBeforeOpen, goes), (message.kMayaExiting, goes),
            (message.kBeforeSave, is_saved), (message.kAfterSave, was_saved),
        )  # fmt: skip
        self._ids = [message.addCallback(number, _calling(act)) for number, act in told]

    def close(self) -> None:
        """Tell no more."""
        for each in self._ids:
            OpenMaya.MMessage.removeCallback(each)
        self._ids = []


def _calling(act: Callable[[], None]) -> Callable[..., None]:
    """Maya hands over data of its own."""
    return lambda *_: act()


def _found(plugs: Sequence[str]) -> list[Any]:
    names = OpenMaya.MSelectionList()
    plug = ""
    try:
        for plug in plugs:
            names.add(plug)
        return [names.getPlug(i) for i in range(len(plugs))]
    except RuntimeError as error:
        raise RigError(f"A part of the character has gone: {plug}.", "Choose it again.") from error


def _internal(target: Target) -> float:
    if target.axis.startswith("r"):
        return float(np.pi / 180.0)
    if target.axis.startswith("t"):
        return float(OpenMaya.MDistance(1.0, OpenMaya.MDistance.uiUnit()).asCentimeters())
    return 1.0
