"""Round the head, in linear light: background, clothes, glasses, things in the way; and the exposure.

Everything here works on square pictures of any size, float32 0–1 unless said otherwise.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import whole

Picture = NDArray[Any]


def background(rng: np.random.Generator, size: int) -> Picture:
    """A room, more or less out of focus: gradients, edges, blobs and clutter, or nothing at all."""
    kind = rng.random()
    if kind < 0.15:
        return np.full((size, size), rng.beta(0.6, 1.0), np.float32)
    picture = _patches(rng, size, 3) * rng.uniform(0.2, 1)
    for _ in range(rng.integers(0, 14)):
        level = float(rng.random())
        a, b = rng.integers(-size // 2, size * 3 // 2, (2, 2)).tolist()
        if rng.random() < 0.6:
            cv2.rectangle(picture, a, b, level, -1 if rng.random() < 0.5 else int(rng.integers(1, 12)))
        elif rng.random() < 0.5:
            cv2.circle(picture, a, int(rng.integers(2, size // 2)), level, -1)
        else:
            cv2.line(picture, a, b, level, int(rng.integers(1, 14)), cv2.LINE_AA)
    if rng.random() < 0.5:
        picture += rng.uniform(0, 0.4) * (_patches(rng, size, int(rng.integers(8, 60))) - 0.5)
    blur = rng.exponential(3)
    return cv2.GaussianBlur(np.clip(picture, 0, 1), (0, 0), blur) if blur > 0.4 else np.clip(picture, 0, 1)


def _patches(rng: np.random.Generator, size: int, cells: int) -> Picture:
    grid = rng.random((cells, cells), dtype=np.float32)
    return cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)


def neck(
    rng: np.random.Generator, picture: Picture, chin: tuple[float, float], unit: float, level: float
) -> None:
    """The neck behind a chin at (x, y) pixels, `unit` pixels a decimetre; in place."""
    x, y = chin
    width = unit * rng.uniform(0.42, 0.6)
    corners = [
        (x - width, y - unit),
        (x + width, y - unit),
        (x + width, y + 3 * unit),
        (x - width, y + 3 * unit),
    ]
    cv2.fillPoly(picture, [np.array(corners, np.int32)], level)


def clothes(
    rng: np.random.Generator, picture: Picture, chin: tuple[float, float], unit: float, level: float
) -> None:
    """Collar and shoulders in front of the neck's end; in place."""
    x, y = chin
    collar, drop = unit * rng.uniform(0.55, 0.75), unit * rng.uniform(0.22, 0.34)
    slope = unit * rng.uniform(0.3, 0.7)
    line = [(x - 2.2 * unit, y + drop + slope), (x - collar, y + drop - 0.12 * unit),
            (x, y + drop + 0.14 * unit),
            (x + collar, y + drop - 0.12 * unit), (x + 2.2 * unit, y + drop + slope),
            (x + 3 * unit, y + 9 * unit),
            (x - 3 * unit, y + 9 * unit)]  # fmt: skip
    cv2.fillPoly(picture, [np.array(line, np.int32)], level, cv2.LINE_AA)


def glasses(
    rng: np.random.Generator, picture: Picture, head: NDArray[np.bool_], eyes: NDArray, unit: float
) -> None:
    """Frames (and now and then glare) round two eyes (2, 2) in pixels, their arms on the `head`; in place."""
    across = eyes[1] - eyes[0]
    turn = np.degrees(np.arctan2(across[1], across[0]))
    narrow = min(1.0, np.hypot(*across) / (0.64 * unit))
    wide, tall = unit * rng.uniform(0.24, 0.32) * narrow, unit * rng.uniform(0.17, 0.29)
    level, thick = float(rng.choice([0.02, 0.1, 0.5, 0.9], p=[0.6, 0.2, 0.2, 0.0])), int(rng.integers(1, 6))
    low = np.array([0, unit * rng.uniform(0.0, 0.06)])
    for eye in eyes + low:
        axes = (int(wide), int(tall))
        if rng.random() < 0.12:
            sheen = np.zeros_like(picture)
            cv2.ellipse(sheen, whole(eye), axes, turn, 0, 360, float(rng.uniform(0.1, 0.5)), -1)
            picture[:] = np.maximum(picture, sheen * picture.max())
        cv2.ellipse(picture, whole(eye), axes, turn, 0, 360, level, thick, cv2.LINE_AA)
    direction = across / (np.hypot(*across) + 1e-6)
    inner = [eyes[0] + low + direction * wide, eyes[1] + low - direction * wide]
    cv2.line(picture, whole(inner[0]), whole(inner[1]), level, thick, cv2.LINE_AA)
    armed = picture.copy()
    for eye, sign in zip(eyes + low, (-1, 1)):
        start, end = eye + sign * direction * wide, eye + sign * direction * (wide + 0.6 * unit)
        cv2.line(armed, whole(start), whole(end), level, thick, cv2.LINE_AA)
    picture[head] = armed[head]


