"""What a rig's shapes are, by how they move the face, where their names say nothing.

Every shape of the rig is compared with the 52 as the reference head has them, carried to the same mesh, and
taken apart into the few that explain it. The gains go the other way: how far each of the rig's shapes must be
driven so that the face moves as the ARKit weights say. `geometry_automap` makes a map of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arkit
from ..errors import RigError
from .bounded import least_squares
from .correspondence import Correspondence, Progress, correspond, reference_skin, tell
from .transfer import transferred

MOST: Final = 3
"""Shapes that one of the rig's may be made of."""
WORTH: Final = 0.04
"""The share of a shape's movement that another part must explain to be taken in."""
UNEXPLAINED: Final = 0.25
"""A rig's shape that is explained less than this is none of the 52."""
CLEAR: Final = 0.6
"""Above this share, and with nothing else nearly as good, a match needs no second look."""


@dataclass(frozen=True)
class GeometryMatch:
    """What one of the rig's shapes is.

    Attributes
    ----------
    channel : str
        The rig's name for it.
    mixture : dict of str to float
        ARKit shapes and how much of each (above 0) it is; the greatest part first. Empty when it is none.
    gains : dict of str to float
        How far to drive the channel for each weight: channel = Σ gain · weight. A channel that has its shapes
        for itself is at 1 when they are, whatever its amplitude: both are the full shape.
    explained : float
        0–1, the share of its squared movement that the mixture explains.
    second : str
        The ARKit shape that would explain it best without the mixture's first, or "".
    second_explained : float
        0–1, by `second` alone.
    """

    channel: str
    mixture: dict[str, float]
    gains: dict[str, float]
    explained: float
    second: str
    second_explained: float

    @property
    def is_clear(self) -> bool:
        """Whether nobody need look at it."""
        return self.explained > CLEAR and self.second_explained < 0.9 * self.explained


def map_by_geometry(
    rest_vertices: ArrayLike,
    faces: Any,
    shapes: Mapping[str, ArrayLike],
    picked_points: Mapping[str, Any],
    progress: Progress | None = None,
) -> dict[str, GeometryMatch]:
    """Find what each of a rig's shapes is.

    Parameters
    ----------
    rest_vertices : array_like, float, (V, 3)
        Any unit, any axes.
    faces : array_like of int (F, K), or a sequence of polygons
    shapes : mapping of str to array_like, float, (V, 3)
        What each of the rig's shapes adds at 1, by its name.
    picked_points : mapping
        See `picked_points.positions`.
    progress : callable, optional
        See `correspondence.Progress`.

    Raises
    ------
    RigError
        When the mesh, a shape or the points can't be used.
    CancelledError
        When `progress` returned False.
    """
    vertices = np.asarray(rest_vertices, np.float64)
    offsets = _checked(shapes, vertices.shape)
    found = correspond(vertices, faces, picked_points, progress, reference_skin())
    tell(progress, 1.0, "Comparing the shapes")
    own, weights = found.frame.of_offsets(offsets), _weights(found)
    return matches(list(shapes), own * weights, transferred(found) * weights)


def _checked(shapes: Mapping[str, ArrayLike], shape: tuple[int, ...]) -> NDArray[np.float64]:
    table = np.empty((len(shapes), *shape))
    for row, (name, offsets) in zip(table, shapes.items()):
        values = np.asarray(offsets, np.float64)
        if values.shape != shape or not np.isfinite(values).all():
            raise RigError(
                f"The shape {name} has {values.shape} numbers, or not finite ones; the mesh has {shape}",
                "Give every shape as offsets from the same mesh at rest.",
            )
        row[:] = values
    return table


def _weights(found: Correspondence) -> NDArray[np.float64]:
    """The root of each vertex's area (V, 1): dense parts of the mesh count no more than coarse ones."""
    return np.asarray(np.sqrt(found.mesh.vertex_areas)[:, None])


