"""An actor's shards ─▶ batches by number: batch 7 is the same whoever asks, so a run can go on anywhere.

Each pass shows all training frames once, in a new order; shard 0 is held out. Synthetic faces may be mixed
in, so that the network goes on knowing what other faces look like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from mien.crop import box_from_landmarks, to_crop
from mien.errors import SourceError, SourceNotFoundError
from mien.types import CROP_SIZE
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..networks.mobilenet_v2 import from_pixels
from ..synthetic.shards import HELD_OUT, Shard, list_shards, open_shard, shard_path
from ..training.batches import AHEAD, TWINS, Batch, anywhere, make_batch, stack
from .augment import cut_as_the_paper, cut_in
from .recipes import Recipe

FEWEST: Final = 64
"""Training frames below which nothing can be learnt."""
FIELDS: Final = ("image", "weights", "landmarks", "dense", "pose", "presence")
JUDGED: Final = 1024
"""Held-out frames that are looked at, evenly spread, at each evaluation."""


@dataclass(frozen=True, eq=False)
class Footage:
    """An actor's shards, opened: training frames, held-out frames, other faces."""

    training: list[Shard]
    held_out: Shard
    faces: list[Shard]

    @property
    def frames(self) -> int:
        """How many are trained on."""
        return sum(len(shard["weights"]) for shard in self.training)


def open_footage(folder: Path, faces: Path | None = None) -> Footage:
    """Open and check the shards of an actor.

    Raises
    ------
    SourceNotFoundError, SourceError
        When there are none, too few, or labels that are no numbers.
    """
    places = {place.name: place for place in list_shards(folder)}
    held_out = places.pop(shard_path(folder, HELD_OUT).name, None)
    if held_out is None or not places:
        hint = "Run `mien actor gather` on the actor's shots, with at least one of them held out."
        raise SourceNotFoundError(f"{folder} lacks training or held-out frames of an actor", hint)
    footage = Footage(
        [_checked(place) for place in places.values()], _checked(held_out),
        [] if faces is None else [open_shard(place) for place in list_shards(faces)[1:]],
    )  # fmt: skip
    if faces is not None and not footage.faces:
        raise SourceNotFoundError(f"There are no faces in {faces}", "Run `mien synth shards` first.")
    if footage.frames < FEWEST:
        raise SourceError(
            f"{folder} has {footage.frames} training frames, and {FEWEST} are the least",
            "Film a minute or more.",
        )
    return footage


def _checked(place: Path) -> Shard:
    shard = open_shard(place)
    for name in FIELDS:
        if name not in shard or not len(shard[name]):
            raise SourceError(f"{place} has no {name}", "Gather the actor's shots anew.")
    for name in ("weights", "landmarks", "pose"):
        broken = int((~np.isfinite(shard[name])).reshape(len(shard[name]), -1).any(1).sum())
        if broken:
            hint = "Leave those frames out, or label them again; then gather the shots anew."
            raise SourceError(f"{broken} frames of {place} have {name} that are no numbers", hint)
    return shard


