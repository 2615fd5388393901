"""What a trained student says of the shards' heads, each head's views as frames of one take."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from ..networks.mobilenet_v2 import Student
from ..synthetic.crops import TrainingCrop, cut_twins, mirrored
from ..synthetic.faces import VIEWS_A_HEAD
from ..synthetic.shards import Shard, open_shard
from .batches import COVERED
from .graphs import write_graph

ALIKE: Final = 0.7
"""Share of the heads whose views are all worn alike, as one camera has them."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a student says of heads.

    Attributes
    ----------
    weights : Tensor, float32, (2, H, V, 52)
        Its answers to both twins of each of the V views of H heads.
    known : Tensor, float16, (2, H, V, K)
    truth : Tensor, float32, (H, V, 52)
    there : Tensor, float32, (H, V)
        1 where there is a face, else 0.
    """

    weights: Tensor
    known: Tensor
    truth: Tensor
    there: Tensor

    def __len__(self) -> int:
        return len(self.truth)


class _Answers(nn.Module):
    """What a reader is taught from, as a graph of its own."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Crops ─▶ weights, known."""
        out = self.student(crops)
        return out["weights"], out["known"]


class Teller:
    """Shows shards to a student, through onnxruntime, which is several times as fast as torch here."""

    def __init__(self, student: Student) -> None:
        self._folder = tempfile.TemporaryDirectory()
        graph = Path(self._folder.name) / "answers.onnx"
        crops = torch.zeros(2, 160, 160, dtype=torch.uint8)
        write_graph(_Answers(student).eval(), (crops,), graph, ["crops"], ["weights", "known"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def see(self, places: list[Path]) -> Seen:
        """Show the views of some shards, each as two twins."""
        parts = [self._see(place) for place in places]
        weights, known, truth, there = (torch.cat(column, dim=-3 if i < 2 else 0) for i, column in
                                        enumerate(zip(*parts)))  # fmt: skip
        return Seen(weights, known, truth, there)

    def _see(self, place: Path) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        shard, rng = open_shard(place), np.random.default_rng(int(place.name.split("-")[1]))
        count = len(shard["presence"]) // VIEWS_A_HEAD * VIEWS_A_HEAD
        twins = [
            pair for first in range(0, count, VIEWS_A_HEAD)
            for pair in _one_take(shard, range(first, first + VIEWS_A_HEAD), rng)
        ]  # fmt: skip
        told = []
        for twin in range(2):
            crops = np.stack([pair[twin].image for pair in twins])
            runs = [self._session.run(None, {"crops": crops[i : i + 16]}) for i in range(0, count, 16)]
            told.append([np.concatenate(one) for one in zip(*runs)])
        heads = (count // VIEWS_A_HEAD, VIEWS_A_HEAD)
        weights, known = (torch.from_numpy(np.stack(one)).view(2, *heads, -1) for one in zip(*told))
        truth = torch.from_numpy(np.stack([pair[0].weights for pair in twins])).view(*heads, -1)
        there = torch.tensor([float(pair[0].presence) for pair in twins]).view(*heads)
        return weights.float(), known.half(), truth, there


def _one_take(shard: Shard, views: range, rng: np.random.Generator) -> list[list[TrainingCrop]]:
    """Twins of a head's views as frames of one take: mirrored all or none, and mostly worn alike."""
    turned = bool(rng.random() < 0.5)
    worn = int(rng.integers(2**32)) if rng.random() < ALIKE else None
    take = [{name: array[i] for name, array in shard.items()} for i in views]
    take = [mirrored(view) if turned else view for view in take]
    return [cut_twins(view, rng, mirror=False, worn=worn, covered=COVERED) for view in take]
