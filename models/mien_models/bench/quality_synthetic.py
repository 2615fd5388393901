"""Quality on drawn heads never trained on: what is drawn, and how far the network is off, by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from mien import arkit
from mien.boxes import wrapped
from mien.sighting import Sighting
from mien.solver import sample_of
from mien.student import Student, StudentOutput
from mien.types import CROP_SIZE, FaceBox
from numpy.typing import NDArray
from tqdm import tqdm

from .quality_sides import share_told

SEED: Final = 1_000_000
"""Training draws its shards from the seeds 0, 1, 2, …, which never come near."""

WHOLE: Final = FaceBox((CROP_SIZE - 1) / 2, (CROP_SIZE - 1) / 2, float(CROP_SIZE))
"""The box of a crop in the crop itself."""

Figures = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Shown:
    """Crops and the truth about them.

    Attributes
    ----------
    crops : ndarray, uint8, (N, 160, 160)
    weights : ndarray, float32, (N, 52)
    landmarks : ndarray, float32, (N, 70, 2)
        Pixels of the crop.
    pose : ndarray, float32, (N, 3)
        Degrees, relative to the crop.
    presence : ndarray, bool, (N,)
        Whether a face is properly in the crop; where not, the labels above mean nothing.
    notes : dict of str to ndarray, (N,)
        What else the sampler says of its views: skin (albedo 0–1), age and masculine (0–1), glasses, beard.
    """

    crops: NDArray[np.uint8]
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    pose: NDArray[np.float32]
    presence: NDArray[np.bool_]
    notes: dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Errors:
    """How far the network is off, crop by crop.

    Attributes
    ----------
    weights : ndarray, float32, (N, 52)
        |given − true|.
    pixels, eyes : ndarray, float64, (N,)
        Mean distance of the 70 landmarks, in pixels of the crop and in % of the distance between the pupils.
    pose : ndarray, float64, (N, 3)
        |given − true|, degrees.
    present : ndarray, float32, (N,)
        The presence that the network gave, 0–1.
    confidence : ndarray, float64, (N,)
        What a Sample of this crop would have, 0–1.
    """

    weights: NDArray[np.float32]
    pixels: NDArray[np.float64]
    eyes: NDArray[np.float64]
    pose: NDArray[np.float64]
    present: NDArray[np.float32]
    confidence: NDArray[np.float64]


def draw(count: int, seed: int = SEED) -> Shown:
    """Draw so many crops: new heads, cut and worn as a camera and a tracker would have them."""
    from ..synthetic.crops import cut_view
    from ..synthetic.faces import FaceSampler

    sampler = FaceSampler()
    drawing, cutting = (np.random.default_rng([seed, part]) for part in (1, 2))
    crops, notes = [], []
    for _ in tqdm(range(count), "drawing heads", leave=False, disable=None):
        view = sampler.sample(drawing)
        crops.append(cut_view(vars(view), cutting, mirror=False))
        notes.append(getattr(view, "notes", {}))
    names = {name for one in notes for name in one}
    return Shown(
        np.stack([crop.image for crop in crops]), np.stack([crop.weights for crop in crops]),
        np.stack([crop.points[:70] for crop in crops]), np.stack([crop.pose for crop in crops]),
        np.array([crop.presence > 0.5 for crop in crops]),
        {name: np.array([float(one.get(name, np.nan)) for one in notes]) for name in sorted(names)},
    )  # fmt: skip


def errors_of(given: StudentOutput, shown: Shown) -> Errors:
    """Hold the network's answers against the truth."""
    pixels = np.linalg.norm(given.landmarks - shown.landmarks, axis=2).mean(axis=1).astype(np.float64)
    between = np.linalg.norm(shown.landmarks[:, 68] - shown.landmarks[:, 69], axis=1)
    turned = np.vectorize(wrapped)(given.pose.astype(np.float64) - shown.pose)
    return Errors(np.abs(given.weights - shown.weights), pixels, 100.0 * pixels / np.maximum(between, 1.0),
                  np.abs(turned), given.presence, confidence_of(given))  # fmt: skip


def confidence_of(given: StudentOutput) -> NDArray[np.float64]:
    """The confidence that the solver makes of each answer."""
    sightings = (
        Sighting(
            WHOLE,
            given.weights[i],
            given.landmarks[i],
            float(given.presence[i]),
            given.pose[i],
            float(given.confidence[i]),
        )
        for i in range(len(given))
    )
    return np.array([sample_of(sighting, 0.0).confidence for sighting in sightings])


def measure(student: Student, shown: Shown) -> tuple[Figures, Errors]:
    """All figures on drawn heads, and the errors behind them."""
    alone, face = student.solve(shown.crops), shown.presence
    given = beside_their_heads(student, alone, face)
    errors = errors_of(given, shown)
    groups: dict[str, Figures] = {}
    for kind, label, members in groups_of(shown):
        groups.setdefault(kind, {})[label] = figures(errors, members & face)
    every = {**figures(errors, face), **presence_figures(errors.present, face)}
    others = {
        "weights_mae_always_at_rest": _mean(np.abs(shown.weights[face])),
        "weights_mae_alone": _mean(np.abs(alone.weights - shown.weights)[face]),
        "sides_told": share_told(given.weights[face], shown.weights[face]),
    }
    return {"all": {**every, **others}, "shapes": by_shape(given, shown, errors),
            "groups": groups}, errors  # fmt: skip


