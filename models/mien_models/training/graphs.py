"""A torch network ─▶ an ONNX graph, as all of Mien's are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch

OPSET: Final = 17


def write_graph(
    network: torch.nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: list[str],
    outputs: Sequence[str],
) -> None:  # fmt: skip
    """A network as a graph; the first input and all outputs have any number of rows."""
    axes = {key: {0: "batch"} for key in (names[0], *outputs)}
    torch.onnx.export(
        network, inputs, str(path), input_names=names, output_names=list(outputs), dynamic_axes=axes,
        opset_version=OPSET, dynamo=False,
    )  # fmt: skip
