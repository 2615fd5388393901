"""Networks before an actor's held-out frames: what each says, and how far it is off."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.crop import box_from_landmarks, sample, to_crop
from mien.errors import SourceNotFoundError
from mien.person import LASTING
from mien.student import Student
from mien.types import LEFT_PUPIL, RIGHT_PUPIL
from numpy.typing import NDArray

from ..synthetic.shards import HELD_OUT, open_shard, shard_path

BATCH: Final = 32
APART: Final = 0.5
"""Seconds between two of the worst frames."""
STEADY: Final = 0.02
"""Frames between which the labels change less count as still, for jitter (root mean square over shapes)."""

Answer = Callable[[NDArray[np.uint8]], "tuple[NDArray[Any], NDArray[Any]]"]
"""Crops (N, 160, 160) ─▶ weights (N, 52) and landmarks (N, 70, 2) in pixels of the crop."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The frames to judge by.

    Attributes
    ----------
    crops : ndarray, uint8, (N, 160, 160)
    weights : ndarray, float32, (N, 52)
    landmarks : ndarray, float32, (N, 70, 2)
        Pixels of the crop.
    time : ndarray, float64, (N,)
        Seconds of the shot.
    shot : ndarray, int32, (N,)
    """

    crops: NDArray[np.uint8]
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    time: NDArray[np.float64]
    shot: NDArray[np.int32]

    def follows(self) -> NDArray[np.bool_]:
        """Shape (N − 1,): whether a frame is the next one of the same shot."""
        step = np.diff(self.time)
        usual = np.median(step[step > 0]) if (step > 0).any() else 0.0
        return np.asarray((np.diff(self.shot) == 0) & (step > 0) & (step < 1.5 * usual))


@dataclass(frozen=True, eq=False)
class Judged:
    """A network's answers to the held-out frames.

    Attributes
    ----------
    name : str
    weights : ndarray, float32, (N, 52), 0–1
    landmarks : ndarray, float32, (N, 70, 2)
    milliseconds : float
        For one crop, in batches of 32, on this machine.
    """

    name: str
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    milliseconds: float

    def errors(self, held_out: HeldOut) -> NDArray[np.float32]:
        """|said − label| (N, 52)."""
        return np.asarray(np.abs(self.weights - held_out.weights), np.float32)

    def scores(self, held_out: HeldOut) -> dict[str, float]:
        """The figures of the report's first table."""
        away = np.linalg.norm(self.landmarks - held_out.landmarks, axis=2)
        marks = held_out.landmarks
        eyes = np.linalg.norm(marks[:, LEFT_PUPIL] - marks[:, RIGHT_PUPIL], axis=1)
        return {
            "weights_mae": float(self.errors(held_out).mean()),
            "correlation": float(np.nanmedian(correlations(self.weights, held_out.weights))),
            "landmarks_px": float(away.mean()),
            "landmarks_eyes": float(100 * (away.mean(axis=1) / np.maximum(eyes, 1.0)).mean()),
            "jitter": jitter(self.weights, held_out),
            "milliseconds": self.milliseconds,
        }


def held_out_of(folder: Path) -> HeldOut:
    """The held-out frames of an actor's shards, cut as a tracker at its best would."""
    place = shard_path(folder, HELD_OUT)
    if not place.is_dir():
        raise SourceNotFoundError(f"{folder} holds no held-out frames", "Run `mien actor gather` first.")
    shard = open_shard(place)
    boxes = [box_from_landmarks(points) for points in shard["landmarks"]]
    count = len(boxes)
    return HeldOut(
        np.stack([sample(np.ascontiguousarray(image), box) for image, box in zip(shard["image"], boxes)]),
        np.array(shard["weights"]),
        np.stack([to_crop(points, box) for points, box in zip(shard["landmarks"], boxes)]),
        np.array(shard["time"]) if "time" in shard else np.arange(count) / 30.0,
        np.array(shard["shot"]) if "shot" in shard else np.zeros(count, np.int32),
    )


