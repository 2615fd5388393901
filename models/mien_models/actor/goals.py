"""What an actor's networks are held to: a loss for each goal of a recipe.

"personal" is the default student's own loss. The others are FACEGOOD's: one vector O = (e, S) of weights and
landmarks against the labels ("plain"), against labels and teacher in halves ("distilled"), or by the
adaptive rule of `distill` ("adaptive", where batches say which labels are `doubted`). What the paper's
network doesn't answer is learnt beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from mien.types import LANDMARK_COUNT
from torch import Tensor
from torch.nn import functional

from ..training.batches import Batch
from ..training.losses import heat_loss, loss_terms
from ..training.train import LOSS_SHARES
from .distill import Rule, Units, adapted

ALPHA: Final = 0.5
"""Of plain distillation: the teacher's share (eq. 10's α, with squared distances for its two divergences)."""
HEAT: Final = 0.1
FROM_POINTS: Final = 0.25
WEIGHTS: Final = {"weights": 10.0, "from_points": 10.0}
"""Shares in the loss of a personal training, where they differ from the default student's."""
SMALL: Final = 0.03
"""Below about which an error of a weight counts by its square in `roughly_absolute`."""
BESIDE: Final = {"pose": 0.2, "presence": 0.3, "doubt": 0.02}
"""Shares of what is learnt beside O, which counts 1."""

Answers = dict[str, Tensor]


@dataclass(frozen=True)
class Goal:
    """A recipe's goal, ready to judge batches.

    Attributes
    ----------
    kind : str
        "personal", "plain", "distilled" or "adaptive".
    importance : Tensor, (52,)
        Of the shapes, for "personal" (see `training.losses.importance`).
    units : Units
        Of the vector O.
    rule : Rule or None
        For "adaptive".
    """

    kind: str
    importance: Tensor
    units: Units
    rule: Rule | None = None

    def __call__(self, out: Answers, batch: Batch, teacher: Answers | None = None) -> Tensor:
        """The loss, a scalar, of what a network gave for a batch."""
        if self.kind == "personal":
            return self._personal(out, batch)
        there = batch["presence"]
        labels = batch["weights"], batch["points"][:, :LANDMARK_COUNT]
        each, trust = self._each(out, batch, labels, teacher)
        mean = (each * there).sum() / there.sum().clamp(min=1)
        return mean + beside(out, batch, trust * there)

    def _personal(self, out: Answers, batch: Batch) -> Tensor:
        """The default student's own loss, but for the weights: these count by about their absolute errors."""
        terms, there = loss_terms(out, batch, self.importance), batch["presence"]
        for name in WEIGHTS:
            error = roughly_absolute(out[name].float() - batch["weights"]) * self.importance.sqrt()
            terms[name] = (error.mean(1) * there).sum() / there.sum().clamp(min=1)
        shares = {**LOSS_SHARES, **WEIGHTS}
        return torch.stack([shares[name] * term for name, term in terms.items()]).sum()

    def _each(
        self, out: Answers, batch: Batch, labels: tuple[Tensor, Tensor], teacher: Answers | None
    ) -> tuple[Tensor, Tensor]:
        """The loss (B,) of each crop, and which crops' labels are believed (B,)."""
        all_of_them = torch.ones(len(labels[0]), device=labels[0].device)
        if teacher is None:
            return self.miss(out, *labels), all_of_them
        taught = teacher["weights"].float(), teacher["points"][:, :LANDMARK_COUNT].float()
        if self.rule is None:
            return ALPHA * self.miss(out, *taught) + (1 - ALPHA) * self.miss(out, *labels), all_of_them
        given, doubted = (out[name].detach().float() for name in ("weights", "points")), batch["doubted"]
        student, word, label = (self.units.vector(*one) for one in (given, taught, labels))
        factors = adapted(student, word, label, doubted, self.rule)
        at = doubted.view(-1, 1), doubted.view(-1, 1, 1)
        weights, points = (torch.where(where, b, a) for where, a, b in zip(at, labels, taught))
        return factors * self.miss(out, weights, points), (~doubted).float()

    def miss(self, out: Answers, weights: Tensor, points: Tensor) -> Tensor:
        """‖O - O_wanted‖² (B,), and for a student also of its heat maps and of what its points alone tell."""
        wanted = self.units.vector(weights, points)
        error = (self.units.vector(out["weights"].float(), out["points"].float()) - wanted).square().sum(1)
        if "heat" not in out:
            return error
        alone = self.units.vector(out["from_points"].float(), points)
        heat = heat_loss(out["heat"][:, :LANDMARK_COUNT], points).mean(1)
        return error + FROM_POINTS * (alone - wanted).square().sum(1) + HEAT * heat


def roughly_absolute(error: Tensor) -> Tensor:
    """|error|, but smooth near 0: for a face that is known, small errors count as they do in a score."""
    return (error.square() + SMALL**2).sqrt() - SMALL


def beside(out: Answers, batch: Batch, trust: Tensor) -> Tensor:
    """The loss of pose, presence and doubt; pose and doubt only where the labels are believed (B,)."""
    count = trust.sum().clamp(min=1)
    pose = functional.smooth_l1_loss(out["pose"].float(), batch["pose"], reduction="none", beta=0.1).mean(1)
    loss = BESIDE["pose"] * (pose * trust).sum() / count
    if "presence" not in out:
        return loss
    wrong = (out["weights"].detach().float() - batch["weights"]).abs().mean(1)
    doubt = out["doubt"].float()
    doubting = ((doubt + wrong * (-doubt).exp()) * trust).sum() / count
    seen = functional.binary_cross_entropy_with_logits(out["presence"].float(), batch["presence"])
    return loss + BESIDE["presence"] * seen + BESIDE["doubt"] * doubting
