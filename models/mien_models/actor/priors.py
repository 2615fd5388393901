"""What the labeller knows before it sees anyone: how heads differ, and how far the student is off on them.

Both are measured on drawn heads (`measure_heads`, `measure_errors`) and kept in `priors.npz`, which
`mien actor priors` makes. The seeds are neither the training data's nor the bench's nor a made actor's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.atomic import open_atomic
from mien.crop import box_from_landmarks, cut, to_crop
from mien.interchange import read
from mien.student import Student
from mien.types import LANDMARK_COUNT, FaceBox
from numpy.typing import NDArray

SEED: Final = 880_000_000
COMPONENTS: Final = 24
"""Directions in which the landmarks of heads differ most."""
HEADS: Final = 600
JUDGED_HEADS: Final = 120
VIEWS: Final = 16
"""Of each judged head."""
SLOWEST: Final = 0.3
"""Of `speed`: recordings hardly move some shapes."""
LID_SHAPES: Final = tuple(
    arkit.INDEX[name] for name in arkit.NAMES
    if name.startswith(("eyeBlink", "eyeSquint", "eyeWide", "cheekSquint", "eyeLookDown", "eyeLookUp"))
)  # fmt: skip
"""What is fitted to a head's own lids (`synthetic.units.fit_lids`)."""


@dataclass(frozen=True, eq=False)
class Priors:
    """What is known before.

    Attributes
    ----------
    mean : ndarray, float32, (70, 3)
        The mean head's landmarks, decimetres, the middle of the eyes at the origin.
    heads : ndarray, float32, (K, 70, 3)
        What a head's identity adds, per standard deviation of each component.
    units : ndarray, float32, (52, 70, 3)
        What the shapes add on the mean head.
    lids : ndarray, float32, (K, L, 70, 3)
        What a component adds to the units of `LID_SHAPES`.
    offset, bias : ndarray, float32, (140,), (140, 140)
        Mean and covariance, over heads, of the errors of the student's landmarks (x, y of each, pixels of the
        crop) that stay the same on one head.
    noise : ndarray, float32, (140, 140)
        Covariance of their errors that change from view to view.
    weight_bias, weight_noise : ndarray, float32, (52,)
        Standard deviations of the errors of the student's weights: over heads, and from view to view.
    usual : ndarray, float32, (52,)
        Mean of each weight over many faces.
    speed : ndarray, float32, (52,)
        How fast each weight changes, root mean square, per square root of a second.
    """

    mean: NDArray[np.float32]
    heads: NDArray[np.float32]
    units: NDArray[np.float32]
    lids: NDArray[np.float32]
    offset: NDArray[np.float32]
    bias: NDArray[np.float32]
    noise: NDArray[np.float32]
    weight_bias: NDArray[np.float32]
    weight_noise: NDArray[np.float32]
    usual: NDArray[np.float32]
    speed: NDArray[np.float32]


def load_priors() -> Priors:
    """The measured ones that come with the package."""
    with resources.files(__package__).joinpath("priors.npz").open("rb") as stream:
        arrays = np.load(stream, allow_pickle=False)
        return Priors(**{each.name: arrays[each.name].astype(np.float32) for each in fields(Priors)})


def write_priors(priors: Priors, path: Path) -> None:
    """Keep them in a file."""
    with open_atomic(path) as stream:
        np.savez_compressed(
            stream, **{each.name: getattr(priors, each.name).astype(np.float32) for each in fields(Priors)}
        )


def measure(student: Student, recordings: Sequence[Path], progress: Callable[[], Any]) -> Priors:
    """Measure all of it: some ten minutes on one core."""
    mean, heads, units, lids = measure_heads()
    rows = measure_errors(student, progress=progress)
    usual, speed = rows["true"].mean(axis=(0, 1)), np.maximum(speeds(recordings), SLOWEST)
    return Priors(mean, heads, units, lids, **error_model(rows), usual=usual, speed=speed)


def measure_heads(count: int = HEADS, seed: int = SEED) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """`mean`, `heads`, `units`, `lids` of `Priors`, from heads drawn as training draws them."""
    from ..synthetic.brows import sample_brow_shift, shifted
    from ..synthetic.head import HeadSource
    from ..synthetic.identities import IdentitySampler

    rng, sampler = np.random.default_rng(seed), IdentitySampler(HeadSource())
    rest, units = [], []
    for _ in range(count):
        head = sampler.sample(rng)
        still, moved = _landmarks(sampler, head)
        shifted(still, sample_brow_shift(rng))
        middle = still[36:48].mean(axis=0)
        rest.append(still - middle)
        units.append(moved)
    return _components(np.array(rest), np.array(units))


def _landmarks(sampler: Any, head: Any) -> tuple[NDArray, NDArray]:
    """The landmarks of a resting head (70, 3) and what each shape adds (52, 70, 3)."""
    at = sampler.landmarks[:68]
    _, pupils = sampler.posed(head, np.zeros(arkit.COUNT))
    still = np.concatenate([head.neutral[at], pupils])
    units = np.zeros((arkit.COUNT, LANDMARK_COUNT, 3))
    units[:, :68] = head.units[:, at]
    for shape in range(arkit.COUNT):
        whole = np.zeros(arkit.COUNT)
        whole[shape] = 1.0
        units[shape, 68:] = sampler.posed(head, whole)[1] - pupils
    return still, units