class Batches(Dataset):
    """Batches by number; opened anew in each worker process.

    Parameters
    ----------
    folder, faces : Path
        Shards of the actor, and of other faces or None.
    recipe : Recipe
    rank, ranks : int
        Which share of each batch is wanted, when several processes train together.
    doubted : ndarray, bool, (N,), optional
        Of the training frames: batches then have it of their crops, too.
    """

    def __init__(
        self, folder: Path, faces: Path | None, recipe: Recipe, rank: int = 0, ranks: int = 1,
        doubted: NDArray[np.bool_] | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.faces, self.recipe = folder, faces, recipe
        self.rank, self.ranks, self.doubted = rank, ranks, doubted
        self._footage: Footage | None = None
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.empty((0, 2), np.int64))

    def __getitem__(self, number: int) -> Batch:
        """One batch, or this rank's share of it."""
        recipe, footage = self.recipe, self.footage
        own, others = self.counts()
        picks = np.array([self._pick(number * own + i) for i in range(own)][self.rank :: self.ranks])
        rng = np.random.default_rng([recipe.seed, 1, number, self.rank])
        batch = self._cut(picks, rng, recipe.strength(number * recipe.batch, footage.frames))
        if others:
            count = len(range(self.rank, others, self.ranks))
            shards = rng.integers(len(footage.faces), size=count)
            places = [rng.integers(len(footage.faces[shard]["weights"])) for shard in shards]
            faces = make_batch(footage.faces, np.stack([shards, places], 1), rng, recipe.side)
            batch = joined(batch, faces)
        if self.doubted is not None:
            batch["doubted"] = self._doubts(picks, len(batch["crops"]))
        return batch

    @property
    def footage(self) -> Footage:
        """The shards, opened at the first use in this process."""
        if self._footage is None:
            self._footage = open_footage(self.folder, self.faces)
        return self._footage

    def counts(self) -> tuple[int, int]:
        """Views of the actor and other faces in a whole batch of `recipe.batch` crops (twins are two)."""
        others = round(self.recipe.batch * self.recipe.faces) if self.footage.faces else 0
        return self.recipe.batch - others - self._twins() * self.ranks, others

    def _twins(self) -> int:
        return self.recipe.batch // TWINS // self.ranks if self.recipe.looks == "worn" else 0

    def _pick(self, position: int) -> NDArray[np.int64]:
        """Shard and place of the view at a position in the endless row of passes."""
        epoch, place = divmod(position, self.footage.frames)
        if self._order[0] != epoch:
            lengths = [len(shard["weights"]) for shard in self.footage.training]
            rows = [np.stack([np.full(n, s), np.arange(n)], 1) for s, n in enumerate(lengths)]
            order = np.random.default_rng([self.recipe.seed, 0, epoch]).permutation(np.concatenate(rows))
            self._order = (epoch, order)
        return self._order[1][place]

    def _cut(self, picks: NDArray, rng: np.random.Generator, strength: float) -> Batch:
        recipe, shards = self.recipe, self.footage.training
        if recipe.looks == "worn":
            return make_batch(shards, picks, rng, recipe.side, self._twins(), recipe.mirror)
        views = [{name: array[i] for name, array in shards[s].items()} for s, i in picks]
        return stack([cut_as_the_paper(v, rng, strength, recipe.side, recipe.mirror) for v in views])

    def _doubts(self, picks: NDArray[np.int64], count: int) -> Tensor:
        """Which of a batch's labels are doubted (count,): twins both or none, other faces never."""
        starts = np.cumsum([0, *(len(shard["weights"]) for shard in self.footage.training)])
        asked = np.asarray(self.doubted)[starts[picks[:, 0]] + picks[:, 1]]
        own = np.repeat(asked, np.where(np.arange(len(picks)) < self._twins(), 2, 1))
        return torch.from_numpy(np.pad(own, (0, count - len(own))))


def feed(batches: Batches, start: int, stop: int, workers: int) -> Iterator[Batch]:
    """Batches start ≤ number < stop in order, made ahead by processes of their own (0: by this one)."""
    return iter(
        DataLoader(
            batches, batch_size=None, sampler=range(start, stop), num_workers=workers,
            prefetch_factor=AHEAD if workers else None, worker_init_fn=anywhere,
        )
    )  # fmt: skip


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Up to `most` of so many frames, evenly spread: those that `judged` gives."""
    return np.unique(np.linspace(0, count - 1, most).astype(int))


def judged(footage: Footage, side: int = CROP_SIZE, most: int = JUDGED, size: int = 64) -> Iterator[Batch]:
    """The held-out frames as they are, upright in their boxes, nothing drawn: what scores are measured on."""
    shard = footage.held_out
    places = evenly(len(shard["weights"]), most)
    for start in range(0, len(places), size):
        views = [{name: array[i] for name, array in shard.items()} for i in places[start : start + size]]
        yield stack([cut_in(view, box_from_landmarks(view["landmarks"]), side) for view in views])


@dataclass(frozen=True, eq=False)
class Labels:
    """What the training frames are labelled with: weights (N, 52), points (N, 70, 2) in network units."""

    weights: NDArray[np.float32]
    points: NDArray[np.float32]


def labels_of(footage: Footage, most: int = 4096) -> Labels:
    """The labels of up to so many training frames, evenly spread; the points in upright boxes."""
    weights, points = [], []
    step = footage.frames // most + 1
    for shard in footage.training:
        weights.append(np.asarray(shard["weights"][::step]))
        for marks in shard["landmarks"][::step]:
            points.append(to_crop(marks, box_from_landmarks(marks)))
    return Labels(np.concatenate(weights), from_pixels(torch.from_numpy(np.stack(points))).numpy())


def parts(batch: Batch, size: int) -> Iterator[Batch]:
    """A batch in parts of `size` crops at most; twins are known only to a batch that is one part."""
    count = len(batch["crops"])
    if count <= size:
        yield batch
        return
    for start in range(0, count, size):
        part = {name: value[start : start + size] for name, value in batch.items() if name != "twins"}
        yield part | {"twins": batch["twins"][:0]}


def joined(one: Batch, other: Batch) -> Batch:
    """Two batches as one."""
    batch = {name: torch.cat([one[name], other[name]]) for name in one if name != "twins"}
    return batch | {"twins": torch.cat([one["twins"], other["twins"] + len(one["crops"])])}
