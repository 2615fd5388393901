"""One training of one of an actor's networks: what it is, a step of it, and what a checkpoint keeps.

A run is a folder. `checkpoint.npz` is where it goes on, to the very numbers of a run that was never
interrupted; `best.npz` is the checkpoint that did best on the held-out frames. Nothing is drawn from a state
that a checkpoint would have to keep: batches and dropout follow from the recipe's seed and the step's number.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from mien.errors import UsageError
from mien.types import LANDMARK_COUNT
from torch import Tensor, nn

from ..networks.mobilenet_v2 import POSE_UNIT, to_pixels
from ..training.batches import Batch
from ..training.checkpoint import load_checkpoint, read_about, save_checkpoint
from ..training.losses import importance
from ..training.reread import freeze_norms, keep_still
from ..training.train import follow
from .begin import blank, trained
from .distill import Rule, Units, distances, measured_rule
from .feeding import Batches, Footage, judged, labels_of, parts
from .gather import gathered
from .goals import Answers, Goal
from .ranks import Ranks
from .recipes import Recipe, recipe_from

EVALUATIONS: Final = 30
"""About so many in a training, and as many checkpoints."""

Entry = dict[str, float]
"""A line of a run's history: samples, the scores of `evaluate`, and but for the first the mean loss since."""


@dataclass(frozen=True)
class Task:
    """What to train on and with.

    Attributes
    ----------
    data, run : Path
        Folders of the actor's shards (shard 0 held out), and of the run.
    recipe : Recipe
    start : Callable, optional
        Makes the network that a new run begins with; one that knows nothing where not given.
    teacher : Path, optional
        The run of a teacher, for the goals that need one.
    faces : Path, optional
        Shards of synthetic faces to mix in.
    every : int, optional
        Samples between two evaluations.
    workers : int
        Processes that cut crops.
    """

    data: Path
    run: Path
    recipe: Recipe
    start: Callable[[], nn.Module] | None = None
    teacher: Path | None = None
    faces: Path | None = None
    every: int | None = None
    workers: int = 1


