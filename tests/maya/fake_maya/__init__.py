"""A FAKE of Maya. Nothing here is Maya: it is what Autodesk's documentation says of the part that Mien uses.

    with fake_maya.pretending(FakeScene(time="ntscf")) as maya:
        ...                     # `from maya import cmds` works; maya.s is the scene, maya.ui the windows

It is strict, and narrower than Maya: a flag, a mode, a type, a unit or a form that the adapter has no
business with is refused, although Maya may take it. What it can't tell is whether Maya does as documented;
docs/ maya_proof.md lists that, and tests/maya/in_maya.py finds out.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .flags import TABLE, check
from .journal import FakeSceneError
from .key_commands import KeyCommands
from .node_commands import NodeCommands
from .open_maya import open_maya, open_maya_anim
from .scene import FakeScene
from .window_commands import WindowCommands

__all__ = ["FakeMaya", "FakeScene", "FakeSceneError", "pretending"]

_MODULES = (
    "maya", "maya.cmds", "maya.mel", "maya.api", "maya.api.OpenMaya", "maya.api.OpenMayaAnim",
    "maya.standalone",
    "maya.OpenMayaUI",
)  # fmt: skip


class FakeMaya:
    """The fake's parts, for tests."""

    def __init__(self, scene: FakeScene) -> None:
        self.s, self.ui = scene, WindowCommands(scene)
        self.parts = (NodeCommands(scene), KeyCommands(scene), self.ui)
        self.cmds = _Commands(self)
        self.mel = types.ModuleType("maya.mel", "FAKE")
        self.mel.eval = self._mel  # type: ignore[attr-defined]

    def _mel(self, text: str) -> str:
        for variable, value in (("$gMainWindow", "MayaWindow"), ("$gPlayBackSlider", "timeSlider"),
                                ("$gShelfTopLevel", "MainShelf")):  # fmt: skip
            if text.count("=") == 1 and text.endswith(f"= {variable}"):
                return value
        raise RuntimeError(f"FAKE mel: not known: {text}")


class _Commands(types.ModuleType):
    """maya.cmds."""

    def __init__(self, fake: FakeMaya) -> None:
        super().__init__("maya.cmds", "FAKE")
        self._fake = fake

    def __getattr__(self, name: str) -> Any:
        fake = self._fake
        if name in fake.s.commands:
            return lambda *arguments: _run_plug_in(fake, name, arguments)
        act = next(
            (getattr(part, name) for part in fake.parts if name in TABLE and hasattr(part, name)), None
        )
        if act is None:
            raise AttributeError(f"module 'maya.cmds' has no attribute '{name}'")

        def command(*arguments: Any, **flags: Any) -> Any:
            check(name, flags)
            fake.s.calls.append(name)
            return act(*arguments, **flags)

        return command


def _run_plug_in(fake: FakeMaya, name: str, arguments: tuple[Any, ...]) -> None:
    command = fake.s.commands[name]()
    fake.s.calls.append(name)
    command.doIt(arguments)
    if command.isUndoable():
        fake.s.queue.add(name, command.undoIt, command.redoIt)


@contextmanager
def pretending(scene: FakeScene | None = None) -> Iterator[FakeMaya]:
    """Put the fake where `import maya` finds it; the adapter's modules are imported anew with it."""
    fake = FakeMaya(scene or FakeScene())
    top, api = types.ModuleType("maya", "FAKE"), types.ModuleType("maya.api", "FAKE")
    om = open_maya(fake.s, fake.cmds)
    anim = open_maya_anim(fake.s, om)
    top.cmds, top.mel, top.api = fake.cmds, fake.mel, api  # type: ignore[attr-defined]
    api.OpenMaya, api.OpenMayaAnim = om, anim  # type: ignore[attr-defined]
    alone = types.ModuleType("maya.standalone", "FAKE")
    alone.initialize = lambda name: fake.ui.files.append(("begin", name))  # type: ignore[attr-defined]
    alone.uninitialize = lambda: fake.ui.files.append(("end", ""))  # type: ignore[attr-defined]
    top.standalone = alone  # type: ignore[attr-defined]
    ui = types.ModuleType("maya.OpenMayaUI", "FAKE")
    ui.MQtUtil = types.SimpleNamespace(findControl=fake.ui.pointers.get)  # type: ignore[attr-defined]
    top.OpenMayaUI = ui  # type: ignore[attr-defined]
    _forget()
    sys.modules.update(zip(_MODULES, (top, fake.cmds, fake.mel, api, om, anim, alone, ui)))
    try:
        yield fake
    finally:
        _forget()


def _forget() -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in ("maya", "mien_maya")]:
        del sys.modules[name]
