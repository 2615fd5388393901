"""How a joint or a control lies in the head at rest: axes and rotation order, as a HeadDrive wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from maya import cmds
from mien.rig.head_eyes import ORDERS, Axes
from numpy.typing import NDArray

from .channels import character_of
from .clock import up_axis

_LETTERS: Final = ("x", "y", "z")
_OBLIQUE: Final = np.cos(np.radians(20.0))
"""An axis further than this from the head's own doesn't lie along it."""

_MAYA_ORDERS: Final = ("xyz", "yzx", "zxy", "xzy", "yxz", "zyx")
"""The values of `rotateOrder`, in Maya's order."""


@dataclass(frozen=True)
class Lie:
    """How a joint lies.

    Attributes
    ----------
    axes : Axes
    order : str
        One of `mien.rig.head_eyes.ORDERS`.
    oblique : bool
        Its axes don't lie along the head's: turns will be off by that much.
    """

    axes: Axes
    order: str
    oblique: bool


def lie_of(node: str) -> Lie:
    """Read it from a joint or control, the character standing at rest and facing Maya's front."""
    character_of([node])
    matrix = np.array(cmds.getAttr(f"{node}.worldMatrix[0]"), dtype=np.float64)
    order = _MAYA_ORDERS[int(cmds.getAttr(f"{node}.rotateOrder"))]
    assert order in ORDERS
    return lie_from(matrix.reshape(4, 4)[:3, :3], up_axis(), order)


def lie_from(rows: NDArray[np.float64], up_axis: str, order: str) -> Lie:
    """The same from a world matrix's upper part (3, 3), whose rows are the node's axes in the world.

    `up_axis` is the scene's, "y" or "z"; a character faces +z in the one, and -y in the other.
    """
    up = np.array([0.0, 1.0, 0.0]) if up_axis == "y" else np.array([0.0, 0.0, 1.0])
    front = np.array([0.0, 0.0, 1.0]) if up_axis == "y" else np.array([0.0, -1.0, 0.0])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    axes = rows / np.where(lengths > 0, lengths, 1.0)
    names, nearness = zip(*(_nearest(axes @ direction) for direction in (up, front)))
    if names[0][1] == names[1][1]:
        return Lie(Axes(), order, oblique=True)
    return Lie(Axes(*names), order, oblique=min(nearness) < _OBLIQUE)


def _nearest(along: NDArray[np.float64]) -> tuple[str, float]:
    """Which axis points that way most, and the cosine of the angle between them."""
    i = int(np.argmax(np.abs(along)))
    return f"{'+' if along[i] >= 0 else '-'}{_LETTERS[i]}", float(abs(along[i]))
