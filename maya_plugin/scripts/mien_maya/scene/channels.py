"""What a character can be driven by: blendShape targets, attributes of controls and joints, their axes.

Channels are named without the character's namespace, so that a map made on one copy of a rig fits all others;
`plug_of` puts the namespace back. `holding` says why a channel can't be keyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from maya import cmds
from mien.errors import RigError
from mien.rig.targets import Target

from .names import listed, namespace_of, with_namespace, without_namespace

AXES: Final = {
    short: f"{what}{axis}"
    for letter, what in (("t", "translate"), ("r", "rotate"), ("s", "scale"))
    for short, axis in ((f"{letter}x", "X"), (f"{letter}y", "Y"), (f"{letter}z", "Z"))
}
"""Maya's attribute for each axis of a transform that Mien knows."""

_NUMBERS: Final = ("double", "float", "doubleLinear", "doubleAngle", "long", "short", "bool")


@dataclass(frozen=True)
class Character:
    """What was chosen to be driven.

    Attributes
    ----------
    namespace : str
        The one that its nodes share, or "".
    nodes : tuple of str
        As they were chosen, with their namespaces.
    targets : tuple of Target
        Its channels; `node` and the names of transforms are without the namespace.
    """

    namespace: str
    nodes: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Held:
    """A channel that can't be keyed as it is.

    Attributes
    ----------
    plug : str
    reason : str
        In words.
    breakable : bool
        Whether unlocking or disconnecting it could help.
    """

    plug: str
    reason: str
    breakable: bool = False


def selected() -> tuple[str, ...]:
    """The objects that are selected, by names that are unique in the scene."""
    return tuple(listed(cmds.ls(selection=True, objectsOnly=True)))


def character_of(nodes: Sequence[str]) -> Character:
    """List the channels of meshes, controls and joints.

    Raises
    ------
    RigError
        When a node is gone, or none of them has a channel.
    """
    if not nodes:
        raise RigError("Nothing is chosen.", "Select the face's meshes, or its controls, first.")
    _check_there(nodes)
    spaces = {namespace_of(node) for node in nodes}
    namespace = spaces.pop() if len(spaces) == 1 else ""
    found = [target for node in nodes for target in (*_blendshape_targets(node), *_attribute_targets(node))]
    targets = {target.path: _bare(target, namespace) for target in found}
    if not targets:
        names = ", ".join(nodes)
        raise RigError(f"{names}: no blendShape and no keyable attribute.", "Select a face, or its controls.")
    return Character(namespace, tuple(nodes), tuple(targets.values()))


def plug_of(target: Target, namespace: str = "") -> str:
    """Where a target is in this scene: `hero:blendShape1.jawOpen`, `hero:head.rotateX`."""
    if target.kind == "transform":
        if target.axis not in AXES:
            hint = 'Set "quaternion" to false: Maya turns joints by angles.'
            raise RigError(f"{target.path}: Maya has no axis {target.axis!r}.", hint)
        path = "|".join(part for part in (target.node, target.name) if part)
        return f"{with_namespace(path, namespace)}.{AXES[target.axis]}"
    if target.node:
        return f"{with_namespace(target.node, namespace)}.{target.name}"
    node, dot, name = target.name.partition(".")
    return f"{with_namespace(node, namespace)}{dot}{name}"


def holding(plugs: Iterable[str]) -> list[Held]:
    """Those of the plugs that can't be keyed, each with its reason."""
    return [held for plug in plugs if (held := _held(plug)) is not None]


def _check_there(nodes: Iterable[str]) -> None:
    for node in nodes:
        found = len(listed(cmds.ls(node)))
        if found != 1:
            what = "There is no object" if not found else f"{found} objects are called"
            raise RigError(
                f"{what} {node}.", "It was renamed, deleted, or is of another namespace. Choose again."
            )


