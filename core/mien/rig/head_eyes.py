"""The head's pose onto a bone or an object, and the gaze onto eye bones or look-at controls.

The head's own axes are those of the reference head: x to the subject's left, y up, z out of the face. How a
rig's bone lies in the head is told by two of its axes (`Axes`). Rotations are relative to the rest pose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from .. import arkit
from ..errors import MapError
from .targets import Target, check_numbers

ORDERS: Final = ("xyz", "xzy", "yxz", "yzx", "zxy", "zyx")
"""Rotation orders: the first letter's axis turns first, as Maya and Blender have it."""

_UNITS: Final = {
    sign + name: (1.0 if sign == "+" else -1.0) * np.eye(3)[i]
    for i, name in enumerate("xyz")
    for sign in "+-"
}

Limits = tuple[float, float]


@dataclass(frozen=True)
class Axes:
    """How a bone lies in the head at rest: which of its own axes point up and out of the face (`+x` … `-z`).

    Blender's head bone has `up="+y"` and, pointing up with its roll at 0, `forward="+z"`.
    """

    up: str = "+y"
    forward: str = "+z"

    def __post_init__(self) -> None:
        if self.up not in _UNITS or self.forward not in _UNITS or self.up[1] == self.forward[1]:
            raise MapError(
                f"The axes up={self.up!r} and forward={self.forward!r} are no frame",
                "Use two different axes of +x, -x, +y, -y, +z, -z.",
            )

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Shape (3, 3): from the head's axes (left, up, forward) to the bone's; a rotation."""
        up, forward = _UNITS[self.up], _UNITS[self.forward]
        return np.stack([np.cross(up, forward), up, forward], axis=1)

    @classmethod
    def of(cls, frame: ArrayLike, up: ArrayLike, forward: ArrayLike) -> Axes:
        """The axes of a bone that point most nearly up and out of the face.

        Parameters
        ----------
        frame : array_like, (3, 3)
            The bone's own x, y and z at rest as columns.
        up, forward : array_like, (3,)
            The face's directions, in the same space.
        """
        along = np.asarray(frame, dtype=np.float64).T @ np.stack([up, forward], axis=1).astype(np.float64)
        above = int(np.abs(along[:, 0]).argmax())
        out = max((i for i in range(3) if i != above), key=lambda i: float(abs(along[i, 1])))
        signs = ["+" if along[i, column] >= 0 else "-" for column, i in enumerate((above, out))]
        return cls(signs[0] + "xyz"[above], signs[1] + "xyz"[out])


@dataclass(frozen=True)
class HeadDrive:
    """A bone or an object that turns with the head.

    Attributes
    ----------
    target : Target
        A transform without an axis: the bone, joint or object.
    axes : Axes
    order : str
        One of `ORDERS`.
    quaternion : bool
        Drive qw, qx, qy, qz (a unit quaternion) instead of rx, ry, rz.
    share : float
        The part of the pose it takes: 0.4 for a neck and 0.6 for a head share it.
    rest : (float, float, float)
        Pitch, yaw, roll of the performer, in degrees, that leave the bone at rest.
    pitch, yaw, roll : (float, float)
        Limits of the part taken, in degrees, with the signs of `mien.types.HeadPose`.
    """

    target: Target
    axes: Axes = field(default_factory=Axes)
    order: str = "xyz"
    quaternion: bool = False
    share: float = 1.0
    rest: tuple[float, float, float] = (0.0, 0.0, 0.0)
    pitch: Limits = (-60.0, 60.0)
    yaw: Limits = (-80.0, 80.0)
    roll: Limits = (-50.0, 50.0)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        _check_transform(self.target, self.order)
        check_numbers(f"A number of {self.target.path}", self.share, *self.rest)
        _check_limits(self.target.path, self.pitch, self.yaw, self.roll)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The axes it drives, one for each column of `apply`."""
        return _on_axes(self.target, ("qw", "qx", "qy", "qz") if self.quaternion else ("rx", "ry", "rz"))

    def apply(self, pose: NDArray[np.floating]) -> NDArray[np.float32]:
        """Pitch, yaw, roll (N, 3) in degrees into the bone's: degrees (N, 3), or quaternions (N, 4)."""
        angles = (np.asarray(pose, dtype=np.float64) - self.rest) * self.share
        low, high = np.array([self.pitch, self.yaw, self.roll], dtype=np.float64).T
        return _turns(np.clip(angles, low, high), self.axes, self.order, self.quaternion)


SIDES: Final = ("left", "right", "both")


