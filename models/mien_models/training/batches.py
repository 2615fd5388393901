"""Shards ─▶ batches: random crops of a growing data set, lightly disturbed once more.

The last shard is held out: its heads are never trained on, and every score in a card is measured there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from mien.errors import SourceNotFoundError
from numpy.typing import NDArray
from torch import Tensor

from ..networks.mobilenet_v2 import POSE_UNIT, from_pixels
from ..synthetic.shards import Shard, list_shards, open_shard

HELD_OUT: Final = 0
"""The number of the shard that is never trained on."""

Batch = dict[str, Tensor]
"""crops uint8 (B, 160, 160); weights (B, 52); points (B, P, 2) in network units; pose (B, 3) in units of
`POSE_UNIT`; presence (B,)."""


def training_batches(folder: Path, size: int, seed: int) -> Iterator[Batch]:
    """Endless batches. Shards that appear while training runs are taken up at the next pass.

    Parameters
    ----------
    folder : Path
        Where the shards are.
    size : int
        Crops a batch.
    seed : int
        Of the order and the disturbance: the same seed over the same shards gives the same batches.
    """
    rng = np.random.default_rng(seed)
    while True:
        places = [place for place in list_shards(folder) if place.name != f"shard-{HELD_OUT:05d}"]
        if not places:
            raise SourceNotFoundError(
                f"No training data in {folder}", f"Run `mien synth shards --out {folder}` first."
            )
        shards = [open_shard(place) for place in places]
        lengths = [len(shard["presence"]) for shard in shards]
        picks = np.concatenate([np.stack([np.full(n, s), np.arange(n)], 1) for s, n in enumerate(lengths)])
        rng.shuffle(picks)
        for start in range(0, len(picks) - size + 1, size):
            yield _batch(shards, picks[start : start + size], rng)


def held_out(folder: Path, size: int = 64) -> Iterator[Batch]:
    """The held-out crops, undisturbed and in order."""
    shard = open_shard(folder / f"shard-{HELD_OUT:05d}")
    for start in range(0, len(shard["presence"]), size):
        picks = [(0, i) for i in range(start, min(start + size, len(shard["presence"])))]
        yield _batch([shard], np.array(picks), None)


def whitening(folder: Path) -> tuple[float, float]:
    """Mean and standard deviation of the grey values of the held-out crops, 0–255."""
    images = open_shard(folder / f"shard-{HELD_OUT:05d}")["image"]
    return float(images.mean()), float(images.std())


def _batch(shards: list[Shard], picks: NDArray, rng: np.random.Generator | None) -> Batch:
    def gather(name: str) -> NDArray:
        return np.stack([shards[s][name][i] for s, i in picks])

    images = gather("image")
    if rng is not None:
        images = _disturb(images, rng)
    points = np.concatenate([gather("landmarks"), gather("dense")], axis=1)
    return {
        "crops": torch.from_numpy(images),
        "weights": torch.from_numpy(gather("weights")),
        "points": from_pixels(torch.from_numpy(points)),
        "pose": torch.from_numpy(gather("pose")) / POSE_UNIT,
        "presence": torch.from_numpy(gather("presence")),
    }


def _disturb(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness, contrast, gamma and noise anew for each pass."""
    count = len(images)
    contrast, shift = rng.normal(1, 0.15, (2, count, 1, 1)).astype(np.float32)
    gamma = np.exp(rng.normal(0, 0.2, (count, 1, 1))).astype(np.float32)
    values = (images.astype(np.float32) / 255) ** gamma
    values = (values - 0.45) * contrast + 0.45 + (shift - 1) * 0.5
    values += rng.exponential(0.008, (count, 1, 1)) * rng.standard_normal(images.shape, dtype=np.float32)
    return (values * 255).clip(0, 255).astype(np.uint8)
