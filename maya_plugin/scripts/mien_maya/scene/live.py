"""Driving a rig live: its values are written at each tick, and it gets everything back as it was.

Nothing here is undoable, for nothing of it stays: a channel with keys is taken off its curve while live runs,
and put back on it. Nodes are looked up by name each time; none is held from one tick to the next.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from maya import cmds
from maya.api import OpenMaya
from mien.errors import RigError
from mien.rig.targets import Target
from numpy.typing import NDArray

from .channels import Held, holding, plug_of
from .names import listed


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
        try:
            with _no_undo():
                for plug, found in zip(self._plugs, _found(self._plugs)):
                    sources = listed(cmds.listConnections(plug, source=True, destination=False, plugs=True))
                    self._before.append((plug, found.asDouble(), sources[0] if sources else ""))
                    for source in sources:
                        cmds.disconnectAttr(source, plug)
        except RuntimeError as error:
            self.restore()
            raise RigError(
                f"Maya refuses to drive the character: {str(error).strip()}", "Unlock it."
            ) from error

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
        with _no_undo():
            for plug, value, source in before:
                with contextlib.suppress(RuntimeError, RigError):
                    _found([plug])[0].setDouble(value)
                    if source and cmds.objExists(source):
                        cmds.connectAttr(source, plug)


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


@contextmanager
def _no_undo() -> Iterator[None]:
    was_on = bool(cmds.undoInfo(query=True, state=True))
    cmds.undoInfo(stateWithoutFlush=False)
    try:
        yield
    finally:
        cmds.undoInfo(stateWithoutFlush=was_on)
