"""A network's folder (student.onnx, card.json) ─▶ the torch student: training goes on from what ships.

The export melts each batch norm into the convolution before it and keeps large arrays in 16 bits. Read back,
those batch norms are the identity with the melted bias: in use the network answers as the file does, but only
as long as their statistics stay as they are (`freeze_norms`), or once they are measured anew (`thaw_norms`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from mien.errors import ModelError
from mien.student import read_card
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from ..networks.mobilenet_v2 import Student, StudentOptions

_HINT: Final = "Name the folder of a network that Mien has exported (student.onnx and card.json)."
OPTIONS: Final = tuple(StudentOptions.__dataclass_fields__)

Arrays = dict[str, NDArray[Any]]


def read_student(folder: Path) -> Student:
    """Read a shipped network back.

    Parameters
    ----------
    folder : Path
        Holds student.onnx and card.json.

    Raises
    ------
    ModelError
        When the graph is not one of `mien_models.training.export`, or not the one its card tells of.
    """
    network = read_card(folder)["network"]
    student = Student(StudentOptions(**{name: network[name] for name in OPTIONS if name in network}))
    try:
        graph = onnx.load(str(folder / "student.onnx")).graph
        state = student.state_dict()
        state.update(_named(graph, state))
        state.update(_melted(student, graph))
        state.update(_look(graph, student))
        student.load_state_dict(state)
    except (OSError, KeyError, StopIteration, RuntimeError, onnx.checker.ValidationError) as error:
        raise ModelError(f"{folder / 'student.onnx'} can't be read back: {error}", _HINT) from error
    return student.eval()


def freeze_norms(network: nn.Module) -> None:
    """Keep the statistics of all batch norms as they are, also while the rest trains; their gains go on."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


@torch.no_grad()
def thaw_norms(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Measure the statistics of all batch norms that have gains anew; gains and biases make up for it.

    In use the network answers as before, and in training as well, where an identity would bring its channels
    to a variance of 1.

    Parameters
    ----------
    batches : iterable of Tensor
        Crops, uint8 (B, S, S), like those that training goes on with.
    """
    kind = nn.modules.batchnorm._BatchNorm
    norms = [each for each in network.modules() if isinstance(each, kind) and each.affine]
    seen: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].double().transpose(0, 1).flatten(1)
        seen[norm].append(torch.stack([torch.ones_like(values), values, values.square()]).sum(-1))

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    for crops in batches:
        network.eval()(crops)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        _measured(norm, torch.stack(seen[norm]).sum(0))


def _measured(norm: Any, sums: Tensor) -> None:
    """Give a norm the statistics of the values whose count, sum and sum of squares are `sums` (3, C)."""
    count, total, squares = sums
    mean = total / count
    variance = (squares / count - mean.square()).clamp(min=0)
    slope = norm.weight.double() / (norm.running_var + norm.eps).sqrt()
    norm.bias.add_(slope * (mean - norm.running_mean))
    norm.weight.copy_(slope * (variance + norm.eps).sqrt())
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)


def keep_still(student: Student, parts: int) -> None:
    """Keep the first parts of the features, and what stands before them, while the rest trains."""
    for module in [student.features.stem, *student.features.parts[:parts]] if parts else []:
        for value in module.parameters():
            value.requires_grad_(False)


def _arrays(graph: Any) -> Arrays:
    """The graph's arrays by name, in 32 bits."""
    found = {each.name.removesuffix("/half"): numpy_helper.to_array(each) for each in graph.initializer}
    return {name: array.astype(np.float32) for name, array in found.items()}


def _named(graph: Any, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What kept its name in the export."""
    own = {name.removeprefix("student."): array for name, array in _arrays(graph).items()}
    return {name: torch.tensor(array) for name, array in own.items() if name in state}


def _melted(student: Student, graph: Any) -> dict[str, Tensor]:
    """The convolutions that swallowed a batch norm, matched in the order in which both sides run them."""
    arrays = _arrays(graph)
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    modules = _run_order(student)
    if len(nodes) != len(modules):
        raise KeyError(f"{len(nodes)} convolutions instead of {len(modules)}")
    state: dict[str, Tensor] = {}
    for node, (name, norm) in zip(nodes, modules):
        weight, bias = (torch.tensor(arrays[array]) for array in node.input[1:3])
        state[f"{name}.weight"] = weight
        if norm:
            state[f"{norm}.bias"] = bias
            state |= _identity(norm, student.get_submodule(norm))
    return state


def _identity(name: str, norm: Any) -> dict[str, Tensor]:
    """A batch norm that does nothing in use: mean 0, and a variance that `eps` makes exactly 1."""
    ones = torch.ones(norm.num_features)
    return {
        f"{name}.weight": ones, f"{name}.running_mean": 0 * ones, f"{name}.running_var": ones - norm.eps,
    }  # fmt: skip


def _look(graph: Any, student: Student) -> dict[str, Tensor]:
    """The arithmetic before the look's first layer: (values - mean) × 1/√variance, then a matrix."""
    arrays = _arrays(graph)
    centred = next(node for node in graph.node if "student.look.0.running_mean" in node.input)
    scaled = next(node for node in graph.node if centred.output[0] in node.input)
    mixed = next(node for node in graph.node if scaled.output[0] in node.input)
    norm: Any = student.look[0]
    return {
        "look.0.running_var": torch.tensor(arrays[scaled.input[1]]).pow(-2) - norm.eps,
        "look.1.weight": torch.tensor(arrays[mixed.input[1]].T.copy()),
    }


def _run_order(student: Student) -> list[tuple[str, str]]:
    """Names of the convolutions as a crop meets them, each with its batch norm's name or ""."""
    order: list[tuple[str, str]] = []
    followers = {
        f"{name}.{at}": f"{name}.{at + 1}"
        for name, module in student.named_modules() if isinstance(module, nn.Sequential)
        for at in range(len(module) - 1)
        if isinstance(module[at], nn.Conv2d) and isinstance(module[at + 1], nn.BatchNorm2d)
    }  # fmt: skip

    def note(name: str) -> Any:
        return lambda *_: order.append((name, followers.get(name, "")))

    hooks = [
        module.register_forward_hook(note(name))
        for name, module in student.named_modules() if isinstance(module, nn.Conv2d)
    ]  # fmt: skip
    with torch.no_grad():
        student.eval()(torch.zeros(1, 64, 64, dtype=torch.uint8))
    for hook in hooks:
        hook.remove()
    return order
