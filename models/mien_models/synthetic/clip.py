"""A short filmed performance by someone who never lived, with the weights that made it: the demo's footage.

One head, one light, one camera; an authored take of poses. The head's seed is not one of the training data's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from mien import arkit
from mien.atomic import open_atomic
from mien.crop import box_from_landmarks
from mien.take import Take
from mien.types import FaceBox
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from . import camera
from .faces import PIVOT, FaceSampler, head_rotation
from .render import Light, project

RATE: Final = 30
SIDE: Final = 512
OVERSAMPLING: Final = 2
SEED: Final = 990_025
DISTANCE: Final = 7.0

Pose = dict[str, float]

POSES: Final[tuple[tuple[float, Pose], ...]] = (
    (0.0, {}),
    (0.5, {}),
    (0.9, {"mouthSmile": 0.9, "cheekSquint": 0.5, "eyeSquint": 0.3, "yaw": 8}),
    (1.4, {"mouthSmile": 0.8, "cheekSquint": 0.4, "yaw": 10}),
    (1.8, {"browInnerUp": 0.9, "browOuterUp": 0.9, "eyeWide": 0.6, "jawOpen": 0.5, "pitch": -6}),
    (2.2, {"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.5, "jawOpen": 0.45, "pitch": -6}),
    (2.6, {"mouthPucker": 0.9, "yaw": -6}),
    (2.9, {"mouthFunnel": 0.8, "jawOpen": 0.3, "yaw": -8}),
    (3.3, {"browDown": 0.9, "noseSneer": 0.6, "mouthFrown": 0.7, "pitch": 5}),
    (3.8, {"browDown": 0.8, "noseSneer": 0.5, "mouthFrown": 0.6, "pitch": 6}),
    (4.2, {"eyeBlinkLeft": 0.95, "mouthSmileLeft": 0.6, "yaw": 4}),
    (4.6, {"jawOpen": 0.75, "roll": 6}),
    (4.9, {"jawOpen": 0.2, "mouthStretch": 0.6, "mouthLowerDown": 0.5, "roll": 5}),
    (5.2, {"mouthPress": 0.6, "mouthRollLower": 0.5, "mouthRollUpper": 0.5}),
    (5.5, {"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6, "yaw": -4}),
    (5.8, {"eyeLookInLeft": 0.6, "eyeLookOutRight": 0.6, "yaw": 4}),
    (6.1, {"mouthSmile": 0.4}),
    (6.6, {}),
)
"""Key poses and their seconds; a name without a side is both, yaw, pitch and roll are degrees."""

BLINKS: Final = (0.25, 1.5, 2.4, 3.6, 5.0, 6.3)
BLINK_SECONDS: Final = 0.11
LENGTH: Final = POSES[-1][0]


def performance(times: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The authored take at some times.

    Parameters
    ----------
    times : ndarray, float64, (N,)
        Seconds; the take repeats after `LENGTH`.

    Returns
    -------
    weights : ndarray, float32, (N, 52)
    pose : ndarray, float64, (N, 3)
        Pitch, yaw, roll, degrees, as in `mien.types.HeadPose`.
    """
    keys = np.array([_vector(pose) for _, pose in POSES])
    curve = PchipInterpolator([time for time, _ in POSES], keys)(np.mod(times, LENGTH))
    weights, pose = curve[:, : arkit.COUNT], curve[:, arkit.COUNT :]
    for blink in BLINKS:
        closed = np.exp(-(((np.mod(times, LENGTH) - blink) / BLINK_SECONDS * 1.5) ** 4))
        for name in ("eyeBlinkLeft", "eyeBlinkRight"):
            weights[:, arkit.INDEX[name]] = np.maximum(weights[:, arkit.INDEX[name]], closed)
    return np.clip(weights, 0, 1).astype(np.float32), pose


def _vector(pose: Pose) -> NDArray[np.float64]:
    vector = np.zeros(arkit.COUNT + 3)
    for name, amount in pose.items():
        if name in ("pitch", "yaw", "roll"):
            vector[arkit.COUNT + ("pitch", "yaw", "roll").index(name)] = amount
        else:
            vector[[arkit.INDEX[side] for side in arkit.sided(name)]] = amount
    return vector


