"""Animation layers: which there are, which one a bake writes into, and whether its keys are seen.

A layer's mute, solo and weight are the animator's: Mien writes the keys as they are and changes none of
these, but says where they keep the keys from being seen as they are.
"""

from __future__ import annotations

from maya import cmds
from mien.errors import RigError

from .names import listed


def layers() -> list[str]:
    """The scene's animation layers but for the base."""
    root = cmds.animLayer(query=True, root=True)
    return [name for name in listed(cmds.ls(type="animLayer")) if name != root]


def check_layer(name: str) -> None:
    """RigError where a layer is there and locked."""
    if _is_there(name) and cmds.animLayer(name, query=True, lock=True):
        raise RigError(f"The animation layer {name} is locked.", "Unlock it, or choose another layer.")


def layer_called(name: str) -> str:
    """The layer to write into: made where it is missing, the base layer for "", "" where there are none."""
    if not name:
        return str(cmds.animLayer(query=True, root=True) or "")
    if _is_there(name):
        return name
    return str(cmds.animLayer(name, override=True))


def dimmed(name: str) -> str:
    """What keeps the keys of a layer from being seen as they are, in words; "" where nothing does."""
    if not _is_there(name):
        return ""
    if cmds.getAttr(f"{name}.outMute"):  # by itself, its parent, or others that are soloed
        by_others = not cmds.animLayer(name, query=True, mute=True)
        return "another layer's mute or solo hides it" if by_others else "it is muted"
    weight = float(cmds.animLayer(name, query=True, weight=True))  # type: ignore[arg-type,unused-ignore]
    if listed(cmds.listConnections(f"{name}.weight", source=True, destination=False)):
        return "its weight is animated"
    if weight != 1.0:
        return f"its weight is {weight:.3g}"
    return "" if cmds.animLayer(name, query=True, override=True) else "it adds to what is below it"


def _is_there(name: str) -> bool:
    return bool(name and cmds.animLayer(name, query=True, exists=True))
