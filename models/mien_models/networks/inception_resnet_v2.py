"""The teacher: InceptionResNetV2 (Szegedy et al. 2017) ending in plain numbers (FACEGOOD 2021, section 3.1).

One grey crop in; 52 weights, the 70 landmarks and the head's turn out, no activation behind the last layer.
Channels and paddings are those of the network as its authors published it: the stem and the reductions don't
pad, so 160 pixels become 17×17, 8×8 and 3×3 cells. Whitening is part of the network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from mien import arkit
from mien.types import LANDMARK_COUNT
from torch import Tensor, nn

OUTPUTS: Final = (arkit.COUNT, 2 * LANDMARK_COUNT, 3)
"""Numbers of weights, of landmarks and of the pose."""
SMALLEST: Final = 75
"""Side of a crop, pixels, below which no cell is left at the end."""

Wide = Callable[[int], int]
"""The published number of channels ─▶ the number in this network."""


@dataclass(frozen=True)
class TeacherOptions:
    """What makes a teacher: channels times `width`, `repeats` of the three kinds of residual blocks."""

    width: float = 1.0
    repeats: tuple[int, int, int] = (10, 20, 10)
    dropout: float = 0.2


class Teacher(nn.Module):
    """Crops ─▶ weights, landmarks, pose.

    Parameters
    ----------
    options : TeacherOptions
    mean, spread : float
        Whitening of the grey values (0–255): what is subtracted and what is divided by.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, options: TeacherOptions, mean: float = 110.0, spread: float = 60.0) -> None:
        super().__init__()
        self.options = options
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("spread", torch.tensor(spread))
        self.features, deep = _features(options)
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(options.dropout))
        self.out = nn.Linear(deep, sum(OUTPUTS))

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        """Run the network.

        Parameters
        ----------
        crops : Tensor, uint8, (B, S, S)
            S ≥ `SMALLEST`.

        Returns
        -------
        dict
            `weights` (B, 52), not clipped; `points` (B, 70, 2) in units of half a crop from its middle;
            `pose` (B, 3) in units of `mobilenet_v2.POSE_UNIT`.
        """
        grey = (crops.float().unsqueeze(1) - self.mean) / self.spread
        values = self.out(self.pooled(self.features(grey)).float()).float()
        weights, points, pose = values.split(OUTPUTS, dim=1)
        return {"weights": weights, "points": points.reshape(-1, LANDMARK_COUNT, 2), "pose": pose}


def _features(options: TeacherOptions) -> tuple[nn.Sequential, int]:
    """All up to the last maps, and the channels of these."""

    def wide(channels: int) -> int:
        return max(4, round(channels * options.width / 4) * 4)

    tens, twenties, last = options.repeats
    stem, channels = _stem(wide)
    layers: list[nn.Module] = [stem]
    layers += [_block35(channels, wide) for _ in range(tens)]
    reduction, channels = _reduction_a(channels, wide)
    layers += [reduction, *(_block17(channels, wide) for _ in range(twenties))]
    reduction, channels = _reduction_b(channels, wide)
    layers += [reduction, *(_block8(channels, wide) for _ in range(last - 1))]
    layers += [_block8(channels, wide, scale=1.0, active=False), _convolution(channels, wide(1536), 1)]
    return nn.Sequential(*layers), wide(1536)


class _Parallel(nn.ModuleList):
    """Branches side by side, their channels one after the other."""

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([branch(maps) for branch in self], dim=1)


class _Residual(nn.Module):
    """What the branches say, brought to the channels of the input, scaled and added."""

    def __init__(
        self, branches: _Parallel, inside: int, channels: int, scale: float, active: bool = True
    ) -> None:
        super().__init__()
        self.branches, self.up = branches, nn.Conv2d(inside, channels, 1)
        self.scale, self.active = scale, active

    def forward(self, maps: Tensor) -> Tensor:
        out = maps + self.scale * self.up(self.branches(maps))
        return out.relu() if self.active else out


