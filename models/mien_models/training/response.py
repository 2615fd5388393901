"""Trained by squared errors, a network answers too weakly: how its answers get the scale of the truth."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from ..networks.exported import Response, widest
from ..networks.mobilenet_v2 import Student
from .batches import Batch

AT_REST: Final = 0.05
STRONG: Final = 0.6
MOST_GAIN: Final = 1.75
SURE: Final = 0.4
"""See `rest_and_gain`."""
REAL: Final = 1.05
"""Real faces are answered more weakly than drawn ones: what is taught on drawn faces is stretched by so much
beyond their truth. (Chosen on labels of real people: see models/EXPERIMENTS.md, section 6.)"""
VAGUE: Final = 0.8
RESPONSE_BATCHES: Final = 32
"""See `response`."""


@torch.no_grad()
def response(student: Student, batches: Iterator[Batch], stretch: float | None = 1.0) -> Response:
    """What each shape answers at rest, the gain to its full strength, and how much doubt is usual.

    Measured on the first `RESPONSE_BATCHES` batches of training crops, never of held-out ones. `calm` and
    `worst` are the 10 % and the 90 % of the expected errors, `vague` the `VAGUE` quantile of the spread.
    The gain is multiplied by `stretch`; None leaves all answers as they are, for a student that was not
    taught by squared errors.
    """
    pairs = [(batch, student(batch["crops"])) for batch in itertools.islice(batches, RESPONSE_BATCHES)]
    there = torch.cat([batch["presence"] for batch, _ in pairs]) > 0.5
    truth = torch.cat([batch["weights"] for batch, _ in pairs])[there]
    given = torch.cat([answers["weights"] for _, answers in pairs])[there]
    rest, gain = torch.zeros_like(truth[0]), torch.ones_like(truth[0])
    if stretch is not None:
        rest, gain = rest_and_gain(truth, given)
        gain = gain * stretch
    doubt = torch.cat([answers["doubt"] for _, answers in pairs])[there].exp()
    calm, worst = doubt.quantile(0.1), doubt.quantile(0.9)
    vague = widest(torch.cat([answers["spread"] for _, answers in pairs])[there]).quantile(VAGUE)
    return Response(rest, gain, float(calm), float(torch.maximum(worst, calm + 1e-3)), float(vague))


def rest_and_gain(truth: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    """What each shape answers at rest (52,), and by what answers above it are to be stretched (52,).

    `rest` is the median answer (N, 52) where the truth (N, 52) is below `AT_REST`; `gain` stretches answers
    above it so that those to a truth above `STRONG` get its mean: at most `MOST_GAIN`, and 1 for a shape
    whose answers correlate with the truth by no more than `SURE`, since that would stretch noise.
    """
    rest, gain = torch.zeros(truth.shape[1]), torch.ones(truth.shape[1])
    for shape in range(truth.shape[1]):
        still, strong = truth[:, shape] < AT_REST, truth[:, shape] > STRONG
        rest[shape] = given[still, shape].median() if still.any() else 0.0
        sure = float(torch.corrcoef(torch.stack([truth[:, shape], given[:, shape]]))[0, 1]) > SURE
        if strong.any() and sure:
            reached = given[strong, shape].mean() - rest[shape]
            gain[shape] = (truth[strong, shape].mean() / reached.clamp(min=1e-3)).clamp(1.0, MOST_GAIN)
    return rest, gain
