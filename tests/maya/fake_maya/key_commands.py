# ruff: noqa: N802  (the names are Maya's)
"""FAKE Maya: the commands about keys and animation layers.

What Autodesk's pages say and the adapter could trip over is kept: setKeyframe's `animLayer` is ignored for
what is not on that layer; a locked plug, a locked layer, a foreign connection and a referenced curve take
no key; cutting a curve's last key deletes the curve; animLayer finds a curve only when asked with edit.
"""

from __future__ import annotations

from typing import Any

from .scene import LAYER, FakeScene
from .units import to_ticks

_CURVES = {"doubleAngle": "animCurveTA", "doubleLinear": "animCurveTL", "time": "animCurveTT"}


class KeyCommands:
    """Each method is the command of its name; flags have been checked."""

    def __init__(self, scene: FakeScene) -> None:
        self.s = scene

    def _ticks(self, frame: float) -> int:
        return to_ticks(frame, self.s.time_unit)

    # Keys

    def setKeyframe(
        self, plug: str, time: float | None = None, value: float | None = None, animLayer: str = "",
        inTangentType: str = "auto", outTangentType: str = "auto",
    ) -> int:  # fmt: skip
        s = self.s
        i, name = s.plug(plug)
        kind = s.kind_of(i, name) or ""
        if kind in ("string", "matrix", "mesh", "double3"):
            raise RuntimeError(f"setKeyframe: '{plug}' can't be keyed")
        reason = s.may_change(i, name)
        if reason:
            raise RuntimeError(f"setKeyframe: {reason}")
        if animLayer:
            self._layer(animLayer)
        with s.command("setKeyframe"):
            place = self._place(i, name, animLayer)
            curve = self._curve(place, kind, plug, animLayer if place != (i, name) else "")
            shown = s.value(i, name) / s.unit(kind) if value is None else value
            ticks = self._ticks(s.now if time is None else time)
            s.t["key", curve, ticks] = (float(shown) * s.unit(kind), inTangentType, outTangentType)
        return 1

    def _place(self, i: int, name: str, layer: str) -> tuple[int, str]:
        """Where a key of a plug goes: the plug itself, or an input of a blend node on it."""
        s = self.s
        chain = self._chain(i, name)
        if not chain:
            source = s.source(i, name)
            if source and not s.t["type", source[0]].startswith("animCurveT"):
                raise RuntimeError(f"setKeyframe: '{s.path(i)}.{name}' already has an input connection")
            return i, name
        if layer == LAYER:
            return chain[-1], "inputA"
        return next(
            ((blend, "inputB") for blend in chain if s.t["layer", blend] == layer), (chain[0], "inputB")
        )

    def _chain(self, i: int, name: str) -> list[int]:
        """The blend nodes on a plug, the topmost layer's first."""
        found, at = [], self.s.source(i, name)
        while at and self.s.t["type", at[0]] == "animBlendNodeAdditive":
            found.append(at[0])
            at = self.s.source(at[0], "inputA")
        return found

    def _curve(self, place: tuple[int, str], kind: str, plug: str, layer: str) -> int:
        s = self.s
        source = s.source(*place)
        if source is None:
            words = "_".join(filter(None, (plug.split("|")[-1].replace(".", "_").replace(":", "_"), layer)))
            made = s.one(s.add(_CURVES.get(kind, "animCurveTU"), words))
            s.t[("conn", *place)] = (made, "output")
            return made
        if s.is_referenced(source[0]):
            raise RuntimeError(f"setKeyframe: '{s.path(source[0])}' is in a reference and read-only")
        return source[0]

    def _curves_of(self, name: str) -> list[int]:
        s = self.s
        if "." in name:
            source = s.source(*s.plug(name))
            return [source[0]] if source and s.t["type", source[0]].startswith("animCurve") else []
        i = s.one(name)
        if not s.t["type", i].startswith("animCurve"):
            raise RuntimeError(f"FAKE: {name} is no curve: whole objects are not cut or edited")
        return [i]

    def cutKey(self, name: str, time: tuple[float, float] | None = None, clear: bool = False) -> int:
        s = self.s
        if not clear or time is None:
            raise RuntimeError(
                "FAKE cutKey: without clear=True and a time it would take the user's clipboard"
            )
        first, last = map(self._ticks, time)
        with s.command("cutKey"):
            cut = 0
            for curve in self._curves_of(name):
                if s.is_referenced(curve):
                    raise RuntimeError(f"cutKey: '{name}' is in a reference and read-only")
                gone = [place for place in s.keys(curve) if first <= place <= last]
                cut += len(gone)
                for place in gone:
                    del s.t["key", curve, place]
                if gone and not s.keys(curve):
                    s.remove(curve)
        return cut

    def keyframe(self, name: str, edit: bool = False, query: bool = False, **how: Any) -> Any:
        curves = self._curves_of(name)
        span = [*map(self._ticks, how["time"])] if "time" in how else None
        found = [(c, p) for c in curves for p in self.s.keys(c) if span is None or span[0] <= p <= span[1]]
        if query:
            return self._asked(found, how)
        if not edit or "valueChange" not in how:
            raise RuntimeError("FAKE keyframe: only edit with valueChange, or query")
        if not found:
            raise RuntimeError(f"keyframe: there is no key of '{name}' at {how.get('time')}")
        with self.s.command("keyframe"):
            for curve, place in found:
                unit = self.s.unit({"animCurveTA": "doubleAngle", "animCurveTL": "doubleLinear"}.get(
                    self.s.t["type", curve], ""))  # fmt: skip
                self.s.t["key", curve, place] = (
                    how["valueChange"] * unit,
                    *self.s.t["key", curve, place][1:],
                )
        return len(found)

    def _asked(self, found: list[tuple[int, int]], how: dict[str, Any]) -> Any:
        from .units import from_ticks

        if how.get("keyframeCount"):
            return len(found)
        if how.get("timeChange"):
            return [from_ticks(place, self.s.time_unit) for _, place in found]
        units = {"animCurveTA": "doubleAngle", "animCurveTL": "doubleLinear"}
        return [
            self.s.t["key", c, p][0] / self.s.unit(units.get(self.s.t["type", c], "")) for c, p in found
        ] or None

    # Layers

    def _layer(self, name: str) -> int:
        found = [i for i in self.s.found(name) if self.s.t["type", i] == "animLayer"]
        if not found:
            raise RuntimeError(f"No valid animation layer: '{name}'")
        if self.s.t.get(("attr", found[0], "lock")):
            raise RuntimeError(f"The animation layer '{name}' is locked")
        return found[0]

    def animLayer(self, name: str = "", query: bool = False, edit: bool = False, **how: Any) -> Any:
        s = self.s
        if query:
            return self._ask_layer(name, how)
        if not edit:
            return self._new_layer(name, how)
        if "findCurveForPlug" in how:
            return self._find_curve(name, how["findCurveForPlug"])
        with s.command("animLayer"):
            if "attribute" not in how:
                for word, value in how.items():
                    s.t["attr", s.one(name), word] = value
                return None
            self._layer(name)
            for plug in [how["attribute"]] if isinstance(how["attribute"], str) else how["attribute"]:
                self._put_onto(name, plug)
        return None

    def _ask_layer(self, name: str, how: dict[str, Any]) -> Any:
        s = self.s
        if how.get("root"):
            return LAYER if s.found(LAYER) else None
        if how.get("exists"):
            return any(s.t["type", i] == "animLayer" for i in s.found(name))
        for word in ("lock", "mute", "solo", "override", "weight"):
            if how.get(word):
                return s.value(s.one(name), word)
        raise RuntimeError("FAKE animLayer: nothing is asked")

    def _new_layer(self, name: str, how: dict[str, Any]) -> str:
        s = self.s
        with s.command("animLayer"):
            if not s.found(LAYER):
                s.add("animLayer", LAYER)
            made = s.add("animLayer", name or "AnimLayer1")
            for word, value in how.items():
                s.t["attr", s.one(made), word] = value
        return made

    def _put_onto(self, layer: str, plug: str) -> None:
        s = self.s
        i, name = s.plug(plug)
        if layer == LAYER:
            raise RuntimeError("FAKE animLayer: everything is on the base layer already")
        if any(s.t["layer", blend] == layer for blend in self._chain(i, name)):
            return
        below = s.source(i, name)
        if below and not s.t["type", below[0]].startswith(("animCurveT", "animBlendNode")):
            raise RuntimeError(f"animLayer: {plug} has a connection and can't be put onto a layer")
        words = plug.split("|")[-1].replace(".", "_").replace(":", "_")
        blend = s.one(s.add("animBlendNodeAdditive", f"{words}_{layer}"))
        s.t["layer", blend] = layer
        if below:
            s.t["conn", blend, "inputA"] = below
        else:
            s.t["attr", blend, "inputA"] = s.value(i, name)
        s.t["conn", i, name] = (blend, "output")

    def _find_curve(self, layer: str, plug: str) -> list[str] | None:
        s = self.s
        chain = self._chain(*s.plug(plug))
        place = (
            (chain[-1], "inputA")
            if layer == LAYER and chain
            else next(((blend, "inputB") for blend in chain if s.t["layer", blend] == layer), None)
        )
        source = s.source(*place) if place else None
        return [s.path(source[0])] if source else None