def judge(name: str, answer: Answer, held_out: HeldOut) -> Judged:
    """Ask a network, and take the time."""
    answer(held_out.crops[:BATCH])
    began = time.perf_counter()
    parts = [answer(held_out.crops[at : at + BATCH]) for at in range(0, len(held_out.crops), BATCH)]
    took = time.perf_counter() - began
    weights, landmarks = (np.concatenate(each) for each in zip(*parts))
    return Judged(name, np.clip(weights, 0, 1), landmarks, 1e3 * took / len(weights))


def student_answer(student: Student, codes: list[NDArray[np.float32]] | None = None) -> Answer:
    """What a shipped network says of each frame by itself; its codes go into a list."""

    def answer(crops: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
        said = student.solve(crops)
        if codes is not None:
            codes.append(said.code)
        return said.weights, said.landmarks

    return answer


def judge_network(name: str, folder: Path | None, held_out: HeldOut) -> Judged:
    """Judge a network's folder (the default one where None) as `mien solve` uses it, on one thread.

    With a reader, each shot is read beside its own mean (see `mien.person`); the time is without that.
    """
    student = Student(folder, threads=1)
    codes: list[NDArray[np.float32]] = []
    judged = judge(name, student_answer(student, codes), held_out)
    if not student.reads_beside:
        return judged
    known, weights = np.concatenate(codes[1:]), np.array(judged.weights)  # the first was to warm up
    for shot in np.unique(held_out.shot):
        rows = held_out.shot == shot
        seen = 1.0 + np.minimum(np.abs(np.diff(held_out.time[rows])), LASTING).sum() / LASTING
        weights[rows] = student.read(known[rows], known[rows].mean(axis=0), float(seen))
    return replace(judged, weights=np.clip(weights, 0, 1))


def run_answer(run: Path) -> Answer:
    """The best network of a training run (a teacher, say), by torch."""
    import torch

    from ..networks.mobilenet_v2 import to_pixels
    from .begin import trained

    network = trained(run)

    @torch.no_grad()
    def answer(crops: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
        out = network(torch.from_numpy(crops))
        return out["weights"].float().numpy(), to_pixels(out["points"][:, :70]).float().numpy()

    return answer


def correlations(said: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.float64]:
    """Of each shape (52,); NaN where the label never moves."""
    one, other = said - said.mean(axis=0), wanted - wanted.mean(axis=0)
    power = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
    moves = wanted.std(axis=0) > 0.01
    return np.where(moves, (one * other).sum(axis=0) / np.maximum(power, 1e-12), np.nan)


def jitter(weights: NDArray[Any], held_out: HeldOut) -> float:
    """Root mean square change from frame to frame where the labels are still; NaN where they never are."""
    steps = np.diff(weights, axis=0)
    label = np.sqrt((np.diff(held_out.weights, axis=0) ** 2).mean(axis=1))
    still = held_out.follows() & (label < STEADY)
    return float(np.sqrt((steps[still] ** 2).mean())) if still.any() else float("nan")


def by_region(values: NDArray[Any]) -> dict[str, float]:
    """Means of a value for each shape (52,) over the regions of the face."""
    regions: Sequence[str] = tuple(dict.fromkeys(arkit.REGION))
    return {region: float(np.nanmean(values[np.array(arkit.REGION) == region])) for region in regions}


def worst_frames(judged: Judged, held_out: HeldOut, count: int) -> list[int]:
    """Frames with the largest errors, no two within half a second of each other, the worst first."""
    order = np.argsort(-judged.errors(held_out).mean(axis=1))
    chosen: list[int] = []
    for at in order.tolist():
        near = [
            other for other in chosen
            if held_out.shot[at] == held_out.shot[other]
            and abs(held_out.time[at] - held_out.time[other]) < APART
        ]  # fmt: skip
        if not near:
            chosen.append(at)
        if len(chosen) == count:
            break
    return chosen