def _blendshape_targets(node: str) -> list[Target]:
    """Targets of the blendShapes on a mesh, or of a blendShape itself; the nearest to the mesh first."""
    if cmds.nodeType(node) == "blendShape":
        shapes = [node]
    else:
        meshes = [node] if cmds.nodeType(node) == "mesh" else listed(
            cmds.listRelatives(node, shapes=True, noIntermediate=True, type="mesh", fullPath=True)
        )  # fmt: skip
        history = [name for mesh in meshes for name in listed(cmds.listHistory(mesh, pruneDagObjects=True))]
        shapes = [name for name in dict.fromkeys(history) if cmds.nodeType(name) == "blendShape"]
    return [Target(name, "blendshape", shape) for shape in shapes for name in _aliases(shape)]


def _aliases(blendshape: str) -> list[str]:
    """The names of its targets; one without a name can't be told apart and is left out."""
    names = listed(cmds.listAttr(f"{blendshape}.weight", multi=True))
    return [name for name in names if not name.startswith("weight[")]


def _attribute_targets(node: str) -> list[Target]:
    """Keyable numbers of a control, a joint or any other node but shapes and deformers."""
    if cmds.nodeType(node) not in ("transform", "joint"):
        return []
    if listed(cmds.listRelatives(node, shapes=True, noIntermediate=True, type="mesh", fullPath=True)):
        return _own_attributes(node)
    axes = [
        Target(node, "transform", axis=axis)
        for axis in AXES
        if cmds.getAttr(f"{node}.{AXES[axis]}", keyable=True)
    ]
    return [*_own_attributes(node), *axes]


def _own_attributes(node: str) -> list[Target]:
    names = listed(cmds.listAttr(node, userDefined=True, keyable=True))
    return [
        Target(name, "property", node)
        for name in names
        if cmds.getAttr(f"{node}.{name}", type=True) in _NUMBERS
    ]


def _bare(target: Target, namespace: str) -> Target:
    if target.kind == "transform":
        return replace(target, name=without_namespace(target.name, namespace))
    return replace(target, node=without_namespace(target.node, namespace))


def _held(plug: str) -> Held | None:
    node, _, attribute = plug.partition(".")
    there = len(listed(cmds.ls(node)))
    if there != 1:
        return Held(plug, "the scene has no such node" if not there else f"{there} nodes have this name")
    if not cmds.objExists(plug):
        return Held(plug, "the node has no such attribute")
    if cmds.getAttr(plug, lock=True) or _parent_is_locked(node, attribute):
        return Held(plug, "it is locked", breakable=True)
    driver = _driver(plug) or _driver_of_parent(node, attribute)
    return _held_by(plug, driver) if driver else None


def parent_of(node: str, attribute: str) -> str:
    """`rotate` of `rotateX`; "" for an attribute that is no part of another, and for blendShape aliases."""
    if attribute not in AXES.values():
        return ""
    return listed(cmds.attributeQuery(attribute, node=node, listParent=True))[0]


def _parent_is_locked(node: str, attribute: str) -> bool:
    parent = parent_of(node, attribute)
    return bool(parent and cmds.getAttr(f"{node}.{parent}", lock=True))


def _driver(plug: str) -> str:
    """The plug that drives this one, or ""."""
    found = listed(
        cmds.listConnections(plug, source=True, destination=False, plugs=True, skipConversionNodes=True)
    )
    return found[0] if found else ""


def _driver_of_parent(node: str, attribute: str) -> str:
    parent = parent_of(node, attribute)
    return _driver(f"{node}.{parent}") if parent else ""


def _held_by(plug: str, driver: str) -> Held | None:
    """None where what drives the plug is plain keys, or layers of them, that this scene may change."""
    node = driver.partition(".")[0]
    kind = str(cmds.nodeType(node))
    if kind.startswith("animCurveU"):
        above = _driver(f"{node}.input")
        return Held(plug, f"a set-driven key of {above or node} drives it: choose that control instead", True)
    if kind.startswith("animCurveT"):
        if cmds.referenceQuery(node, isNodeReferenced=True):
            return Held(plug, f"its keys ({node}) are in the referenced file")
        return None
    if kind.startswith("animBlendNode"):
        return None
    return Held(plug, f"{driver} drives it", breakable=True)
