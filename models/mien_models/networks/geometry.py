"""Points of a face ─▶ weights, whatever the size, place and roll of the face."""

from __future__ import annotations

import torch
from mien import arkit
from mien.types import LEFT_EYE, RIGHT_EYE
from torch import Tensor, nn


class Geometry(nn.Module):
    """Points (B, P, 2), the landmarks first, at any size, place and roll ─▶ weights (B, 52) and features.

    Parameters
    ----------
    count : int
        P.
    hidden : int
        Units of each of the three hidden layers; the features are the last one's.
    """

    def __init__(self, count: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * count, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
        )  # fmt: skip
        self.weights = nn.Linear(hidden, arkit.COUNT)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weights, not clipped, and the features (B, hidden)."""
        features = self.layers(aligned(points).flatten(1))
        return self.weights(features), features


def aligned(points: Tensor) -> Tensor:
    """Points (B, P, 2), the landmarks first ─▶ the same with the eyes level and their middle at the origin.

    The unit is that of `upright`.
    """
    middle, turn, unit = upright(points)
    with exactly(points):
        return (points - middle[:, None]) @ turn / unit[:, None, None]


def exactly(values: Tensor) -> torch.autocast:
    """In it products keep 32 bits in training too: in 16 a place would be off by up to 0.2 pixels."""
    return torch.autocast(values.device.type, enabled=False)


def upright(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How the face of points (B, P, 2), the landmarks first, lies in its picture.

    Returns
    -------
    middle : Tensor, (B, 2)
        Between the eyes.
    turn : Tensor, (B, 2, 2)
        Its columns are the directions from the right eye to the left one and from brow to chin.
    unit : Tensor, (B,)
        √(eye distance² + eyes to nose²), which neither a turn nor an expression shrinks to nothing.
    """
    right, left = points[:, RIGHT_EYE].mean(1), points[:, LEFT_EYE].mean(1)
    middle, across = (right + left) / 2, left - right
    nose = points[:, 33] - middle
    unit = (across.square().sum(1) + nose.square().sum(1) + 1e-6).sqrt()
    x = across / (across.square().sum(1, keepdim=True) + 1e-6).sqrt()
    return middle, torch.stack([x, torch.stack([-x[:, 1], x[:, 0]], 1)], 2), unit
