"""Labelled views on disk: shards of 2,048 as plain .npy arrays, made by several processes, read by mapping.

A shard's content depends only on its number (the seed), so a data set can be made again anywhere.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import numpy as np
from mien import arkit
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray

from .landmarks import DENSE_COUNT, VIEW

SHARD: Final = 2048
HELD_OUT: Final = 0
"""The number of the shard that is never trained on."""

Shard = dict[str, NDArray]
"""image, weights, landmarks, dense, pose, presence: fields of `faces.LabelledView`, one or stacked."""


def write_shard(folder: Path, number: int, owner: int | None = None) -> Path:
    """Draw shard `number` unless it is there; a half-made one is never seen under its name.

    Parameters
    ----------
    folder : Path
        Of the data set; it must exist.
    number : int
        Names the shard and seeds it.
    owner : int, optional
        The process for which it is made, by whose number `discard_unfinished` knows its scratch folder.
    """
    place = shard_path(folder, number)
    if place.is_dir():
        return place
    arrays: Shard = {
        "image": np.empty((SHARD, VIEW, VIEW), np.uint8),
        "weights": np.empty((SHARD, arkit.COUNT), np.float32),
        "landmarks": np.empty((SHARD, LANDMARK_COUNT, 2), np.float32),
        "dense": np.empty((SHARD, DENSE_COUNT, 2), np.float32),
        "pose": np.empty((SHARD, 3), np.float32),
        "presence": np.empty(SHARD, np.float32),
    }
    scratch = _scratch(folder, number, owner)
    try:
        scratch.mkdir(exist_ok=True)  # a full disk or a folder without permission shows before the work
        _fill(arrays, number)
        return save_shard(folder, number, arrays, owner)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def save_shard(folder: Path, number: int, arrays: Shard, owner: int | None = None) -> Path:
    """Write a shard's arrays under its number; a half-written one is never seen under its name."""
    place = shard_path(folder, number)
    scratch = _scratch(folder, number, owner)
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        for name, array in arrays.items():
            np.save(scratch / f"{name}.npy", array)
        shutil.rmtree(place, ignore_errors=True)
        os.replace(scratch, place)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return place


def _scratch(folder: Path, number: int, owner: int | None) -> Path:
    return folder / f".making-{owner or os.getpid()}-{number:05d}"


def discard_unfinished(folder: Path, owner: int) -> None:
    """Remove what the ended workers of `owner` left half made."""
    for scratch in folder.glob(f".making-{owner}-*"):
        shutil.rmtree(scratch, ignore_errors=True)


def _fill(arrays: Shard, number: int) -> None:
    from .faces import FaceSampler

    rng, sampler = np.random.default_rng(number), FaceSampler()
    for i in range(SHARD):
        view = sampler.sample(rng)
        for name, array in arrays.items():
            array[i] = getattr(view, name)


def shard_path(folder: Path, number: int) -> Path:
    """Where a data set has this shard."""
    return folder / f"shard-{number:05d}"


def open_shard(place: Path) -> Shard:
    """A shard's arrays, mapped from disk."""
    return {
        file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in sorted(place.glob("*.npy"))
    }


def list_shards(folder: Path) -> list[Path]:
    """The finished shards of a data set, in order."""
    return sorted(folder.glob("shard-*"))
