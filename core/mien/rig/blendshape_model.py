"""The blendshape model: a face as a weighted sum of meshes (FACEGOOD 2021, section 3, eq. 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arkit
from ..errors import RigError


@dataclass(frozen=True, eq=False)
class BlendshapeModel:
    """A mesh with one delta per ARKit shape.

    Attributes
    ----------
    neutral : ndarray, float32, (V, 3)
        Vertices at rest; x to the subject's left, y up, z out of the face. The unit is the model's own.
    deltas : ndarray, float32, (52, V, 3)
        What each shape at weight 1 adds, in the order of `names`.
    faces : ndarray, int32, (F, 4)
        Quads, counter-clockwise seen from outside; a triangle repeats its last vertex.
    uvs : ndarray, float32, (F, 4, 2)
        Texture coordinates of each face's corners, 0–1, v up.
    materials : ndarray, uint8, (F,)
        Index into `material_names` for each face.
    material_names : tuple of str
    landmarks : ndarray, int32, (70,)
        The vertex of each landmark: 68 iBUG points, then the right and the left pupil.
    names : tuple of str
        The shapes' names.
    """

    neutral: NDArray[np.float32]
    deltas: NDArray[np.float32]
    faces: NDArray[np.int32]
    uvs: NDArray[np.float32]
    materials: NDArray[np.uint8]
    material_names: tuple[str, ...]
    landmarks: NDArray[np.int32]
    names: tuple[str, ...] = arkit.NAMES
    _flat: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count, vertices = len(self.names), len(self.neutral)
        if self.deltas.shape != (count, vertices, 3):
            raise RigError(f"Deltas must have shape {(count, vertices, 3)}, not {self.deltas.shape}")
        flat = np.ascontiguousarray(self.deltas.reshape(count, -1), dtype=np.float32)
        object.__setattr__(self, "_flat", flat)

    @property
    def triangles(self) -> NDArray[np.int32]:
        """Shape (T, 3), int32: the faces cut along their first diagonal."""
        halves = np.concatenate([self.faces[:, [0, 1, 2]], self.faces[:, [0, 2, 3]]])
        return halves[(halves[:, 1] != halves[:, 2]) & (halves[:, 0] != halves[:, 2])]

    def evaluate(self, weights: ArrayLike) -> NDArray[np.float32]:
        """The driven mesh: F = B·e of eq. 1, with the neutral as B₀ and e₀ = 1 − Σ eᵢ.

        B₀ (1 − Σ eᵢ) + Σ Bᵢ eᵢ is the neutral plus Σ (Bᵢ − B₀) eᵢ, which is what is computed.

        Parameters
        ----------
        weights : array_like, float, (…, 52), about 0–1
            Any number of frames at once.

        Returns
        -------
        ndarray, float32, (…, V, 3)
            In the unit of `neutral`.
        """
        rows = np.asarray(weights, dtype=np.float32)
        if rows.ndim == 0 or rows.shape[-1] != len(self.names):
            raise RigError(f"Weights must have shape (…, {len(self.names)}), not {rows.shape}")
        return (rows @ self._flat).reshape(*rows.shape[:-1], *self.neutral.shape) + self.neutral

    def weights_of(self, named: Mapping[str, float]) -> NDArray[np.float32]:
        """Weights (52,), float32, from some shapes by name; the others are 0."""
        weights = np.zeros(len(self.names), dtype=np.float32)
        for name, value in named.items():
            weights[self.names.index(name)] = value
        return weights