def fringe(rng: np.random.Generator, picture: Picture, brow: NDArray, unit: float, albedo: float) -> None:
    """Strands of hair over the forehead, ending about the brows (2,) in pixels; in place."""
    level = albedo * float(np.median(picture))
    for _ in range(int(rng.integers(20, 120))):
        x = brow[0] + unit * rng.uniform(-0.8, 0.8)
        top, end = brow[1] - unit * rng.uniform(0.6, 1.2), brow[1] - unit * rng.uniform(-0.05, 0.45)
        bend = unit * rng.normal(0, 0.12)
        points = [(x - bend, top), (x, (top + end) / 2), (x + 0.7 * bend, end)]
        cv2.polylines(
            picture,
            [np.array(points, np.int32)],
            False,
            level * rng.uniform(0.5, 2),
            int(rng.integers(1, 4)),
            cv2.LINE_AA,
        )


def obstacle(rng: np.random.Generator, picture: Picture) -> None:
    """A hand, cup or microphone reaching in from a border: a rounded blob; in place."""
    size = picture.shape[0]
    angle = rng.uniform(0, 2 * np.pi)
    far = size * rng.uniform(0.45, 0.7)
    centre = size / 2 + far * np.array([np.cos(angle), np.sin(angle)])
    blob = np.zeros_like(picture)
    axes = (int(size * rng.uniform(0.1, 0.3)), int(size * rng.uniform(0.05, 0.25)))
    cv2.ellipse(blob, whole(centre), axes, np.degrees(angle) + rng.normal(0, 30), 0, 360, 1.0, -1)
    blob = cv2.GaussianBlur(blob, (0, 0), rng.uniform(0.8, 3))
    shade = rng.random() * picture.max() * (0.7 + 0.3 * _patches(rng, size, 4))
    picture[:] = picture * (1 - blob) + shade * blob


def expose(rng: np.random.Generator, light: Picture, face: NDArray[np.bool_]) -> Picture:
    """Automatic exposure on the face, with its errors, and a camera's curve (linear light ─▶ 0–1)."""
    level = np.percentile(light[face], 70) if face.any() else np.percentile(light, 70)
    target = np.clip(rng.normal(0.42, 0.15), 0.06, 0.95)
    exposed = np.clip(light * (target / (level + 1e-4)), 0, None)
    soft = 1 - np.exp(-exposed * 1.3) if rng.random() < 0.5 else np.minimum(exposed, 1)
    return (soft ** rng.uniform(0.42, 0.75)).astype(np.float32)


def glints(
    rng: np.random.Generator, picture: Picture, eyes: NDArray[np.bool_], pupils: NDArray, unit: float,
    level: float,
) -> None:  # fmt: skip
    """The light's mirror images on both eyes, `pupils` (2, 2) in pixels; in place."""
    spots = np.zeros_like(picture)
    for _ in range(int(rng.integers(1, 3))):
        shift = unit * rng.normal((0, -0.015), (0.025, 0.025))
        for pupil in pupils:
            radius = max(int(unit * rng.uniform(0.005, 0.02) * 8), 4)
            centre = whole((pupil + shift) * 8)
            cv2.circle(spots, centre, radius, 1.0, -1, cv2.LINE_AA, 3)
    spots *= eyes
    picture[:] = picture * (1 - spots) + spots * level * rng.uniform(0.6, 1.6)
