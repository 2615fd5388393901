"""Labelled views without end: identity, expression, looks, light, pose, camera ─▶ picture and truth.

A view is a face with room round it, before any camera has worn it; `crops` cuts training crops out of it.
What the network is taught is exactly what is drawn here; nothing is estimated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from mien.crop import box_from_landmarks, to_crop
from mien.rig import preview
from mien.types import CROP_SIZE, LANDMARK_COUNT, FaceBox, HeadPose
from numpy.typing import NDArray

from . import camera, hair
from .appearance import Appearance, AppearanceSampler
from .brows import shifted
from .expressions import ExpressionSampler
from .head import HeadSource
from .identities import Identity, IdentitySampler
from .landmarks import DENSE_COUNT, DENSE_MIDDLE, DENSE_PAIRS, VIEW
from .render import EYE, HeadRenderer, Light, project

PIVOT: Final = np.array([0.0, 6.9, 0.6], np.float32)
"""Where heads turn about (decimetres of the base head)."""
MARGIN: Final = 1.45
"""Side of a view, in sides of the box in which the network wants the face."""
NEGATIVE_SHARE: Final = 0.08
VIEWS_A_HEAD: Final = 8
INFRARED_SHARE: Final = 0.06
"""Share of the heads that a camera for infra-red light sees."""


@dataclass(frozen=True, eq=False)
class LabelledView:
    """One drawn face and the truth about it.

    Attributes
    ----------
    image : ndarray, uint8, (256, 256)
    weights : ndarray, float32, (52,)
    landmarks : ndarray, float32, (70, 2)
        Pixels of the view.
    dense : ndarray, float32, (256, 2)
        More points of the front of the face, pixels of the view.
    pose : ndarray, float32, (3,)
        Pitch, yaw, roll as in `mien.types.HeadPose`, degrees, relative to the view.
    presence : float
        1 where there is a face, else 0 (and the labels above mean nothing).
    notes : mapping of str to float
        Who was drawn, to measure by group: skin (albedo 0–1), age and masculine (0–1), beard and glasses
        (0 or 1); empty where nobody was.
    """

    image: NDArray[np.uint8]
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    dense: NDArray[np.float32]
    pose: NDArray[np.float32]
    presence: float
    notes: Mapping[str, float] = field(default_factory=dict)


class FaceSampler:
    """Draws labelled views; a head is kept for a few of them, since making it is the dear part."""

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

    def sample(self, rng: np.random.Generator) -> LabelledView:
        """Draw one labelled view."""
        if self._left == 0 or self._head is None:
            identity = self.identities.sample(rng)
            looks = self.looks.sample(rng, identity)
            looks = looks.infrared(rng) if rng.random() < INFRARED_SHARE else looks
            self._head, self._left = (identity, looks), VIEWS_A_HEAD
        self._left -= 1
        if rng.random() < NEGATIVE_SHARE:
            return self._negative(rng, *self._head)
        return self.face(rng, *self._head)

    def face(self, rng: np.random.Generator, identity: Identity, looks: Appearance) -> LabelledView:
        """Draw a view of one head, its expression, turn, light and camera at random."""
        return self._view(rng, identity, looks, *any_turn(rng), 1.0)

    def _view(
        self, rng: np.random.Generator, identity: Identity, looks: Appearance, pitch: float, yaw: float,
        presence: float,
    ) -> LabelledView:  # fmt: skip
        rotation = head_rotation(pitch, yaw, 0.0)
        weights = self.expressions.sample(rng, camera_seen(rotation))
        vertices, points = self.placed(identity, weights, looks)
        distance = any_distance(rng)
        flat = project(points @ rotation.T, distance)
        box = _round(rng, box_from_landmarks(flat[:LANDMARK_COUNT]))
        lifted = self.renderer.lift_hair(vertices + PIVOT, looks) - PIVOT
        spots = to_crop(flat, box) * (VIEW / CROP_SIZE) + 0.5 * (VIEW / CROP_SIZE - 1)
        image, glasses = self._draw(rng, lifted, rotation, distance, box, looks.folded(weights), spots)
        pose = np.array([pitch, yaw, -box.roll], np.float32)
        notes = {"skin": looks.skin, "age": identity.age, "masculine": identity.masculine,
                 "beard": float(looks.beard), "glasses": float(glasses)}  # fmt: skip
        return LabelledView(
            image, weights, spots[:LANDMARK_COUNT], spots[LANDMARK_COUNT:], pose, presence, notes
        )

    def placed(
        self, identity: Identity, weights: NDArray[np.float32], looks: Appearance
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A head's vertices with an expression, about the pivot, and its 70 + 256 labelled points."""
        vertices, pupils = self.identities.posed(identity, weights)
        landmarks = shifted(np.concatenate([vertices[self.landmarks[:68]], pupils]), looks.brows)
        points = np.concatenate([landmarks, vertices[self.dense]])
        return vertices - PIVOT, points - PIVOT

    def _draw(
        self, rng: np.random.Generator, vertices: NDArray, rotation: NDArray, distance: float, box: FaceBox,
        looks: Appearance, spots: NDArray,
    ) -> tuple[NDArray[np.uint8], bool]:  # fmt: skip
        """The picture, and whether the head wears glasses."""
        light = lamp_at_camera(rng) if looks.is_infrared else any_light(rng)
        head, surface = self.renderer.render(vertices, rotation, distance, box, VIEW, looks, light)
        cover, unit = surface >= 0, VIEW / box.size
        level = float(np.percentile(head[cover], 80)) if cover.any() else 1.0
        around = rng.uniform(0.0, 0.3) if looks.is_infrared else rng.uniform(0.2, 2)
        scene = camera.background(rng, VIEW) * level * around
        style = hair.HairStyle.sample(rng, looks.hair * level * rng.uniform(0.8, 2.0), unit)
        style.behind(scene, spots)
        chin = (float(spots[8, 0]), float(spots[8, 1]))
        camera.neck(rng, scene, chin, unit, level * rng.uniform(0.2, 0.8))
        picture = np.where(cover, head, scene).astype(np.float32)
        if rng.random() < 0.7:
            camera.glints(rng, picture, surface == EYE, spots[68:70], unit, level)
        if rng.random() < 0.9:
            camera.clothes(rng, picture, chin, unit, level * rng.uniform(0.02, 1.4))
        style.front(picture, spots)
        if glasses := rng.random() < 0.18:
            camera.glasses(rng, picture, cover, spots[68:70].copy(), unit)
        if rng.random() < 0.12:
            camera.fringe(rng, picture, spots[[21, 22]].mean(0), unit, looks.hair + 0.05)
        if rng.random() < 0.08:
            camera.obstacle(rng, picture)
        return to_bytes(camera.expose(rng, picture, cover)), glasses

    def _negative(self, rng: np.random.Generator, identity: Identity, looks: Appearance) -> LabelledView:
        """No face: a place without people, or a head from behind or from the side."""
        if rng.random() < 0.4:
            pitch, yaw = float(rng.normal(0, 15)), float(rng.choice([-1, 1]) * rng.uniform(95, 180))
            return self._view(rng, identity, looks, pitch, yaw, 0.0)
        picture = camera.background(rng, VIEW)
        if rng.random() < 0.3:
            spot = (float(rng.uniform(0, VIEW)), float(rng.uniform(0, VIEW)))
            camera.clothes(rng, picture, spot, VIEW / rng.uniform(1, 4), float(rng.random()))
        for _ in range(rng.poisson(1.0)):
            camera.obstacle(rng, picture)
        image = to_bytes(camera.expose(rng, picture, picture > -1))
        nothing = np.zeros((LANDMARK_COUNT + DENSE_COUNT, 2), np.float32)
        return LabelledView(
            image, np.zeros(52, np.float32), nothing[:LANDMARK_COUNT], nothing[LANDMARK_COUNT:],
            np.zeros(3, np.float32), 0.0,
        )  # fmt: skip


