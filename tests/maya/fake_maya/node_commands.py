# ruff: noqa: N802  (the names are Maya's)
"""FAKE Maya: the commands about nodes and attributes, in the forms that Mien uses."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from .scene import TYPES, FakeScene, parent_of


class NodeCommands:
    """Each method is the command of its name; flags have been checked."""

    def __init__(self, scene: FakeScene) -> None:
        self.s = scene

    def ls(self, *names: str, selection: bool = False, **how: Any) -> list[str]:
        s = self.s
        found = [i for i in s.selection if ("type", i) in s.t] if selection else []
        found += [i for name in names for i in s.found(name.partition(".")[0])]
        if not names and not selection:
            if not how.get("type"):
                raise RuntimeError("FAKE ls: of the whole scene only with a type")
            found = s.ids()
        if how.get("type"):
            found = [i for i in found if s.t["type", i] == how["type"]]
        return [s.long_path(i) if how.get("long") else s.path(i) for i in found]

    def nodeType(self, name: str) -> str:
        return self.s.t["type", self.s.one(name)]

    def objExists(self, name: str) -> bool:
        node, dot, attribute = name.partition(".")
        found = self.s.found(node)
        return len(found) == 1 and (not dot or self.s.kind_of(found[0], attribute) is not None)

    def listRelatives(self, name: str, **how: Any) -> list[str] | None:
        s, i = self.s, self.s.one(name)
        if how.get("parent"):
            found = [s.t["parent", i]] if s.t["parent", i] else []
        else:
            found = [j for j in s.ids() if s.t["parent", j] == i]
        if how.get("shapes"):
            found = [j for j in found if s.t["type", j] in ("mesh", "nurbsCurve", "camera", "imagePlane")]
        if how.get("noIntermediate"):
            found = [j for j in found if not s.t.get(("attr", j, "intermediateObject"))]
        if how.get("type"):
            found = [j for j in found if s.t["type", j] == how["type"]]
        return [s.long_path(j) if how.get("fullPath") else s.path(j) for j in found] or None

    def listHistory(self, name: str, **_how: Any) -> list[str]:
        i = self.s.one(name)
        return [
            self.s.path(i),
            *(self.s.path(j) for j in self.s.t.get(("history", i), ()) if ("type", j) in self.s.t),
        ]

    def listAttr(
        self, name: str, multi: bool = False, userDefined: bool = False, keyable: bool = False
    ) -> Any:
        node, _, attribute = name.partition(".")
        s, i = self.s, self.s.one(node)
        if attribute:
            self.s.plug(name)
            if attribute.startswith("weight["):
                index = int(attribute[7:-1])
                return [s.t.get(("alias", i, index), attribute)]
            if attribute != "weight" or not multi:
                raise RuntimeError("FAKE listAttr: of an attribute only `weight` with multi, or `weight[i]`")
            return [s.t.get(("alias", i, key[2]), f"weight[{key[2]}]") for key in s.t.of("weight", i)] or None
        own = [key[2] for key in s.t.of("dyn", i)]
        built_in = [] if userDefined else [*TYPES[s.t["type", i]]]
        found = [*built_in, *own]
        return [a for a in found if not keyable or s.t.get(("keyable", i, a), True)] or None

    def getAttr(
        self, plug: str, lock: bool = False, keyable: bool = False, type: bool = False, **how: Any
    ) -> Any:
        s = self.s
        i, name = s.plug(plug)
        kind = s.kind_of(i, name)
        if lock:
            return s.is_locked(i, name)
        if keyable:
            return bool(s.t.get(("keyable", i, name), True))
        if type:
            return kind
        from .units import to_ticks

        ticks = to_ticks(how["time"], s.time_unit) if "time" in how else None
        value = s.value(i, name, ticks)
        return (
            list(value) if kind == "matrix" else value / s.unit(kind) if isinstance(value, float) else value
        )

    def setAttr(self, plug: str, *values: Any, **how: Any) -> None:
        s = self.s
        i, name = s.plug(plug)
        with s.command("setAttr"):
            if "lock" in how:
                if s.is_referenced(i) and s.is_locked(i, name) and ("reflocked", i, name) in s.t:
                    raise RuntimeError(f"setAttr: The locked attribute '{plug}' is in a reference.")
                s.t["lock", i, name] = how["lock"]
                return
            if "keyable" in how:
                s.t["keyable", i, name] = how["keyable"]
                return
            reason = s.may_change(i, name)
            if reason or s.source(i, name) is not None:
                raise RuntimeError(f"setAttr: {reason or plug + ' is connected and cannot be modified.'}")
            s.t["attr", i, name] = self._checked(plug, s.kind_of(i, name), values, how.get("type"))

    def _checked(self, plug: str, kind: str | None, values: tuple[Any, ...], said: str | None) -> Any:
        if len(values) != 1:
            raise RuntimeError(f"setAttr: FAKE takes one value for {plug}, not {len(values)}")
        value = values[0]
        if isinstance(value, np.generic):
            raise TypeError(f"setAttr: {plug} takes no numpy number")
        if kind == "string":
            if said != "string" or not isinstance(value, str):
                raise RuntimeError(f"setAttr: {plug} is a string: give type='string'")
            return value
        if not isinstance(value, numbers.Real):
            raise TypeError(f"setAttr: {plug} takes a number, not {value!r}")
        return float(value) * self.s.unit(kind or "") if kind in ("doubleAngle", "doubleLinear") else value

    def attributeQuery(self, name: str, node: str, listParent: bool = False, exists: bool = False) -> Any:
        i = self.s.one(node)
        if exists:
            return self.s.kind_of(i, name) is not None
        if self.s.kind_of(i, name) is None:
            raise RuntimeError(f"attributeQuery: {node} has no attribute {name}")
        above = parent_of(self.s.real_name(i, name))
        return [above] if above else None

    def listConnections(self, plug: str, source: bool = True, destination: bool = True, plugs: bool = False,
                        skipConversionNodes: bool = False, type: str = "") -> list[str] | None:  # fmt: skip
        s = self.s
        if destination:
            raise RuntimeError("FAKE listConnections: only source=True, destination=False")
        if "." not in plug:
            raise RuntimeError("FAKE listConnections: only of an attribute")
        found = s.source(*s.plug(plug))
        while found and skipConversionNodes and s.t["type", found[0]] == "unitConversion":
            found = s.source(found[0], "input")
        if not found or (type and s.t["type", found[0]] != type):
            return None
        i, name = found
        alias = s.t.get(("alias", i, int(name[7:-1]))) if name.startswith("weight[") else None
        return [f"{s.path(i)}.{alias or name}" if plugs else s.path(i)]

    def connectAttr(self, source: str, destination: str, force: bool = False) -> None:
        s = self.s
        if s.source(*s.plug(destination)) is not None and not force:
            raise RuntimeError(f"connectAttr: {destination} already has an incoming connection.")
        with s.command("connectAttr"):
            s.t[("conn", *s.plug(destination))] = s.plug(source)

    def disconnectAttr(self, source: str, destination: str) -> None:
        s = self.s
        if s.source(*s.plug(destination)) != s.plug(source):
            raise RuntimeError(f"disconnectAttr: There is no connection from '{source}' to '{destination}'")
        if ("refconn", *s.plug(destination)) in s.t:
            raise RuntimeError(f"disconnectAttr: the connection of {destination} is in a locked reference.")
        with s.command("disconnectAttr"):
            del s.t[("conn", *s.plug(destination))]

    def referenceQuery(self, name: str, isNodeReferenced: bool = False) -> bool:
        if not isNodeReferenced:
            raise RuntimeError("FAKE referenceQuery: only isNodeReferenced")
        return self.s.is_referenced(self.s.one(name.partition(".")[0]))

    def select(self, *names: str, replace: bool = False, clear: bool = False) -> None:
        self.s.selection = [] if clear else [self.s.one(name) for name in names]

    def delete(self, *names: str) -> None:
        with self.s.command("delete"):
            for name in names:
                i = self.s.one(name)
                if self.s.is_referenced(i):
                    raise RuntimeError(f"delete: '{name}' is in a reference and can't be deleted.")
                self.s.remove(i)

    def rename(self, name: str, new: str) -> str:
        i = self.s.one(name)
        if self.s.is_referenced(i):
            raise RuntimeError(f"rename: '{name}' is in a reference and can't be renamed.")
        with self.s.command("rename"):
            self.s.t["name", i] = new
        return self.s.path(i)

    def aliasAttr(self, alias: str, plug: str) -> None:
        i, name = self.s.plug(plug)
        if not alias.isidentifier():
            raise RuntimeError(f"aliasAttr: '{alias}' is no name for an attribute")
        if not name.startswith("weight["):
            raise RuntimeError("FAKE aliasAttr: only of blendShape weights")
        if self.s.kind_of(i, alias) is not None:
            raise RuntimeError(f"aliasAttr: '{alias}' is in use already")
        with self.s.command("aliasAttr"):
            self.s.t["alias", i, int(name[7:-1])] = alias

    def duplicate(self, name: str, /, returnRootsOnly: bool = False, **how: Any) -> list[str]:
        s, i = self.s, self.s.one(name)
        with s.command("duplicate"):
            copy = s.one(s.add(s.t["type", i], how.get("name", s.t["name", i]).split(":")[-1]))
            for child in [j for j in s.ids() if s.t["parent", j] == i and s.t["type", j] == "mesh"]:
                shape = s.one(s.add("mesh", f"{s.t['name', copy]}Shape", s.long_path(copy)))
                for what in ("points", "polygons"):
                    s.t[what, shape] = s.t[what, child]
                if s.t.get(("attr", child, "intermediateObject")):
                    s.t["attr", shape, "intermediateObject"] = True
        return [s.path(copy)]

    def blendShape(self, *names: str, edit: bool = False, **how: Any) -> list[str] | None:
        return self._add_target(names[0], how["target"]) if edit else self._new_blendshape(names, how)

    def _new_blendshape(self, names: tuple[str, ...], how: dict[str, Any]) -> list[str]:
        s = self.s
        if len(names) != 1:
            raise RuntimeError("FAKE blendShape: made of one object, its targets put in later")
        top = s.one(names[0])
        shape = s.shape_of(top)
        with s.command("blendShape"):
            made = s.add("blendShape", how.get("name", "blendShape1"))
            earlier = s.t.get(("history", shape), ())
            own = (s.one(made),)
            s.t["history", shape] = (*earlier, *own) if how.get("frontOfChain") else (*own, *earlier)
            if not any(
                s.t.get(("attr", j, "intermediateObject")) for j in s.ids() if s.t["parent", j] == top
            ):
                original = s.one(s.add("mesh", f"{s.t['name', shape]}Orig", s.long_path(top)))
                s.t["points", original], s.t["polygons", original] = (
                    s.t["points", shape],
                    s.t["polygons", shape],
                )
                s.t["attr", original, "intermediateObject"] = True
        return [made]

    def _add_target(self, name: str, target: tuple[str, int, str, float]) -> None:
        s, i = self.s, self.s.one(name)
        base, index, other, weight = target
        shape, source = s.shape_of(s.one(base)), s.shape_of(s.one(other))
        if s.t["type", i] != "blendShape" or i not in s.t.get(("history", shape), ()):
            raise RuntimeError(f"blendShape: {name} is no blendShape of {base}")
        if ("weight", i, index) in s.t or weight != 1.0:
            raise RuntimeError(f"blendShape: target {index} is in use already")
        if s.t["points", shape].shape != s.t["points", source].shape:
            raise RuntimeError("blendShape: no target was added: the topologies differ")
        original = next(j for j in s.ids() if s.t["parent", j] == s.one(base) and s.t["type", j] == "mesh"
                        and s.t.get(("attr", j, "intermediateObject")))  # fmt: skip
        with s.command("blendShape"):
            s.t["weight", i, index] = True
            s.t["alias", i, index] = s.t["name", s.one(other)]
            s.t["delta", i, index] = s.t["points", source] - s.t["points", original]

    def sound(self, file: str = "", name: str = "audio1", offset: float = 0.0) -> str:
        with self.s.command("sound"):
            made = self.s.add("audio", name)
            self.s.t["attr", self.s.one(made), "filename"] = file
            self.s.t["attr", self.s.one(made), "offset"] = offset
        return made

    def imagePlane(self, camera: str = "", fileName: str = "", name: str = "imagePlane1") -> list[str]:
        self.s.one(camera)
        with self.s.command("imagePlane"):
            top = self.s.add("transform", name, camera)
            shape = self.s.add("imagePlane", f"{name}Shape", top)
            self.s.t["attr", self.s.one(shape), "imageName"] = fileName
        return [top, shape]

    def upAxis(self, axis: Any = None, query: bool = False) -> str:
        return self.s.up
