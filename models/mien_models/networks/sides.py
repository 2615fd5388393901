"""What tells the two sides of a face apart."""

from __future__ import annotations

from mien import arkit
from torch import Tensor


def across(weights: Tensor) -> Tensor:
    """By how much each of weights (…, 52) is above the other side's; 0 for shapes without sides."""
    return weights - weights[..., list(arkit.OTHER_SIDE)]
