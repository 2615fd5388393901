"""Labelled crops without end: identity, expression, looks, light, pose, camera ─▶ picture and truth.

What the network is taught is exactly what is drawn here; nothing is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from mien.crop import box_from_landmarks, to_crop
from mien.rig import preview
from mien.types import FaceBox, HeadPose
from numpy.typing import NDArray

from . import camera
from .appearance import Appearance, AppearanceSampler
from .expressions import ExpressionSampler
from .head import HeadSource
from .identities import Identity, IdentitySampler
from .render import HeadRenderer, Light, project

RASTER: Final = 224
"""Side of the picture that is drawn before it is brought down to the crop, pixels."""
PIVOT: Final = np.array([0.0, 6.9, 0.6], np.float32)
"""Where heads turn about (decimetres of the base head)."""
DENSE_COUNT: Final = 256
NEGATIVE_SHARE: Final = 0.1
CROPS_A_HEAD: Final = 8


@dataclass(frozen=True, eq=False)
class LabelledCrop:
    """One training sample.

    Attributes
    ----------
    image : ndarray, uint8, (160, 160)
    weights : ndarray, float32, (52,)
    landmarks : ndarray, float32, (70, 2)
        Crop pixels.
    dense : ndarray, float32, (256, 2)
        More points of the front of the face, crop pixels.
    pose : ndarray, float32, (3,)
        Pitch, yaw, roll as in `mien.types.HeadPose`, degrees, relative to the crop.
    presence : float
        1 where a face is properly in the crop, else 0 (and the labels above mean nothing).
    """

    image: NDArray[np.uint8]
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    dense: NDArray[np.float32]
    pose: NDArray[np.float32]
    presence: float


class FaceSampler:
    """Draws labelled crops; a head is kept for a few of them, since making it is the dear part."""

    def __init__(self, source: HeadSource | None = None) -> None:
        source = source or HeadSource()
        self.identities = IdentitySampler(source)
        self.looks = AppearanceSampler()
        self.expressions = ExpressionSampler()
        self.renderer = HeadRenderer(source)
        self.landmarks = self.identities.landmarks
        self.dense = dense_vertices(source)
        self._head: tuple[Identity, Appearance] | None = None
        self._left = 0

    def sample(self, rng: np.random.Generator) -> LabelledCrop:
        """Draw one labelled crop."""
        if self._left == 0 or self._head is None:
            identity = self.identities.sample(rng)
            self._head, self._left = (identity, self.looks.sample(rng, identity)), CROPS_A_HEAD
        self._left -= 1
        if rng.random() < NEGATIVE_SHARE:
            return self._negative(rng)
        return self._positive(rng, *self._head)

    def _positive(self, rng: np.random.Generator, identity: Identity, looks: Appearance) -> LabelledCrop:
        weights = self.expressions.sample(rng)
        pitch, yaw = np.clip(rng.normal(0, (11, 17)), -50, 50)
        distance = float(np.exp(rng.uniform(np.log(2.8), np.log(14))))
        vertices, points = self._place(identity, weights, looks)
        rotation = head_rotation(pitch, yaw, 0.0)
        flat = project(points @ rotation.T, distance)
        right = box_from_landmarks(flat[: len(self.landmarks)])
        box = jittered(rng, right)
        picture = self._draw(rng, vertices, rotation, distance, box, looks, flat)
        inside = to_crop(flat, box)
        count = len(self.landmarks)
        pose = np.array([pitch, yaw, -box.roll], np.float32)
        return LabelledCrop(picture, weights, inside[:count], inside[count:], pose, 1.0)

    def _place(
        self, identity: Identity, weights: NDArray, looks: Appearance
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The posed head's vertices about the pivot, with hair, and its labelled points without."""
        bare = identity.neutral + np.tensordot(weights, identity.units, 1).astype(np.float32)
        points = np.concatenate([bare[self.landmarks], bare[self.dense]]) - PIVOT
        return self.renderer.lift_hair(bare, looks) - PIVOT, points

    def _draw(
        self,
        rng: np.random.Generator,
        vertices: NDArray,
        rotation: NDArray,
        distance: float,
        box: FaceBox,
        looks: Appearance,
        flat: NDArray,
    ) -> NDArray[np.uint8]:
        head, cover = self.renderer.render(vertices, rotation, distance, box, RASTER, looks, any_light(rng))
        spots = to_crop(flat, box) * (RASTER / 160)
        unit = RASTER / box.size
        level = float(np.percentile(head[cover > 0], 80)) if cover.any() else 1.0
        scene = camera.background(rng, RASTER) * level * rng.uniform(0.2, 2)
        chin = (float(spots[8, 0]), float(spots[8, 1]))
        camera.neck(rng, scene, chin, unit, level * rng.uniform(0.2, 0.8))
        picture = np.where(cover > 0, head, scene).astype(np.float32)
        if rng.random() < 0.9:
            camera.clothes(rng, picture, chin, unit, level * rng.uniform(0.02, 1.4))
        if rng.random() < 0.2:
            camera.glasses(rng, picture, spots[68:70].copy(), unit)
        if rng.random() < 0.15:
            camera.fringe(rng, picture, spots[[21, 22]].mean(0), unit, looks.hair + 0.05)
        if rng.random() < 0.08:
            camera.obstacle(rng, picture)
        return camera.wear(rng, camera.expose(rng, picture, cover > 0))

    def _negative(self, rng: np.random.Generator) -> LabelledCrop:
        """No face, or one too far out of the crop to be read."""
        if rng.random() < 0.5 or self._head is None:
            picture = camera.background(rng, RASTER)
            if rng.random() < 0.3:
                spot = (float(rng.uniform(0, RASTER)), float(rng.uniform(0, RASTER)))
                camera.clothes(rng, picture, spot, RASTER / rng.uniform(1, 4), float(rng.random()))
            image = camera.wear(rng, camera.expose(rng, picture, picture > -1))
        else:
            image = self._missed(rng, *self._head)
        blank = np.zeros((len(self.landmarks), 2), np.float32)
        dense = np.zeros((DENSE_COUNT, 2), np.float32)
        return LabelledCrop(image, np.zeros(52, np.float32), blank, dense, np.zeros(3, np.float32), 0.0)

    def _missed(self, rng: np.random.Generator, identity: Identity, looks: Appearance) -> NDArray[np.uint8]:
        weights = self.expressions.sample(rng)
        vertices, points = self._place(identity, weights, looks)
        rotation = head_rotation(float(rng.normal(0, 12)), float(rng.normal(0, 20)), 0.0)
        flat = project(points @ rotation.T, 8.0)
        right = box_from_landmarks(flat[: len(self.landmarks)])
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 0.9)
        size = right.size * np.exp(rng.normal(0, 0.25))
        kind = rng.random()
        if kind < 0.2:
            far, size = rng.uniform(0, 0.3), right.size * rng.uniform(2.6, 5)
        elif kind < 0.4:
            far, size = rng.uniform(0.1, 0.4), right.size * rng.uniform(0.2, 0.4)
        box = FaceBox(
            right.x + far * size * float(np.cos(angle)),
            right.y + far * size * float(np.sin(angle)),
            float(size),
            float(rng.normal(0, 15)) + (180.0 if rng.random() < 0.1 else 0.0),
        )  # fmt: skip
        return self._draw(rng, vertices, rotation, 8.0, box, looks, flat)


