"""The student as it ships: its answers on the scale of the truth, and how sure it is of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from mien import arkit
from mien.types import LANDMARK_COUNT
from torch import Tensor, nn

from .mobilenet_v2 import POSE_UNIT, Student, to_pixels
from .reader import Reader

VAGUE_STEP: Final = 0.02
"""Over about so much more spread (see `Response.vague`) the confidence goes down."""
PLAIN: Final = 2.0
"""A crop whose grey values (0–255) spread less than this shows nothing, and so no face."""


@dataclass(frozen=True)
class Response:
    """How the answers of a trained student are brought to the scale of the truth.

    Attributes
    ----------
    rest, gain : Tensor, float32, (52,)
        What each shape answers at rest, and by what answers above it are stretched.
    calm, worst : float
        Its expected errors (of the weights, 0–1): confidence is 1 at `calm` and 1/e at `worst`.
    vague : float
        Where the widest heat maps of the landmarks spread more than this (network units), it may be no face:
        the network is sure of a likeness, but does not find its parts.
    """

    rest: Tensor
    gain: Tensor
    calm: float = 0.02
    worst: float = 0.1
    vague: float = 0.25


class Exported(nn.Module):
    """The student as it ships: uint8 crops in; weights 0–1, pixels, presence, degrees, confidence out.

    With a `reader` it also gives the code of each crop, by which a face can be read beside itself.
    """

    rest: Tensor
    gain: Tensor

    def __init__(
        self, student: Student, response: Response | None = None, reader: Reader | None = None
    ) -> None:
        super().__init__()
        response = response or Response(torch.zeros(arkit.COUNT), torch.ones(arkit.COUNT))
        self.student, self.reader = student, reader
        self.register_buffer("rest", response.rest)
        self.register_buffer("gain", response.gain)
        self.calm, self.worst, self.vague = response.calm, response.worst, response.vague

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """Return `weights`, `landmarks`, `presence`, `pose`, `confidence` and `code` as in `mien.student`."""
        out = self.student(crops)
        weights = (out["weights"] - self.rest) * self.gain
        landmarks = to_pixels(out["points"][:, :LANDMARK_COUNT]).reshape(-1, LANDMARK_COUNT, 2)
        grey = crops.float()
        middle = grey.mean(dim=(1, 2), keepdim=True)
        plain = (grey - middle).square().mean(dim=(1, 2)) < PLAIN**2
        presence = out["presence"].sigmoid() * (~plain).float()
        trouble = (out["doubt"].exp() - self.calm) / (self.worst - self.calm)
        clear = ((self.vague - widest(out["spread"])) / VAGUE_STEP).sigmoid()
        confidence = presence * (-trouble.clamp(min=0)).exp() * clear
        told = (weights.clamp(0, 1), landmarks, presence, out["pose"] * POSE_UNIT, confidence)
        return told if self.reader is None else (*told, self.reader.code(out["weights"], out["known"]))


def widest(spread: Tensor) -> Tensor:
    """The mean (B,) of the widest fifth of the landmarks' spreads (B, P), the landmarks first."""
    return spread[:, :LANDMARK_COUNT].topk(LANDMARK_COUNT // 5, 1).values.mean(1)
