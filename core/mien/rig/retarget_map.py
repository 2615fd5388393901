"""RetargetMap: from the 52 weights and the head's pose to the controls of any rig.

A map is a list of channels. Each drives one target with a sum of terms (a shape, or a product of shapes,
times a gain), an offset, a response curve and a clamp:

    value = clamp(curve(offset + gain of the map × gain of the region × Σ gainᵢ · shapeᵢ · …))

Terms name ARKit's shapes only, never other channels, so a whole take is one matrix product and nothing can go
round in circles. `mien.rig.map_file` reads and writes maps, `mien.rig.head_eyes` turns head and eyes.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arkit
from ..errors import DuplicateTargetError, MapError, UnknownShapeError
from .head_eyes import EyeDrive, HeadDrive
from .response import Feature, Response, features_of
from .targets import Target, check_numbers

REGIONS: Final = tuple(dict.fromkeys(arkit.REGION))
"""The names a channel's region can have."""

NARROWEST: Final = 1e-4
"""How far a curve's points must be apart, from left to right."""

_USE_REGIONS: Final = f"The regions are {', '.join(REGIONS)}."
_POSE_IN_MIRROR: Final = np.array([1.0, -1.0, -1.0], dtype=np.float32)


@dataclass(frozen=True)
class Term:
    """A part of a channel: gain × shape, gain × a product of shapes (a corrective), or × a quotient.

    Attributes
    ----------
    shapes : tuple of str
        One or more of `mien.arkit.NAMES`; their weights are multiplied.
    gain : float
    over : str
        A shape by which the product is divided (taken for `response.LEAST` at least), or "": `mouthClose`
        over `jawOpen` is how far the lips are together, 0–1, whatever the jaw does.
    """

    shapes: tuple[str, ...]
    gain: float = 1.0
    over: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.shapes:
            raise MapError("A term needs at least one shape")
        for name in (*self.shapes, *((self.over,) if self.over else ())):
            if name not in arkit.INDEX:
                near = difflib.get_close_matches(name, arkit.NAMES, 1, 0.7)
                hint = f"Did you mean {near[0]}?" if near else "Use ARKit's names, such as jawOpen."
                raise UnknownShapeError(f"There is no shape {name!r}", hint)
        check_numbers("The gain", self.gain)


@dataclass(frozen=True)
class Channel:
    """What drives one target.

    Attributes
    ----------
    target : Target
    terms : tuple of Term
    offset : float
        Added to the terms, before the curve.
    curve : tuple of (float, float)
        Points of the response, x increasing and y monotone; () for none. Between them the curve is smooth and
        monotone too, outside it stays at its ends.
    clamp : (float, float), optional
        The lowest and the highest value.
    region : str
        Whose gain it follows: one of `REGIONS`; "" for that of its strongest term.
    mute : bool
        Not driven; kept for later.
    """

    target: Target
    terms: tuple[Term, ...] = ()
    offset: float = 0.0
    curve: tuple[tuple[float, float], ...] = ()
    clamp: tuple[float, float] | None = None
    region: str = ""
    mute: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        path = self.target.path
        check_numbers(f"{path}: the offset", self.offset)
        if self.region and self.region not in REGIONS:
            raise MapError(f"{path}: there is no region {self.region!r}", _USE_REGIONS)
        if self.clamp is not None:
            check_numbers(f"{path}: the clamp", *self.clamp)
            if self.clamp[0] > self.clamp[1]:
                raise MapError(f"{path}: the clamp goes from {self.clamp[0]:g} down to {self.clamp[1]:g}")
        _check_curve(path, self.curve)

    @property
    def follows(self) -> str:
        """The region whose gain counts."""
        if self.region or not self.terms:
            return self.region
        strongest = max(self.terms, key=lambda term: abs(term.gain))
        return arkit.REGION[arkit.INDEX[strongest.shapes[0]]]


