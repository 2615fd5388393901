"""A checkpoint ─▶ student.onnx, card.json, and where it has a reader reader.onnx.

Fails when onnxruntime and torch do not agree.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
import torch
from mien import arkit
from mien.atomic import open_atomic, replaced
from mien.crop import CROP_SCALE
from mien.errors import ModelError
from mien.types import CROP_SIZE
from mien.version import __version__
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..networks.exported import Exported
from ..networks.mobilenet_v2 import Student, to_pixels
from ..networks.reader import ExportedReader, Reader
from .batches import Batch, held_out, training_batches
from .checkpoint import load_average, read_about
from .graphs import write_graph
from .reader import NAME as READER
from .reader import load_reader
from .response import REAL, response

OUTPUTS: Final = ("weights", "landmarks", "presence", "pose", "confidence", "code")
"""`code` only where there is a reader."""
TOLERANCE: Final = {
    "weights": 0.01, "landmarks": 0.3, "presence": 0.01, "pose": 0.1, "confidence": 0.01, "code": 0.1,
}  # fmt: skip
"""The greatest difference allowed between torch and onnxruntime, in the unit of each output (of a code: how
much its numbers vary, on average, if by more than 1)."""
HALVED_FROM: Final = 1024
"""Arrays of fewer numbers always keep 32 bits."""


def export(checkpoint: Path, data: Path, folder: Path, name: str = "default") -> dict[str, Any]:
    """Write `student.onnx` and `card.json` into a folder; returns the card.

    Parameters
    ----------
    checkpoint : Path
        Of `mien train synthetic`; its running average is what ships.
    data : Path
        The shards: the held-out one is what torch and onnxruntime are compared on.

    Raises
    ------
    ModelError
        When they differ by more than `TOLERANCE`; nothing is written then.
    """
    read_about(checkpoint)  # the first to be missed
    words = {"data": "synthetic faces only, drawn from MakeHuman's CC0 head; no picture of a person"}
    return ship(
        checkpoint, folder, name, training_batches(data, 64, seed=0), lambda: held_out(data), words,
        "synthetic heads never trained on", REAL,
    )  # fmt: skip


def ship(
    checkpoint: Path, folder: Path, name: str, trained_on: Iterator[Batch],
    judged_on: Callable[[], Iterator[Batch]], training: dict[str, Any], judged: str,
    stretch: float | None,
) -> dict[str, Any]:  # fmt: skip
    """Write any student's `student.onnx` and `card.json`; returns the card.

    Parameters
    ----------
    checkpoint : Path
        Its running average is what ships.
    trained_on : iterator of Batch
        For `response`; need not end.
    judged_on : callable
        Gives the batches for the scores, and for comparing torch with onnxruntime.
    training, judged : dict, str
        What the card says of the training, and of what the scores were measured on.
    stretch : float, optional
        By how much answers are stretched beyond the scale of the truth; None: not at all (see `response`).
    """
    about, average = read_about(checkpoint), load_average(checkpoint)
    there = checkpoint.parent / READER
    reader, reading = load_reader(there) if there.exists() else (None, {})
    shipped = Exported(average, response(average, trained_on, stretch), reader).eval()
    crops = next(judged_on())["crops"]
    folder.mkdir(parents=True, exist_ok=True)
    with replaced(folder / "student.onnx") as scratch:
        write_graph(shipped, (crops,), scratch, ["crops"], OUTPUTS if reader else OUTPUTS[:-1])
        graph, differences = lightest(shipped, scratch.read_bytes(), crops)
        scratch.write_bytes(graph)
        about["scores"] = {"on": judged, **shipped_scores(shipped, judged_on()), **reading}
        card = _card(name, {**about, "training": training}, average, scratch, differences)
        if reader is None:
            (folder / "reader.onnx").unlink(missing_ok=True)
        else:
            card["reader"] = _ship_reader(reader, folder / "reader.onnx")
    with open_atomic(folder / "card.json", "w", encoding="utf-8") as stream:
        stream.write(json.dumps(card, indent=1) + "\n")
    return card


def _ship_reader(reader: Reader, path: Path) -> dict[str, Any]:
    """Write reader.onnx; returns what the card says of it."""
    size = arkit.COUNT + reader.sizes["told"]
    codes = torch.randn(3, size)
    inputs = (codes, codes.mean(0, keepdim=True), torch.tensor([[3.0]]))
    shipped = ExportedReader(reader).eval()
    with replaced(path) as scratch:
        write_graph(shipped, inputs, scratch, ["codes", "person", "seen"], ["weights"])
        session = onnxruntime.InferenceSession(str(scratch), providers=["CPUExecutionProvider"])
        inputs = (torch.randn(7, size), *inputs[1:])  # as many rows as one likes
        feed = {name: value.numpy() for name, value in zip(("codes", "person", "seen"), inputs)}
        with torch.no_grad():
            gap = float(np.abs(session.run(None, feed)[0] - shipped(*inputs).numpy()).max())
        if not gap <= TOLERANCE["weights"]:
            raise ModelError(f"torch and onnxruntime differ by {gap} in the reader", "Don't ship it.")
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "code": size}


@torch.no_grad()
def shipped_scores(shipped: Exported, batches: Iterator[Batch]) -> dict[str, Any]:
    """Scores of the network as it ships, on batches: over all and for each shape."""
    truth, given, gaps, right = [], [], [], []
    for batch in batches:
        weights, landmarks, presence, *_ = shipped(batch["crops"])
        there = batch["presence"] > 0.5
        truth.append(batch["weights"][there])
        given.append(weights[there])
        marks = to_pixels(batch["points"][there, : landmarks.shape[1]])
        gaps.append((landmarks[there] - marks).norm(dim=-1).mean(1))
        right.append((presence > 0.5) == there)
    wanted, answers = torch.cat(truth).numpy(), torch.cat(given).numpy()
    return {
        "weights_mae": float(np.abs(answers - wanted).mean()),
        "always_at_rest_mae": float(wanted.mean()),
        "landmarks_px": float(torch.cat(gaps).mean()),
        "presence_right": float(torch.cat(right).float().mean()),
        "correlation": {
            name: round(float(np.nan_to_num(np.corrcoef(answers[:, i], wanted[:, i])[0, 1])), 2)
            for i, name in enumerate(arkit.NAMES)
        },
    }


def lightest(shipped: torch.nn.Module, graph: bytes, crops: torch.Tensor) -> tuple[bytes, dict[str, float]]:
    """A graph halved, or as it is where that moves an answer too far (as it does a hardly trained network's).

    Parameters
    ----------
    shipped : Module
        What the graph was made of.
    graph : bytes
        ONNX.
    crops : Tensor, uint8, (B, S, S)
        What both are asked about.

    Returns
    -------
    graph : bytes
    differences : dict of str to float
        Of its answers from torch's (see `differ`).

    Raises
    ------
    ModelError
        When the graph as it is differs by more than `TOLERANCE`.
    """
    with torch.no_grad():
        wanted = [value.numpy() for value in shipped(crops)]
    differences = differ(wanted, graph, crops)
    if too_far := beyond(differences):
        raise ModelError(f"torch and onnxruntime differ: {too_far}", "Don't ship it; check the operators.")
    half = halved(graph)
    rounded = differ(wanted, half, crops)
    return (graph, differences) if beyond(rounded) else (half, rounded)


def halved(graph: bytes) -> bytes:
    """The graph with large arrays in 16 bits: half the size, and 32 bits again as soon as it is loaded."""
    model = onnx.load_from_string(graph)
    casts, kept = [], []
    for array in model.graph.initializer:
        values = numpy_helper.to_array(array)
        if values.dtype == np.float32 and values.size >= HALVED_FROM:
            casts.append(helper.make_node("Cast", [f"{array.name}/half"], [array.name], to=TensorProto.FLOAT))
            array = numpy_helper.from_array(values.astype(np.float16), f"{array.name}/half")
        kept.append(array)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    return bytes(model.SerializeToString())


def differ(wanted: list[NDArray[Any]], graph: bytes, crops: torch.Tensor) -> dict[str, float]:
    """The greatest difference of each output of a graph from the `wanted` ones, as `TOLERANCE` counts it."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    given = session.run(list(OUTPUTS[: len(wanted)]), {"crops": crops.numpy()})
    differences = {name: float(np.abs(one - other).max()) for name, one, other in zip(OUTPUTS, wanted, given)}
    if "code" in differences:
        differences["code"] /= max(float(wanted[-1].std(axis=0).mean()), 1.0)
    return differences


def beyond(differences: dict[str, float]) -> dict[str, float]:
    """Those of the differences that are greater than `TOLERANCE`, or no number."""
    return {name: gap for name, gap in differences.items() if not gap <= TOLERANCE[name]}


def _card(
    name: str, about: dict[str, Any], student: Student, path: Path, differences: dict[str, float]
) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "format": 1,
        "name": name,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "mien": __version__,
        "sha256": hashlib.sha256(content).hexdigest(),
        "network": {
            "kind": "MobileNetV2",
            **asdict(student.options),
            "parameters": sum(p.numel() for p in student.parameters()),
            "whitening": {"mean": float(student.mean), "spread": float(student.spread)},
        },
        "inputs": {"crops": ["batch", CROP_SIZE, CROP_SIZE]},
        "outputs": list(OUTPUTS[: len(differences)]),
        "crop": {"size": CROP_SIZE, "scale": CROP_SCALE},
        "training": about["training"]
        | {told: about[told] for told in ("averaged", "samples", "recipe") if told in about},
        "scores": about["scores"],
        "torch_against_onnxruntime": differences,
    }  # fmt: skip
