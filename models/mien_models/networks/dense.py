"""Laine et al. 2017: one actor's grey picture ─▶ every vertex, by convolution or from the picture's PCA.

Both networks end in the same two layers: 160 numbers, and from them all vertices. The last layer begins as
the PCA of the training meshes and is trained with the rest. Whitening is fixed and part of the networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Union

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .initial import he

CHANNELS: Final = (64, 96, 144, 216, 324, 486)
"""Of conv1 to conv6 (section 3.1): each is a convolution with stride 2 and one with stride 1."""
BLOCK: Final = 4096
"""Columns whose products are taken at once, in 64 bits."""
MILLIMETRES: Final = 10.0
"""In one unit of the networks' vertices: the paper measures in centimetres, and so its losses compare."""


@dataclass(frozen=True)
class DenseOptions:
    """What makes a dense network; kept in every checkpoint.

    Attributes
    ----------
    kind : str
        "conv" (section 3.1) or "fc" (section 5.1).
    vertices : int
        Of the mesh, V.
    rows, columns : int
        Of the picture. The paper's 240×320 is an upright picture, 320 rows of 240.
    width : float
        Multiplies `CHANNELS`; 1 is the paper's.
    basis : int
        Numbers before the last layer, at most as many as the training meshes have dimensions.
    coefficients : int
        Of the picture's PCA ("fc" alone).
    drop : float
        Share of the inputs that dropout leaves out.
    """

    kind: str = "conv"
    vertices: int = 5000
    rows: int = 320
    columns: int = 240
    width: float = 1.0
    basis: int = 160
    coefficients: int = 3000
    drop: float = 0.2


class MeshBasis(nn.Linear):
    """The last layer: numbers (B, basis) ─▶ vertices (B, 3V), centimetres.

    It begins as the principal components of the training meshes, each scaled by its standard deviation, with
    the mean mesh as its bias. So the numbers it wants have variance 1, as He's initialisation gives
    the layer before, and Adam learns each of them at the same pace.
    """

    def begin(self, vertices: NDArray[np.float32]) -> float:
        """Take the principal components of meshes (N, V, 3), mm; returns their share of the variance."""
        rows = vertices.reshape(len(vertices), -1) / MILLIMETRES
        mean, components, spread, explained = principal(rows, self.in_features)
        with torch.no_grad():
            self.weight.zero_()
            self.weight[:, : len(components)] = torch.from_numpy((components * spread[:, None]).T.copy())
            self.bias.copy_(torch.from_numpy(mean))
        return explained


class ConvDense(nn.Module):
    """Section 3.1, layer by layer: twelve convolutions with ReLU, dropout, fc, output.

    Parameters
    ----------
    options : DenseOptions
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, options: DenseOptions) -> None:
        super().__init__()
        self.options = options
        self.register_buffer("mean", torch.tensor(0.0))
        self.register_buffer("spread", torch.tensor(1.0))
        layers: list[nn.Module] = []
        channels, rows, columns = 1, options.rows, options.columns
        for wide in CHANNELS:
            out = max(8, round(wide * options.width))
            layers += [nn.Conv2d(channels, out, 3, 2, 1), nn.ReLU(inplace=True)]
            layers += [nn.Conv2d(out, out, 3, 1, 1), nn.ReLU(inplace=True)]
            channels, rows, columns = out, (rows + 1) // 2, (columns + 1) // 2
        self.features = nn.Sequential(*layers)
        self.drop = nn.Dropout(options.drop)
        self.fc = nn.Linear(channels * rows * columns, options.basis)
        self.output = MeshBasis(options.basis, 3 * options.vertices)
        he(self)

    def begin(self, images: NDArray[np.uint8], vertices: NDArray[np.float32]) -> dict[str, Any]:
        """Take whitening and the meshes' basis from the training frames; returns what they explain."""
        mean, spread = whitening(images)
        self.mean.fill_(mean)
        self.spread.fill_(spread)
        return {"mesh_explained": self.output.begin(vertices)}

    def forward(self, images: Tensor) -> Tensor:
        """Pictures uint8 (B, rows, columns) ─▶ vertices float32 (B, V, 3), centimetres."""
        grey = (images.float().unsqueeze(1) - self.mean) / self.spread
        numbers = self.fc(self.drop(self.features(grey).flatten(1)))
        return self.output(numbers.float()).float().view(len(images), -1, 3)