@dataclass(frozen=True)
class RetargetMap:
    """Everything that takes a performance to one rig.

    Attributes
    ----------
    channels : tuple of Channel
    name : str
    gain : float
        Factor on all terms.
    region_gains : mapping of str to float
        Further factors by region (`REGIONS`).
    mirror : bool
        Play the performance as a mirror would show it: left and right change places.
    head, eyes : tuple of HeadDrive, tuple of EyeDrive
        What follows the head's pose and the gaze.
    extra : mapping
        Fields of the file that Mien doesn't know, comments among them, kept as they are.
    """

    channels: tuple[Channel, ...] = ()
    name: str = ""
    gain: float = 1.0
    region_gains: Mapping[str, float] = field(default_factory=dict)
    mirror: bool = False
    head: tuple[HeadDrive, ...] = ()
    eyes: tuple[EyeDrive, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_numbers("The gain of the map", self.gain)
        check_numbers("The gain of a region", *self.region_gains.values())
        unknown = [name for name in self.region_gains if name not in REGIONS]
        if unknown:
            raise MapError(f"There is no region {unknown[0]!r}", _USE_REGIONS)
        _check_targets([target.path for target in (*(c.target for c in self.channels), *self._turned)])

    @property
    def driven(self) -> tuple[Channel, ...]:
        """The channels that are not muted."""
        return tuple(channel for channel in self.channels if not channel.mute)

    @property
    def _turned(self) -> tuple[Target, ...]:
        heads, eyes = (sum((drive.targets for drive in drives), ()) for drives in (self.head, self.eyes))
        return heads + eyes

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What each column of `apply` drives."""
        return (*(channel.target for channel in self.driven), *self._turned)

    @property
    def paths(self) -> tuple[str, ...]:
        """The targets in one line each."""
        return tuple(target.path for target in self.targets)

    def apply(self, weights: ArrayLike, pose: ArrayLike | None = None) -> NDArray[np.float32]:
        """Drive the rig over a whole take.

        Parameters
        ----------
        weights : array_like, (N, 52), 0–1
            Finite: of a tuned take.
        pose : array_like, (N, 3), optional
            Pitch, yaw, roll in degrees, with the signs of `mien.types.HeadPose`; where the map turns a head.

        Returns
        -------
        ndarray, float32, (N, C)
            A column for each of `targets`: values of shapes, degrees of rotations, units of look-at points.
        """
        rows = np.asarray(weights, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != arkit.COUNT:
            raise MapError(f"Weights must have shape (N, {arkit.COUNT}), not {rows.shape}")
        rows = rows[:, arkit.MIRROR] if self.mirror else rows
        columns = [self._response(rows)]
        if self.head:
            if pose is None:
                raise MapError("The map turns the head, and there is no pose", "Give the take's pose too.")
            angles = np.asarray(pose, dtype=np.float32) * (_POSE_IN_MIRROR if self.mirror else 1.0)
            columns += [drive.apply(angles) for drive in self.head]
        columns += [drive.apply(rows) for drive in self.eyes]
        return np.concatenate(columns, axis=1) if len(columns) > 1 else columns[0]

    @cached_property
    def _response(self) -> Response:
        """The matrix, offsets, curves and clamps of the driven channels."""
        terms = [[(Feature(t.shapes, t.over), t.gain) for t in channel.terms] for channel in self.driven]
        features = features_of([feature for channel in terms for feature, _ in channel])
        place = {feature: i for i, feature in enumerate(features)}
        matrix = np.zeros((len(features), len(terms)), dtype=np.float32)
        for column, (channel, parts) in enumerate(zip(self.driven, terms)):
            factor = self.gain * self.region_gains.get(channel.follows, 1.0)
            for feature, gain in parts:
                matrix[place[feature], column] += gain * factor
        return Response.of(
            features,
            matrix,
            [channel.offset for channel in self.driven],
            [channel.curve for channel in self.driven],
            [channel.clamp for channel in self.driven],
        )


def _check_curve(path: str, curve: tuple[tuple[float, float], ...]) -> None:
    if not curve:
        return
    check_numbers(f"{path}: a point of the curve", *(number for point in curve for number in point))
    rises = np.diff([y for _, y in curve])
    if len(curve) < 2 or (np.diff([x for x, _ in curve]) < NARROWEST).any():
        raise MapError(f"{path}: a curve needs two points or more, from left to right")
    if (rises < 0).any() and (rises > 0).any():
        raise MapError(f"{path}: the curve goes up and down", "A response must be monotone.")


def _check_targets(paths: list[str]) -> None:
    if len(set(paths)) < len(paths):
        twice = next(path for i, path in enumerate(paths) if path in paths[:i])
        raise DuplicateTargetError(f"{twice} is driven twice", "Put the terms of both channels into one.")
