"""Quality on spoilt pictures: the labelled clips again, too dark, over-exposed, turned, covered, far away.

Nobody labelled these. What was seen in the unspoilt frame stands beside what is seen in the spoilt one: the
figures say whether any face is still found, how sure Mien is, and how far its weights go astray.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from mien.person import person_of
from mien.solver import solve
from mien.sources import open_video
from mien.student import Student
from mien.types import FaceBox, Frame, Sample
from numpy.typing import NDArray

Luma = NDArray[Any]
Spoil = Callable[[Luma, FaceBox], Luma]
"""A frame's grey picture and where its face is ─▶ the spoilt picture."""

FRAMES: Final = 60
"""Of each clip, from its beginning."""
SMALL: Final = 40
"""Pixels from the brows to the chin, about."""
FACE: Final = 0.55
"""The same as a part of a box's side."""


def measure(clips: list[Path], student: Student) -> dict[str, Any]:
    """By kind of spoiling: share of frames with a face, median confidence, mean distance of the weights."""
    every = [
        [(frame, sample) for frame, sample in _seen(clip, student) if sample.confidence > 0] for clip in clips
    ]
    return {"frames": sum(map(len, every)),
            "kinds": {name: _judged(every, spoil, student) for name, spoil in SPOILS.items()}}  # fmt: skip


def _seen(clip: Path, student: Student) -> list[tuple[Frame, Sample]]:
    with open_video(clip) as video:
        frames = [replace(frame, luma=frame.grey, levels=None) for frame in islice(video, FRAMES)]
    return list(zip(frames, _solved(frames, student)))


def _solved(frames: list[Frame], student: Student) -> list[Sample]:
    samples = list(solve(frames, student))
    return person_of(samples, student).read(samples)


def _judged(every: list[list[tuple[Frame, Sample]]], spoil: Spoil, student: Student) -> dict[str, float]:
    sure, apart = list[float](), list[float]()
    for clip in every:
        frames = [replace(frame, luma=spoil(frame.luma, sample.box)) for frame, sample in clip]
        for (_, before), after in zip(clip, _solved(frames, student)):
            sure.append(after.confidence)
            apart.append(float(np.abs(after.weights - before.weights).mean()))
    found = np.array(sure) > 0
    return {
        "found": float(found.mean()),
        "confidence": float(np.median(sure)),
        "apart": float(np.mean(np.array(apart)[found])) if found.any() else float("nan"),
    }


def _lit(gain: float) -> Spoil:
    """As a camera sees it with another exposure: clipped, and where it is dark with the sensor's noise."""

    def spoil(luma: Luma, _: FaceBox) -> Luma:
        noise = _noise(luma, 1.5) if gain < 1 else 0.0
        return np.clip(luma * gain + noise, 0, 255).astype(np.uint8)

    return spoil


def _covered(top: float, bottom: float, grey: int) -> Spoil:
    """A bar across the face, from `top` to `bottom` in sides of the box from its middle."""

    def spoil(luma: Luma, box: FaceBox) -> Luma:
        covered = luma.copy()
        rows = slice(max(round(box.y + top * box.size), 0), max(round(box.y + bottom * box.size), 0))
        columns = slice(max(round(box.x - 0.28 * box.size), 0), max(round(box.x + 0.28 * box.size), 0))
        covered[rows, columns] = grey
        return covered

    return spoil


def _small(luma: Luma, box: FaceBox) -> Luma:
    """The whole picture far away, on grey."""
    part = min(SMALL / (FACE * box.size), 1.0)
    less = cv2.resize(luma, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    far = np.full_like(luma, 110)
    top, left = ((a - b) // 2 for a, b in zip(far.shape, less.shape))
    far[top : top + less.shape[0], left : left + less.shape[1]] = less
    return far


def _noisy(luma: Luma, _: FaceBox) -> Luma:
    return np.clip(luma + _noise(luma, 40.0), 0, 255).astype(np.uint8)


def _noise(luma: Luma, strength: float) -> NDArray[np.float64]:
    """Another one for each picture, the same each time."""
    return np.random.default_rng(int(luma.sum())).normal(0, strength, luma.shape)


def _blurred(luma: Luma, box: FaceBox) -> Luma:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), 0.03 * box.size), np.uint8)


SPOILS: Final[dict[str, Spoil]] = {
    "as it is": lambda luma, box: luma,
    "dark: an eighth of the light": _lit(1 / 8),
    "darkness: a twentieth": _lit(1 / 20),
    "over-exposed 2.5 times": _lit(2.5),
    "over-exposed 5 times": _lit(5.0),
    "upside down": lambda luma, box: np.ascontiguousarray(luma[::-1, ::-1]),
    "on its side": lambda luma, box: np.ascontiguousarray(np.rot90(luma)),
    "a black bar over the eyes": _covered(-0.16, 0.02, 15),
    "a grey bar over the mouth": _covered(0.14, 0.42, 120),
    "a face of 40 pixels": _small,
    "heavy noise": _noisy,
    "out of focus": _blurred,
}