class Run:
    """A training at work: all that a checkpoint holds, and what follows from the task."""

    def __init__(self, task: Task, ranks: Ranks) -> None:
        self.task, self.recipe, self.ranks = task, task.recipe, ranks
        self.batches = Batches(task.data, task.faces, task.recipe, ranks.rank, ranks.count)
        self.footage = self.batches.footage
        self.mark = (gathered(task.data) or {}).get("mark")
        self.total = self.recipe.total(self.footage.frames)
        self.schedule = self.recipe.schedule(self.footage.frames)
        self.every = task.every or max(self.total // EVALUATIONS // self.recipe.batch, 1) * self.recipe.batch
        self.path, self.best = task.run / "checkpoint.npz", task.run / "best.npz"
        self.samples, self.losses = 0, 0.0
        self.history: list[Entry] = []
        self.rule: Rule | None = None
        labels = labels_of(self.footage)
        self.units = Units.of(labels.weights, labels.points)
        torch.manual_seed(self.recipe.seed)
        torch.set_flush_denormal(True)  # vanishing gradients made a step on a CPU half as fast
        network: Any = task.start() if task.start else blank(self.recipe, self.footage, labels)
        if self.recipe.network == "student":  # it is as large as what it begins with
            self.recipe = dataclasses.replace(self.recipe, student=network.options)
        self.network = network.to(ranks.device, memory_format=torch.channels_last)
        keep_still(self.network, self.recipe.still)
        if self.recipe.sets:
            self.network.geometry.requires_grad_(False)
        self.average = copy.deepcopy(self.network).eval()
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=0.0, weight_decay=self.recipe.weight_decay
        )
        if self.path.exists():
            self._go_on()
        self.teacher = self._teacher()
        if self.teacher is not None and self.recipe.goal == "adaptive":
            self._doubt(self.teacher)
        scale = importance(torch.from_numpy(labels.weights)).to(ranks.device)
        self.goal = Goal(self.recipe.goal, scale, self.units, self.rule)
        self.shared = ranks.shared(self.network)

    @property
    def step(self) -> int:
        """The number of the next batch."""
        return self.samples // self.recipe.batch

    def learn(self, batch: Batch) -> None:
        """One step."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + self.step) * self.ranks.count + self.ranks.rank)
        self.schedule.steer(self.optimiser, self.samples)
        self.shared.train()
        if self.recipe.frozen:
            freeze_norms(self.shared)
        self.optimiser.zero_grad(set_to_none=True)
        for part in parts(batch, self.recipe.part):
            share = self._loss(part) * (len(part["crops"]) / len(batch["crops"]))
            share.backward()
            self.losses += float(share.detach())
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.samples += self.recipe.batch
        follow(self.average, self.network, self.samples, self.recipe.batch)

    def judge(self) -> Entry:
        """Look at the held-out frames; returns the new line of the history."""
        entry: Entry = {"samples": self.samples}
        if self.history:
            steps = (self.samples - self.history[-1]["samples"]) / self.recipe.batch
            entry["loss"], self.losses = self.losses / max(steps, 1), 0.0
        entry |= evaluate(self.average, self.footage, self.recipe.side)
        self.history.append(entry)
        return entry

    def save(self) -> None:
        """Write the checkpoint, and before it the best one where this is it."""
        if not self.ranks.first:
            return
        if self.best_entry["samples"] == self.samples:
            self._write(self.best)
        self._write(self.path)

    @property
    def is_over(self) -> bool:
        """Whether the recipe's end is reached, or its patience."""
        since = sum(entry["samples"] > self.best_entry["samples"] for entry in self.history)
        return self.samples >= self.total or 0 < self.recipe.patience <= since

    @property
    def best_entry(self) -> Entry:
        """The line of the history with the least error of the weights: that of `best.npz`."""
        return min(self.history, key=lambda entry: entry["weights_mae"])

    def _loss(self, batch: Batch) -> Tensor:
        batch = {name: value.to(self.ranks.device) for name, value in batch.items()}
        with torch.autocast(self.ranks.device.type, torch.bfloat16):
            out = self.shared(batch["crops"])
        return self.goal(out, batch, self._taught(batch["crops"]))

    @torch.no_grad()
    def _taught(self, crops: Tensor) -> Answers | None:
        if self.teacher is None:
            return None
        with torch.autocast(self.ranks.device.type, torch.bfloat16):
            return self.teacher(crops)

    def _write(self, path: Path) -> None:
        doubted = self.batches.doubted
        about = {
            "samples": self.samples, "total": self.total, "recipe": dataclasses.asdict(self.recipe),
            "frames": self.footage.frames, "mark": self.mark, "history": self.history, "losses": self.losses,
            "rule": None if self.rule is None else dataclasses.asdict(self.rule),
            "doubted": None if doubted is None else np.flatnonzero(doubted).tolist(),
        }  # fmt: skip
        save_checkpoint(path, self.network, self.average, self.optimiser, about)

    def _go_on(self) -> None:
        about = read_about(self.path)
        kept = {
            "another recipe": (self.recipe, recipe_from(about["recipe"])),
            "other footage": (self.footage.frames, about.get("frames")),
            "other labels": (self.mark, about.get("mark") or self.mark),
        }
        for what, (own, begun) in kept.items():
            if own != begun:
                raise UsageError(
                    f"{self.task.run} was begun with {what}", "Name another folder for this run."
                )
        load_checkpoint(self.path, self.network, self.average, self.optimiser)
        self.samples, self.losses = int(about["samples"]), float(about["losses"])
        self.history = list(about["history"])
        if about["rule"] and about.get("doubted") is not None:
            self.rule = Rule(**about["rule"])
            self.batches.doubted = np.isin(np.arange(self.footage.frames), about["doubted"])

    def _teacher(self) -> nn.Module | None:
        if self.recipe.goal not in ("distilled", "adaptive"):
            return None
        if self.task.teacher is None:
            raise UsageError(
                "This recipe needs a teacher", "Train one first and name its run: --teacher RUN."
            )
        return trained(self.task.teacher).to(self.ranks.device)

    def _doubt(self, teacher: nn.Module) -> None:
        """Ask the teacher which labels are wrong, by a rule from what it says of all; once in a run."""
        if self.batches.doubted is None:
            apart = distances(teacher, self.footage, self.units, self.recipe.side)
            self.rule = measured_rule(apart)
            self.batches.doubted = self.rule.doubts(apart)


@torch.no_grad()
def evaluate(network: nn.Module, footage: Footage, side: int) -> dict[str, float]:
    """Mean absolute error of the weights, of the landmarks (crop pixels) and of the pose (degrees).

    On the held-out frames as they are, for crops of the side that the network is trained on.
    """
    device = next(network.parameters()).device
    sums, count = np.zeros(3), 0
    for batch in judged(footage, side):
        out = {name: value.float().cpu() for name, value in network.eval()(batch["crops"].to(device)).items()}
        marks, wanted = (to_pixels(each["points"][:, :LANDMARK_COUNT]) for each in (out, batch))
        sums += [
            float((out["weights"].clamp(0, 1) - batch["weights"]).abs().mean(1).sum()),
            float((marks - wanted).norm(dim=-1).mean(1).sum()),
            float((out["pose"] - batch["pose"]).abs().mean(1).sum()) * POSE_UNIT,
        ]
        count += len(marks)
    return dict(zip(("weights_mae", "landmarks_px", "pose_degrees"), (sums / count).tolist()))
