"""FAKE Maya: what animation layers make of their keys, as Autodesk's pages on mute, solo and weight say it.

All layers are children of the base here.
"""

from __future__ import annotations

from typing import Any


def is_muted(scene: Any, layer: int) -> bool:
    """By itself, or because others are soloed."""
    others = [i for i in scene.ids() if scene.t["type", i] == "animLayer" and i != layer]
    by_solo = any(scene.value(i, "solo") for i in others) and not scene.value(layer, "solo")
    return bool(scene.value(layer, "mute") or by_solo)


def layered(scene: Any, blend: int, ticks: int | None) -> float:
    """What a blend node gives: weights as in Passthrough mode, the usual one of an override layer."""
    layer = scene.one(scene.t["layer", blend])
    below, own = (scene.value(blend, f"input{letter}", ticks) for letter in "AB")
    if scene.source(blend, "inputB") is None or is_muted(scene, layer):
        return below
    weight = scene.value(layer, "weight", ticks)
    kept = 1 - weight if scene.value(layer, "override") else 1
    return below * kept + own * weight
