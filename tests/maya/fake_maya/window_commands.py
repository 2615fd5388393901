# ruff: noqa: N802  (the names are Maya's)
"""FAKE Maya: menus, shelves, dialogs, the workspace control, options and plug-ins. Dialogs answer as told."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .scene import FakeScene
from .units import ANGLES, CENTIMETRES, RATES


class WindowCommands:
    """Each method is the command of its name; flags have been checked."""

    def __init__(self, scene: FakeScene) -> None:
        self.s = scene
        self.controls: dict[str, dict[str, Any]] = {
            "MayaWindow": {},
            "MainShelf": {},
            "Custom": {"parent": "MainShelf"},
        }
        self.said: list[str] = []
        self.answers: list[Any] = []
        self.deferred: list[Callable[[], Any]] = []
        self.options: dict[str, Any] = {}
        self.jobs: dict[int, tuple[str, Callable[[], Any]]] = {}
        self.app_folder = ""
        self.scene_name = ""
        self.files: list[tuple[str, str]] = []
        self.pointers: dict[str, int] = {}

    def undoInfo(self, query: bool = False, **how: Any) -> Any:
        queue = self.s.queue
        if query:
            return queue.on if how.get("state") else queue.undo_name
        if how.get("openChunk"):
            queue.open_chunk(how.get("chunkName", ""))
        elif how.get("closeChunk"):
            queue.close_chunk()
        elif "state" in how or "stateWithoutFlush" in how:
            queue.on = how.get("state", how.get("stateWithoutFlush"))
        return None

    def undo(self) -> None:
        self.s.queue.undo()

    def redo(self) -> None:
        self.s.queue.redo()

    def loadPlugin(self, name: str, quiet: bool = False) -> list[str]:
        if name in self.s.plug_ins:
            return []
        place = next((Path(f) / name for f in self.s.plug_in_folders if (Path(f) / name).is_file()), None)
        if place is None:
            raise RuntimeError(f'Plug-in, "{name}", was not found on MAYA_PLUG_IN_PATH.')
        spec = importlib.util.spec_from_file_location(place.stem, place)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if not hasattr(module, "maya_useNewAPI"):
            raise RuntimeError("FAKE loadPlugin: the plug-in doesn't say that it uses maya.api")
        module.initializePlugin(name)
        self.s.plug_ins[name] = module
        return [name]

    def currentUnit(self, query: bool = False, **how: Any) -> Any:
        known = {"time": RATES, "linear": CENTIMETRES, "angle": ANGLES}
        for word, value in how.items():
            if query:
                return getattr(self.s, word)
            if value not in known[word]:
                raise RuntimeError(f"FAKE currentUnit: there is no unit {value!r}")
            setattr(self.s, word, value)
        return None

    def playbackOptions(self, query: bool = False, **how: Any) -> Any:
        if query:
            ends = {"minTime": self.s.playback[0], "maxTime": self.s.playback[1]}
            return {**ends, **self.s.speeds}[next(iter(how))]
        if not set(how) <= set(self.s.speeds):
            raise RuntimeError("FAKE playbackOptions: Mien must not change what is played")
        self.s.speeds.update(how)
        return None

    def play(self, state: bool) -> None:
        self.s.is_playing = state

    def currentTime(self, frame: float | None = None, query: bool = False) -> float:
        if frame is not None:
            self.s.now = float(frame)
        return self.s.now

    def fileInfo(self, name: str, value: str | None = None, query: bool = False, remove: str = "") -> Any:
        if query:
            text = self.s.notes.get(name)
            return [] if text is None else [text.encode("unicode_escape").decode().replace('"', '\\"')]
        if not isinstance(value, str):
            raise TypeError("FAKE fileInfo: takes a text")
        self.s.notes[name] = value
        return None

    def optionVar(self, query: str = "", exists: str = "", remove: str = "", **how: Any) -> Any:
        if exists:
            return exists in self.options
        if query:
            return self.options.get(query, 0)
        if remove:
            self.options.pop(remove, None)
        for pair in how.values():
            self.options[pair[0]] = pair[1]
        return None

    def about(self, batch: bool = False, version: bool = False) -> Any:
        return self.s.batch if batch else "2025"

    def internalVar(self, userAppDir: bool = False) -> str:
        return self.app_folder

    def file(self, path: str = "", query: bool = False, open: bool = False, **how: Any) -> Any:
        if query:
            return self.scene_name
        if "modified" in how:
            self.s.is_modified = how["modified"]
            return None
        if open:
            if not how.get("force"):
                raise RuntimeError(
                    "FAKE file: what is open would be lost without a word: force says that it may"
                )
            self.files.append(("open", path))
            self.scene_name = path
        if "rename" in how:
            self.scene_name = how["rename"]
        if how.get("save"):
            if how.get("type") not in ("mayaAscii", "mayaBinary"):
                raise RuntimeError(f"FAKE file: no type {how.get('type')!r}")
            self.files.append(("save", self.scene_name))
        return self.scene_name

    def evalDeferred(self, act: Callable[[], Any], lowestPriority: bool = False) -> None:
        self.deferred.append(act)

    def scriptJob(self, event: Any = None, kill: int = 0, exists: int = 0, **_how: Any) -> Any:
        if exists:
            return exists in self.jobs
        if kill:
            self.jobs.pop(kill)
            return None
        number = max(self.jobs, default=0) + 1
        self.jobs[number] = event
        return number

    def happen(self, event: str) -> None:
        """For tests: what Maya calls when something happens, such as SceneOpened."""
        for name, act in [*self.jobs.values()]:
            if name == event:
                act()

    # Windows

    def menu(self, name: str, exists: bool = False, **how: Any) -> Any:
        if exists:
            return name in self.controls
        if how["parent"] not in self.controls:
            raise RuntimeError(f"menu: Object '{how['parent']}' not found.")
        self.controls[name] = how
        return name

    def menuItem(self, **how: Any) -> str:
        if how["parent"] not in self.controls:
            raise RuntimeError(f"menuItem: Object '{how['parent']}' not found.")
        name = f"menuItem{len(self.controls)}"
        self.controls[name] = how
        return name

    def deleteUI(self, name: str, control: bool = False) -> None:
        if name not in self.controls:
            raise RuntimeError(f"deleteUI: Object '{name}' not found.")
        for below in [n for n, how in self.controls.items() if how.get("parent") == name]:
            self.deleteUI(below)
        del self.controls[name]

    def shelfTabLayout(
        self, name: str, query: bool = False, selectTab: bool = False, childArray: bool = False
    ) -> Any:
        tabs = [n for n, how in self.controls.items() if how.get("parent") == name]
        return tabs if childArray else tabs[0]

    def shelfLayout(
        self, name: str, query: bool = False, childArray: bool = False, exists: bool = False
    ) -> Any:
        return [n for n, how in self.controls.items() if how.get("parent") == name] or None

    def shelfButton(self, name: str = "", query: bool = False, exists: bool = False, **how: Any) -> Any:
        if exists:
            return name in self.controls and "command" in self.controls[name]
        if query:
            return self.controls[name].get("docTag" if how.get("docTag") else "label", "")
        made = f"shelfButton{len(self.controls)}"
        self.controls[made] = how
        return made

    def workspaceControl(self, name: str, exists: bool = False, edit: bool = False, **how: Any) -> Any:
        if exists:
            return name in self.controls
        if edit:
            self.controls[name].update(how)
            return None
        if name in self.controls:
            raise RuntimeError(f"Object's name '{name}' is not unique.")
        self.controls[name] = how
        exec(how.get("uiScript", ""), {})  # as Maya does, when it makes the control and when it restores it
        return name

    def workspaceControlState(self, name: str, exists: bool = False, remove: bool = False) -> bool:
        return False

    def timeControl(self, name: str, edit: bool = False, sound: str = "", displaySound: bool = False) -> None:
        self.s.one(sound)
        self.controls[name] = {"sound": sound}

    def confirmDialog(self, **how: Any) -> str:
        self.said.append(f"{how['title']}: {how['message']}")
        return self.answers.pop(0) if self.answers else how["button"][0]

    def fileDialog2(self, **_how: Any) -> list[str] | None:
        return self.answers.pop(0)

    def inViewMessage(self, **how: Any) -> None:
        self.said.append(how["statusMessage"])
