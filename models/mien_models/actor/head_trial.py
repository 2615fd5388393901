"""Adaptive distillation in a minute of one core: small networks on what the default student knows.

python -m mien_models.actor.head_trial --films FOLDER --seeds 1 2 3 4 5

The rule, its three numbers and how labels go wrong are as in `trials distillation`; the networks are not:
teacher and student are perceptrons of one hidden layer on 128 principal components of the default student's
numbers for a crop. It says what the rule does, not how good a MobileNetV2 becomes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from mien.student import default_folder
from numpy.typing import NDArray
from torch import Tensor, nn

from ..synthetic.shards import Shard, open_shard, shard_path
from ..training.reread import read_student
from .corruption import corrupted
from .distill import Rule, adapted, measured_rule
from .feeding import Footage, evenly, judged
from .goals import ALPHA

COMPONENTS: Final = 128
TEACHER, STUDENT = (512, 40), (96, 60)
"""Hidden units and epochs."""
BATCH: Final = 50
PEAK: Final = 3e-3

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of answers and labels (B, 52), and the places (B,) of the crops."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--films", type=Path, required=True, help="made by `trials film`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--share", type=float, default=0.1, help="of the labels that go wrong")
    parser.add_argument("--frames", type=int, default=1000, help="of the training that are used")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    trial(arguments.films, arguments.seeds, arguments.share, arguments.frames)


def trial(films: Path, seeds: list[int], share: float, frames: int) -> dict[str, list[float]]:
    """Mean absolute errors on the test by goal, a list over the seeds; printed as JSON lines."""
    training, test = (open_shard(shard_path(films / place, n)) for place, n in ((".", 1), ("test", 0)))
    seen, unseen = known(training, frames), known(test, frames)
    project = components(seen)
    inputs, others = project(seen), project(unseen)
    places = evenly(len(training["weights"]), frames)
    truth = torch.from_numpy(np.array(test["weights"])[evenly(len(test["weights"]), frames)])
    results: dict[str, list[float]] = {}
    for seed in seeds:
        shard, wrong = corrupted(training, share, seed)
        labels, clean = (torch.from_numpy(np.array(each["weights"])[places]) for each in (shard, training))
        row = _row(inputs, labels, clean, torch.from_numpy(wrong[places]), seed, others, truth)
        print(json.dumps({"seed": seed, **row}), flush=True)
        for name, value in row.items():
            results.setdefault(name, []).append(value)
    print(json.dumps({"mean": {name: round(float(np.mean(values)), 5) for name, values in results.items()}}))
    return results


def _row(
    inputs: Tensor, labels: Tensor, clean: Tensor, wrong: Tensor, seed: int, others: Tensor, truth: Tensor
) -> dict[str, float]:
    scale = 1 / labels.var(0, unbiased=False).sum().sqrt()

    def plain(given: Tensor, wanted: Tensor, at: Tensor) -> Tensor:
        return ((given - wanted) * scale).square().sum(1).mean()

    teacher = fit(inputs, labels, *TEACHER, seed, plain)
    with torch.no_grad():
        taught = teacher(inputs)
    apart = ((taught - labels) * scale).norm(dim=1).numpy()
    rule = measured_rule(apart)
    doubted = torch.from_numpy(rule.doubts(apart))

    def distilled(given: Tensor, wanted: Tensor, at: Tensor) -> Tensor:
        return ALPHA * plain(given, taught[at], at) + (1 - ALPHA) * plain(given, wanted, at)

    def adaptive(given: Tensor, wanted: Tensor, at: Tensor) -> Tensor:
        return adaptive_loss(given * scale, taught[at] * scale, wanted * scale, doubted[at], rule)

    def error(network: nn.Module) -> float:
        with torch.no_grad():
            return round(float((network(others).clamp(0, 1) - truth).abs().mean()), 5)

    def student(wanted: Tensor, goal: Loss) -> float:
        return error(fit(inputs, wanted, *STUDENT, seed + 100, goal))

    found = doubted.float()
    return {
        "teacher": error(teacher), "plain": student(labels, plain), "distilled": student(labels, distilled),
        "adaptive": student(labels, adaptive), "clean labels": student(clean, plain),
        "wrong_found": float(found[wrong].mean()), "right_doubted": float(found[~wrong].mean()),
    }  # fmt: skip


def adaptive_loss(student: Tensor, teacher: Tensor, labels: Tensor, doubted: Tensor, rule: Rule) -> Tensor:
    """Eq. 11–12 over vectors (B, D), of which some labels are doubted (B,)."""
    factors = adapted(student.detach(), teacher, labels, doubted, rule)
    wanted = torch.where(doubted[:, None], teacher, labels)
    return (factors * (student - wanted).square().sum(1)).mean()


def fit(inputs: Tensor, labels: Tensor, hidden: int, epochs: int, seed: int, loss: Loss) -> nn.Module:
    """A perceptron for the labels (N, 52), trained by Adam with a rate that falls to zero."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Linear(inputs.shape[1], hidden), nn.SiLU(), nn.Dropout(0.2), nn.Linear(hidden, labels.shape[1])
    )
    optimiser = torch.optim.AdamW(network.parameters(), PEAK, weight_decay=0.01)
    steps = epochs * (len(labels) // BATCH)
    slowing = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
    for _ in range(epochs):
        for at in torch.randperm(len(labels)).split(BATCH)[: len(labels) // BATCH]:
            optimiser.zero_grad()
            given = network(inputs[at] + 0.1 * torch.randn(len(at), inputs.shape[1]))
            loss(given, labels[at], at).backward()
            optimiser.step()
            slowing.step()
    return network.eval()


@torch.no_grad()
def known(shard: Shard, frames: int) -> NDArray[np.float32]:
    """What the default student knows of up to so many frames, evenly spread, (N, K)."""
    student, rows = read_student(default_folder()), list[Tensor]()
    student.look[0].register_forward_hook(lambda module, given, out: rows.append(given[0]))
    for batch in judged(Footage([], shard, []), most=frames):
        student(batch["crops"])
    return torch.cat(rows).numpy()


def components(rows: NDArray[Any]) -> Callable[[NDArray[Any]], Tensor]:
    """The map from such rows (N, K) to their first principal components (N, C), each of variance 1."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    count = min(COMPONENTS, len(rows) - 1)
    _, sizes, axes = np.linalg.svd((rows - mean) / spread, full_matrices=False)
    basis = axes[:count].T / sizes[:count] * np.sqrt(len(rows))
    return lambda other: torch.from_numpy(((other - mean) / spread @ basis).astype(np.float32))


if __name__ == "__main__":
    main()
