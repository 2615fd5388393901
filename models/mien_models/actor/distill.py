"""Adaptive regression distillation (ARD; FACEGOOD 2021, eq. 11–12 and Algorithm 1).

How the paper's notation is read here. It names the label y (eq. 11), m (eq. 12) and d (Algorithm 1), and
mixes norms with squared norms:

- y, m and d are one thing, the label of the crop at hand: m is "the data except the outlier", that is, the
  label in the branch where it was found to be clean. f(O_student, y) in eq. 12 is f(O_student, m) of eq. 11.
- Outlier: ‖y - O_teacher‖ > μ, a distance, as in both places. Equality counts as clean.
- The student is not good enough: eq. 12 compares a distance plus b with a squared distance, Algorithm 1
  two squared distances. Only the latter agrees in units: ‖O_student - m‖² + b > ‖O_teacher - m‖².
- "‖O_student, m‖²" is ‖O_student - m‖².
- v in eq. 12 is ν > 1, the factor of the loss while the student is not good enough.
- O = (e, S). The paper says nothing of their units; see `Units`.

So, for each crop: an outlier is taught by the teacher alone, a clean label by itself, ν times as hard while
the student isn't better than the teacher by b.

Whether a label is an outlier is asked once for each frame, of the teacher's answer to the frame as it is: a
label is wrong or not however its crop is turned and lit, and what a teacher lacks on hard crops hides it.
(Asked of each augmented crop it found a twelfth of the wrong labels, where this found most.) μ, ν and b come
from the same distances (`measured_rule`), and stay in the student's checkpoint with what they doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray
from torch import Tensor, nn

from .feeding import Footage, judged

CLEAN: Final = 1.5
"""A label is clean up to so many robust standard deviations above the median of the log distances."""
HARDER: Final = 2.0
"""ν: the paper asks for more than 1 and names no number."""
GAP: Final = 0.1
"""b, as a share of the median squared distance between teacher and clean labels: the student has to be better
than the teacher by a tenth of what the teacher lacks before it is let off."""


@dataclass(frozen=True)
class Units:
    """What makes weights and landmarks one vector in which both count the same.

    Attributes
    ----------
    weights, points : float
        What each weight, and each coordinate of a landmark (network units), is multiplied by: a label's mean
        squared distance from the mean label is then 1 in each of the two parts.
    """

    weights: float
    points: float

    @classmethod
    def of(cls, weights: NDArray[Any], points: NDArray[Any]) -> Units:
        """Units for labels: weights (N, 52), landmarks (N, 70, 2) in upright boxes, network units."""
        parts = (np.asarray(part, np.float64).reshape(len(part), -1) for part in (weights, points))
        spreads = [max(float(np.sqrt(part.var(axis=0).sum())), 1e-3) for part in parts]
        return cls(1 / spreads[0], 1 / spreads[1])

    def vector(self, weights: Tensor, points: Tensor) -> Tensor:
        """O (B, 192) of weights (B, 52) and points (B, P, 2), the landmarks first."""
        flat = points[:, :LANDMARK_COUNT].flatten(1)
        return torch.cat([weights * self.weights, flat * self.points], dim=1)


@dataclass(frozen=True)
class Rule:
    """The three numbers of eq. 11–12: μ (a distance), ν (a factor), b (a squared distance)."""

    outlier: float
    harder: float
    gap: float

    def doubts(self, apart: NDArray[Any]) -> NDArray[np.bool_]:
        """Which labels are outliers (N,), by their distances ‖y - O_teacher‖ (N,)."""
        return np.asarray(apart > self.outlier)


def adapted(student: Tensor, teacher: Tensor, labels: Tensor, doubted: Tensor, rule: Rule) -> Tensor:
    """Algorithm 1: what ‖O_student - wanted‖² is multiplied by, ν or 1.

    Parameters
    ----------
    student, teacher, labels : Tensor, (B, D)
        The vectors O_student, O_teacher and the labels.
    doubted : Tensor, bool, (B,)
        Where the label is an outlier, and so what the teacher says is wanted.

    Returns
    -------
    Tensor, (B,)
    """
    lack = (labels - teacher).square().sum(1)
    behind = (labels - student).square().sum(1) + rule.gap > lack
    return torch.where(behind & ~doubted, rule.harder, 1.0)


@torch.no_grad()
def distances(teacher: nn.Module, footage: Footage, units: Units, side: int) -> NDArray[np.float32]:
    """‖y - O_teacher‖ (N,) of all training frames as they are, in their order."""
    device, rows = next(teacher.parameters()).device, list[Tensor]()
    for shard in footage.training:
        for batch in judged(Footage([], shard, []), side, len(shard["weights"])):
            taught = {name: value.float().cpu() for name, value in teacher(batch["crops"].to(device)).items()}
            label, word = (units.vector(one["weights"], one["points"]) for one in (batch, taught))
            rows.append((label - word).norm(dim=1))
    return torch.cat(rows).numpy()


def measured_rule(apart: NDArray[Any]) -> Rule:
    """μ, ν and b from the distances ‖y - O_teacher‖ (N,).

    Clean distances are about log-normal. μ lies `CLEAN` standard deviations above their median, both taken
    robustly (median, 1.4826 × median absolute deviation), so that a tenth of bad labels hardly moves it.
    """
    logs = np.log(np.maximum(np.asarray(apart, np.float64), 1e-9))
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    return Rule(float(np.exp(middle + CLEAN * spread)), HARDER, GAP * float(np.exp(2 * middle)))
