"""The student: MobileNetV2 (Sandler et al. 2018) on a 160×160 grey crop, as in FACEGOOD 2021, eq. 2.

DFCN(I) = (e, S): 52 weights and 2D points. S is dense inside (the 70 landmarks and 256 more points of the
face), and each point is the mean place of a heat map (integral regression, Sun et al. 2018). The weights are
read twice and added: from the points alone, aligned by the face (`Geometry`, which can learn without any
picture), and from what the picture shows where the landmarks are. Whitening is part of the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from mien import arkit
from mien.types import CROP_SIZE, LANDMARK_COUNT
from torch import Tensor, nn
from torch.nn import functional

from .close_look import CloseLook
from .geometry import Geometry, aligned, exactly
from .layers import convolution

BLOCKS: Final = (
    ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2)),
    ((6, 64, 4, 2), (6, 96, 3, 1)),
    ((6, 160, 3, 2), (6, 320, 1, 1)),
)
"""Expansion, channels, repeats, stride of the first: the paper's table 2, parted at strides 8, 16 and 32."""
STEM: Final = 32
BORDER: Final = 2
"""Cells by which the heat maps reach beyond each side of the crop: points just outside have a place."""
STRIDE: Final = 8
"""Crop pixels a cell of the heat maps."""
POSE_UNIT: Final = 30.0
"""Degrees that the pose output counts as 1."""


@dataclass(frozen=True)
class StudentOptions:
    """What makes a student; kept in every checkpoint and card."""

    width: float = 0.5
    dense: int = 256
    hidden: int = 384
    decoder: int = 64
    local: int = 16
    close: int = 0
    """Features of each of the regions of a `CloseLook`; 0: there is none."""


class Student(nn.Module):
    """Crops ─▶ weights, points, pose, presence and how far the weights may be off.

    Parameters
    ----------
    options : StudentOptions
        Width multiplier, number of dense points, sizes of the parts behind the features.
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
        self.features = _Features(options.width)
        self.decoder = _Decoder(self.features.channels, options.decoder)
        self.point_count = LANDMARK_COUNT + options.dense
        self.heat = nn.Conv2d(options.decoder, self.point_count, 1)
        self.local = nn.Conv2d(options.decoder, options.local, 1)
        deep = self.features.channels[-1]
        self.pooled = nn.Sequential(convolution(deep, 2 * deep, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.presence = nn.Linear(2 * deep, 1)
        self.geometry = Geometry(self.point_count, options.hidden)
        self.pose = nn.Linear(2 * deep + options.hidden, 3)
        self.close = CloseLook(self.point_count, options.close) if options.close else None
        closer = self.close.count if self.close is not None else 0
        known = 2 * deep + options.hidden + LANDMARK_COUNT * options.local + closer
        self.look = nn.Sequential(
            _Standard(known, affine=False), nn.Linear(known, options.hidden, bias=False),
            nn.BatchNorm1d(options.hidden), nn.SiLU(),
        )  # fmt: skip
        self.more = nn.Linear(options.hidden, arkit.COUNT)
        self.doubt = nn.Linear(options.hidden, 1)
        nn.init.zeros_(self.more.weight)
        nn.init.zeros_(self.more.bias)

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        """Run the network.

        Parameters
        ----------
        crops : Tensor, uint8, (B, S, S)
            S is `CROP_SIZE`, or for training any multiple of 32.

        Returns
        -------
        dict
            `weights` (B, 52), not clipped; `from_points` (B, 52), the part of them that the points alone
            tell; `points` (B, P, 2), the landmarks first, and their unit is half a crop from its middle;
            `heat` (B, P, C, C), the heat maps before their softmax, and `spread` (B, P), the standard
            deviation of each in that unit; `pose` (B, 3) in units of `POSE_UNIT`; `presence` (B,), a logit;
            `doubt` (B,), the logarithm of the expected error; `known` (B, K), all that the weights are read
            from, for a `Reader`.
        """
        grey = (crops.float().unsqueeze(1) - self.mean) / self.spread
        maps = self.features(grey)
        fine = self.decoder(maps)
        heat = self.heat(fine).float()
        share = heat.flatten(2).softmax(-1)
        points, spread = _places(share, fine.shape[-1])
        seen = share[:, :LANDMARK_COUNT] @ self.local(fine).float().flatten(2).transpose(1, 2)
        pooled = self.pooled(maps[-1]).float()
        points, closer = points.float(), []
        if self.close is not None:
            points, features = self.close(grey, points)
            closer.append(features)
        from_points, geometry = self.geometry(points)
        geometry = geometry.float()
        look = self.look(torch.cat([pooled, geometry, seen.flatten(1), *closer], dim=1))
        return {
            "weights": from_points.float() + self.more(look).float(),
            "from_points": from_points,
            "points": points,
            "heat": heat,
            "spread": spread,
            "pose": self.pose(torch.cat([pooled, geometry], dim=1)),
            "presence": self.presence(pooled).squeeze(1),
            "doubt": self.doubt(look.detach()).squeeze(1),
            "known": torch.cat([aligned(points).flatten(1), look.float(), geometry], dim=1),
        }


class _Features(nn.Module):
    """MobileNetV2's body: maps at strides 8, 16 and 32."""

    def __init__(self, width: float) -> None:
        super().__init__()
        channels = _scaled(STEM, width)
        self.stem = convolution(1, channels, 3, stride=2)
        self.parts = nn.ModuleList()
        self.channels: list[int] = []
        for part in BLOCKS:
            layers: list[nn.Module] = []
            for expansion, wide, repeats, stride in part:
                for repeat in range(repeats):
                    out = _scaled(wide, width)
                    layers.append(InvertedResidual(channels, out, stride if repeat == 0 else 1, expansion))
                    channels = out
            self.parts.append(nn.Sequential(*layers))
            self.channels.append(channels)

    def forward(self, grey: Tensor) -> list[Tensor]:
        """(B, 1, S, S) ─▶ three maps, the finest first."""
        maps = [self.stem(grey)]
        for part in self.parts:
            maps.append(part(maps[-1]))
        return maps[1:]


