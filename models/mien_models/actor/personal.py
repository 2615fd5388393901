"""The everyday path: the default student learns one actor's face, and ships as a network of this actor."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mien.atomic import open_atomic
from mien.errors import ModelError, UsageError
from mien.student import default_folder, read_card
from torch import nn

from ..networks.mobilenet_v2 import Student
from ..training.batches import Batch
from ..training.checkpoint import read_about
from ..training.export import ship
from ..training.reread import read_student
from ..training.response import RESPONSE_BATCHES
from .begin import trained
from .feeding import Batches, judged, open_footage
from .judging import held_out_of, judge_network
from .recipes import Recipe, recipe_from
from .report import write_report

TWICE: Final = 2
"""How often each frame is looked at to measure how a network responds, on footage that is short."""
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


@dataclass(frozen=True)
class Delivery:
    """Where a run's best student goes, and what is told of it.

    Attributes
    ----------
    run, data : Path
        The run and the actor's shards.
    out : Path
        Folder for student.onnx and card.json.
    name : str
        Of the network.
    began_with : str
        What the card says of where it came from.
    model : Path, optional
        The network that it is compared with; the default one.
    report : bool
        Whether report.html (see `report`) goes into the folder.
    """

    run: Path
    data: Path
    out: Path
    name: str
    began_with: str
    model: Path | None = None
    report: bool = False


def deliver(order: Delivery) -> dict[str, Any]:
    """Write the best student of a run as a network that `mien solve --model` takes; returns its card.

    A new folder comes into place as a whole. The network has no reader (`mien.person`): who is seen is what
    it has learnt. The one before it is judged with its reader, for that is how it is used.
    """
    folder = order.out if order.out.exists() else order.out.with_name(f".{order.out.name}.part")
    if folder != order.out:
        shutil.rmtree(folder, ignore_errors=True)
    card = _ship(order, folder)
    held_out = held_out_of(order.data)
    old = str(read_card(order.model or default_folder())["name"])
    new = order.name if order.name != old else f"{old}, trained"
    judged = [judge_network(old, order.model, held_out), judge_network(new, folder, held_out)]
    for when, one in zip(("before", "after"), judged):
        finite = {name: score for name, score in one.scores(held_out).items() if math.isfinite(score)}
        card["training"][f"held_out_{when}"] = finite
    with open_atomic(folder / "card.json", "w", encoding="utf-8") as stream:
        stream.write(json.dumps(card, indent=1) + "\n")
    if order.report:
        history = read_about(order.run / "checkpoint.npz")["history"]
        write_report(folder / "report.html", order.data, judged, held_out, history)
    if folder != order.out:
        os.replace(folder, order.out)
    return card


def _ship(order: Delivery, folder: Path) -> dict[str, Any]:
    recipe = recipe_from(read_about(order.run / "best.npz")["recipe"])
    footage = open_footage(order.data)
    whole = Batches(order.data, None, replace(recipe, batch=LEAST, part=LEAST, ramp=0, faces=0))
    training = {
        "data": "footage of one actor, labelled; it answers for this face and is not meant for others",
        "personal": True, "began_with": order.began_with, "frames": footage.frames,
    }  # fmt: skip

    def held_out() -> Iterator[Batch]:
        return judged(footage)

    count = min(RESPONSE_BATCHES, 1 + TWICE * footage.frames // LEAST)
    seen = (whole[number] for number in range(count))
    stretch = None if recipe.goal == "personal" else 1.0
    return ship(order.run / "best.npz", folder, order.name, seen, held_out,
                training, "this actor's held-out frames", stretch)  # fmt: skip


def origin(model: Path | None, start: Path | None, recipe: Recipe) -> str:
    """Where a network of this recipe comes from, in words."""
    if recipe.goal != "personal":
        return "nothing: trained on this actor alone"
    if start is not None:
        return f"the run {start.name}"
    card = read_card(model or default_folder())
    return f"the network {card['name']}, sha256 {card['sha256']}"
