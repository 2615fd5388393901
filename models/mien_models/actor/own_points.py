"""How one face's points move teaches the student's `Geometry` its weights, before pictures teach the rest.

Minutes of footage hold some hundreds of expressions, too few for all mixtures of 52 shapes. But a shape moves
the points of one face by about the same amount whatever the others do, as on a rig. So a least-squares fit to
the labelled frames tells what any mixture looks like, and what it leaves over tells how far the network's
points are off. Endless points with their weights come from both: about a minute of one core.

The fit is also a better label than what the network says of one frame, since it is even over all of them: the
pictures are then learnt from with the points where it has them (`prepare`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from mien.atomic import open_atomic
from mien.crop import box_from_landmarks, to_frame
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray
from torch import Tensor, nn

from ..networks.geometry import aligned
from ..networks.mobilenet_v2 import Student, to_pixels
from ..synthetic.expressions import ExpressionSampler
from ..synthetic.shards import list_shards, open_shard, save_shard
from ..training.batches import HELD_OUT
from ..training.losses import importance
from .feeding import Footage, judged, open_footage
from .footage import Progress
from .gather import ABOUT, gathered
from .goals import roughly_absolute
from .ranks import Ranks
from .recipes import Recipe

BEGUN: Final = "begun.npz"
"""The student that has learnt the points: what the pictures begin with."""
RIDGE: Final = 0.01
"""Added to each shape's variance, 1 after scaling: what was hardly filmed moves nothing."""
STRETCHES: Final = 30
FOLDS: Final = 5
"""Of the footage; what a fit without them leaves over in a fifth of them is how far points are off there."""
POOL: Final = 40_000
"""Expressions drawn once."""
BATCH: Final = 256
FILMED: Final = 1 / 3
"""Share of a batch that are frames as they were seen; the rest are drawn."""
PEAK: Final = 1.5e-3
RAMP: Final = 50
"""Greatest learning rate, and the steps to it; from there it falls along a cosine."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a student says of labelled frames.

    Attributes
    ----------
    points : ndarray, float32, (N, P, 2)
        Network units, in upright boxes round the labelled landmarks.
    turns : ndarray, float32, (N, 2)
        Pitch and yaw in units of `POSE_UNIT`.
    weights : ndarray, float32, (N, 52)
        The labels.
    """

    points: NDArray[np.float32]
    turns: NDArray[np.float32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.weights)


