"""Train the student on shards of synthetic faces: resumable at any moment, an average of weights kept.

mien synth shards --out DATA --count 40
mien train geometry --out GEOMETRY.npz
mien train synthetic --data DATA --run RUN --geometry GEOMETRY.npz --samples 1000000
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from mien.types import CROP_SIZE
from torch import Tensor, nn

from ..networks.mobilenet_v2 import Student, StudentOptions
from .batches import Batch, held_out, training_batches, whitening
from .checkpoint import fill_alike, load_average, load_checkpoint, read_about, save_checkpoint
from .geometry import load_geometry
from .losses import importance, loss_terms
from .reread import read_student, thaw_norms
from .schedule import Schedule

AVERAGE_SAMPLES: Final = 8_000
"""The running average of the weights forgets over about so many samples."""
MEASURED_BATCHES: Final = 32
"""Batches of 64 crops on which the batch norms of what shipped are measured."""
LOSS_SHARES: Final = {
    "weights": 3.0, "from_points": 0.75, "landmarks": 10.0, "dense": 10.0, "heat": 0.3, "pose": 1.0,
    "presence": 0.3, "doubt": 0.02, "steady": 4.0, "steady_points": 10.0,
}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run; kept in its checkpoints."""

    student: StudentOptions = field(default_factory=StudentOptions)
    schedule: Schedule = field(default_factory=Schedule)
    batch: int = 32
    seed: int = 1
    weight_decay: float = 1e-4
    side: int = CROP_SIZE


@dataclass(frozen=True)
class Start:
    """What a new run begins with.

    Attributes
    ----------
    geometry : Path, optional
        A file of `mien train geometry`.
    network : Path, optional
        Another run's checkpoint, or the folder of a network as it ships.
    """

    geometry: Path | None = None
    network: Path | None = None

    def fill(self, network: Student, average: Student, data: Path) -> None:
        """Fill a new run's network and its average; what has another shape there is learnt anew.

        What shipped has its batch norms measured anew on crops of `data`.
        """
        if self.network is not None:
            fill_alike(_known(self.network, data), network)
        if self.geometry is not None:
            load_geometry(self.geometry, network.geometry)
        average.load_state_dict(network.state_dict())


def _known(place: Path, data: Path) -> Student:
    """The network of a checkpoint, or of a shipped network's folder."""
    if not place.is_dir():
        return load_average(place)
    student = read_student(place)
    crops = (batch["crops"] for batch in training_batches(data, 64, seed=0))
    thaw_norms(student, itertools.islice(crops, MEASURED_BATCHES))
    return student


def train(
    data: Path, run: Path, recipe: Recipe, report: Callable[[dict[str, Any]], None], every: int = 16_000,
    start: Start | None = None,
) -> Path:  # fmt: skip
    """Train until `recipe.schedule.total` samples; returns the checkpoint.

    Parameters
    ----------
    data, run : Path
        Folders of the shards and of the run's `checkpoint.npz`, from which it goes on if there is one.
    start : Start, optional
        For a run without a checkpoint of its own.
    report : callable
        Called after every `every` samples with counters and scores.
    """
    run.mkdir(parents=True, exist_ok=True)
    path = run / "checkpoint.npz"
    torch.manual_seed(recipe.seed)
    torch.set_flush_denormal(True)  # vanishing gradients made a step on a CPU half as fast
    network = Student(recipe.student, *whitening(data))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=recipe.weight_decay)
    samples = 0
    if path.exists():
        load_checkpoint(path, network, average, optimiser)
        samples = int(read_about(path)["samples"])
    elif start is not None:
        start.fill(network, average, data)
    seen = torch.cat([batch["weights"][batch["presence"] > 0.5] for batch in held_out(data)])
    scale = importance(seen)
    batches = training_batches(data, recipe.batch, recipe.seed + samples, recipe.side)
    mark, began, losses = samples, time.perf_counter(), 0.0
    while samples < recipe.schedule.total:
        losses += _step(network, optimiser, next(batches), recipe.schedule, samples, scale)
        samples += recipe.batch
        follow(average, network, samples, recipe.batch)
        if samples - mark >= every or samples >= recipe.schedule.total:
            took, steps = time.perf_counter() - began, (samples - mark) / recipe.batch
            scores = evaluate(average, data, recipe.side)
            about = {"samples": samples, "recipe": dataclasses.asdict(recipe), "scores": scores}
            save_checkpoint(path, network, average, optimiser, about)
            report({"samples": samples, "rate": (samples - mark) / took, "loss": losses / steps, **scores})
            mark, began, losses = samples, time.perf_counter(), 0.0
    return path


def _step(
    network: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, schedule: Schedule, samples: int,
    scale: Tensor,
) -> float:  # fmt: skip
    schedule.steer(optimiser, samples)
    network.train()
    with torch.autocast("cpu", torch.bfloat16):
        out = network(batch["crops"])
    terms = loss_terms(out, batch, scale)
    loss = torch.stack([LOSS_SHARES[name] * term for name, term in terms.items()]).sum()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    return float(loss.detach())


def follow(average: nn.Module, network: nn.Module, samples: int, batch: int) -> None:
    """Move the average a little towards the network: fast at first, then over `AVERAGE_SAMPLES`."""
    share = max(batch / AVERAGE_SAMPLES, 4 * batch / (samples + 4 * batch))
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), network.state_dict().values()):
            if mean.is_floating_point():
                mean.lerp_(value, share)
            else:
                mean.copy_(value)


@torch.no_grad()
def evaluate(network: nn.Module, data: Path, side: int = CROP_SIZE) -> dict[str, float]:
    """Scores on the held-out heads: mean absolute error of the weights, landmark error in crop pixels,
    pose error in degrees, and the share of crops whose presence is told right.
    """
    network.eval()  # of crops of the side it is being trained on
    weights, landmarks, pose, right, faces, crops = 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for batch in held_out(data, side=side):
        out, there = network(batch["crops"]), batch["presence"]
        weights += float(((out["weights"].clamp(0, 1) - batch["weights"]).abs().mean(1) * there).sum())
        gap = (out["points"] - batch["points"])[:, :70].norm(dim=-1).mean(1) * 80
        landmarks += float((gap * there).sum())
        pose += float(((out["pose"] - batch["pose"]).abs().mean(1) * there).sum() * 30)
        right += float(((out["presence"] > 0) == (there > 0.5)).float().sum())
        faces, crops = faces + float(there.sum()), crops + len(there)
    return {
        "weights_mae": weights / faces, "landmarks_px": landmarks / faces, "pose_degrees": pose / faces,
        "presence_right": right / crops,
    }  # fmt: skip
