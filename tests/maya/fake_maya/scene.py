"""FAKE Maya: one scene. Nodes with paths, namespaces, references; attributes, locks, connections; units.

Tests build rigs with the `add_*` methods, which stand for a file that was opened: they are not undoable.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .journal import Table, UndoQueue
from .layers import is_muted, layered
from .units import ANGLES, CENTIMETRES, RATES, from_ticks

_AXES = ("X", "Y", "Z")
_TRANSFORM = {
    **{f"{what}{axis}": kind for what, kind in
       (("translate", "doubleLinear"), ("rotate", "doubleAngle"), ("scale", "double")) for axis in _AXES},
    **dict.fromkeys(("translate", "rotate", "scale"), "double3"),
    "visibility": "bool", "rotateOrder": "enum",
}  # fmt: skip
_CURVE = {"input": "time", "output": "double"}
TYPES: dict[str, dict[str, str]] = {
    "transform": _TRANSFORM, "joint": _TRANSFORM, "camera": {"focalLength": "double"},
    "mesh": {"inMesh": "mesh", "outMesh": "mesh", "intermediateObject": "bool"}, "nurbsCurve": {},
    "blendShape": {"envelope": "float"}, "skinCluster": {"envelope": "float"},
    **{f"animCurve{kind}": _CURVE for kind in ("TU", "TA", "TL", "TT", "UU", "UA", "UL")},
    "animBlendNodeAdditive": {"inputA": "double", "inputB": "double", "output": "double"},
    "animLayer": {
        **dict.fromkeys(("lock", "mute", "solo", "override", "outMute"), "bool"), "weight": "double",
    },
    "unitConversion": {"input": "double", "output": "double"},
    "multiplyDivide": {"input1X": "float", "outputX": "float"},
    "parentConstraint": {"constraintRotateX": "doubleAngle", "constraintRotateY": "doubleAngle"},
    "audio": {"filename": "string", "offset": "time"},
    "imagePlane": {
        "type": "enum", "useFrameExtension": "bool", "frameExtension": "long", "imageName": "string",
    },
}  # fmt: skip
DAG = {"transform", "joint", "camera", "mesh", "nurbsCurve", "imagePlane"}
LAYER = "BaseAnimation"


def parent_of(attribute: str) -> str:
    return attribute[:-1] if attribute[-1:] in _AXES and attribute[:-1] in _TRANSFORM else ""


class FakeScene:
    """The state of one fake Maya."""

    def __init__(self, time: str = "film", linear: str = "cm", angle: str = "deg", up: str = "y") -> None:
        self.t, self.queue, self.next_id = Table(), UndoQueue(), 1
        self.time, self.linear, self.angle, self.up = time, linear, angle, up
        self.now, self.playback, self.batch = 1.0, (1.0, 120.0), False
        self.selection: list[int] = []
        self._found: dict[Any, Any] = {}
        self._found_at = -1
        self.notes: dict[str, str] = {}
        self.plug_ins: dict[str, Any] = {}
        self.plug_in_folders: list[str] = []
        self.commands: dict[str, Callable[[], Any]] = {}
        self.calls: list[str] = []
        self.callbacks: dict[int, tuple[int, Callable[..., Any]]] = {}
        self.is_playing = self.is_modified = False
        self.speeds = {"playbackSpeed": 0.0, "maxPlaybackSpeed": 0.0}

    def happens(self, message: int) -> None:
        """For tests: what Maya calls at a message of the API, such as kBeforeSave."""
        for number, told in [*self.callbacks.values()]:
            if number == message:
                told(None)

    @property
    def time_unit(self) -> int:
        return RATES[self.time][0]

    # Nodes

    def add(self, kind: str, name: str, parent: str = "", reference: str = "") -> str:
        """A node; its unique name."""
        if kind not in TYPES:
            raise RuntimeError(f"Unknown object type: {kind}")
        above = self.one(parent) if parent else 0
        siblings = {self.t["name", i] for i in self.ids() if self.t["parent", i] == above or kind not in DAG}
        base, number = name, 0
        while name in siblings:
            number += 1
            name = f"{base}{number}"
        i, self.next_id = self.next_id, self.next_id + 1
        self.t["type", i], self.t["name", i], self.t["parent", i] = kind, name, above
        if reference:
            self.t["ref", i] = reference
        return self.path(i)

    def ids(self) -> list[int]:
        return [key[1] for key in self.t.of("type")]

    def long_path(self, i: int) -> str:
        if self.t["type", i] not in DAG:
            return self.t["name", i]
        above = self.t["parent", i]
        return (self.long_path(above) if above else "") + "|" + self.t["name", i]

    def path(self, i: int) -> str:
        """The shortest name that nothing else has."""
        parts = self.long_path(i).split("|")
        for count in range(1, len(parts) + 1):
            short = "|".join(parts[-count:])
            if len(self.found(short)) == 1:
                return short
        return self.long_path(i)

    def found(self, name: str) -> list[int]:
        """All nodes that a name means."""
        if self._found_at != self.t.named:
            self._found, self._found_at = {}, self.t.named
        if name not in self._found:
            whole, exact = name if name.startswith("|") else f"|{name}", name.startswith("|")
            paths = ((i, self.long_path(i)) for i in self.ids())
            self._found[name] = [i for i, p in paths if p == name or (not exact and p.endswith(whole))]
        return [*self._found[name]]

    def one(self, name: str) -> int:
        """The node of this name, or Maya's error."""
        if not isinstance(name, str) or not name:
            raise TypeError(f"FAKE: {name!r} is no name of a node")
        found = self.found(name)
        if not found:
            raise ValueError(f"No object matches name: {name}")
        if len(found) > 1:
            raise ValueError(f"More than one object matches name: {name}")
        return found[0]

    def remove(self, i: int) -> None:
        """A node with all that belongs to it, and the nodes below it."""
        for child in [key[1] for key in self.t.of("parent") if self.t[key] == i]:
            self.remove(child)
        for key in [key for key in self.t if key[0] == "conn" and self.t[key][0] == i]:
            del self.t[key]
        for key in [key for key in self.t if key[1] == i]:
            del self.t[key]

    def is_referenced(self, i: int) -> bool:
        return ("ref", i) in self.t

    # Attributes

    def plug(self, text: str) -> tuple[int, str]:
        """Node and attribute of `node.attribute`; aliases become `weight[3]`."""
        node, dot, attribute = text.partition(".")
        if not dot or not attribute:
            raise TypeError(f"FAKE: {text!r} names no attribute")
        i = self.one(node)
        if self.kind_of(i, attribute) is None:
            raise ValueError(f"No object matches name: {text}")
        return i, self.real_name(i, attribute)

    def real_name(self, i: int, attribute: str) -> str:
        if self._found_at != self.t.named:
            self.found("")
        if ("alias", i) not in self._found:
            self._found["alias", i] = {self.t[key]: f"weight[{key[2]}]" for key in self.t.of("alias", i)}
        if attribute in self._found["alias", i]:
            return self._found["alias", i][attribute]
        return "weight" + attribute[1:] if attribute.startswith("w[") else attribute

    def kind_of(self, i: int, attribute: str) -> str | None:
        """The attribute's type; None where the node has none of this name."""
        name = self.real_name(i, attribute)
        if self.t["type", i] == "blendShape" and name.startswith("weight"):
            index = name[7:-1]
            return (
                "float"
                if name == "weight" or (index.isdigit() and ("weight", i, int(index)) in self.t)
                else None
            )
        if ("dyn", i, name) in self.t:
            return self.t["dyn", i, name]
        if name == "worldMatrix[0]" and self.t["type", i] in DAG:
            return "matrix"
        return TYPES[self.t["type", i]].get(name)

    def is_locked(self, i: int, attribute: str) -> bool:
        """By itself; its parent's lock counts where something is changed (`may_change`)."""
        return bool(self.t.get(("lock", i, attribute)))

    def may_change(self, i: int, attribute: str) -> str:
        """Why not; "" if it may be changed by setAttr or a key."""
        for name in filter(None, (attribute, parent_of(attribute))):
            if self.is_locked(i, name):
                return f"The attribute '{self.path(i)}.{name}' is locked or connected and cannot be modified."
        return ""

    def source(self, i: int, attribute: str) -> tuple[int, str] | None:
        return self.t.get(("conn", i, attribute))

    def unit(self, kind: str) -> float:
        """What the scene shows × this is what it keeps: radians, centimetres."""
        return {"doubleAngle": ANGLES[self.angle][1], "doubleLinear": CENTIMETRES[self.linear]}.get(kind, 1.0)

    def value(self, i: int, attribute: str, ticks: int | None = None) -> Any:
        """Internal: evaluated through curves, layers and conversions."""
        source = self.source(i, attribute)
        if source is not None:
            j, name = source
            kind = self.t["type", j]
            if kind.startswith("animCurveT"):
                return self.evaluate(j, self.now_ticks() if ticks is None else ticks)
            if kind == "animBlendNodeAdditive":
                return layered(self, j, ticks)
            return self.value(j, {"unitConversion": "input"}.get(kind, name), ticks)
        kind = self.kind_of(i, attribute)
        if attribute == "outMute":
            return is_muted(self, i)
        usual = {"string": "", "bool": False, "matrix": tuple(np.eye(4).ravel().tolist())}.get(kind, 0.0)
        is_one = attribute.startswith("scale") or (attribute == "weight" and self.t["type", i] == "animLayer")
        return self.t.get(("attr", i, attribute), 1.0 if is_one else usual)

    def now_ticks(self) -> int:
        from .units import to_ticks

        return to_ticks(self.now, self.time_unit)

    # Curves

    def keys(self, curve: int) -> list[int]:
        return sorted(key[2] for key in self.t.of("key", curve))

    def evaluate(self, curve: int, ticks: int) -> float:
        places = self.keys(curve)
        return (
            float(np.interp(ticks, places, [self.t["key", curve, p][0] for p in places])) if places else 0.0
        )

    def curve_keys(self, plug: str) -> list[tuple[float, float]]:
        """(frame, value as the scene shows it) of a plug's curve or of a curve: for tests."""
        node, _, attribute = plug.partition(".")
        i = self.one(node)
        unit = 1.0
        if attribute:
            source = self.source(*self.plug(plug))
            assert source is not None, f"{plug} has no keys"
            unit, i = self.unit(self.kind_of(*self.plug(plug)) or ""), source[0]
        return [(from_ticks(p, self.time_unit), self.t["key", i, p][0] / unit) for p in self.keys(i)]

    # Rigs for tests

    def add_mesh(self, name: str, points: Any, polygons: Any, reference: str = "") -> str:
        """A transform with a mesh."""
        top = self.add("transform", name, reference=reference)
        shape = self.one(self.add("mesh", f"{name}Shape", top, reference))
        self.t["points", shape] = np.array(points, dtype=np.float64)
        self.t["polygons", shape] = tuple(tuple(map(int, polygon)) for polygon in polygons)
        return top

    def add_blendshape(self, name: str, mesh: str, targets: list[str], reference: str = "") -> str:
        """A blendShape on a mesh's transform with a target of each name ("" for one without an alias)."""
        made = self.add("blendShape", name, reference=reference)
        i, shape = self.one(made), self.shape_of(self.one(mesh))
        for index, target in enumerate(targets):
            self.t["weight", i, index] = True
            if target:
                self.t["alias", i, index] = target
        self.t["history", shape] = (*self.t.get(("history", shape), ()), i)
        return made

    def shape_of(self, top: int) -> int:
        return next(i for i in self.ids() if self.t["parent", i] == top and self.t["type", i] == "mesh"
                    and not self.t.get(("attr", i, "intermediateObject")))  # fmt: skip

    def add_attribute(self, node: str, name: str, kind: str = "double") -> str:
        """A keyable attribute of the user's own."""
        i = self.one(node)
        self.t["dyn", i, name] = kind
        return f"{node}.{name}"

    def connect(self, source: str, destination: str) -> None:
        self.t[("conn", *self.plug(destination))] = self.plug(source)

    def lock(self, plug: str) -> None:
        self.t[("lock", *self.plug(plug))] = True

    def add_keys(
        self, plug: str, keys: dict[float, float], kind: str = "animCurveTU", reference: str = ""
    ) -> str:
        """A curve with keys (frame ─▶ value as the scene shows it)."""
        from .units import to_ticks

        name = self.add(kind, plug.replace(".", "_").replace(":", "_").replace("|", "_"), reference=reference)
        unit = self.unit(self.kind_of(*self.plug(plug)) or "")
        for frame, value in keys.items():
            self.t["key", self.one(name), to_ticks(frame, self.time_unit)] = (value * unit, "auto", "auto")
        self.connect(f"{name}.output", plug)
        return name

    @contextlib.contextmanager
    def command(self, name: str) -> Iterator[None]:
        """What happens inside is one undoable command."""
        edits: list[Any] = []
        try:
            with self.t.recording(edits):
                yield
        except BaseException:
            self.t.play(edits, backward=True)
            raise
        if edits:
            self.queue.add(name, lambda: self.t.play(edits, True), lambda: self.t.play(edits, False))
