"""What the student and its closer look are built of."""

from __future__ import annotations

from torch import Tensor, nn

from .geometry import exactly


def convolution(channels: int, out: int, size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution without a bias, its batch norm and a ReLU6."""
    kind = _Depthwise if groups > 1 else nn.Conv2d
    return nn.Sequential(
        kind(channels, out, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(inplace=True),
    )


class _Depthwise(nn.Conv2d):
    """Each channel by itself, in 32 bits in training too: in 16 its gradients take a third of a step."""

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, H, W) ─▶ (B, C, H/stride, W/stride), of the type of the inputs."""
        if not self.training:
            return super().forward(inputs)
        with exactly(inputs):
            return super().forward(inputs.float()).to(inputs.dtype)
