"""The last stage: a trained student's answers to the shards' heads teach a `Reader` to tell person and face.

mien train reader --data DATA --run RUN
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from mien import arkit
from mien.atomic import open_atomic
from mien.errors import ModelError, SourceNotFoundError
from torch import Tensor

from ..networks.reader import Reader
from ..synthetic.shards import HELD_OUT, shard_path
from .answers import Seen, Teller
from .batches import training_shards
from .checkpoint import load_average
from .losses import importance, square_error
from .response import REAL, rest_and_gain

HEADS: Final = 32
"""Heads a batch, each with all its views."""
STEADY: Final = 0.5
"""How much two frames of a still face must be answered alike (see `batches.TWINS`)."""
PEAK: Final = 1e-3
NAME: Final = "reader.npz"
"""Beside the checkpoint of its student."""


def train_reader(
    checkpoint: Path, data: Path, report: Callable[[dict[str, Any]], None], epochs: int = 12, seed: int = 1
) -> Path:
    """Train beside a student's checkpoint and write `reader.npz` there; returns its path.

    Parameters
    ----------
    checkpoint : Path
        Of `mien train synthetic`; its running average is the student.
    data : Path
        The shards.
    report : callable
        Called after every epoch with the scores on the held-out heads.
    """
    places = training_shards(data)
    if not places:
        raise SourceNotFoundError(
            f"No training data in {data}", f"Run `mien synth shards --out {data}` first."
        )
    with Teller(load_average(checkpoint)) as teller:
        held_out = teller.see([shard_path(data, HELD_OUT)])
        seen = teller.see(places)
    reader = teach(seen, held_out, report, epochs, seed)
    return save_reader(checkpoint.parent / NAME, reader, scores_of(reader, held_out))


def teach(
    seen: Seen, held_out: Seen, report: Callable[[dict[str, Any]], None], epochs: int, seed: int
) -> Reader:
    """A new reader, taught on what was seen; its answers are stretched in the end (see `response`)."""
    torch.manual_seed(seed)
    reader = _begun(seen)
    optimiser = torch.optim.AdamW(reader.parameters(), lr=PEAK, weight_decay=1e-3)
    there = seen.there > 0.5
    scale = importance(seen.truth[there])
    steps = epochs * -(-len(seen) // HEADS)
    for epoch in range(epochs):
        for step, heads in enumerate(torch.randperm(len(seen)).split(HEADS), epoch * steps // epochs):
            optimiser.param_groups[0]["lr"] = PEAK * (0.5 + 0.5 * np.cos(np.pi * step / steps))
            loss = _loss(reader, seen, heads, scale)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        report({"epoch": epoch + 1, "loss": float(loss.detach()), **scores_of(reader, held_out)})
    rest, gain = rest_and_gain(seen.truth[there], answers(reader, seen)[there])
    reader.rest.copy_(rest)
    reader.gain.copy_(gain * REAL)
    return reader


def _loss(reader: Reader, seen: Seen, heads: Tensor, scale: Tensor) -> Tensor:
    """Square errors of both twins, each read beside the mean of some of its head's views, and their gap."""
    there, truth = seen.there[heads], seen.truth[heads]
    codes = reader.code(seen.weights[:, heads].flatten(0, 2), seen.known[:, heads].flatten(0, 2).float())
    codes = codes.view(2, *there.shape, -1)
    some = there * (torch.rand(there.shape) < torch.rand(len(heads), 1).clamp(min=0.1))
    person, count = mean_of(codes[0], some)
    given = _read(reader, codes, person, count)
    wrong = square_error(given - truth, scale)
    apart = (given[0] - given[1]).abs().mean(-1)
    return ((wrong.mean(0) + STEADY * apart) * there).sum() / there.sum().clamp(min=1)


def mean_of(codes: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (H, 1, C) of each head's codes (H, V, C) by shares (H, V), and the shares' sum (H, 1, 1)."""
    count = shares.sum(1)[:, None, None]
    return (codes * shares[..., None]).sum(1, keepdim=True) / count.clamp(min=1e-6), count


def _read(reader: Reader, codes: Tensor, person: Tensor, count: Tensor) -> Tensor:
    """Weights (…, H, V, 52) of codes (…, H, V, C)."""
    person = person.expand_as(codes)
    count = count.expand(*codes.shape[:-1], 1)
    flat = reader(codes.flatten(0, -2), person.flatten(0, -2), count.flatten(0, -2))
    return flat.view(*codes.shape[:-1], arkit.COUNT)


@torch.no_grad()
def answers(reader: Reader, seen: Seen) -> Tensor:
    """Weights (H, V, 52) of the first twins, each beside the mean of all views of its head; not clipped."""
    reader.eval()
    codes = reader.code(seen.weights[0].flatten(0, 1), seen.known[0].flatten(0, 1).float())
    codes = codes.view(*seen.there.shape, -1)
    given = _read(reader, codes, *mean_of(codes, seen.there))
    reader.train()
    return given


def scores_of(reader: Reader, seen: Seen) -> dict[str, float]:
    """Mean absolute error and median correlation: of the student alone, and read beside the person."""
    there = seen.there > 0.5
    truth = seen.truth[there]
    scores: dict[str, float] = {}
    beside = (answers(reader, seen) - reader.rest) * reader.gain
    for name, given in (("alone", seen.weights[0]), ("beside", beside)):
        weights = given[there].clamp(0, 1)
        pairs = [torch.corrcoef(torch.stack([weights[:, i], truth[:, i]]))[0, 1] for i in range(arkit.COUNT)]
        scores[f"{name}_mae"] = float((weights - truth).abs().mean())
        scores[f"{name}_correlation"] = float(torch.stack(pairs).nan_to_num().median())
    return scores


def _begun(seen: Seen) -> Reader:
    known = seen.known[0].flatten(0, 1).float()
    reader = Reader(known.shape[1])
    reader.centre.copy_(known.mean(0))
    reader.scale.copy_(known.std(0) + 1e-3)
    return reader


def save_reader(path: Path, reader: Reader, scores: dict[str, float]) -> Path:
    """Write a reader's arrays and scores (.npz, nothing pickled)."""
    about = json.dumps({"sizes": reader.sizes, "scores": scores}).encode()
    with open_atomic(path) as stream:
        arrays = {name: value.numpy() for name, value in reader.state_dict().items()}
        np.savez(stream, about=np.frombuffer(about, np.uint8), **arrays)
    return path


def load_reader(path: Path) -> tuple[Reader, dict[str, float]]:
    """A reader as `save_reader` wrote it, and its scores."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            reader = Reader(**about["sizes"])
            names = set(arrays.files) - {"about"}
            reader.load_state_dict({name: torch.tensor(arrays[name]) for name in names})
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"Can't read {path}: {error}", "Make it again with `mien train reader`.") from error
    return reader.eval(), about["scores"]