class _Decoder(nn.Module):
    """Three maps ─▶ one with the stride of the finest and a border of `BORDER` cells more on each side."""

    def __init__(self, channels: list[int], wide: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList([_normalised(count, wide) for count in channels])
        self.mix = nn.ModuleList([_separable(wide, 5), _separable(wide, 5)])
        self.border = nn.Sequential(nn.ZeroPad2d(BORDER), _separable(wide, 5))

    def forward(self, maps: list[Tensor]) -> Tensor:
        """The maps of `_Features` ─▶ (B, wide, S/8 + 2·BORDER, S/8 + 2·BORDER)."""
        fine = self.lateral[2](maps[2])
        for level, mix in zip((1, 0), self.mix):
            fine = mix(functional.interpolate(fine, scale_factor=2.0) + self.lateral[level](maps[level]))
        return self.border(fine)


class _Standard(nn.BatchNorm1d):
    """Batch norm that is plain arithmetic in use: the export knows none without weights of its own."""

    def forward(self, values: Tensor) -> Tensor:
        """(B, C) ─▶ (B, C) of mean 0 and variance 1."""
        if self.training or self.running_mean is None or self.running_var is None:
            return super().forward(values)
        return (values - self.running_mean) * (self.running_var + self.eps).rsqrt()


def to_pixels(points: Tensor) -> Tensor:
    """Network units ─▶ crop pixels."""
    return points * (CROP_SIZE / 2) + (CROP_SIZE - 1) / 2


def from_pixels(points: Tensor) -> Tensor:
    """Crop pixels ─▶ network units."""
    return (points - (CROP_SIZE - 1) / 2) / (CROP_SIZE / 2)


def cell_places(cells: int) -> Tensor:
    """Middles (cells,) of a heat map's cells along one side, in network units."""
    inside = cells - 2 * BORDER
    return (torch.arange(cells) + 0.5 - BORDER) * (2 / inside) - 1


def _places(share: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Mean place (B, P, 2) and standard deviation (B, P) of heat maps (B, P, cells²) that sum to 1."""
    line = cell_places(cells).to(share)
    grid = torch.stack([line.repeat(cells), line.repeat_interleave(cells)], 1)
    # One product: onnxruntime takes a third of the network's time for one with a single column.
    with exactly(share):
        sums = share @ torch.cat([grid, grid.square().sum(1, keepdim=True)], 1)
    mean, square = sums.split((2, 1), -1)
    return mean, (square.squeeze(-1) - mean.square().sum(-1)).clamp(min=1e-8).sqrt()


class InvertedResidual(nn.Module):
    """Expand, filter each channel by itself, project; added to the input where shapes agree."""

    def __init__(self, channels: int, out: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        layers = [] if expansion == 1 else [convolution(channels, wide, 1)]
        layers += [convolution(wide, wide, 3, stride, groups=wide)]
        layers += [_normalised(wide, out)]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and channels == out

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, H, W) ─▶ (B, out, H/stride, W/stride)."""
        return inputs + self.layers(inputs) if self.adds else self.layers(inputs)


def _separable(channels: int, size: int) -> nn.Sequential:
    """Each channel by itself over a neighbourhood, then all channels mixed."""
    return nn.Sequential(
        convolution(channels, channels, size, groups=channels), convolution(channels, channels, 1)
    )


def _normalised(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out))


def _scaled(channels: int, width: float) -> int:
    """Channels times width, rounded to a multiple of 8 and never below 90 % of it (the paper's rule)."""
    rounded = max(8, int(channels * width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels * width else rounded
