"""What the student is held to: the named terms of its loss, as pure functions."""

from __future__ import annotations

from typing import Final

from mien import arkit
from mien.types import LANDMARK_COUNT, LEFT_PUPIL, RIGHT_PUPIL
from torch import Tensor
from torch.nn import functional

from ..networks.mobilenet_v2 import cell_places
from .batches import Batch

OUTSIDE: Final = 1.15
"""Points further from the middle than this (1 = the crop's edge) teach nothing."""
SHARPNESS: Final = 0.8
"""Standard deviation that a heat map should have, in its cells."""
HIDDEN: Final = 0.15
"""What hidden eyes or a hidden mouth add to the expected error: to tell nothing of them is no certainty."""
FINE: Final = {**dict.fromkeys((*range(36, 48), *range(60, 68)), 2.0), RIGHT_PUPIL: 5.0, LEFT_PUPIL: 5.0}
"""How much more than another's a landmark's error counts: lids, the lips' inner edge and pupils tell most."""
COMMON: Final = 0.03
"""Added to each shape's variance before its square error is divided by it: rare shapes count too."""
SIDES: Final = 2.0
"""How much more an error of a shape's left against its right side counts: both mostly do the same, so what
tells them apart is a twentieth of all there is to learn, and would be learnt last."""


def importance(weights: Tensor) -> Tensor:
    """By what each shape's square error (52,) is multiplied, for faces that do as these do (N, 52)."""
    return 1 / (weights.var(0) + COMMON)


def square_error(gap: Tensor, scale: Tensor) -> Tensor:
    """Of weights that are off by gaps (…, 52), for each row; `scale` is the `importance` of the shapes."""
    across = gap - gap[..., list(arkit.OTHER_SIDE)]
    return ((gap.square() + SIDES * across.square()) * scale).mean(-1)


def loss_terms(out: dict[str, Tensor], batch: Batch, scale: Tensor) -> dict[str, Tensor]:
    """The named terms, scalars each, of what the network gave (see `Student.forward`) against a batch.

    `scale` is the `importance` of the shapes.
    """
    there = batch["presence"]
    count = there.sum().clamp(min=1)
    near = (batch["points"].abs().amax(-1) < OUTSIDE).float() * there[:, None]
    off = out["points"].float() - batch["points"]
    missed, first = off.abs().sum(-1), LANDMARK_COUNT
    fine = near[:, :first] * near.new_tensor([FINE.get(k, 1.0) for k in range(first)])
    pose = functional.smooth_l1_loss(out["pose"].float(), batch["pose"], reduction="none", beta=0.1)
    error = out["weights"].float() - batch["weights"]
    from_points = square_error(out["from_points"].float() - batch["weights"], scale)
    one, other = batch["twins"].unbind(1)
    wrong = error.detach().abs().mean(1) + HIDDEN * batch["covered"]
    doubt = out["doubt"].float()
    return {
        "weights": (square_error(error, scale) * there).sum() / count,
        "from_points": (from_points * there).sum() / count,
        "landmarks": (missed[:, :first] * fine).sum() / fine.sum().clamp(min=1),
        "dense": (missed * near)[:, first:].sum() / near[:, first:].sum().clamp(min=1),
        "heat": (heat_loss(out["heat"], batch["points"]) * near).sum() / near.sum().clamp(min=1),
        "pose": (pose.mean(1) * there).sum() / count,
        "presence": functional.binary_cross_entropy_with_logits(out["presence"].float(), there),
        "doubt": ((doubt + wrong * (-doubt).exp()) * there).sum() / count,
        "steady": ((error[one] - error[other]).abs().mean(1) * there[one]).sum() / count,
        "steady_points": ((off[one] - off[other]).abs().sum(-1).mean(1) * there[one]).sum() / count,
    }


def heat_loss(heat: Tensor, points: Tensor) -> Tensor:
    """Cross-entropy (B, P) of heat maps (B, P, C, C) against normal distributions round points (B, P, 2).

    The mean place alone teaches slowly: what lies far off has next to no share, and so no gradient.
    """
    cells = cell_places(heat.shape[-1]).to(points)
    step = cells[1] - cells[0]
    x, y = (-((cells - points[..., k, None]) / (SHARPNESS * step)).square() / 2 for k in range(2))
    logs = heat.flatten(2).log_softmax(-1).view_as(heat)
    rows = (logs @ x.softmax(-1)[..., None])[..., 0]
    return -(rows * y.softmax(-1)).sum(-1)
