"""Networks to begin with: blank ones after He et al. 2015, and those of finished runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from mien.errors import ModelError
from torch import nn

from ..networks.inception_resnet_v2 import OUTPUTS, Teacher, TeacherOptions
from ..networks.initial import he
from ..networks.mobilenet_v2 import Student, StudentOptions
from ..training.checkpoint import load_checkpoint, read_about
from .feeding import Footage, Labels
from .recipes import Recipe


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
