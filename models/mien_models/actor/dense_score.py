"""How good a dense network is on frames it never saw: millimetres, how much of the motion, how steady."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from mien.errors import TakeError
from numpy.typing import NDArray

from ..networks.dense import MILLIMETRES, DenseNetwork
from .dense_frames import DenseFrames, batches
from .dense_views import placed, steady

ANIMATED: Final = 0.1
"""Vertices that move less than this in training (standard deviation, mm) are not counted in a score."""


def mean_place(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the face is on the whole (2,), pixels, in the frames (N, 70, 2) in which it was found."""
    found = landmarks[np.isfinite(landmarks).all(axis=(1, 2))]
    if not len(found):
        raise TakeError("No face was found in the training frames", "Stabilising needs landmarks.")
    return np.asarray(np.mean([placed(points)[1] for points in found], axis=0), np.float64)


def animated(vertices: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which vertices (V,) move in these frames."""
    some = vertices[rows[:: max(len(rows) // 300, 1)]]
    return np.asarray(np.linalg.norm(some.std(axis=0), axis=1) > ANIMATED)


def pictures(
    frames: DenseFrames, rows: NDArray[np.intp], goal: NDArray[np.float64] | None
) -> NDArray[np.uint8]:
    """Some frames' pictures, held still at `goal` when there is one."""
    if goal is None:
        return np.ascontiguousarray(frames.images[rows])
    return np.stack([steady(frames.images[row], frames.landmarks[row], goal) for row in rows])


@torch.no_grad()
def infer(
    network: DenseNetwork, images: NDArray[np.uint8], size: int = 32, half: bool = False
) -> NDArray[np.float32]:
    """Vertices (N, V, 3), millimetres, of pictures (N, rows, columns)."""
    network.eval()
    found = np.empty((len(images), network.options.vertices, 3), np.float32)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        for some in batches(np.arange(len(images)), size):
            found[some] = (network(torch.from_numpy(images[some])) * MILLIMETRES).numpy()
    return found


def evaluate(
    network: DenseNetwork, frames: DenseFrames, rows: NDArray[np.intp], about: dict[str, Any]
) -> dict[str, Any]:
    """Scores on some frames: `rmse_mm` of all, and `shots` with those of each (see `score`)."""
    if not len(rows):
        return {}
    goal = np.array(about["goal"]) if about["goal"] else None
    kept, squares, shots = np.array(about["animated"], int), 0.0, {}
    for shot in np.unique(frames.shots[rows]):
        own = rows[frames.shots[rows] == shot]
        truth = np.asarray(frames.vertices[own][:, kept])
        found = infer(network, pictures(frames, own, goal))[:, kept]
        shots[frames.names[shot]] = score(found, truth)
        squares += shots[frames.names[shot]]["rmse_mm"] ** 2 * len(own)
    return {"rmse_mm": float(np.sqrt(squares / len(rows))), "shots": shots}


def score(found: NDArray[np.float32], truth: NDArray[np.float32]) -> dict[str, float]:
    """How near moving vertices (T, V, 3) are to the truth.

    Returns
    -------
    dict
        `rmse_mm`: root of the mean squared distance, as in section 5.3 (there √(3 · 0.0028 cm²) = 0.92 mm).
        `amplitude`: the slope of what was found on what is true, both about the true mean; below 1 the motion
        is attenuated. `jitter_mm`: root mean square of the error's second difference in time.
    """
    error, moved = found - truth, truth - truth.mean(0)
    slope = float(((found - truth.mean(0)) * moved).sum(dtype=np.float64))
    bends = np.diff(error, n=2, axis=0)
    return {
        "rmse_mm": _root(error),
        "amplitude": slope / max(float(np.square(moved).sum(dtype=np.float64)), 1e-12),
        "jitter_mm": _root(bends) if len(bends) else 0.0,
    }


def _root(vectors: NDArray[np.float32]) -> float:
    """Root mean square length of vectors (…, 3)."""
    return float(np.sqrt(np.square(vectors, dtype=np.float64).sum(-1).mean()))


def rmse_mm(loss: float) -> float:
    """What a loss (mean square of a coordinate, cm²) is as an RMSE of distances in millimetres."""
    return float(np.sqrt(3 * loss)) * MILLIMETRES
