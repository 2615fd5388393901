# ruff: noqa: N802, N815  (the names are Maya's)
"""FAKE maya.api.OpenMaya and OpenMayaAnim: the classes that Mien uses, and no more.

Times carry their unit and are refused without one; lengths and angles come in centimetres and radians
whatever the scene shows; arrays take plain Python numbers only.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from .scene import FakeScene
from .units import ANGLES, BY_NUMBER, CENTIMETRES, DISTANCES, RATES, from_ticks, to_ticks


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or isinstance(value, np.generic):
        raise TypeError(f"FAKE: a number is needed, not {type(value).__name__} {value!r}")
    return float(value)


def open_maya(s: FakeScene, commands: Any) -> types.ModuleType:
    """The module, over a scene."""

    class MTime:
        kSeconds = RATES["sec"][0]

        def __init__(self, value: float, unit: int) -> None:
            if unit not in BY_NUMBER:
                raise ValueError(f"FAKE MTime: there is no unit {unit!r}")
            self.ticks, self.unit = to_ticks(_float(value), unit), unit

        @staticmethod
        def uiUnit() -> int:
            return s.time_unit

        @property
        def value(self) -> float:
            return from_ticks(self.ticks, self.unit)

        def asUnits(self, unit: int) -> float:
            return from_ticks(self.ticks, unit)

    class MDistance:
        kCentimeters = DISTANCES["cm"]

        def __init__(self, value: float, unit: int) -> None:
            self.cm = _float(value) * next(CENTIMETRES[n] for n, i in DISTANCES.items() if i == unit)

        @staticmethod
        def uiUnit() -> int:
            return DISTANCES[s.linear]

        def asCentimeters(self) -> float:
            return self.cm

    class MAngle:
        kDegrees, kRadians = ANGLES["deg"][0], ANGLES["rad"][0]

        def __init__(self, value: float, unit: int) -> None:
            self.radians = _float(value) * next(size for number, size in ANGLES.values() if number == unit)

        @staticmethod
        def uiUnit() -> int:
            return ANGLES[s.angle][0]

        def asUnits(self, unit: int) -> float:
            return self.radians / next(size for number, size in ANGLES.values() if number == unit)

    def array(name: str, take: Any) -> type:
        def init(self: list[Any], items: Any = ()) -> None:
            list.__init__(self, [take(item) for item in items])

        return type(name, (list,), {"__init__": init})

    def time(item: Any) -> Any:
        if not isinstance(item, MTime):
            raise TypeError(f"FAKE MTimeArray: takes MTime, not {type(item).__name__}")
        return item

    class MObject:
        def __init__(self, i: int) -> None:
            self.i = i

    class MPlug:
        def __init__(self, place: tuple[int, str] | None) -> None:
            self.place = place

        @property
        def isNull(self) -> bool:
            return self.place is None

        def source(self) -> MPlug:
            return MPlug(s.source(*self.place))

        def name(self) -> str:
            i, name = self.place
            alias = s.t.get(("alias", i, int(name[7:-1]))) if name.startswith("weight[") else None
            return f"{s.path(i)}.{alias or name}"

        def setDouble(self, value: float) -> None:
            i, name = self.place
            if s.may_change(i, name) or s.source(i, name):
                raise RuntimeError("(kFailure): Unexpected Internal Failure")
            with s.t.recording(None):
                s.t["attr", i, name] = _float(value)

        def asDouble(self) -> float:
            return float(s.value(*self.place))

    class MDGModifier:
        """Nothing of it is in the undo queue."""

        def __init__(self) -> None:
            self.steps: list[tuple[MPlug, MPlug, bool]] = []

        def connect(self, source: MPlug, destination: MPlug) -> None:
            self.steps.append((source, destination, True))

        def disconnect(self, source: MPlug, destination: MPlug) -> None:
            self.steps.append((source, destination, False))

        def doIt(self) -> None:
            with s.t.recording(None):
                for source, destination, on in self.steps:
                    place = ("conn", *destination.place)
                    if ("ref" + place[0], *destination.place) in s.t or (on and place in s.t):
                        raise RuntimeError("(kFailure): Unexpected Internal Failure")
                    if not on and s.t.get(place) != source.place:
                        raise RuntimeError("(kInvalidParameter): no such connection")
                    if on:
                        s.t[place] = source.place
                    else:
                        del s.t[place]
            self.steps = []

    class MDagPath(MObject):
        pass

    class MSelectionList:
        def __init__(self) -> None:
            self.names: list[str] = []

        def add(self, name: str) -> MSelectionList:
            node = name.partition(".")[0]
            if len(s.found(node)) != 1 or (
                "." in name and s.kind_of(s.one(node), name.partition(".")[2]) is None
            ):
                raise RuntimeError("(kInvalidParameter): Object does not exist")
            self.names.append(name)
            return self

        def getDependNode(self, index: int) -> MObject:
            return MObject(s.one(self.names[index].partition(".")[0]))

        def getPlug(self, index: int) -> MPlug:
            return MPlug(s.plug(self.names[index]))

        def getDagPath(self, index: int) -> MDagPath:
            return MDagPath(s.one(self.names[index]))

    class MPoint(tuple):
        def __new__(cls, x: float, y: float, z: float) -> Any:
            return super().__new__(cls, (_float(x), _float(y), _float(z)))

    def point(item: Any) -> Any:
        if not isinstance(item, MPoint):
            raise TypeError(f"FAKE MPointArray: takes MPoint, not {type(item).__name__}")
        return item

    class MSpace:
        kObject, kWorld = 2, 4

    class MFnMesh:
        def __init__(self, path: Any) -> None:
            if not isinstance(path, MDagPath) or s.t["type", path.i] != "mesh":
                raise RuntimeError("(kInvalidParameter): Object is incompatible with this method")
            self.i = path.i

        def getPoints(self, space: int) -> list[tuple[float, ...]]:
            assert space == MSpace.kObject, "FAKE MFnMesh: object space only"
            return [(*map(float, point), 1.0) for point in s.t["points", self.i]]

        def setPoints(self, points: Any, space: int) -> None:
            if not isinstance(points, module.MPointArray) or len(points) != len(s.t["points", self.i]):
                raise RuntimeError(
                    "(kInvalidParameter): FAKE MFnMesh.setPoints: as many points as the mesh has"
                )
            if s.is_referenced(self.i):
                raise RuntimeError("(kFailure): the mesh is in a reference")
            with s.t.recording(None):
                s.t["points", self.i] = np.array(points, dtype=np.float64)[:, :3]

        def getVertices(self) -> tuple[list[int], list[int]]:
            faces = s.t["polygons", self.i]
            return [len(face) for face in faces], [corner for face in faces for corner in face]

    class MPxCommand:
        pass

    class MMessage:
        @staticmethod
        def removeCallback(number: int) -> None:
            del s.callbacks[number]

    class MSceneMessage:
        kBeforeNew, kBeforeOpen, kBeforeSave, kAfterSave, kMayaExiting = 1, 6, 8, 13, 12

        @staticmethod
        def addCallback(message: int, told: Any) -> int:
            number = max(s.callbacks, default=0) + 1
            s.callbacks[number] = (message, told)
            return number

    class MFnPlugin:
        def __init__(self, plugin: Any, vendor: str = "", version: str = "") -> None:
            self.name = plugin

        def registerCommand(self, name: str, creator: Any) -> None:
            if name in s.commands:
                raise RuntimeError(f"(kFailure): {name} is registered already")
            s.commands[name] = creator

        def deregisterCommand(self, name: str) -> None:
            del s.commands[name]

    module = types.ModuleType("maya.api.OpenMaya", "FAKE")
    parts = (MDGModifier, MPoint, MTime,
             MDistance, MAngle, MObject, MPlug, MDagPath, MSelectionList, MSpace, MFnMesh,
             MPxCommand, MFnPlugin, MMessage, MSceneMessage, array("MTimeArray", time),
             array("MDoubleArray", _float), array("MPointArray", point),
             array("MArgList", str))  # fmt: skip
    for part in parts:
        setattr(module, part.__name__, part)
    return module


def open_maya_anim(s: FakeScene, om: types.ModuleType) -> types.ModuleType:
    """The module, over a scene."""

    class MAnimCurveChange:
        def __init__(self) -> None:
            self.edits: list[Any] = []

        def undoIt(self) -> None:
            s.t.play(self.edits, backward=True)

        def redoIt(self) -> None:
            s.t.play(self.edits, backward=False)

    class MAnimControl:
        @staticmethod
        def currentTime() -> Any:
            return om.MTime(s.now, s.time_unit)

        @staticmethod
        def setCurrentTime(time: Any) -> None:
            s.now = time.asUnits(s.time_unit)

        @staticmethod
        def isPlaying() -> bool:
            return s.is_playing

    class MFnAnimCurve:
        kAnimCurveTA, kAnimCurveTL, kAnimCurveTT, kAnimCurveTU = range(4)
        kTangentLinear = 2

        def __init__(self, node: Any) -> None:
            self.i = node.i if isinstance(node, om.MObject) else self._at(node)
            if not s.t["type", self.i].startswith("animCurve"):
                raise RuntimeError("(kInvalidParameter): Object is incompatible with this method")

        @staticmethod
        def _at(plug: Any) -> int:
            source = s.source(*plug.place)
            if source is None:
                raise RuntimeError("(kFailure): no animCurve is connected to the plug")
            return source[0]

        @property
        def animCurveType(self) -> int:
            return ["TA", "TL", "TT", "TU"].index(s.t["type", self.i][-2:])

        @property
        def numKeys(self) -> int:
            return len(s.keys(self.i))

        def addKeys(
            self, times: Any, values: Any, tangent_in: int, tangent_out: int, keep: bool, change: Any
        ) -> None:
            if not isinstance(times, om.MTimeArray) or not isinstance(values, om.MDoubleArray):
                raise TypeError("FAKE addKeys: takes an MTimeArray and an MDoubleArray")
            if len(times) != len(values) or not isinstance(change, MAnimCurveChange):
                raise RuntimeError("(kInvalidParameter): FAKE addKeys: as many values as times, and a change")
            if (tangent_in, tangent_out) != (self.kTangentLinear,) * 2 or keep is not True:
                raise RuntimeError("FAKE addKeys: linear tangents, existing keys kept")
            if s.is_referenced(self.i):
                raise RuntimeError("(kFailure): the curve is in a reference")
            there = set(s.keys(self.i)) & {time.ticks for time in times}
            if there:
                raise RuntimeError(
                    f"FAKE addKeys: {len(there)} keys are there already; their redo is not to be trusted"
                )
            with s.t.recording(change.edits):
                for time, value in zip(times, values):
                    s.t["key", self.i, time.ticks] = (value, "linear", "linear")

    module = types.ModuleType("maya.api.OpenMayaAnim", "FAKE")
    for part in (MAnimCurveChange, MAnimControl, MFnAnimCurve):
        setattr(module, part.__name__, part)
    return module
