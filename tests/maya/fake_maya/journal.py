"""FAKE Maya: what a scene is made of, and the undo queue over it.

The whole scene is one flat table. While a command runs, each change of the table is written down; undo
plays that back. What the API changes is written down only by a MAnimCurveChange that was given to it: an
edit through the API that no command keeps stays after an undo, as in Maya, and is caught where it would
corrupt the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GONE = object()
Edit = tuple[tuple[Any, ...], Any, Any]


class FakeSceneError(AssertionError):
    """Undo or redo found the scene otherwise than the command had left it: something was not undoable."""


class Table(dict):
    """The scene: keys such as ("attr", 3, "translateX") or ("key", 7, 588000)."""

    def __init__(self) -> None:
        super().__init__()
        self.recorder: list[Edit] | None = None
        self.by_start: dict[tuple[Any, ...], dict[tuple[Any, ...], None]] = {}
        self.named = 0

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        if self.recorder is not None:
            self.recorder.append((key, self.get(key, GONE), value))
        super().__setitem__(key, value)
        self.named += key[0] in ("type", "name", "parent", "alias")
        for start in (key[:1], key[:2]):
            self.by_start.setdefault(start, {})[key] = None

    def __delitem__(self, key: tuple[Any, ...]) -> None:
        if self.recorder is not None:
            self.recorder.append((key, self[key], GONE))
        super().__delitem__(key)
        self.named += key[0] in ("type", "name", "parent", "alias")
        for start in (key[:1], key[:2]):
            del self.by_start[start][key]

    def of(self, *start: Any) -> list[tuple[Any, ...]]:
        """The keys that begin so (with one or two parts)."""
        return [*self.by_start.get(start, ())]

    @contextmanager
    def recording(self, edits: list[Edit] | None) -> Iterator[None]:
        before, self.recorder = self.recorder, edits
        try:
            yield
        finally:
            self.recorder = before

    def play(self, edits: list[Edit], backward: bool) -> None:
        """Undo or redo; every entry must be as it was left."""
        with self.recording(None):
            for key, old, new in reversed(edits) if backward else edits:
                found, goal = (new, old) if backward else (old, new)
                # A mesh's points are set through the API, on copies that go again: not looked at.
                if key[0] != "points" and self.get(key, GONE) is not found and self.get(key, GONE) != found:
                    raise FakeSceneError(f"{key} is {self.get(key)!r}, it was left as {found!r}")
                if goal is GONE:
                    self._check_no_orphans(key)
                    del self[key]
                else:
                    self[key] = goal

    def _check_no_orphans(self, key: tuple[Any, ...]) -> None:
        if key[0] == "type":
            left = self.of("key", key[1])
            if left:
                raise FakeSceneError(f"a curve goes with {len(left)} keys that no command had recorded")


class UndoQueue:
    """Maya's: commands in chunks; a new command drops what could be redone."""

    def __init__(self) -> None:
        self.on = True
        self.done: list[tuple[str, list[tuple[Callable[[], None], Callable[[], None]]]]] = []
        self.undone: list[Any] = []
        self.open: list[tuple[str, list[Any]]] = []

    def add(self, name: str, undo: Callable[[], None], redo: Callable[[], None]) -> None:
        if not self.on:
            return
        self.undone.clear()
        if self.open:
            self.open[0][1].append((undo, redo))
        else:
            self.done.append((name, [(undo, redo)]))

    def open_chunk(self, name: str) -> None:
        self.open.append((name, []))

    def close_chunk(self) -> None:
        if not self.open:
            raise RuntimeError("FAKE: undoInfo closes a chunk that is not open")
        name, steps = self.open.pop()
        if not self.open and steps and self.on:
            self.done.append((name, steps))

    @property
    def undo_name(self) -> str:
        return self.done[-1][0] if self.done else ""

    def undo(self) -> None:
        if self.open:
            raise RuntimeError("FAKE: undo inside an open chunk")
        if not self.done:
            raise RuntimeError("There are no more commands to undo.")
        self.undone.append(self.done.pop())
        for back, _ in reversed(self.undone[-1][1]):
            back()

    def redo(self) -> None:
        if not self.undone:
            raise RuntimeError("There are no more commands to redo.")
        self.done.append(self.undone.pop())
        for _, forth in self.done[-1][1]:
            forth()
