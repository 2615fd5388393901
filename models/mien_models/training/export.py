"""A checkpoint ─▶ student.onnx and card.json. Fails when onnxruntime and torch do not agree."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
import torch
from mien.crop import CROP_SCALE
from mien.errors import ModelError
from mien.types import CROP_SIZE
from mien.version import __version__

from ..networks.mobilenet_v2 import Exported, Student, StudentOptions
from .batches import held_out
from .checkpoint import load_checkpoint, read_about

OPSET: Final = 17
OUTPUTS: Final = ("weights", "landmarks", "presence", "pose")
TOLERANCE: Final = {"weights": 1e-4, "landmarks": 5e-3, "presence": 1e-4, "pose": 5e-3}
"""The greatest difference allowed between torch and onnxruntime, in the unit of each output."""


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
    about = read_about(checkpoint)
    options = StudentOptions(**about["recipe"]["student"])
    student, average = Student(options), Student(options)
    load_checkpoint(checkpoint, student, average)
    shipped = Exported(average).eval()
    crops = next(held_out(data))["crops"]
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / "student.onnx.part"
    axes = {key: {0: "batch"} for key in ("crops", *OUTPUTS)}
    torch.onnx.export(
        shipped, (crops,), str(scratch), input_names=["crops"], output_names=list(OUTPUTS), dynamic_axes=axes,
        opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    try:
        differences = compare(shipped, scratch, crops)
    except ModelError:
        scratch.unlink()
        raise
    card = _card(name, about, options, average, scratch, differences)
    os.replace(scratch, folder / "student.onnx")
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def compare(shipped: torch.nn.Module, path: Path, crops: torch.Tensor) -> dict[str, float]:
    """The greatest difference of each output between torch and onnxruntime; ModelError when too great."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = [value.numpy() for value in shipped(crops)]
    given = session.run(list(OUTPUTS), {"crops": crops.numpy()})
    differences = {name: float(np.abs(one - other).max()) for name, one, other in zip(OUTPUTS, wanted, given)}
    too_far = {name: gap for name, gap in differences.items() if not gap <= TOLERANCE[name]}
    if too_far:
        raise ModelError(f"torch and onnxruntime differ: {too_far}", "Don't ship it; check the operators.")
    return differences


def _card(
    name: str, about: dict[str, Any], options: StudentOptions, student: Student, path: Path,
    differences: dict[str, float],
) -> dict[str, Any]:  # fmt: skip
    content = path.read_bytes()
    return {
        "format": 1,
        "name": name,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "mien": __version__,
        "sha256": hashlib.sha256(content).hexdigest(),
        "network": {
            "kind": "MobileNetV2",
            **asdict(options),
            "parameters": sum(p.numel() for p in student.parameters()),
            "whitening": {"mean": float(student.mean), "spread": float(student.spread)},
        },
        "inputs": {"crops": ["batch", CROP_SIZE, CROP_SIZE]},
        "outputs": list(OUTPUTS),
        "crop": {"size": CROP_SIZE, "scale": CROP_SCALE},
        "training": {
            "data": "synthetic faces only, drawn from MakeHuman's CC0 head; no picture of a person",
            "samples": about["samples"], "recipe": about["recipe"],
        },
        "scores": {"on": "synthetic heads never trained on", **about["scores"]},
        "torch_against_onnxruntime": differences,
    }  # fmt: skip