def jittered(rng: np.random.Generator, box: FaceBox) -> FaceBox:
    """The box as a tracker would have it: mostly near, now and then as a coarse search finds it."""
    if rng.random() < 0.7:
        shift, zoom, turn = rng.normal(0, 0.025, 2), rng.normal(0, 0.05), rng.normal(0, 4)
    else:
        shift, zoom, turn = rng.uniform(-0.17, 0.17, 2), rng.uniform(-0.4, 0.42), rng.normal(0, 14)
    x, y = np.array([box.x, box.y]) + shift * box.size
    return FaceBox(float(x), float(y), float(box.size * np.exp(zoom)), float(box.roll + turn))


def head_rotation(pitch: float, yaw: float, roll: float) -> NDArray[np.float32]:
    """Head to camera (3, 3) for the angles of `mien.types.HeadPose`, degrees: roll · yaw · pitch."""
    return preview.rotation(HeadPose(pitch, yaw, roll)).astype(np.float32)


def any_light(rng: np.random.Generator) -> Light:
    """One to four lights: a key, perhaps a fill and rims, over an ambient of its own strength."""
    count = int(rng.integers(1, 5))
    angles = np.stack([rng.normal(0, 50, count), rng.normal(20, 25, count)], axis=1)
    if rng.random() < 0.15:
        angles[0] = rng.normal(0, 8, 2)
    across, up = np.radians(angles).T
    directions = np.stack([np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)], axis=1)
    powers = rng.uniform(0.2, 1.0, count) * np.r_[1.0, np.full(count - 1, rng.uniform(0.1, 0.8))]
    ambient = rng.uniform(0.03, 0.45) * np.array([1.0, rng.uniform(0.3, 1.0)])
    return Light(directions.astype(np.float32), powers.astype(np.float32), float(rng.uniform(0.3, 1)),
                 ambient.astype(np.float32))  # fmt: skip


def dense_vertices(source: HeadSource) -> NDArray[np.int32]:
    """Vertices (256,), int32, spread over the front of the resting face, closest where it moves most."""
    rest = source.vertices[source.head.indices]
    body = source.head.part("body")
    motion = np.abs(source.units).sum(axis=(0, 2))[body]
    place = rest[body]
    front = (place[:, 2] > 0.75) & (np.abs(place[:, 0]) < 0.62) & (place[:, 1] > 6.25) & (place[:, 1] < 7.75)
    candidates, place, motion = body[front], place[front], motion[front]
    chosen = [int(np.argmax(motion))]
    nearest = np.linalg.norm(place - place[chosen[0]], axis=1)
    while len(chosen) < DENSE_COUNT:
        chosen.append(int(np.argmax(nearest * (0.15 + motion / motion.max()))))
        nearest = np.minimum(nearest, np.linalg.norm(place - place[chosen[-1]], axis=1))
    return candidates[chosen].astype(np.int32)
