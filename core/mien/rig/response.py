"""The arithmetic of a retarget map: features of the weights, one matrix product, curves and clamps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import arkit

LEAST: Final = 0.05
"""What a shape is taken for, at least, when another is divided by it: the quotient fades towards 0 below."""

_CELLS: Final = 512
"""Of a curve's table. Within a cell it is linear; a step narrower than one is as wide as the cell."""


class Feature(NamedTuple):
    """A product of shapes, divided by a further one where `over` is not ""."""

    shapes: tuple[str, ...]
    over: str = ""


def features_of(wanted: Iterable[Feature]) -> list[Feature]:
    """The features a map needs: ARKit's 52 in their order, then each product and quotient once."""
    single = [Feature((name,)) for name in arkit.NAMES]
    return list(dict.fromkeys([*single, *wanted]))


@dataclass(frozen=True, eq=False)
class Curve:
    """A response as an even table, which is six times as fast as to search for the place of each value.

    Attributes
    ----------
    start, scale : float
        Of the table's places: cell = (x - start) × scale.
    base, rise : ndarray, float32, (cells + 1,)
        The response at the beginning of each cell, and how much it rises in it.
    """

    start: np.float32
    scale: np.float32
    base: NDArray[np.float32]
    rise: NDArray[np.float32]

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]]) -> Curve:
        """A smooth, monotone curve through some points (scipy's PCHIP; Fritsch and Butland 1984)."""
        x, y = np.array(points, dtype=np.float64).T
        places = np.linspace(x[0], x[-1], _CELLS + 1)
        from scipy.interpolate import PchipInterpolator  # half a second to import; few maps have curves

        values = np.clip(PchipInterpolator(x, y)(places), y.min(), y.max())
        rise = np.append(np.diff(values), 0.0)
        scale = _CELLS / (x[-1] - x[0])
        return cls(np.float32(x[0]), np.float32(scale), values.astype(np.float32), rise.astype(np.float32))

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values (N,) into the response (N,); it holds its ends."""
        place = np.clip((values - self.start) * self.scale, 0, _CELLS)
        cell = place.astype(np.intp)
        return self.base.take(cell, mode="clip") + self.rise.take(cell, mode="clip") * (place - cell)


@dataclass(frozen=True, eq=False)
class Response:
    """Channels ready to be evaluated: C of them, made of F features.

    Attributes
    ----------
    features : list of Feature, F
        The first 52 are the weights themselves.
    matrix : ndarray, float32, (C, F)
    offsets : ndarray, float32, (C, 1)
    curves : dict of int to Curve
        By channel.
    lowest, highest : ndarray, float32, (C, 1)
        -inf and inf where there is no clamp.
    """

    features: list[Feature]
    matrix: NDArray[np.float32]
    offsets: NDArray[np.float32]
    curves: dict[int, Curve]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        features: list[Feature],
        matrix: NDArray[np.float32],
        offsets: Sequence[float],
        curves: Sequence[Sequence[tuple[float, float]]],
        clamps: Sequence[tuple[float, float] | None],
    ) -> Response:
        """Prepare the matrix (F, C) and what follows it, one entry of each sequence a channel."""
        bounds = np.array([clamp or (-np.inf, np.inf) for clamp in clamps], np.float32).reshape(-1, 2)
        return cls(
            features,
            np.ascontiguousarray(matrix.T),
            np.array(offsets, np.float32).reshape(-1, 1),
            {i: Curve.through(points) for i, points in enumerate(curves) if points},
            bounds[:, :1],
            bounds[:, 1:],
        )

    def __call__(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights (N, 52) into values (N, C), both float32."""
        # Channels are rows here: a curve then works on memory that lies together.
        values = self.matrix @ self._features(weights).T + self.offsets
        for row, curve in self.curves.items():
            values[row] = curve(values[row])
        return np.clip(values, self.lowest, self.highest, out=values).T

    def _features(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        extra = [_feature(weights, feature) for feature in self.features[arkit.COUNT :]]
        return np.concatenate([weights, np.stack(extra, axis=1)], axis=1) if extra else weights


def _feature(weights: NDArray[np.float32], feature: Feature) -> NDArray[np.float32]:
    product = weights[:, [arkit.INDEX[name] for name in feature.shapes]].prod(axis=1)
    if not feature.over:
        return product
    return np.asarray(product / np.maximum(weights[:, arkit.INDEX[feature.over]], LEAST), np.float32)
