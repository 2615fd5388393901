"""Train Laine's networks on one actor's gathered frames: resumed anywhere, the run goes on bit for bit.

mien dense gather shots.json --out FRAMES
mien train dense FRAMES --run RUN
mien train dense FRAMES --run RUN-FC --network fc
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import torch
from mien.atomic import open_atomic
from mien.errors import CancelledError, ModelError, TakeError
from numpy.typing import NDArray
from torch import Tensor, nn

from ..networks.dense import MILLIMETRES, DenseNetwork, DenseOptions, PcaDense, make_dense
from ..training.checkpoint import load_checkpoint, read_about, save_checkpoint
from ..training.schedule import Schedule
from .dense_frames import DenseFrames, batches
from .dense_score import animated, evaluate, mean_place, pictures, rmse_mm
from .dense_views import Augmentation, Views

CHECKPOINT: Final = "checkpoint.npz"
BASIS: Final = "picture_basis.npz"
"""Beside it, for the fully connected network alone: what its pictures are measured in."""
NO_AVERAGE: Final = nn.Module()
"""The papers keep no running average of the weights."""


@dataclass(frozen=True)
class DenseRecipe:
    """All that decides a run; kept in its checkpoints. The defaults are the paper's (section 4.2).

    Attributes
    ----------
    network : DenseOptions
        Size and number of vertices are taken from the frames.
    epochs, ramp_down, ramp_augmentation : int
        In all; at the end with the rate going to 0; at the start with the augmentation growing.
    batch : int
    peak : float
        Adam's recommended rate, reached after the first epoch.
    flat : float
        Epochs after which 1/√t begins to bite (the paper doesn't say in what t counts).
    augmentation : Augmentation or None
    stabilised : bool
        Whether pictures are held still by their landmarks.
    half : bool
        Convolutions are trained in bfloat16.
    seed : int
    """

    network: DenseOptions = field(default_factory=DenseOptions)
    epochs: int = 200
    ramp_down: int = 30
    ramp_augmentation: int = 5
    batch: int = 50
    peak: float = 1e-3
    flat: float = 10.0
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    stabilised: bool = False
    half: bool = True
    seed: int = 1

    def schedule(self, frames: int) -> Schedule:
        """Rates by the number of frames seen."""
        return Schedule(self.peak, frames, round(self.flat * frames), self.epochs * frames,
                        self.ramp_down * frames)  # fmt: skip

    def strength(self, epoch: int) -> float:
        """Of the augmentation in an epoch, 0–1: from 0, linear over the first ones."""
        return min(epoch / max(self.ramp_augmentation, 1), 1.0)


@dataclass(frozen=True)
class Running:
    """What doesn't change a run's result: where it computes, how often it saves.

    Attributes
    ----------
    workers : int
        Processes that make the views.
    every : float
        Seconds between checkpoints.
    score : int
        Epochs between scores on the held-out frames.
    check : callable
        Called between steps; a CancelledError that it raises ends the run, saved.
    """

    workers: int = 0
    every: float = 60.0
    score: int = 5
    check: Callable[[], Any] = lambda: None


def train_dense(
    frames: DenseFrames, run: Path, recipe: DenseRecipe, report: Callable[[dict[str, Any]], None],
    running: Running | None = None,
) -> Path:  # fmt: skip
    """Train until the recipe's last epoch; returns the checkpoint.

    Parameters
    ----------
    frames : DenseFrames
    run : Path
        Folder of the run, from whose checkpoint it goes on if there is one.
    report : callable
        Called after each epoch with counters and scores, and once with what the bases explain.
    """
    running = running or Running()
    rows = frames.rows(held_out=False)
    if len(rows) < 2:
        raise TakeError(f"{len(rows)} frames are too few to train on", "Gather more footage.")
    run.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)
    state = _State(frames, rows, recipe, run / CHECKPOINT, report)
    while state.epoch < recipe.epochs:
        try:
            loss = state.run_epoch(running)
        except CancelledError:
            state.save({})
            raise
        last = state.epoch >= recipe.epochs
        scores = state.scores() if last or state.epoch % running.score == 0 else {}
        if last or scores or time.monotonic() - state.saved > running.every:
            state.save(scores)
        report({"epoch": state.epoch, "train_rmse_mm": rmse_mm(loss), **scores})
    return state.path


class _State:
    """A run under way: the network, its optimiser, and how far it has come."""

    def __init__(
        self, frames: DenseFrames, rows: NDArray[np.intp], recipe: DenseRecipe, path: Path,
        report: Callable[[dict[str, Any]], None],
    ) -> None:  # fmt: skip
        self.frames, self.recipe, self.path = frames, recipe, path
        self.vertices = np.ascontiguousarray(frames.vertices[rows])
        self.about = _about(frames, rows, recipe)
        options = self.about["options"]
        kept = read_about(path) if path.exists() else None
        if kept is not None:
            self._check(kept)
        self.images = pictures(frames, rows, self.goal)
        torch.manual_seed(recipe.seed)
        self.network = make_dense(DenseOptions(**options))
        if kept is not None:
            _read_basis(path, self.network)
        else:
            report({"frames": len(rows), **self.network.begin(self.images, self.vertices)})
            _write_basis(path, self.network)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=0.0)
        self.epoch, self.samples, self.loss, self.saved = 0, 0, 0.0, time.monotonic()
        if kept is not None:
            load_checkpoint(path, self.network, NO_AVERAGE, self.optimiser)
            self.about = kept
            self.epoch, self.samples = int(self.about["epoch"]), int(self.about["samples"])
            self.loss = float(self.about["loss"])
        self.inputs, self.forward = self._fed()

    @property
    def goal(self) -> NDArray[np.float64] | None:
        return np.array(self.about["goal"]) if self.about["goal"] else None

    def _check(self, about: dict[str, Any]) -> None:
        if about["recipe"] != self.about["recipe"] or about["options"] != self.about["options"]:
            raise ModelError(
                f"{self.path} was trained by another recipe or on other frames",
                "Name another folder with --run, or give the options it was begun with.",
            )

    def _fed(self) -> tuple[NDArray[Any], Callable[[Tensor], Tensor]]:
        """What is shown and what answers: the pictures, or their coefficients when they stay the same."""
        network = self.network
        if not isinstance(network, PcaDense) or self.recipe.augmentation is not None:
            return self.images, network
        parts = [network.coefficients(torch.from_numpy(self.images[some]))
                 for some in batches(np.arange(len(self.images)), 256)]  # fmt: skip
        return torch.cat(parts).numpy(), network.decode

    def run_epoch(self, running: Running) -> float:
        """One pass over all frames, or what is left of it; returns the mean squared error, cm²."""
        recipe, count = self.recipe, len(self.images)
        views = Views(self.inputs, self.vertices, (recipe.seed, self.epoch), recipe.augmentation,
                      recipe.strength(self.epoch))  # fmt: skip
        done = -(-(self.samples - self.epoch * count) // recipe.batch)
        self.network.train()
        for shown, wanted in views.batches(recipe.batch, done, running.workers):
            running.check()
            self.loss += self._step(shown, wanted / MILLIMETRES) * len(shown) / count
            self.samples += len(shown)
            if time.monotonic() - self.saved > running.every:
                self.save({})
        self.epoch += 1
        loss, self.loss = self.loss, 0.0
        return loss

    def _step(self, shown: Tensor, wanted: Tensor) -> float:
        """Learn from one batch; returns its mean squared error, cm²."""
        self.recipe.schedule(len(self.images)).steer(self.optimiser, self.samples)
        torch.manual_seed(self.recipe.seed + self.samples)  # dropout's
        half = self.recipe.half and self.forward is self.network
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            answer = self.forward(shown)
        loss = (answer - wanted).square().mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())

    def scores(self) -> dict[str, Any]:
        """On the held-out frames, see `evaluate`."""
        return evaluate(self.network, self.frames, self.frames.rows(held_out=True), self.about)

    def save(self, scores: dict[str, Any]) -> None:
        """Write the checkpoint; without new scores the last ones stay."""
        self.about.update(epoch=self.epoch, samples=self.samples, loss=self.loss)
        self.about["scores"] = scores or self.about.get("scores", {})
        save_checkpoint(self.path, self.network, NO_AVERAGE, self.optimiser, self.about)
        self.saved = time.monotonic()


def _about(frames: DenseFrames, rows: NDArray[np.intp], recipe: DenseRecipe) -> dict[str, Any]:
    """What a checkpoint says of itself."""
    _, high, wide = frames.images.shape
    options = dataclasses.replace(
        recipe.network, vertices=frames.vertices.shape[1], rows=high, columns=wide,
        basis=min(recipe.network.basis, len(rows) - 1),
        coefficients=min(recipe.network.coefficients, len(rows) - 1),
    )  # fmt: skip
    goal = mean_place(frames.landmarks[rows]).tolist() if recipe.stabilised else None
    return {
        "kind": "dense", "recipe": dataclasses.asdict(recipe), "options": dataclasses.asdict(options),
        "goal": goal, "crop": list(frames.crop), "frames": len(rows),
        "animated": np.flatnonzero(animated(frames.vertices, rows)).tolist(),
    }  # fmt: skip


def load_dense(run: Path) -> tuple[DenseNetwork, dict[str, Any]]:
    """A trained network and what its checkpoint says of it."""
    path = run / CHECKPOINT if run.is_dir() else run
    about = read_about(path)
    if about.get("kind") != "dense":
        raise ModelError(f"{path} is no dense network's checkpoint", "Train one with `mien train dense`.")
    network = make_dense(DenseOptions(**about["options"]))
    _read_basis(path, network)
    load_checkpoint(path, network, NO_AVERAGE)
    return network.eval(), about


def _write_basis(checkpoint: Path, network: DenseNetwork) -> None:
    if isinstance(network, PcaDense):
        with open_atomic(checkpoint.with_name(BASIS)) as stream:
            arrays: dict[str, Any] = network.basis()
            np.savez(stream, **arrays)


def _read_basis(checkpoint: Path, network: DenseNetwork) -> None:
    if not isinstance(network, PcaDense):
        return
    path = checkpoint.with_name(BASIS)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            network.take_basis(arrays["mean"], arrays["components"])
    except (OSError, ValueError, KeyError, RuntimeError, BadZipFile) as error:
        raise ModelError(
            f"Can't read {path}: {error}", "It belongs to its checkpoint; train again."
        ) from error