def _stem(wide: Wide) -> tuple[nn.Sequential, int]:
    """Crop ─▶ the first maps (35×35 for 299 pixels, 17×17 for 160)."""
    a, b, c, d = wide(32), wide(64), wide(80), wide(192)
    mixed = _Parallel([
        _convolution(d, wide(96), 1),
        nn.Sequential(_convolution(d, wide(48), 1), _convolution(wide(48), b, 5, padding=2)),
        nn.Sequential(
            _convolution(d, b, 1), _convolution(b, wide(96), 3, padding=1),
            _convolution(wide(96), wide(96), 3, padding=1),
        ),
        nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), _convolution(d, b, 1)),
    ])  # fmt: skip
    stem = nn.Sequential(
        _convolution(1, a, 3, 2), _convolution(a, a, 3), _convolution(a, b, 3, padding=1), nn.MaxPool2d(3, 2),
        _convolution(b, c, 1), _convolution(c, d, 3), nn.MaxPool2d(3, 2), mixed,
    )  # fmt: skip
    return stem, 2 * wide(96) + 2 * b


def _block35(channels: int, wide: Wide) -> _Residual:
    a, b, c = wide(32), wide(48), wide(64)
    branches = _Parallel([
        _convolution(channels, a, 1),
        nn.Sequential(_convolution(channels, a, 1), _convolution(a, a, 3, padding=1)),
        nn.Sequential(
            _convolution(channels, a, 1), _convolution(a, b, 3, padding=1), _convolution(b, c, 3, padding=1)
        ),
    ])  # fmt: skip
    return _Residual(branches, 2 * a + c, channels, 0.17)


def _reduction_a(channels: int, wide: Wide) -> tuple[_Parallel, int]:
    a, b = wide(256), wide(384)
    branches = _Parallel([
        _convolution(channels, b, 3, 2),
        nn.Sequential(
            _convolution(channels, a, 1), _convolution(a, a, 3, padding=1), _convolution(a, b, 3, 2)
        ),
        nn.MaxPool2d(3, 2),
    ])  # fmt: skip
    return branches, channels + 2 * b


def _block17(channels: int, wide: Wide) -> _Residual:
    a, b, c = wide(128), wide(160), wide(192)
    branches = _Parallel([
        _convolution(channels, c, 1),
        nn.Sequential(
            _convolution(channels, a, 1), _convolution(a, b, (1, 7), padding=(0, 3)),
            _convolution(b, c, (7, 1), padding=(3, 0)),
        ),
    ])  # fmt: skip
    return _Residual(branches, 2 * c, channels, 0.10)


def _reduction_b(channels: int, wide: Wide) -> tuple[_Parallel, int]:
    a, b, c, d = wide(256), wide(288), wide(320), wide(384)
    branches = _Parallel([
        nn.Sequential(_convolution(channels, a, 1), _convolution(a, d, 3, 2)),
        nn.Sequential(_convolution(channels, a, 1), _convolution(a, b, 3, 2)),
        nn.Sequential(
            _convolution(channels, a, 1), _convolution(a, b, 3, padding=1), _convolution(b, c, 3, 2)
        ),
        nn.MaxPool2d(3, 2),
    ])  # fmt: skip
    return branches, channels + d + b + c


def _block8(channels: int, wide: Wide, scale: float = 0.20, active: bool = True) -> _Residual:
    a, b, c = wide(192), wide(224), wide(256)
    branches = _Parallel([
        _convolution(channels, a, 1),
        nn.Sequential(
            _convolution(channels, a, 1), _convolution(a, b, (1, 3), padding=(0, 1)),
            _convolution(b, c, (3, 1), padding=(1, 0)),
        ),
    ])  # fmt: skip
    return _Residual(branches, a + c, channels, scale, active)


def _convolution(
    channels: int, out: int, size: int | tuple[int, int], stride: int = 1, padding: int | tuple[int, int] = 0
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, size, stride, padding, bias=False),
        nn.BatchNorm2d(out, eps=1e-3),
        nn.ReLU(inplace=True),
    )
