"""What tells the two sides of a face apart."""

from __future__ import annotations

from typing import Final

from mien import arkit
from torch import Tensor

OTHER_SIDE: Final = tuple(
    i if arkit.REGION[i] == "gaze" or name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
    else arkit.MIRROR[i] for i, name in enumerate(arkit.NAMES)
)  # fmt: skip
"""The same shape on the other side (52,); itself where there is none, and where sides are directions."""


def across(weights: Tensor) -> Tensor:
    """By how much each of weights (…, 52) is above the other side's; 0 for shapes without sides."""
    return weights - weights[..., list(OTHER_SIDE)]