def film(
    path: Path, seconds: float = LENGTH, seed: int = SEED, progress: Callable[[int, int], None] | None = None
) -> Take:
    """Film the take into an H.264 file; returns the truth.

    Parameters
    ----------
    path : Path
        An .mp4, written under another name and renamed.
    seconds : float
        Length; the performance repeats after `LENGTH`.
    seed : int
        Of the head and its looks.
    progress : callable, optional
        Called with frames done and frames in all.

    Returns
    -------
    Take
        The weights (and the head's pose) that were drawn, with the frames' times.
    """
    times = np.arange(max(round(seconds * RATE), 1)) / RATE
    weights, pose = performance(times)
    write_movie(
        path, _pictures(weights, pose, seed), RATE, lambda done: progress and progress(done, len(times))
    )
    return _truth(path.stem, times, weights, pose)


def write_movie(
    path: Path, pictures: Iterable[NDArray[np.uint8]], rate: int, progress: Callable[[int], Any] | None = None
) -> None:
    """Write pictures (BGR, uint8, (H, W, 3), even sides) into an H.264 file, under its name when complete."""
    with open_atomic(path) as file, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "16"})
        stream.pix_fmt = "yuv420p"
        for i, picture in enumerate(pictures):
            if i == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            container.mux(stream.encode(frame))
            if progress:
                progress(i + 1)
        container.mux(stream.encode())


def _truth(name: str, times: NDArray, weights: NDArray, pose: NDArray) -> Take:
    about = {"name": f"{name} (truth)", "rate": float(RATE), "frame_size": [SIDE, SIDE]}
    return Take.from_weights(times, weights, about, pose=pose)


def _pictures(weights: NDArray, poses: NDArray, seed: int) -> Iterator[NDArray[np.uint8]]:
    """BGR frames (512, 512, 3), uint8."""
    rng, sampler = np.random.default_rng(seed), FaceSampler()
    identity = sampler.identities.sample(rng)
    looks = sampler.looks.sample(rng, identity)
    light = Light(
        np.array([[-0.45, 0.45, 0.77], [0.75, 0.1, 0.65]], np.float32),
        np.array([0.75, 0.3], np.float32),
        0.6,
        np.array([0.28, 0.16], np.float32),
    )  # fmt: skip
    big = SIDE * OVERSAMPLING
    backdrop = cv2.GaussianBlur(camera.background(rng, big), (0, 0), 25) * 0.25 + 0.05
    frame: FaceBox | None = None
    neck: tuple[float, float] | None = None
    for w, (pitch, yaw, roll) in zip(weights, poses):
        bare, pupils = sampler.identities.posed(identity, w)
        rotation = head_rotation(pitch, yaw, roll)
        flat = project(
            (np.concatenate([bare[sampler.landmarks[:68]], pupils]) - PIVOT) @ rotation.T, DISTANCE
        )
        if frame is None:
            face = box_from_landmarks(flat)
            frame = FaceBox(face.x, face.y + 0.05 * face.size, 1.6 * face.size)
        vertices = sampler.renderer.lift_hair(bare, looks) - PIVOT
        head, surface = sampler.renderer.render(
            vertices, rotation, DISTANCE, frame, big, looks.folded(w), light
        )
        cover = surface >= 0
        scene = backdrop.copy()
        unit = big / frame.size
        chin = (flat[8] - (frame.x, frame.y)) * unit + big / 2
        if neck is None:
            neck = (float(chin[0]), float(chin[1]))
        camera.neck(np.random.default_rng(seed), scene, neck, unit, 0.6 * float(np.median(head[cover])))
        picture = np.where(cover, head, scene).astype(np.float32)
        camera.clothes(np.random.default_rng(seed), picture, neck, unit, 0.05)
        yield _developed(picture)


def _developed(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    picture = (1 - np.exp(-1.5 * np.maximum(light, 0))) ** 0.6
    grey = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.repeat((np.clip(grey, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
