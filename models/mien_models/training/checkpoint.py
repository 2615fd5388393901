"""Checkpoints as plain arrays in an .npz, never pickled: network, running average, optimiser, counters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mien.atomic import open_atomic
from mien.errors import ModelError
from torch import nn

from ..networks.mobilenet_v2 import Student, StudentOptions


def save_checkpoint(
    path: Path,
    network: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    about: dict[str, Any],
) -> None:
    """Write a checkpoint atomically; `about` is JSON-able and comes back from `load_checkpoint`."""
    arrays = {f"network/{name}": value.cpu().numpy() for name, value in network.state_dict().items()}
    arrays |= {f"average/{name}": value.cpu().numpy() for name, value in average.state_dict().items()}
    for number, state in optimiser.state_dict()["state"].items():
        arrays |= {f"optimiser/{number}/{name}": value.cpu().numpy() for name, value in state.items()}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    with open_atomic(path) as stream:
        np.savez(stream, **arrays)


def read_about(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself."""
    with _opened(path) as arrays:
        return json.loads(arrays["about"].tobytes())


def load_checkpoint(
    path: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer | None = None
) -> None:
    """Fill network, average and (when given) optimiser from a checkpoint."""
    with _opened(path) as arrays:
        for part, module in (("network", network), ("average", average)):
            prefix = f"{part}/"
            own = [name for name in arrays.files if name.startswith(prefix)]
            state = {name[len(prefix) :]: torch.tensor(arrays[name]) for name in own}
            module.load_state_dict(state)
        if optimiser is not None:
            _fill_optimiser(optimiser, arrays)


def average_runs(places: Sequence[Path], out: Path) -> None:
    """Write the mean of several checkpoints' running averages as a checkpoint of its own.

    Runs that began with the same network lie close enough for their mean to be a network that is wrong less
    often than each (Wortsman et al. 2022, *Model soups*). A run that goes on from it begins with a fresh
    optimiser. What it says of itself is the last checkpoint's word, and `averaged`, the number of all.

    Raises
    ------
    ModelError
        When two are not of the same network, or `out` exists.
    """
    if out.exists():
        raise ModelError(f"{out} exists already", "Name another folder with --run.")
    networks = [load_average(place) for place in places]
    mean = networks[-1]
    if any(network.options != mean.options for network in networks):
        raise ModelError("These runs train different networks", "Average runs of one recipe only.")
    states = [network.state_dict() for network in networks]
    mean.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(0) if last.is_floating_point() else last
            for name, last in states[-1].items()
        }
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    about = read_about(places[-1]) | {"averaged": len(places)}
    save_checkpoint(out, mean, mean, torch.optim.Adam(mean.parameters()), about)


def load_average(path: Path) -> Student:
    """The running average of a student's checkpoint, ready for use: what ships."""
    options = StudentOptions(**read_about(path)["recipe"]["student"])
    network, average = Student(options), Student(options)
    load_checkpoint(path, network, average)
    return average.eval()


def fill_alike(other: nn.Module, network: nn.Module) -> None:
    """Fill of a network what has the same name and shape in another.

    A matrix that got more columns keeps its own and ignores the new inputs at first.
    """
    own = network.state_dict()
    for name, value in other.state_dict().items():
        if name not in own:
            continue
        if value.shape == own[name].shape:
            own[name] = value
        elif value.shape[:-1] == own[name].shape[:-1] and value.numel() < own[name].numel():
            if name.endswith(".weight"):
                own[name].zero_()
            own[name][..., : value.shape[-1]] = value
    network.load_state_dict(own)


def _fill_optimiser(optimiser: torch.optim.Optimizer, arrays: Any) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name in arrays.files:
        if name.startswith("optimiser/"):
            _, number, key = name.split("/")
            state.setdefault(int(number), {})[key] = torch.tensor(arrays[name])
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    for value, kept in optimiser.state.items():
        for key, array in kept.items():
            if array.shape == value.shape:  # laid out in memory as before: sums come out the same to the bit
                kept[key] = torch.empty_like(value).copy_(array)


def _opened(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"Can't read the checkpoint {path}: {error}", "Delete it to begin anew.") from error