def beside_their_heads(student: Student, alone: StudentOutput, face: NDArray[np.bool_]) -> StudentOutput:
    """The weights read as in a take: each view of a head beside all views of that head that show a face."""
    if not student.reads_beside:
        return alone
    from ..synthetic.faces import VIEWS_A_HEAD

    weights = alone.weights.copy()
    for first in range(0, len(alone), VIEWS_A_HEAD):
        views = np.arange(first, min(first + VIEWS_A_HEAD, len(alone)))
        seen = views[face[views]]
        if len(seen):
            weights[views] = student.read(alone.code[views], alone.code[seen].mean(axis=0), len(seen))
    return replace(alone, weights=weights)


def figures(errors: Errors, members: NDArray[np.bool_]) -> Figures:
    """The means over some of the crops, all of them with a face."""
    pose = errors.pose[members].mean(axis=0) if members.any() else np.full(3, np.nan)
    return {
        "crops": int(members.sum()),
        "weights_mae": _mean(errors.weights[members]),
        "landmarks_px": _mean(errors.pixels[members]),
        "landmarks_eyes": _mean(errors.eyes[members]),
        **{f"{angle}_degrees": float(error) for angle, error in zip(("pitch", "yaw", "roll"), pose)},
    }


def presence_figures(given: NDArray[np.float32], face: NDArray[np.bool_]) -> Figures:
    """How often the network is right that there is a face (by its ½), and the two ways to be wrong."""
    says = given > 0.5
    return {
        "presence_right": _mean(says == face),
        "faces_missed": _mean(~says[face]),
        "faces_made_up": _mean(says[~face]),
    }


def by_shape(given: StudentOutput, shown: Shown, errors: Errors) -> Figures:
    """Mean error and correlation of each shape, over the crops with a face."""
    face, found = shown.presence, {}
    for i, name in enumerate(arkit.NAMES):
        one, other = given.weights[face, i], shown.weights[face, i]
        moves = len(one) > 1 and one.std() > 1e-6 and other.std() > 1e-6
        found[name] = {
            "mae": _mean(errors.weights[face, i]),
            "correlation": float(np.corrcoef(one, other)[0, 1]) if moves else 0.0,
        }
    return found


GROUPS: Final[dict[str, tuple[str, tuple[tuple[str, float, float], ...]]]] = {
    "skin tone": ("skin", (("dark", 0.0, 0.28), ("medium", 0.28, 0.45), ("light", 0.45, 9.0))),
    "age": ("age", (("young", 0.0, 0.33), ("middle", 0.33, 0.67), ("old", 0.67, 9.0))),
    "gender": ("masculine", (("feminine", 0.0, 0.5), ("masculine", 0.5, 9.0))),
    "glasses": ("glasses", (("without", 0.0, 0.5), ("with", 0.5, 9.0))),
    "beard": ("beard", (("without", 0.0, 0.5), ("with", 0.5, 9.0))),
    "yaw": ("yaw", (("under 15°", 0.0, 15.0), ("15–30°", 15.0, 30.0), ("over 30°", 30.0, 180.0))),
    "brightness": ("brightness", (("dark", 0.0, 70.0), ("medium", 70.0, 170.0), ("bright", 170.0, 256.0))),
    "light": ("one-sided", (("even", 0.0, 0.25), ("from one side", 0.25, 9.0))),
}
"""Kind: (what it goes by, its groups: name, from, to). `skin` to `beard` are the sampler's notes, the others
are measured on the crop: brightness of the face (0–255), difference of its halves as a part of their mean."""


def groups_of(shown: Shown) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Kind, name and members (N,) of each group; kinds of which the sampler says nothing are left out."""
    bright, sided = lights(shown.crops, shown.landmarks)
    known = {**shown.notes, "yaw": np.abs(shown.pose[:, 1]), "brightness": bright, "one-sided": sided}
    for kind, (name, parts) in GROUPS.items():
        for label, least, most in parts:
            if name in known:
                yield kind, label, (known[name] >= least) & (known[name] < most)


def lights(crops: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Brightness of each face, 0–255, and how unlike its halves are, 0–2, (2, N)."""
    found = [_light(crop, points) for crop, points in zip(crops, landmarks)]
    return np.array(found, np.float64).reshape(-1, 2).T


def _light(crop: NDArray[np.uint8], points: NDArray[np.float32]) -> tuple[float, float]:
    middle = points[[27, 28, 29, 30, 33, 51, 57, 8]]
    means = []
    for half in (points[:9], points[8:17]):
        mask = np.zeros(crop.shape, np.uint8)
        hull = cv2.convexHull(np.concatenate([half, middle]).astype(np.float32)).astype(np.int32)
        cv2.fillConvexPoly(mask, hull, 1)
        means.append(float(crop[mask > 0].mean()) if mask.any() else 0.0)
    level = sum(means) / 2
    return level, abs(means[0] - means[1]) / max(level, 1.0)


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else float("nan")