class PcaDense(nn.Module):
    """Section 5.1: stabilised picture ─▶ PCA coefficients ─▶ 2000, 1000, 160 ─▶ vertices.

    The coefficients are scaled by one number, so that their mean square is 1 (the paper doesn't say how it
    scales them; each by its own spread would blow up the noise of the last ones). The pictures' basis never
    changes and is large, so it isn't part of the checkpoints: see `basis`.

    Parameters
    ----------
    options : DenseOptions
    """

    mean: Tensor
    components: Tensor
    scale: Tensor

    def __init__(self, options: DenseOptions) -> None:
        super().__init__()
        self.options = options
        pixels, count = options.rows * options.columns, options.coefficients
        self.register_buffer("mean", torch.zeros(pixels), persistent=False)
        self.register_buffer("components", torch.zeros(count, pixels), persistent=False)
        self.register_buffer("scale", torch.tensor(1.0))
        self.layers = nn.Sequential(
            nn.Linear(count, 2000), nn.ReLU(inplace=True), nn.Dropout(options.drop),
            nn.Linear(2000, 1000), nn.Tanh(), nn.Dropout(options.drop),
            nn.Linear(1000, options.basis),
        )  # fmt: skip
        self.output = MeshBasis(options.basis, 3 * options.vertices)
        he(self)

    def begin(self, images: NDArray[np.uint8], vertices: NDArray[np.float32]) -> dict[str, Any]:
        """Take both bases from the training frames; returns what they explain."""
        rows = images.reshape(len(images), -1).astype(np.float32)
        mean, components, spread, explained = principal(rows, self.options.coefficients)
        self.take_basis(mean, components.astype(np.float16))
        self.scale.fill_(float(1 / np.sqrt(np.mean(np.square(spread)))))
        return {"picture_explained": explained, "mesh_explained": self.output.begin(vertices)}

    def basis(self) -> dict[str, NDArray[Any]]:
        """The pictures' mean (pixels,), float32, and components (coefficients, pixels), float16."""
        return {"mean": self.mean.numpy(), "components": self.components.numpy().astype(np.float16)}

    def take_basis(self, mean: NDArray[np.float32], components: NDArray[np.float16]) -> None:
        """Set what `basis` gives."""
        self.mean.copy_(torch.from_numpy(mean))
        self.components.zero_()
        self.components[: len(components)] = torch.from_numpy(components)

    def coefficients(self, images: Tensor) -> Tensor:
        """Pictures uint8 (B, rows, columns) ─▶ scaled coefficients float32 (B, coefficients)."""
        return (images.float().flatten(1) - self.mean) @ self.components.T * self.scale

    def forward(self, images: Tensor) -> Tensor:
        """Stabilised pictures uint8 (B, rows, columns) ─▶ vertices float32 (B, V, 3), centimetres."""
        return self.decode(self.coefficients(images))

    def decode(self, coefficients: Tensor) -> Tensor:
        """Scaled coefficients (B, coefficients) ─▶ vertices float32 (B, V, 3), centimetres."""
        return self.output(self.layers(coefficients)).view(len(coefficients), -1, 3)


DenseNetwork = Union[ConvDense, PcaDense]


def make_dense(options: DenseOptions) -> DenseNetwork:
    """The network that some options ask for."""
    return ConvDense(options) if options.kind == "conv" else PcaDense(options)


def whitening(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean and standard deviation over all pixels of all training pictures (N, rows, columns), 0–255."""
    counts = np.bincount(images.reshape(-1), minlength=256).astype(np.float64)
    share, values = counts / counts.sum(), np.arange(256.0)
    mean = float(share @ values)
    return mean, max(float(np.sqrt(share @ (values - mean) ** 2)), 1.0)


def principal(
    rows: NDArray[np.float32], most: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], float]:
    """Principal components of rows (N, D), by the eigenvectors of the N×N products (N is far below D).

    Returns
    -------
    mean : ndarray, float32, (D,)
    components : ndarray, float32, (K, D)
        Orthonormal, the greatest first; K ≤ most, and no component without variance.
    spread : ndarray, float32, (K,)
        Standard deviation along each.
    explained : float
        0–1, the share of the variance that they hold.
    """
    mean = rows.mean(0, dtype=np.float64).astype(np.float32)
    near, products = rows - mean, np.zeros((len(rows), len(rows)))
    for start in range(0, near.shape[1], BLOCK):
        part = near[:, start : start + BLOCK].astype(np.float64)
        products += part @ part.T
    values, vectors = np.linalg.eigh(products)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = min(most, int((values > 1e-9 * max(values[0], 1e-30)).sum()))
    roots = np.sqrt(np.maximum(values[:kept], 0))
    components = np.ascontiguousarray((vectors[:, :kept] / roots).T, np.float32) @ near
    explained = float(values[:kept].sum() / max(float(np.maximum(values, 0).sum()), 1e-30))
    return mean, components, (roots / np.sqrt(len(rows))).astype(np.float32), min(explained, 1.0)
