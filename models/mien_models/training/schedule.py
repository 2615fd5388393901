"""The papers' learning rate: geometric ramp-up, then 1/√t, and at the end a smooth way down to zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Schedule:
    """Learning rate by the number of samples seen (FACEGOOD 2021, section 3.3.3; Laine 2017, section 4.3).

    Attributes
    ----------
    peak : float
        The rate at the end of the ramp-up.
    ramp_up : int
        Samples of the geometric ramp-up, which starts at a thousandth of the peak.
    flat : int
        Samples after which 1/√t begins to bite: the rate is peak · √(flat / t) from there on.
    total, ramp_down : int
        Samples of the whole training, and of its last part, in which the rate falls to 0.
    """

    peak: float = 8e-4
    ramp_up: int = 16_000
    flat: int = 100_000
    total: int = 1_000_000
    ramp_down: int = 150_000

    def rate(self, samples: int) -> float:
        """The learning rate after that many samples."""
        if samples < self.ramp_up:
            return self.peak * 10 ** (-3 * (1 - samples / self.ramp_up))
        rate = self.peak * min(1.0, math.sqrt(self.flat / samples))
        return rate * self._down(samples)

    def beta1(self, samples: int) -> float:
        """Adam's β1: 0.9, and in the ramp-down smoothly to 0.5."""
        return 0.5 + 0.4 * self._down(samples)

    def steer(self, optimiser: torch.optim.Optimizer, samples: int) -> None:
        """Give an optimiser of Adam's kind its rate and its β1 after that many samples."""
        for group in optimiser.param_groups:
            group["lr"] = self.rate(samples)
            group["betas"] = (self.beta1(samples), 0.999)

    def _down(self, samples: int) -> float:
        """1, and in the ramp-down a cosine from 1 to 0."""
        left = (self.total - samples) / max(self.ramp_down, 1)
        return 0.5 - 0.5 * math.cos(math.pi * min(max(left, 0.0), 1.0))
