"""The weights that networks begin with."""

from __future__ import annotations

from typing import Final, TypeVar

from torch import nn

ANSWERS: Final = {"heat", "local", "presence", "weights", "pose", "more", "doubt", "offset", "out", "output"}
"""Names of the layers whose outputs are answers, with no ReLU behind; they stay as they are."""

Net = TypeVar("Net", bound=nn.Module)


def he(network: Net) -> Net:
    """He et al. 2015: normal, variance 2 / inputs, biases 0; but for the layers of `ANSWERS`."""
    for name, module in network.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)) and name.split(".")[-1] not in ANSWERS:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
