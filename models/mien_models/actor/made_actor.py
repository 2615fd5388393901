"""An actor who never lived: one head, lit, painted and filmed unlike the training data, with the whole truth.

For tests and figures only: what a network learnt from a real actor's labels can be judged here, since every
weight, landmark and vertex of each frame is known. What the actor does is in `made_motion`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from mien.crop import box_from_landmarks
from mien.take import Take
from mien.types import FaceBox
from numpy.typing import NDArray

from ..synthetic import camera
from ..synthetic.appearance import Appearance
from ..synthetic.brows import shifted
from ..synthetic.clip import write_movie
from ..synthetic.faces import PIVOT, FaceSampler, head_rotation, to_bytes
from ..synthetic.paint import PAINT
from ..synthetic.render import Light, project

SEEDS: Final = 770_000_000
"""Actors are drawn from seeds that neither training (0, 1, 2, …) nor the quality bench ever comes near."""
MILLIMETRES: Final = 100.0
"""In a decimetre."""
ROOM: Final = 1.6
"""Side of the picture, in sides of the box in which the network wants the face."""
SIDE: Final = 256
RATE: Final = 30.0


@dataclass(frozen=True, eq=False)
class ActorClip:
    """A filmed motion and all that is true of it.

    Attributes
    ----------
    actor : Actor
    frames : ndarray, uint8, (T, H, W)
        Grey pictures, H = W.
    times : ndarray, float64, (T,)
        Seconds.
    weights : ndarray, float32, (T, 52)
    pose : ndarray, float64, (T, 3)
        Pitch, yaw, roll in degrees, signs of `mien.types.HeadPose`.
    landmarks : ndarray, float32, (T, 70, 2)
        Pixels of the frame.
    frame : FaceBox
        What the camera sees, in decimetres of the picture plane (`synthetic.render.project`).
    """

    actor: Actor
    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    pose: NDArray[np.float64]
    landmarks: NDArray[np.float32]
    frame: FaceBox

    def __len__(self) -> int:
        return len(self.times)

    @functools.cached_property
    def vertices(self) -> NDArray[np.float32]:
        """Shape (T, V, 3): the head's mesh in millimetres, in head space about the neck's pivot, unturned."""
        return np.stack([self.actor.shaped(row) for row in self.weights])

    def project(self, points: NDArray[Any], at: int) -> NDArray[np.float32]:
        """Points (…, 3) in the millimetres of `vertices` at frame `at` ─▶ pixels of the frame (…, 2)."""
        turned = (np.asarray(points) / MILLIMETRES) @ head_rotation(*self.pose[at]).T
        return _to_pixels(project(turned, self.actor.distance), self.frame, self.frames.shape[-1])

    def take(self, name: str = "made actor") -> Take:
        """The truth as a Take, as the labels of a real clip would come."""
        boxes = [box_from_landmarks(points) for points in self.landmarks]
        rate = 1 / float(np.median(np.diff(self.times))) if len(self) > 1 else RATE
        side = self.frames.shape[-1]
        return Take(
            times=self.times, weights=self.weights, landmarks=self.landmarks, pose=self.pose,
            confidence=np.ones(len(self), np.float32),
            boxes=np.array([(b.x, b.y, b.size, b.roll) for b in boxes], np.float32).reshape(-1, 4),
            about={"name": f"{name} (truth)", "rate": round(rate, 4), "frame_size": [side, side]},
        )  # fmt: skip

    def write(self, path: Path) -> None:
        """The frames as an H.264 film at the clip's own rate."""
        rate = round(1 / float(np.median(np.diff(self.times)))) if len(self) > 1 else round(RATE)
        write_movie(path, (np.repeat(grey[..., None], 3, axis=2) for grey in self.frames), rate)


class Actor:
    """One head with its looks, its lights and its camera, all drawn from one seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(SEEDS + seed)
        self.seed = seed
        self.sampler = _sampler()
        self.identity = self.sampler.identities.sample(rng)
        self.looks = _painted(rng, self.sampler.looks.sample(rng, self.identity))
        self.light = _lit(rng)
        self.distance = float(rng.uniform(5.0, 9.0))
        self._backdrop = 0.1 + 0.35 * camera.background(rng, 64)
        self._grain = float(rng.uniform(0.004, 0.012))
        self._gamma = float(rng.uniform(0.48, 0.62))

    def shaped(self, weights: NDArray[Any]) -> NDArray[np.float32]:
        """The mesh (V, 3) of one expression (52,): millimetres, head space, about the neck's pivot."""
        vertices, _ = self.sampler.identities.posed(self.identity, weights)
        return ((vertices - PIVOT) * MILLIMETRES).astype(np.float32)

    def landmarks3d(self, weights: NDArray[Any]) -> NDArray[np.float32]:
        """The 70 landmarks (70, 3) of one expression, millimetres like `shaped`; brows lie on their hair."""
        vertices, pupils = self.sampler.identities.posed(self.identity, weights)
        points = np.concatenate([vertices[self.sampler.landmarks[:68]], pupils])
        return ((shifted(points, self.looks.brows) - PIVOT) * MILLIMETRES).astype(np.float32)


