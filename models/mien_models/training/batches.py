"""Shards ─▶ batches: a crop cut anew out of each view, mirrored or not, and worn as cameras wear pictures.

The first shard is held out: its heads are never trained on, and every score in a card is measured there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from mien.errors import SourceNotFoundError
from mien.types import CROP_SIZE
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from ..networks.mobilenet_v2 import POSE_UNIT, from_pixels
from ..synthetic.crops import TrainingCrop, cut_twins, cut_view
from ..synthetic.shards import HELD_OUT, Shard, list_shards, open_shard, shard_path

AHEAD: Final = 6
"""Batches made ahead of the training by a process of their own."""

TWINS: Final = 4
"""One crop of so many in a training batch has a twin there: the same view a frame later."""

COVERED: Final = 0.06
"""Share of the crops to train on in which eyes or mouth are hidden altogether."""

UNKNOWN: Final = 9.0
"""Where unknown points are put, network units: far outside."""

Batch = dict[str, Tensor]
"""crops uint8 (B, S, S); weights (B, 52); points (B, P, 2) in network units; pose (B, 3) in units of
`POSE_UNIT`; presence and covered (B,); twins (T, 2), the places of crops of one view that must be answered
alike. An actor's (`actor.feeding`) may also have doubted, bool (B,): the label is taken for wrong."""


def training_batches(folder: Path, size: int, seed: int, side: int = CROP_SIZE) -> Iterator[Batch]:
    """Endless batches. Shards that appear while training runs are taken up at the next pass.

    Parameters
    ----------
    folder : Path
        Where the shards are.
    size : int
        Crops a batch.
    seed : int
        Of the order and of all that is drawn: the same seed over the same shards gives the same batches.
    side : int
        Of the crops, pixels: smaller ones train faster at first.
    """
    if not training_shards(folder):
        raise SourceNotFoundError(
            f"No training data in {folder}", f"Run `mien synth shards --out {folder}` first."
        )
    return iter(
        DataLoader(
            _Endless(folder, size, seed, side),
            batch_size=None,
            num_workers=1,
            prefetch_factor=AHEAD,
            worker_init_fn=anywhere,
        )
    )


class _Endless(IterableDataset):
    def __init__(self, folder: Path, size: int, seed: int, side: int) -> None:
        self.folder, self.size, self.seed, self.side = folder, size, seed, side

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self.seed)
        while True:
            shards = [open_shard(place) for place in training_shards(self.folder)]
            lengths = [len(shard["presence"]) for shard in shards]
            picks = np.concatenate(
                [np.stack([np.full(n, s), np.arange(n)], 1) for s, n in enumerate(lengths)]
            )
            rng.shuffle(picks)
            twins = self.size // TWINS
            step = self.size - twins
            for start in range(0, len(picks) - step + 1, step):
                yield make_batch(shards, picks[start : start + step], rng, self.side, twins, covered=COVERED)


def held_out(folder: Path, size: int = 64, side: int = CROP_SIZE) -> Iterator[Batch]:
    """The held-out crops in order, cut and worn the same way each time."""
    shard, rng = open_shard(shard_path(folder, HELD_OUT)), np.random.default_rng(0)
    for start in range(0, len(shard["presence"]), size):
        picks = [(0, i) for i in range(start, min(start + size, len(shard["presence"])))]
        yield make_batch([shard], np.array(picks), rng, side)


def whitening(folder: Path) -> tuple[float, float]:
    """Mean and standard deviation of the grey values of the held-out views, 0–255."""
    images = open_shard(shard_path(folder, HELD_OUT))["image"][:512]
    return float(images.mean()), float(images.std())


def make_batch(
    shards: list[Shard], picks: NDArray, rng: np.random.Generator, side: int, twins: int = 0,
    mirror: bool = True, covered: float = 0.0,
) -> Batch:  # fmt: skip
    """Crops of `side` pixels from the views `picks` (B, 2) = shard, place; the first `twins` come twice.

    A share of `covered` has eyes or mouth hidden.
    Points that a shard has as NaN are unknown: they come out of sight, where they teach nothing.
    """
    views = [{name: array[i] for name, array in shards[s].items()} for s, i in picks]
    crops = [crop for view in views[:twins] for crop in cut_twins(view, rng, side, mirror, covered=covered)]
    crops += [cut_view(view, rng, side, mirror, covered) for view in views[twins:]]
    return stack(crops, twins)


def stack(crops: list[TrainingCrop], twins: int = 0) -> Batch:
    """Crops ─▶ a batch; the first 2 · `twins` are pairs of twins."""

    def stacked(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(crop, name) for crop in crops]))

    return {
        "crops": stacked("image"),
        "weights": stacked("weights"),
        "points": from_pixels(stacked("points")).nan_to_num(UNKNOWN),
        "pose": stacked("pose") / POSE_UNIT,
        "presence": stacked("presence"),
        "covered": stacked("covered").float(),
        "twins": torch.arange(2 * twins).reshape(-1, 2),
    }


def training_shards(folder: Path) -> list[Path]:
    """All shards of a data set but the one that is held out."""
    return [place for place in list_shards(folder) if place != shard_path(folder, HELD_OUT)]


def anywhere(worker: int) -> None:
    """In the worker: run on any core, not only on the one that training was given."""
    cv2.setNumThreads(0)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
