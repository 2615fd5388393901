"""The everyday path: the default student learns one actor's face, and ships as a network of this actor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from mien.errors import ModelError, UsageError
from mien.student import default_folder, read_card
from torch import nn

from ..networks.mobilenet_v2 import Student
from ..training.batches import Batch
from ..training.checkpoint import read_about
from ..training.export import ship
from ..training.response import RESPONSE_BATCHES
from .begin import trained
from .feeding import Batches, judged, open_footage
from .recipes import Recipe, recipe_from
from .reread import read_student

LEAST: Final = 64
"""Batches of fewer crops than this are no help for measuring how a network responds."""


def beginning(model: Path | None, start: Path | None) -> Callable[[], nn.Module]:
    """What fine-tuning begins with: a shipped network's folder (the default one), or a run's checkpoint."""
    if model is not None and start is not None:
        raise UsageError("Training begins with a network or with a run", "Leave --model or --start out.")
    if start is not None:
        return lambda: _student(start)
    return lambda: read_student(model or default_folder())


def _student(run: Path) -> nn.Module:
    network = trained(run)
    if not isinstance(network, Student):
        raise ModelError(f"{run} is a teacher's run", "Name the run of a student.")
    return network


def deliver(run: Path, data: Path, out: Path, name: str, began_with: str) -> dict[str, Any]:
    """Write the best student of a run as a network that `mien solve --model` takes; returns its card.

    Parameters
    ----------
    run, data : Path
        The run and the actor's shards.
    out : Path
        Folder for student.onnx and card.json.
    name : str
        Of the network.
    began_with : str
        What the card says of where it came from.
    """
    about = read_about(run / "best.npz")
    recipe = recipe_from(about["recipe"])
    footage = open_footage(data)
    whole = Batches(data, None, replace(recipe, batch=LEAST, part=LEAST, ramp=0, faces=0))
    training = {
        "data": "footage of one actor, labelled; it answers for this face and is not meant for others",
        "personal": True, "began_with": began_with, "frames": footage.frames,
        "held_out_before": about["history"][0],
        "held_out_after": next(e for e in about["history"] if e["samples"] == about["samples"]),
    }  # fmt: skip

    def held_out() -> Iterator[Batch]:
        return judged(footage)

    seen = (whole[number] for number in range(RESPONSE_BATCHES))
    return ship(run / "best.npz", out, name, islice(seen, RESPONSE_BATCHES), held_out, training,
                "this actor's held-out frames")  # fmt: skip


def origin(model: Path | None, start: Path | None, recipe: Recipe) -> str:
    """Where a network of this recipe comes from, in words."""
    if recipe.goal != "personal":
        return "nothing: trained on this actor alone"
    if start is not None:
        return f"the run {start.name}"
    card = read_card(model or default_folder())
    return f"the network {card['name']}, sha256 {card['sha256']}"