class OwnPoints:
    """Where the points of one face are, for any expression and turn.

    Attributes
    ----------
    slopes : ndarray, float64, (F, 2P)
        Of the points on the `_features` of an expression.
    left : ndarray, float32, (N, 2P)
        What a fit to other stretches of the footage leaves over in each frame.
    """

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.aligned = aligned(torch.from_numpy(seen.points)).numpy()
        features, points = _features(seen.weights, seen.turns), self.aligned.reshape(len(seen), -1)
        self.slopes = _fit(features, points)
        fold = np.arange(len(seen)) * STRETCHES // len(seen) % FOLDS
        self.left = np.empty(points.shape, np.float32)
        for number in range(FOLDS):
            out = fold == number
            self.left[out] = points[out] - features[out] @ _fit(features[~out], points[~out])
        self._expressions: NDArray[np.float32] | None = None

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
        """A batch: points (size, P, 2) and weights (size, 52), float32.

        A third are frames as they were seen. Of the others a quarter do what a labelled frame does, the rest
        what the default student was taught with, all turned and off as in frames of the footage.
        """
        filmed, count = round(size * FILMED), len(self.seen)
        drawn = size - filmed
        pool = self._pool(rng)
        weights = pool[rng.integers(len(pool), size=drawn)] * rng.beta(2, 0.7, (drawn, 1))
        weights[: drawn // 4] = self.seen.weights[rng.integers(count, size=drawn // 4)]
        flat = _features(weights, self.seen.turns[rng.integers(count, size=drawn)]) @ self.slopes
        flat += self.left[rng.integers(count, size=drawn)] * rng.uniform(0.3, 1.0, (drawn, 1))
        at = rng.integers(count, size=filmed)
        points = np.concatenate([self.aligned[at], flat.reshape(drawn, -1, 2)])
        both = points, np.concatenate([self.seen.weights[at], weights])
        return tuple(torch.from_numpy(one.astype(np.float32)) for one in both)  # type: ignore[return-value]

    def even(self) -> NDArray[np.float32]:
        """Where the fit has the points of the frames that were seen (N, P, 2), as `Seen.points` are given."""
        flat = _features(self.seen.weights, self.seen.turns) @ self.slopes
        return _laid_on(flat.reshape(self.seen.points.shape), self.seen.points)

    def importance(self, rng: np.random.Generator) -> Tensor:
        """Of the shapes (52,), for what is drawn."""
        some = np.concatenate([self._pool(rng)[: POOL // 10], self.seen.weights])
        return importance(torch.from_numpy(some.astype(np.float32)))

    def _pool(self, rng: np.random.Generator) -> NDArray[np.float32]:
        if self._expressions is None:
            sampler = ExpressionSampler()
            self._expressions = np.stack([sampler.sample(rng) for _ in range(POOL)])
        return self._expressions


def prepare(
    begin: Callable[[], nn.Module], data: Path, run: Path, recipe: Recipe,
    check: Callable[[], Any] = lambda: None, ranks: Ranks | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[Path, Callable[[], nn.Module]]:  # fmt: skip
    """Teach the points, once for a run; what is to be trained on from there, and what with.

    Parameters
    ----------
    begin : callable
        Makes the student.
    data, run : Path
        The actor's shards, and the folder of the run, in which what is made here is kept.
    recipe : Recipe
        Its `sets` and `seed`.
    check : callable
        Called often; what it raises ends the work.
    ranks : Ranks, optional
        This process among those that train together: the first does it for all.
    progress : callable, optional
        Called with the steps that are learnt, and how many there are.

    Returns
    -------
    data : Path
        The shards with points as they are by the fit.
    begin : callable
        Makes the student that has learnt them.
    """
    own, mark = run / "own", (gathered(data) or {}).get("mark")
    done, ranks = own / BEGUN, ranks or Ranks()
    if ranks.first and not (done.is_file() and (gathered(own) or {}).get("mark") == mark):
        done.unlink(missing_ok=True)
        student: Any = begin()
        footage = open_footage(data)
        points = OwnPoints(look(student, footage, check))
        sets = recipe.sets * recipe.total(footage.frames)
        learn_points(student, points, sets, recipe.seed, check, progress)
        _write_shards(data, own, points)
        with open_atomic(done) as stream:
            arrays: dict[str, Any] = {name: value.numpy() for name, value in student.state_dict().items()}
            np.savez(stream, **arrays)
    ranks.wait()
    return own, lambda: _begun(begin, done)


def learn_points(
    student: Student, own: OwnPoints, sets: int, seed: int, check: Callable[[], Any] = lambda: None,
    progress: Progress = lambda done, total: None,
) -> None:  # fmt: skip
    """Teach a student's `Geometry` this face, in place; what pictures tell beside the points begins anew."""
    rng = np.random.default_rng([seed, 2])
    weight = own.importance(rng).sqrt()
    geometry, steps = student.geometry, max(sets // BATCH, 1)
    optimiser = torch.optim.AdamW(geometry.parameters(), lr=0.0, weight_decay=1e-4)
    for step in range(steps):
        check()
        progress(step + 1, steps)
        fall = 0.5 + 0.5 * np.cos(np.pi * step / steps)
        optimiser.param_groups[0]["lr"] = PEAK * min((step + 1) / RAMP, fall)
        points, wanted = own.draw(rng, BATCH)
        loss = (roughly_absolute(geometry(points)[0] - wanted) * weight).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    nn.init.zeros_(student.more.weight)
    nn.init.zeros_(student.more.bias)


@torch.no_grad()
def look(student: nn.Module, footage: Footage, check: Callable[[], Any] = lambda: None) -> Seen:
    """What a student says of the training frames, in their order."""
    rows: list[tuple[Tensor, ...]] = []
    for shard in footage.training:
        for batch in judged(Footage([], shard, []), most=len(shard["weights"])):
            check()
            out = student.eval()(batch["crops"])
            rows.append((out["points"], out["pose"][:, :2], batch["weights"]))
    return Seen(*(torch.cat(column).numpy() for column in zip(*rows)))


def _begun(begin: Callable[[], nn.Module], path: Path) -> nn.Module:
    student = begin()
    with np.load(path, allow_pickle=False) as arrays:
        student.load_state_dict({name: torch.tensor(arrays[name]) for name in arrays.files})
    return student


def _write_shards(data: Path, out: Path, own: OwnPoints) -> None:
    """The shards again, those to train on with points by the fit."""
    out.mkdir(parents=True, exist_ok=True)
    even, first = own.even(), 0
    for place in list_shards(data):
        number, shard = int(place.name.split("-")[1]), dict(open_shard(place))
        if number != HELD_OUT:
            count = len(shard["weights"])
            points = _in_views(even[first : first + count], shard["landmarks"])
            shard["landmarks"], shard["dense"] = np.split(points, [LANDMARK_COUNT], axis=1)
            first += count
        save_shard(out, number, shard)
    if (data / ABOUT).is_file():
        shutil.copyfile(data / ABOUT, out / ABOUT)


def _in_views(points: NDArray[np.float32], landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """Points (N, P, 2) in the boxes of landmarks (N, 70, 2) ─▶ pixels of the views."""
    pixels = to_pixels(torch.from_numpy(points)).numpy()
    rows = [to_frame(own, box_from_landmarks(marks)) for own, marks in zip(pixels, landmarks)]
    return np.stack(rows).astype(np.float32)


def _laid_on(shapes: NDArray[Any], goals: NDArray[Any]) -> NDArray[np.float32]:
    """Shapes (N, P, 2) shifted, turned and scaled to lie on others by least squares."""
    middle = goals.mean(1, keepdims=True)
    one, other = (
        np.asarray(points - points.mean(1, keepdims=True), np.float64) for points in (shapes, goals)
    )
    flat, wanted = (points[..., 0] + 1j * points[..., 1] for points in (one, other))
    turn = (flat.conj() * wanted).sum(1) / np.maximum((np.abs(flat) ** 2).sum(1), 1e-12)
    laid = flat * turn[:, None]
    return (np.stack([laid.real, laid.imag], -1) + middle).astype(np.float32)


def _features(weights: NDArray[Any], turns: NDArray[Any]) -> NDArray[np.float64]:
    """What points are linear in (N, 58): 1, the turn and its squares, the weights."""
    pitch, yaw = np.asarray(turns, np.float64).T
    turned = np.stack([np.ones_like(pitch), pitch, yaw, pitch**2, yaw**2, pitch * yaw], 1)
    return np.concatenate([turned, weights], 1)


def _fit(features: NDArray[np.float64], points: NDArray[Any]) -> NDArray[np.float64]:
    """Slopes (F, D) of points (N, D) on features (N, F), by ridge regression; the constant goes free."""
    scale = np.where(features.std(0) > 1e-6, features.std(0), 1.0)
    middle = features.mean(0) * (np.arange(features.shape[1]) > 0)
    near = (features - middle) / scale
    ridge = RIDGE * np.diag(np.arange(features.shape[1]) > 0)
    slopes = np.linalg.solve(near.T @ near / len(near) + ridge, near.T @ points / len(near)) / scale[:, None]
    slopes[0] -= middle @ slopes
    return np.asarray(slopes, np.float64)