def to_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """0–1 ─▶ 0–255."""
    return (picture * 255).clip(0, 255).astype(np.uint8)


def _round(rng: np.random.Generator, box: FaceBox) -> FaceBox:
    """The view's box: the face's with `MARGIN`, not quite centred nor level."""
    x, y = np.array([box.x, box.y]) + rng.normal(0, 0.04, 2) * box.size
    zoom = MARGIN * float(np.exp(rng.normal(0, 0.05)))
    return FaceBox(float(x), float(y), box.size * zoom, float(box.roll + rng.normal(0, 8)))


def any_turn(rng: np.random.Generator) -> tuple[float, float]:
    """How a head is turned: pitch and yaw, degrees."""
    pitch, yaw = np.clip(rng.normal(0, (12, 19)), (-45, -60), (45, 60))
    return float(pitch), float(yaw)


def any_distance(rng: np.random.Generator) -> float:
    """How far the camera is from the head, decimetres: from one worn on it to one across the room."""
    return float(np.exp(rng.uniform(np.log(2.8), np.log(14))))


def head_rotation(pitch: float, yaw: float, roll: float) -> NDArray[np.float32]:
    """Head to camera (3, 3) for the angles of `mien.types.HeadPose`, degrees: roll · yaw · pitch."""
    return preview.rotation(HeadPose(pitch, yaw, roll)).astype(np.float32)