def film(
    actor: Actor, weights: NDArray[Any], pose: NDArray[Any], size: int = SIDE, rate: float = RATE
) -> ActorClip:
    """Film a motion.

    Parameters
    ----------
    actor : Actor
    weights : ndarray, (T, 52), 0–1
    pose : ndarray, (T, 3)
        Pitch, yaw, roll, degrees.
    size : int
        Pixels of the picture's side.
    rate : float
        Frames a second.
    """
    weights, pose = np.asarray(weights, np.float32), np.asarray(pose, np.float64)
    frame = _framing(actor)
    points = np.stack([
        project((actor.landmarks3d(w) / MILLIMETRES) @ head_rotation(*p).T, actor.distance)
        for w, p in zip(weights, pose)
    ])  # fmt: skip
    landmarks = _to_pixels(points, frame, size)
    frames = np.stack(list(_pictures(actor, weights, pose, landmarks, frame, size)))
    return ActorClip(actor, frames, np.arange(len(weights)) / rate, weights, pose, landmarks, frame)


@functools.lru_cache(maxsize=1)
def _sampler() -> FaceSampler:
    return FaceSampler()


def _framing(actor: Actor) -> FaceBox:
    """The camera stands still: the resting face with room round it."""
    rest = actor.landmarks3d(np.zeros(52, np.float32)) / MILLIMETRES
    face = box_from_landmarks(project(rest, actor.distance))
    return FaceBox(face.x, face.y + 0.05 * face.size, ROOM * face.size)


def _to_pixels(flat: NDArray[Any], frame: FaceBox, size: int) -> NDArray[np.float32]:
    return ((flat - (frame.x, frame.y)) * (size / frame.size) + (size - 1) / 2).astype(np.float32)


def _pictures(
    actor: Actor, weights: NDArray, pose: NDArray, landmarks: NDArray, frame: FaceBox, size: int
) -> Iterator[NDArray[np.uint8]]:
    """Grey frames (size, size), uint8: one exposure for the whole film, grain anew in each."""
    renderer = actor.sampler.renderer
    unit, backdrop = size / frame.size, cv2.resize(actor._backdrop, (size, size))
    noise, level = np.random.default_rng(actor.seed), 0.0
    chin = (float(landmarks[0, 8, 0]), float(landmarks[0, 8, 1])) if len(landmarks) else (0.0, 0.0)
    for row, angles in zip(weights, pose):
        bare, _ = actor.sampler.identities.posed(actor.identity, row)
        vertices = renderer.lift_hair(bare, actor.looks) - PIVOT
        head, surface = renderer.render(
            vertices,
            head_rotation(*angles),
            actor.distance,
            frame,
            size,
            actor.looks.folded(row),
            actor.light,
        )
        level = level or float(np.percentile(head[surface >= 0], 75))
        scene = backdrop * level
        camera.neck(np.random.default_rng(actor.seed), scene, chin, unit, 0.55 * level)
        picture = np.where(surface >= 0, head, scene).astype(np.float32)
        camera.clothes(np.random.default_rng(actor.seed), picture, chin, unit, 0.2 * level)
        yield _developed(picture / level, actor, noise)


def _developed(light: NDArray[np.float32], actor: Actor, noise: np.random.Generator) -> NDArray[np.uint8]:
    """Linear light, about 1 on the bright side of the face ─▶ what the camera writes."""
    picture = (1 - np.exp(-0.75 * np.maximum(light, 0))) ** np.float32(actor._gamma)
    grain = noise.standard_normal(picture.shape, dtype=np.float32) * np.float32(actor._grain)
    return to_bytes(cv2.GaussianBlur(picture, (0, 0), 0.6) + grain)


def _painted(rng: np.random.Generator, looks: Appearance) -> Appearance:
    """Skin with what no training head has: stripes of tan, blotches, marks for tracking."""
    grid = cv2.resize(rng.standard_normal((9, 31), dtype=np.float32), (PAINT, PAINT))
    paint = looks.paint * np.clip(1 + 0.07 * grid, 0.6, 1.4)
    for _ in range(int(rng.integers(4, 12))):
        centre = (int(rng.integers(110, 338)), int(rng.integers(170, 400)))
        axes = (int(rng.integers(2, 5)), int(rng.integers(1, 4)))
        turn, albedo = float(rng.uniform(0, 180)), float(looks.skin * rng.uniform(0.3, 1.2))
        cv2.ellipse(paint, centre, axes, turn, 0, 360, albedo, -1, cv2.LINE_AA)
    bump = looks.bump + 0.4 * cv2.resize(rng.standard_normal((300, 120), dtype=np.float32), (PAINT, PAINT))
    return replace(looks, paint=np.clip(paint, 0.01, 1).astype(np.float32), bump=bump.astype(np.float32))


def _lit(rng: np.random.Generator) -> Light:
    """A set of its own: a hard key from the side and high up, a rim from the other side, little else."""
    side = float(rng.choice([-1, 1]))
    angles = np.radians([
        [side * rng.uniform(35, 60), rng.uniform(20, 40)], [-side * rng.uniform(60, 95), rng.uniform(0, 30)],
        [side * rng.uniform(-15, 15), rng.uniform(-35, -15)],
    ])  # fmt: skip
    across, up = angles.T
    directions = np.stack([np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)], axis=1)
    powers = np.array([rng.uniform(0.7, 1.0), rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.3)], np.float32)
    ambient = (rng.uniform(0.1, 0.25) * np.array([1.0, 0.6])).astype(np.float32)
    return Light(directions.astype(np.float32), powers, float(rng.uniform(0.5, 0.9)), ambient)
