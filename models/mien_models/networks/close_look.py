"""A closer look at eyes and mouth: small networks on the crop's own pixels, where the points say these are.

The heat maps' cells are eight pixels wide, an iris ten and a lid's way eight. (The idea is that of Attention
Mesh, Grishchenko et al. 2020.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from mien.types import MIRRORED_LANDMARKS
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .geometry import exactly, upright
from .layers import convolution


@dataclass(frozen=True)
class Region:
    """A square of the face.

    Attributes
    ----------
    middle : tuple of int
        The landmarks whose mean is its middle.
    points : tuple of int
        The landmarks in it.
    lift : float
        How far its middle lies above that mean, in units of `geometry.upright`.
    reach : float
        From its middle to its sides, in the same unit; that is some 67 pixels of a crop.
    side : int
        Pixels it is sampled with, along each side.
    """

    middle: tuple[int, ...]
    points: tuple[int, ...]
    lift: float
    reach: float
    side: int


def _mirrored(landmarks: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(MIRRORED_LANDMARKS[i] for i in landmarks)


RIGHT: Final = Region(tuple(range(36, 42)), (*range(17, 22), *range(36, 42), 68), 0.12, 0.36, 48)
LEFT: Final = replace(RIGHT, middle=_mirrored(RIGHT.middle), points=_mirrored(RIGHT.points))
"""Eye and brow; the left side's points are the mirror images of the right side's, in the same order."""
MOUTH: Final = Region(tuple(range(48, 60)), tuple(range(48, 68)), 0.0, 0.48, 64)


class CloseLook(nn.Module):
    """Crops and the landmarks found in them ─▶ the landmarks of eyes, brows and mouth again, and features.

    Parameters
    ----------
    points : int
        P, of how many points the landmarks are the first.
    wide : int
        Features of each region.
    """

    def __init__(self, points: int, wide: int) -> None:
        super().__init__()
        self.points, self.count = points, 3 * wide
        self.eye = _Look(RIGHT, wide)
        self.mouth = _Look(MOUTH, wide)

    def forward(self, grey: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Look.

        Parameters
        ----------
        grey : Tensor, (B, 1, S, S)
            Whitened crops.
        points : Tensor, (B, P, 2)
            The landmarks first; network units.

        Returns
        -------
        points : Tensor, (B, P, 2)
            With the regions' landmarks moved.
        features : Tensor, (B, 3 · wide)
            Of the right eye, the left eye and the mouth.
        """
        right, left, mouth = frames(points)
        eyes = torch.cat([right.cut(grey), left.cut(grey)])
        told = self.eye(eyes, torch.cat([right.places(points), left.places(points)]))
        (of_right, of_left), (right_moves, left_moves) = (both.unflatten(0, (2, -1)) for both in told)
        of_mouth, mouth_moves = self.mouth(mouth.cut(grey), mouth.places(points))
        for frame, moves in ((right, right_moves), (left, left_moves), (mouth, mouth_moves)):
            points = points + frame.spread(moves, self.points)
        return points, torch.cat([of_right, of_left, of_mouth], 1)


def frames(points: Tensor) -> list[_Frame]:
    """Where the right eye, the left eye and the mouth of points (B, P, 2) lie."""
    landmarks = points.detach()
    _, turn, unit = upright(landmarks)
    regions = ((RIGHT, 1.0), (LEFT, -1.0), (MOUTH, 1.0))
    return [_Frame(landmarks, turn, unit, region, hand) for region, hand in regions]


class _Look(nn.Module):
    """Pictures of a region and its points in them ─▶ features, and by how much the points are off."""

    def __init__(self, region: Region, wide: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *convolution(1, 16, 3, 2), *convolution(16, 32, 3, 2), *convolution(32, 64, 3, 2),
            *convolution(64, 64, 3, 1), *convolution(64, 32, 1, 1), nn.Flatten(),
        )  # fmt: skip
        self.tell = nn.Linear(32 * (region.side // 8) ** 2, wide)
        self.norm = nn.BatchNorm1d(wide)
        self.offset = nn.Linear(wide + 2 * len(region.points), 2 * len(region.points))
        nn.init.zeros_(self.offset.weight)
        nn.init.zeros_(self.offset.bias)

    def forward(self, pictures: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 1, side, side), (B, N, 2) ─▶ (B, wide), (B, N, 2); places are in parts of the reach."""
        features = functional.silu(self.norm(self.tell(self.layers(pictures)).float()))
        return features, self.offset(torch.cat([features, places.flatten(1)], 1)).float().view_as(places)


class _Frame:
    """Where a region lies in each picture: round the landmarks (B, P, 2), which it teaches nothing.

    `turn` and `unit` are of `upright`; `hand` is −1 for a region that is to be seen as in a mirror.
    """

    def __init__(self, landmarks: Tensor, turn: Tensor, unit: Tensor, region: Region, hand: float) -> None:
        self.region = region
        self.middle = landmarks[:, region.middle].mean(1) - turn[:, :, 1] * unit[:, None] * region.lift
        axes, reach = turn * turn.new_tensor([hand, 1.0]), unit[:, None, None] * region.reach
        self.axes, self.back = axes * reach, axes.transpose(1, 2) / reach

    def cut(self, grey: Tensor) -> Tensor:
        """The region (B, 1, side, side) out of pictures (B, 1, S, S), upright."""
        side = self.region.side
        line = (np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1
        places = np.stack([np.tile(line, side), np.repeat(line, side), np.ones(side**2, np.float32)], 1)
        # One product: to add the middle afterwards takes onnxruntime three times as long as all of this.
        with exactly(grey):
            grid = _constant(places, grey) @ torch.cat([self.axes.transpose(1, 2), self.middle[:, None]], 1)
        return functional.grid_sample(grey, grid.view(-1, side, side, 2), align_corners=False)

    def places(self, points: Tensor) -> Tensor:
        """The region's landmarks (B, N, 2) in it: its middle is the origin, its sides are at ±1."""
        own = points.detach()[:, self.region.points]
        with exactly(own):
            return (own - self.middle[:, None]) @ self.back.transpose(1, 2)

    def spread(self, moves: Tensor, count: int) -> Tensor:
        """Moves (B, N, 2) in the region ─▶ moves (B, count, 2) of all points in the picture."""
        chosen = _constant(np.eye(count, dtype=np.float32)[:, self.region.points], moves)
        with exactly(moves):
            return chosen @ (moves @ self.axes.transpose(1, 2))


def _constant(values: NDArray[np.float32], beside: Tensor) -> Tensor:
    """Numbers that an exported graph has as they are, not as how they were made."""
    return torch.from_numpy(values).to(beside.device)
