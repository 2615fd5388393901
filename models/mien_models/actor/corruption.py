"""Labels gone wrong as they do: a tired labeller's offsets, swapped stretches, a track that froze."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from mien import arkit
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray

from ..synthetic.shards import Shard

SPAN: Final = (8, 40)
"""Frames that one mistake lasts."""
OFFSET: Final = (0.25, 0.6)
SHAPES: Final = (4, 12)
"""An offset is so much on so many shapes, up or down."""
SLIPPED: Final = (6.0, 16.0)
"""And so many pixels of the view for a run of landmarks."""


def corrupted(shard: Shard, share: float, seed: int) -> tuple[Shard, NDArray[np.bool_]]:
    """A copy of a shard in which a share of the frames, in spans, is labelled wrong.

    Parameters
    ----------
    shard : Shard
        Frames in the order of time.
    share : float
        0–1.
    seed : int

    Returns
    -------
    shard : Shard
        Weights, landmarks and pose are wrong where the mask says so; pictures are as they were.
    wrong : ndarray, bool, (N,)
    """
    rng, count = np.random.default_rng(seed), len(shard["weights"])
    labels = {name: np.array(shard[name]) for name in ("weights", "landmarks", "pose")}
    wrong = np.zeros(count, bool)
    while wrong.sum() < round(share * count):
        length = min(int(rng.integers(*SPAN)), round(share * count) - int(wrong.sum()))
        start = int(rng.integers(0, count - length + 1))
        span = np.arange(start, start + length)
        if wrong[span].any():
            continue
        wrong[span] = True
        (_offset, _swap, _freeze)[rng.integers(3)](labels, shard, span, rng)
    return {**shard, **labels}, wrong


def _offset(labels: Shard, truth: Shard, span: NDArray[Any], rng: np.random.Generator) -> None:
    shapes = rng.choice(arkit.COUNT, int(rng.integers(*SHAPES)), replace=False)
    by = rng.uniform(*OFFSET, len(shapes)) * rng.choice([-1, 1], len(shapes))
    moved = truth["weights"][span[:, None], shapes] + by
    labels["weights"][span[:, None], shapes] = np.clip(moved, 0, 1)
    first, angle = int(rng.integers(0, LANDMARK_COUNT - 12)), rng.uniform(0, 2 * np.pi)
    slip = rng.uniform(*SLIPPED) * np.array([np.cos(angle), np.sin(angle)], np.float32)
    labels["landmarks"][span, first : first + 12] += slip


def _swap(labels: Shard, truth: Shard, span: NDArray[Any], rng: np.random.Generator) -> None:
    other = int(rng.integers(0, len(truth["weights"]) - len(span) + 1)) + np.arange(len(span))
    for name, array in labels.items():
        array[span] = truth[name][other]


def _freeze(labels: Shard, truth: Shard, span: NDArray[Any], rng: np.random.Generator) -> None:
    """What held a while before goes on to hold."""
    held = max(span[0] - int(rng.integers(10, 60)), 0)
    for name, array in labels.items():
        array[span] = truth[name][held]
