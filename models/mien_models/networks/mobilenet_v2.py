"""The student: MobileNetV2 (Sandler et al. 2018) on a 160×160 grey crop, as in FACEGOOD 2021, eq. 2.

DFCN(I) = (e, S): 52 weights and 2D points. S is dense inside (the 70 landmarks and 256 more points of the
face); the weights are read from the features and the points together. Whitening is part of the network.
Behind the features units are SiLU after a normalisation: plain rectifiers there died by the hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from mien import arkit
from mien.types import CROP_SIZE, LANDMARK_COUNT
from torch import Tensor, nn

BLOCKS: Final = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
)  # fmt: skip
"""Expansion, channels, repeats, stride of the first: the paper's table 2."""
STEM: Final = 32
GRID: Final = CROP_SIZE // 32
POSE_UNIT: Final = 30.0
"""Degrees that the pose output counts as 1."""

PLAIN: Final = 2.0
"""A crop whose grey values (0–255) spread less than this shows nothing, and so no face."""


@dataclass(frozen=True)
class StudentOptions:
    """What makes a student; kept in every checkpoint and card."""

    width: float = 0.5
    dense: int = 256
    hidden: int = 384


class Student(nn.Module):
    """Crops ─▶ weights, points, pose and presence.

    Parameters
    ----------
    options : StudentOptions
        Width multiplier, number of dense points, size of the hidden layers.
    mean, spread : float
        Whitening of the grey values (0–255): what is subtracted and what is divided by.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, options: StudentOptions, mean: float = 110.0, spread: float = 60.0) -> None:
        super().__init__()
        self.options = options
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("spread", torch.tensor(spread))
        channels = _scaled(STEM, options.width)
        layers: list[nn.Module] = [_convolution(1, channels, 3, stride=2)]
        for expansion, wide, repeats, stride in BLOCKS:
            for repeat in range(repeats):
                out = _scaled(wide, options.width)
                layers.append(InvertedResidual(channels, out, stride if repeat == 0 else 1, expansion))
                channels = out
        self.features = nn.Sequential(*layers)
        self.squeeze = nn.Sequential(_normalised(channels, 64), nn.SiLU(), nn.Flatten())
        self.spatial = nn.Sequential(
            nn.Linear(64 * GRID * GRID, options.hidden, bias=False), nn.BatchNorm1d(options.hidden), nn.SiLU()
        )
        self.point_count = LANDMARK_COUNT + options.dense
        self.points = nn.Linear(options.hidden, 2 * self.point_count)
        self.pose = nn.Linear(options.hidden, 3)
        self.presence = nn.Linear(options.hidden, 1)
        self.pooled = nn.Sequential(
            _convolution(channels, 2 * channels, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        known = options.hidden + 2 * channels + 2 * self.point_count
        self.weights = nn.Sequential(
            nn.Linear(known, options.hidden),
            nn.SiLU(),
            nn.Dropout(0.1),
            nn.Linear(options.hidden, arkit.COUNT),
        )

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        """Run the network.

        Parameters
        ----------
        crops : Tensor, uint8, (B, 160, 160)

        Returns
        -------
        dict
            `weights` (B, 52), not clipped; `points` (B, P, 2), the landmarks first, and their unit is half a
            crop from its middle; `pose` (B, 3) in units of `POSE_UNIT`; `presence` (B,), a logit.
        """
        grey = (crops.float().unsqueeze(1) - self.mean) / self.spread
        features = self.features(grey)
        spatial = self.spatial(self.squeeze(features))
        points = self.points(spatial)
        known = torch.cat([spatial, self.pooled(features), points], dim=1)
        return {
            "weights": self.weights(known),
            "points": points.view(-1, self.point_count, 2),
            "pose": self.pose(spatial),
            "presence": self.presence(spatial).squeeze(1),
        }


class Exported(nn.Module):
    """The student as it ships: uint8 crops in; weights 0–1, pixels, presence 0–1 and degrees out."""

    rest: Tensor
    gain: Tensor

    def __init__(self, student: Student, rest: Tensor | None = None, gain: Tensor | None = None) -> None:
        """Take what each shape answers at rest (52,) off its answers and stretch them by its gain (52,)."""
        super().__init__()
        self.student = student
        self.register_buffer("rest", torch.zeros(arkit.COUNT) if rest is None else rest)
        self.register_buffer("gain", torch.ones(arkit.COUNT) if gain is None else gain)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return `weights`, `landmarks`, `presence` and `pose` as in `mien.student`."""
        out = self.student(crops)
        weights = (out["weights"] - self.rest) * self.gain
        landmarks = to_pixels(out["points"][:, :LANDMARK_COUNT])
        grey = crops.float()
        middle = grey.mean(dim=(1, 2), keepdim=True)
        plain = (grey - middle).square().mean(dim=(1, 2)) < PLAIN**2
        presence = out["presence"].sigmoid() * (~plain).float()
        return weights.clamp(0, 1), landmarks, presence, out["pose"] * POSE_UNIT


def to_pixels(points: Tensor) -> Tensor:
    """Network units ─▶ crop pixels."""
    return points * (CROP_SIZE / 2) + (CROP_SIZE - 1) / 2


def from_pixels(points: Tensor) -> Tensor:
    """Crop pixels ─▶ network units."""
    return (points - (CROP_SIZE - 1) / 2) / (CROP_SIZE / 2)


class InvertedResidual(nn.Module):
    """Expand, filter each channel by itself, project; added to the input where shapes agree."""

    def __init__(self, channels: int, out: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        layers = [] if expansion == 1 else [_convolution(channels, wide, 1)]
        layers += [_convolution(wide, wide, 3, stride, groups=wide)]
        layers += [_normalised(wide, out)]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and channels == out

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, H, W) ─▶ (B, out, H/stride, W/stride)."""
        return inputs + self.layers(inputs) if self.adds else self.layers(inputs)


def _normalised(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out))


def _convolution(channels: int, out: int, size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(inplace=True),
    )


def _scaled(channels: int, width: float) -> int:
    """Channels times width, rounded to a multiple of 8 and never below 90 % of it (the paper's rule)."""
    rounded = max(8, int(channels * width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels * width else rounded
