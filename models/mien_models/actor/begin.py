"""Networks to begin with: blank ones after He et al. 2015, and those of finished runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from mien.errors import ModelError
from torch import nn

from ..networks.inception_resnet_v2 import OUTPUTS, Teacher, TeacherOptions
from ..networks.mobilenet_v2 import Student, StudentOptions
from ..training.checkpoint import load_checkpoint, read_about
from .feeding import Footage, Labels
from .recipes import Recipe

ANSWERS: Final = {"heat", "local", "presence", "weights", "pose", "more", "doubt", "out"}
"""Names of the layers whose outputs are answers."""

Net = TypeVar("Net", bound=nn.Module)


def blank(recipe: Recipe, footage: Footage, labels: Labels) -> nn.Module:
    """A network that knows no more than how bright the footage is, and a teacher also the mean label."""
    some = np.concatenate([shard["image"][:: len(shard["image"]) // 64 + 1] for shard in footage.training])
    look = float(some.mean()), float(some.std())
    if recipe.network == "student":
        return he(Student(recipe.student, *look))
    teacher = he(Teacher(recipe.teacher, *look))
    with torch.no_grad():
        teacher.out.weight.mul_(0.1)
        teacher.out.bias.zero_()
        mean = np.concatenate([labels.weights.mean(0), labels.points.mean(0).ravel()])
        teacher.out.bias[: sum(OUTPUTS[:2])] = torch.from_numpy(mean)
    return teacher


def he(network: Net) -> Net:
    """He et al. 2015: normal, variance 2 / inputs; but for the layers that answer, with no ReLU behind."""
    for name, module in network.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)) and name.split(".")[-1] not in ANSWERS:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def trained(run: Path) -> nn.Module:
    """The best network of a run, ready for use; in a shared run folder of `mien train synthetic` its last."""
    path = run if run.is_file() else run / "best.npz"
    path = path if path.is_file() else run / "checkpoint.npz"
    if not path.is_file():
        raise ModelError(f"There is no trained network in {run}", "Name the folder of a run.")
    recipe = read_about(path)["recipe"]
    networks: list[nn.Module]
    if recipe.get("network") == "teacher":
        networks = [Teacher(TeacherOptions(**recipe["teacher"])) for _ in range(2)]
    else:
        networks = [Student(StudentOptions(**recipe["student"])) for _ in range(2)]
    try:
        load_checkpoint(path, networks[0], networks[1])
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"{path} is not what it says it is: {error}", "Name another run.") from error
    return networks[1].eval()