def _components(rest: NDArray, units: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Principal components of the resting landmarks; how lids' units go with them, by regression."""
    mean = rest.mean(axis=0)
    flat = (rest - mean).reshape(len(rest), -1)
    left, sizes, right = np.linalg.svd(flat, full_matrices=False)
    spread = sizes[:COMPONENTS] / np.sqrt(len(rest) - 1)
    heads = (right[:COMPONENTS] * spread[:, None]).reshape(COMPONENTS, LANDMARK_COUNT, 3)
    scores = left[:, :COMPONENTS] * np.sqrt(len(rest) - 1)
    middle = units.mean(axis=0)
    lids = (units - middle)[:, list(LID_SHAPES)].reshape(len(rest), -1)
    slopes = np.linalg.lstsq(scores, lids, rcond=None)[0]
    return mean, heads, middle, slopes.reshape(COMPONENTS, len(LID_SHAPES), LANDMARK_COUNT, 3)


def measure_errors(
    student: Student, heads: int = JUDGED_HEADS, views: int = VIEWS, seed: int = SEED,
    progress: Callable[[], Any] = lambda: None,
) -> dict[str, NDArray]:  # fmt: skip
    """`given` and `true` weights (H, V, 52) and landmarks (H, V, 70, 2), pixels of the crop."""
    from ..synthetic.faces import FaceSampler

    rng, sampler = np.random.default_rng(seed + 1), FaceSampler()
    rows: dict[str, list[NDArray]] = {
        name: [] for name in ("given", "true", "seen", "truth", "pose", "turned")
    }
    for _ in range(heads):
        head = sampler.identities.sample(rng)
        looks = sampler.looks.sample(rng, head)
        seen = [_judged(rng, student, sampler.face(rng, head, looks)) for _ in range(views)]
        for name, values in zip(rows, zip(*seen)):
            rows[name].append(np.stack(values))
        progress()
    return {name: np.stack(values) for name, values in rows.items()}


def _judged(rng: np.random.Generator, student: Student, view: Any) -> tuple[NDArray, ...]:
    """What the student says of one view, cut as a tracker would, and the truth."""
    face = box_from_landmarks(view.landmarks)
    x, y = np.array([face.x, face.y]) + rng.normal(0, 0.02, 2) * face.size
    box = FaceBox(
        float(x), float(y), face.size * float(np.exp(rng.normal(0, 0.03))), face.roll + rng.normal(0, 2)
    )
    said = student.solve(cut(view.image, box).image[None])
    turned = view.pose - np.array([0, 0, box.roll], np.float32)
    return (
        said.weights[0],
        view.weights,
        said.landmarks[0],
        to_crop(view.landmarks, box),
        said.pose[0],
        turned,
    )


def error_model(rows: dict[str, NDArray]) -> dict[str, NDArray]:
    """`offset`, `bias`, `noise` and the weights' two of `Priors` from what `measure_errors` gives.

    The errors of a head have a mean (the bias) and a rest (the noise). Both covariances are shrunk towards
    their diagonals.
    """
    heads, views = rows["given"].shape[:2]
    missed = (rows["seen"] - rows["truth"]).reshape(heads, views, -1).astype(np.float64)
    means = missed.mean(axis=1)
    left = (missed - means[:, None]).reshape(heads * views, -1)
    noise = left.T @ left / (heads * (views - 1))
    centred = means - means.mean(axis=0)
    bias = centred.T @ centred / (heads - 1) - noise / views
    off = (rows["given"] - rows["true"]).astype(np.float64)
    own = off.mean(axis=1)
    spread = ((off - own[:, None]) ** 2).sum(axis=(0, 1)) / (heads * (views - 1))
    habit = np.maximum(own.var(axis=0) - spread / views, 0.0)
    return {
        "offset": means.mean(axis=0), "bias": _shrunk(bias, 0.4), "noise": _shrunk(noise, 0.1),
        "weight_bias": np.sqrt(habit), "weight_noise": np.sqrt(spread),
    }  # fmt: skip


def _shrunk(covariance: NDArray, share: float) -> NDArray:
    """Nearer to its diagonal, and positive definite."""
    diagonal = np.maximum(np.diag(covariance), 1e-2 * np.median(np.abs(np.diag(covariance))))
    mixed = (1 - share) * covariance + share * np.diag(diagonal)
    sizes, axes = np.linalg.eigh((mixed + mixed.T) / 2)
    scale = np.sqrt(diagonal)
    least = 1e-3 * float(np.median(scale**2))
    return np.asarray((axes * np.maximum(sizes, least)) @ axes.T)


def speeds(recordings: Sequence[Path]) -> NDArray[np.float64]:
    """`speed` of `Priors` from recorded performances."""
    steps = []
    for path in recordings:
        take = read(path)
        seconds = np.diff(take.times)
        steps.append((np.diff(take.weights, axis=0) ** 2 / seconds[:, None])[seconds < 0.1])
    return np.asarray(np.sqrt(np.nanmean(np.concatenate(steps), axis=0)))