@dataclass(frozen=True)
class EyeDrive:
    """An eye bone that turns with the gaze, or a control that the eyes look at.

    Attributes
    ----------
    target : Target
        A transform without an axis: the bone, joint, object or control.
    eye : str
        Whose gaze: "left", "right", or "both" for the mean of the two.
    axes : Axes
    order : str
        One of `ORDERS`.
    quaternion : bool
        Drive qw, qx, qy, qz (a unit quaternion) instead of rx, ry, rz; not for a look-at control.
    look_at : float
        0 turns a bone. Else the distance from the eyes to the control at rest, in units of the scene: the
        control is moved sideways and up, in the plane it lies in.
    out, inward, up, down : float
        Degrees for a weight of 1 of eyeLookOut, In, Up and Down.
    pitch, yaw : (float, float)
        Limits in degrees; positive is down, and to the subject's left.
    """

    target: Target
    eye: str = "both"
    axes: Axes = field(default_factory=Axes)
    order: str = "xyz"
    quaternion: bool = False
    look_at: float = 0.0
    out: float = 34.0
    inward: float = 34.0
    up: float = 25.0
    down: float = 35.0
    pitch: Limits = (-35.0, 35.0)
    yaw: Limits = (-45.0, 45.0)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        _check_transform(self.target, self.order)
        if self.eye not in SIDES:
            raise MapError(f"{self.target.path}: there is no eye {self.eye!r}", f"Use {', '.join(SIDES)}.")
        check_numbers(
            f"A number of {self.target.path}", self.look_at, self.out, self.inward, self.up, self.down
        )
        _check_limits(self.target.path, self.pitch, self.yaw)
        if self.look_at and max(map(abs, (*self.pitch, *self.yaw))) >= 90.0:
            raise MapError(f"{self.target.path}: the limits of a look-at control must stay below 90 degrees")

    @property
    def targets(self) -> tuple[Target, ...]:
        """The axes it drives, one for each column of `apply`."""
        if self.look_at:
            return _on_axes(self.target, ("tx", "ty", "tz"))
        return _on_axes(self.target, ("qw", "qx", "qy", "qz") if self.quaternion else ("rx", "ry", "rz"))

    def apply(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """Weights (N, 52) into degrees (N, 3) or quaternions (N, 4) of the bone, or offsets (N, 3) of the
        control from its rest.
        """
        sides = ("left", "right") if self.eye == "both" else (self.eye,)
        angles = np.mean([self._angles(weights, side) for side in sides], axis=0)
        low, high = np.array([self.pitch, self.yaw], dtype=np.float64).T
        angles = np.clip(angles, low, high)
        if not self.look_at:
            turned = np.column_stack([angles, np.zeros(len(angles))])
            return _turns(turned, self.axes, self.order, self.quaternion)
        pitch, yaw = np.radians(angles).T
        # Where the line of sight meets the plane of the control: the eye nods first, then turns.
        moved = np.stack([np.tan(yaw), -np.tan(pitch) / np.cos(yaw), np.zeros_like(yaw)], axis=1)
        return np.asarray(self.look_at * moved @ self.axes.matrix.T, np.float32)

    def _angles(self, weights: NDArray[np.floating], side: str) -> NDArray[np.float64]:
        """Pitch and yaw (N, 2) of one eye in degrees."""
        out, inward, up, down = (
            weights[:, arkit.INDEX[f"eyeLook{way}{side.title()}"]].astype(np.float64)
            for way in ("Out", "In", "Up", "Down")
        )
        outward = self.out * out - self.inward * inward
        return np.stack([self.down * down - self.up * up, outward if side == "left" else -outward], axis=1)


def _turns(angles: NDArray[np.float64], axes: Axes, order: str, quaternion: bool) -> NDArray[np.float32]:
    """Pitch, yaw, roll (N, 3) in degrees, as a rotation in the bone's axes.

    The head nods first, then turns, then tilts (`mien.rig.preview.rotation`).
    """
    if not len(angles):  # which older scipy refuses
        return np.zeros((0, 4 if quaternion else 3), np.float32)
    turned = Rotation.from_euler("xyz", angles * (1.0, 1.0, -1.0), degrees=True)
    lie = Rotation.from_matrix(axes.matrix)
    in_bone = lie * turned * lie.inv()
    if quaternion:
        x, y, z, w = in_bone.as_quat().T
        return np.asarray(_one_way(np.stack([w, x, y, z], axis=1)), np.float32)
    found = in_bone.as_euler(order, degrees=True)
    by_axis = found[:, [order.index(axis) for axis in "xyz"]]
    return np.asarray(np.unwrap(by_axis, period=360.0, axis=0), np.float32)


def _one_way(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same rotations (N, 4), none more than half a turn of the sphere from the one before it."""
    if not len(quaternions):
        return quaternions
    same = np.sign((quaternions[1:] * quaternions[:-1]).sum(axis=1))
    first = 1.0 if quaternions[0, 0] >= 0 else -1.0
    signs = np.cumprod(np.concatenate([[first], np.where(same == 0, 1.0, same)]))
    return quaternions * signs[:, None]


def _on_axes(target: Target, axes: tuple[str, ...]) -> tuple[Target, ...]:
    return tuple(replace(target, axis=axis) for axis in axes)


def _check_transform(target: Target, order: str) -> None:
    if target.kind != "transform" or target.axis:
        raise MapError(f"{target.path} must be a transform without an axis", "Name the bone or the object.")
    if order not in ORDERS:
        raise MapError(f"{target.path}: there is no rotation order {order!r}", f"Use {', '.join(ORDERS)}.")


def _check_limits(path: str, *limits: Limits) -> None:
    for low, high in limits:
        check_numbers(f"A limit of {path}", low, high)
        if not low <= 0.0 <= high:
            raise MapError(
                f"{path}: the limits {low:g} to {high:g} leave out the rest pose", "Let them span 0."
            )