def matches(
    channels: list[str], own: NDArray[np.float64], shapes: NDArray[np.float64]
) -> dict[str, GeometryMatch]:
    """Take every one of the rig's shapes apart.

    Parameters
    ----------
    channels : list of str, C names
    own : ndarray, float64, (C, V, 3)
        The rig's shapes.
    shapes : ndarray, float64, (52, V, 3)
        ARKit's on the same mesh.
    """
    rig, ideal = own.reshape(len(own), -1), shapes.reshape(len(shapes), -1)
    products, gram = rig @ ideal.T, ideal @ ideal.T
    mixtures = np.zeros((len(rig), len(ideal)))
    shares = np.zeros(len(rig))
    powers = (rig**2).sum(axis=1)
    for number, (product, power) in enumerate(zip(products, powers)):
        if power > 0:
            mixtures[number], shares[number] = _mixture(product, gram, power)
    mixtures[shares < UNEXPLAINED] = 0
    gains = _gains(mixtures, rig @ rig.T, products)
    return {
        name: _match(
            name, mixtures[i], gains[i], float(shares[i]), _alone(products[i], gram, float(powers[i]))
        )
        for i, name in enumerate(channels)
    }


def _mixture(product: NDArray, gram: NDArray, power: float) -> tuple[NDArray[np.float64], float]:
    """The few parts, none negative, that explain most (52,), and the share they explain.

    They are taken in one after the other, each time the one that explains most together with those before
    (orthogonal matching pursuit with non-negative least squares), for as long as it is worth it.
    """
    chosen: list[int] = []
    moving = np.diag(gram) > 1e-6 * np.diag(gram).max()  # a face without a tongue has no tongueOut
    moving &= _alone(product, gram, power) > WORTH  # none that only undoes a part of another
    parts, explained = np.zeros(len(product)), 0.0
    while len(chosen) < min(MOST, moving.sum()):
        left = [int(new) for new in np.flatnonzero(moving) if new not in chosen]
        tries = [(*_solved([*chosen, new], product, gram, power), new) for new in left]
        share, values, new = max(tries, key=lambda one: one[0])
        if share < explained + WORTH:
            break
        chosen.append(new)
        explained, parts = share, np.zeros(len(product))
        parts[chosen] = values
    return parts, explained


def _solved(chosen: list[int], product: NDArray, gram: NDArray, power: float) -> tuple[float, NDArray]:
    """How much (0–1) some parts explain, and how much there is of each."""
    values = least_squares(gram[np.ix_(chosen, chosen)], product[chosen])
    left = power - 2 * values @ product[chosen] + values @ gram[np.ix_(chosen, chosen)] @ values
    return float(1 - left / power), values


def _alone(product: NDArray, gram: NDArray, power: float) -> NDArray[np.float64]:
    """The share (52,), 0–1, that each of ARKit's shapes explains alone."""
    return np.asarray(np.maximum(product, 0) ** 2 / np.maximum(np.diag(gram) * power, 1e-300))


def _gains(mixtures: NDArray, rig_gram: NDArray, products: NDArray) -> NDArray[np.float64]:
    """How far to drive each channel for each weight (C, 52).

    A channel that has its shapes for itself is driven by its mixture, full when they all are. Where several
    share a shape, they are driven so that what moves together is nearest to it.
    """
    gains = mixtures / np.maximum(mixtures.sum(axis=1, keepdims=True), 1e-12)
    drivers = (mixtures > 0).sum(axis=0)
    shared = (mixtures > 0) & (drivers > 1)
    for shape in np.flatnonzero(shared.any(axis=0)):
        channels = np.flatnonzero(mixtures[:, shape])
        gram = rig_gram[np.ix_(channels, channels)]
        gains[channels, shape] = least_squares(gram, products[channels, shape])
    return gains


def _match(name: str, mixture: NDArray, gains: NDArray, explained: float, alone: NDArray) -> GeometryMatch:
    order = [int(i) for i in np.argsort(-mixture) if mixture[i] > 0]
    driven = {arkit.NAMES[i]: float(gains[i]) for i in order if gains[i] > 0}
    others = alone.copy()
    others[order[:1]] = 0
    second = int(others.argmax())
    share = float(others[second])
    parts = {arkit.NAMES[i]: float(mixture[i]) for i in order}
    return GeometryMatch(name, parts, driven, explained, arkit.NAMES[second] if share > 0 else "", share)
