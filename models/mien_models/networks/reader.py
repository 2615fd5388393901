"""A face read beside itself: what a student says of one frame, told from what it says of the person at large.

One frame cannot tell low brows from lowered ones. The mean over a take is mostly the person, and what differs
from it mostly the expression.
"""

from __future__ import annotations

from typing import Final

import torch
from mien import arkit
from torch import Tensor, nn

ENOUGH: Final = 8
"""Frames of a face of which more make no difference to how far its mean is trusted: training has no more."""


class Reader(nn.Module):
    """Codes of frames and of the person ─▶ weights.

    Parameters
    ----------
    known : int
        Numbers that the student keeps of a crop (`known` of `Student.forward`).
    told : int
        Of how many of their mixtures a code consists, after the student's own 52 weights.
    hidden : int
        Units of each of the two hidden layers.

    Attributes
    ----------
    rest, gain : Tensor, (52,)
        How its answers are brought to the scale of the truth, as in `exported.Response`.
    """

    centre: Tensor
    scale: Tensor
    rest: Tensor
    gain: Tensor

    def __init__(self, known: int, told: int = 76, hidden: int = 256) -> None:
        super().__init__()
        self.sizes = {"known": known, "told": told, "hidden": hidden}
        self.register_buffer("centre", torch.zeros(known))
        self.register_buffer("scale", torch.ones(known))
        self.register_buffer("rest", torch.zeros(arkit.COUNT))
        self.register_buffer("gain", torch.ones(arkit.COUNT))
        self.tell = nn.Linear(known, told)
        self.layers = nn.Sequential(
            nn.Linear(2 * (arkit.COUNT + told) + 1, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
        )  # fmt: skip
        self.more = nn.Linear(hidden, arkit.COUNT)
        nn.init.zeros_(self.more.weight)
        nn.init.zeros_(self.more.bias)

    def code(self, weights: Tensor, known: Tensor) -> Tensor:
        """What is kept of crops (N, C): the student's weights (N, 52), and mixtures of what it knows."""
        return torch.cat([weights, self.tell((known - self.centre) / self.scale)], dim=1)

    def forward(self, codes: Tensor, person: Tensor, seen: Tensor) -> Tensor:
        """Read codes beside their person's.

        Parameters
        ----------
        codes : Tensor, (N, C)
        person : Tensor, (N, C) or (1, C)
            The mean of the codes of the same face.
        seen : Tensor, (N, 1) or (1, 1)
            Of how many frames.

        Returns
        -------
        Tensor, (N, 52)
            Weights, not clipped.
        """
        trust = torch.zeros_like(codes[:, :1]) + seen.clamp(max=ENOUGH) / ENOUGH
        read = self.layers(torch.cat([codes - person, person.expand_as(codes), trust], dim=1))
        return codes[:, : arkit.COUNT] + self.more(read)


class ExportedReader(nn.Module):
    """A reader as it ships: codes, their person and how long it was seen in; weights 0–1 out."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, codes: Tensor, person: Tensor, seen: Tensor) -> Tensor:
        """Weights (N, 52) of codes (N, C) beside a person (1, C) of `seen` (1, 1) frames."""
        reader = self.reader
        return ((reader(codes, person, seen) - reader.rest) * reader.gain).clamp(0, 1)