def camera_seen(rotation: NDArray) -> tuple[float, float]:
    """Where a camera is as the head (3, 3; see `head_rotation`) sees it: degrees to its left and upwards."""
    across, up, ahead = map(float, rotation.T[:, 2])
    return math.degrees(math.atan2(across, ahead)), math.degrees(math.atan2(up, math.hypot(across, ahead)))


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


def lamp_at_camera(rng: np.random.Generator) -> Light:
    """What a camera for infra-red light brings along: one or two lamps beside the lens, and little else."""
    count = int(rng.integers(1, 3))
    across, up = np.radians(rng.normal(0, 12, (2, count)))
    directions = np.stack([np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)], axis=1)
    return Light(directions.astype(np.float32), np.full(count, 1.0 / count, np.float32),
                 float(rng.uniform(0, 0.5)), rng.uniform(0, 0.08, 2).astype(np.float32))  # fmt: skip


def dense_vertices(source: HeadSource) -> NDArray[np.int32]:
    """Vertices (256,), int32, spread over the front of the resting face, closest where it moves most.

    In the order of `landmarks.MIRRORED_DENSE`: the middle line, the right side, its mirror images.
    """
    rest = source.vertices[source.head.indices]
    body = source.head.part("body")
    motion = np.abs(source.units).sum(axis=(0, 2))[body]
    place = rest[body]
    front = (place[:, 2] > 0.75) & (np.abs(place[:, 0]) < 0.62) & (place[:, 1] > 6.25) & (place[:, 1] < 7.75)
    body, place, motion = body[front], place[front], motion[front]
    near = 0.2 + np.sqrt(motion / motion.max()) + 0.4 * ((place[:, 1] > 7.12) & (place[:, 1] < 7.62))
    middle = _spread(place, near, np.flatnonzero(np.abs(place[:, 0]) < 0.004), DENSE_MIDDLE)
    right = _spread(place, near, np.flatnonzero(place[:, 0] < -0.012), DENSE_PAIRS)
    image = place[right] * np.array([-1, 1, 1], np.float32)
    left = np.linalg.norm(image[:, None] - place[None], axis=2).argmin(1)
    return body[np.concatenate([middle, right, left])].astype(np.int32)


def _spread(place: NDArray, near: NDArray, candidates: NDArray, count: int) -> NDArray[np.intp]:
    """`count` of the candidates, each far from those before; `near` (V,) says where they may be closer."""
    chosen = [int(np.argmax(near[candidates]))]
    points, weight = place[candidates], near[candidates]
    gap = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < count:
        chosen.append(int(np.argmax(gap * weight)))
        gap = np.minimum(gap, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return candidates[chosen]
