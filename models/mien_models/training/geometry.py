"""The first stage, without pictures: endless heads' points teach the student's `Geometry` the weights.

mien train geometry --out GEOMETRY.npz
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from mien import arkit
from mien.atomic import open_atomic
from mien.crop import box_from_landmarks
from mien.rig.paint import globe_middle
from mien.types import CROP_SIZE, LANDMARK_COUNT
from numpy.typing import NDArray
from torch import Tensor

from ..networks.geometry import Geometry
from ..networks.mobilenet_v2 import StudentOptions
from ..synthetic.brows import sample_brow_shift, shifted
from ..synthetic.expressions import ExpressionSampler
from ..synthetic.faces import PIVOT, any_distance, any_turn, camera_seen, dense_vertices, head_rotation
from ..synthetic.head import HeadSource
from ..synthetic.identities import IdentitySampler
from ..synthetic.render import project
from ..synthetic.units import gaze_angles, globe_turn
from .losses import importance, square_error
from .schedule import Schedule

POOL: Final = 240
"""Heads kept at a time; `NEW_HEADS` of them are replaced at every step."""
NEW_HEADS: Final = 2
BATCH: Final = 256
HELD_OUT_HEADS: Final = 40


@dataclass(frozen=True)
class Noise:
    """How far the points of the picture stage are off, pixels of a 160 crop.

    Attributes
    ----------
    least, most : float
        Each sample's standard deviation is drawn between these (geometrically).
    steady : float
        What a face's points are off in every picture of it, as a share of that.
    """

    least: float = 0.3
    most: float = 2.5
    steady: float = 0.5


class PointSampler:
    """Endless batches of points (B, P, 2) in network units, and weights (B, 52)."""

    def __init__(self, seed: int, heads: int = POOL, noise: Noise | None = None) -> None:
        source = HeadSource()
        self.rng = np.random.default_rng(seed)
        self.noise = noise or Noise()
        self.identities, self.expressions = IdentitySampler(source), ExpressionSampler()
        self.vertices = np.concatenate([self.identities.landmarks, dense_vertices(source)])
        self.neutral = np.empty((heads, len(self.vertices), 3), np.float32)
        self.straight = np.empty((heads, 2))
        self.units = np.empty((heads, arkit.COUNT, 3 * len(self.vertices)), np.float32)
        self.eyes = np.empty((heads, 2, 2, 3), np.float32)
        self.bias = np.empty((heads, len(self.vertices), 2), np.float32)
        for place in range(heads):
            self.renew(place)

    def renew(self, place: int) -> None:
        """Put a new head into one place of the pool."""
        head = self.identities.sample(self.rng)
        self.neutral[place] = head.neutral[self.vertices]
        self.straight[place] = head.straight
        self.units[place] = head.units[:, self.vertices].reshape(arkit.COUNT, -1)
        for side, eye in enumerate(self.identities.eyes):
            centre = globe_middle(head.neutral[eye])
            self.eyes[place, side] = centre, head.neutral[self.identities.irises[side]].mean(0) - centre
        shifted(self.neutral[place, :LANDMARK_COUNT], sample_brow_shift(self.rng))
        self.bias[place] = self.rng.standard_normal(self.bias.shape[1:])

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """Draw a batch."""
        heads = self.rng.integers(len(self.neutral), size=size)
        turns = [head_rotation(*any_turn(self.rng), 0.0) for _ in range(size)]
        weights = np.stack([self.expressions.sample(self.rng, camera_seen(turn)) for turn in turns])
        moved = np.matmul(weights[:, None], self.units[heads])[:, 0]
        points = self.neutral[heads] + moved.reshape(size, -1, 3)
        flat = np.stack([self._seen(*one) for one in zip(points, weights, heads, turns)])
        return torch.from_numpy(flat), torch.from_numpy(weights)

    def _seen(self, points: NDArray, weights: NDArray, head: int, turn: NDArray) -> NDArray[np.float32]:
        """One head's points as a camera and the picture stage see them (P, 2), network units."""
        rng = self.rng
        for side, angles in enumerate(gaze_angles(weights) + self.straight[head]):
            centre, iris = self.eyes[head, side]
            points[LANDMARK_COUNT - 2 + side] = centre + globe_turn(angles) @ iris
        flat = project((points - PIVOT) @ turn.T, any_distance(rng))
        box = box_from_landmarks(flat[:LANDMARK_COUNT])
        level = np.exp(rng.uniform(np.log(self.noise.least), np.log(self.noise.most))) / (CROP_SIZE / 2)
        off = level * (rng.standard_normal(flat.shape) + self.noise.steady * self.bias[head])
        return ((flat - (box.x, box.y)) * (2 / box.size) + off).astype(np.float32)


def train_geometry(
    out: Path, samples: int, options: StudentOptions, report: Callable[[dict[str, Any]], None], seed: int = 1
) -> dict[str, float]:
    """Train and write `out` (.npz: the network's arrays); returns the scores on heads never trained on."""
    torch.manual_seed(seed)
    sampler = PointSampler(seed)
    points, weights = PointSampler(seed + 1, HELD_OUT_HEADS, Noise(1.0, 1.0)).batch(2048)
    scale = importance(weights)
    network = Geometry(LANDMARK_COUNT + options.dense, options.hidden)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=1e-4)
    schedule = Schedule(peak=1e-3, ramp_up=BATCH * 40, flat=samples, total=samples, ramp_down=samples // 2)
    for seen in range(0, samples, BATCH):
        for place in sampler.rng.integers(POOL, size=NEW_HEADS):
            sampler.renew(int(place))
        given, wanted = sampler.batch(BATCH)
        optimiser.param_groups[0]["lr"] = schedule.rate(seen)
        loss = square_error(network(given)[0] - wanted, scale).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if seen // BATCH % 100 == 99:
            report({"samples": seen + BATCH, **scores_of(network, points, weights)})
    scores = scores_of(network, points, weights)
    with open_atomic(out) as stream:
        about = np.array([repr({"samples": samples, **asdict(options), **scores})])
        np.savez(stream, about=about, **{k: v.numpy() for k, v in network.state_dict().items()})
    return scores


@torch.no_grad()
def scores_of(network: Geometry, points: Tensor, weights: Tensor) -> dict[str, float]:
    """Mean absolute error and the median correlation over the shapes."""
    given = network(points)[0].clamp(0, 1)
    error = float((given - weights).abs().mean())
    both = [torch.corrcoef(torch.stack([given[:, i], weights[:, i]]))[0, 1] for i in range(arkit.COUNT)]
    return {"weights_mae": error, "correlation": float(torch.stack(both).nan_to_num().median())}


def load_geometry(path: Path, network: Geometry) -> None:
    """Fill a network from a file of `train_geometry`."""
    with np.load(path, allow_pickle=False) as arrays:
        names = set(arrays.files) - {"about"}
        network.load_state_dict({name: torch.tensor(arrays[name]) for name in names})
