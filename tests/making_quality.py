"""What the tests of `mien bench quality` share: drawn faces, a mesh, and what score_events.py prints."""

from __future__ import annotations

import numpy as np
from mien import arkit
from mien.student import StudentOutput
from mien_models.bench import quality_mesh
from mien_models.bench.quality_synthetic import Shown

SCORES = """/a/csv: met 404/618 = 0.654   ordering 0.856 over 99 pairs   still jitter 0.00223
   browOuterUp 0.50(4)  mouthRollLower 0.50(1)  jawOpen 1.00(4)
/b: met 508/617 = 0.823   ordering 0.988 over 99 pairs   still jitter nan   missing ['x']
   eyeBlink 1.00(10)
"""


def row(**weights: float) -> np.ndarray:
    values = np.zeros(arkit.COUNT, np.float32)
    for name, value in weights.items():
        values[arkit.INDEX[name]] = value
    return values


def shown_faces(count: int = 4, **notes) -> Shown:
    """Drawn faces, the same each time: an oval of points with a pupil at (60, 70) and one at (100, 70)."""
    angles = np.linspace(np.pi, 0, 17)
    points = np.full((70, 2), 80.0)
    points[:17] = np.stack([80 + 50 * np.cos(angles), 80 + 60 * np.sin(angles)], axis=1)
    points[68:] = (60, 70), (100, 70)
    crops = np.full((count, 160, 160), 100, np.uint8)
    crops[1::2, :, :80] = 40
    crops[1::2, :, 80:] = 120
    return Shown(
        crops, np.zeros((count, 52), np.float32), np.tile(points, (count, 1, 1)).astype(np.float32),
        np.array([[0, yaw, 0] for yaw in (0, -20, 29.9, 44)][:count], np.float32), np.ones(count, bool),
        {name: np.array(values, float) for name, values in notes.items()},
    )  # fmt: skip


def answer(shown: Shown, shift: float = 0.0, turn: float = 0.0) -> StudentOutput:
    presence = np.linspace(0.2, 0.8, len(shown.crops)).astype(np.float32)
    code = np.empty((len(presence), 0), np.float32)
    return StudentOutput(shown.weights + np.float32(0.25), shown.landmarks + np.float32(shift), presence,
                         shown.pose + np.float32(turn), presence, code)  # fmt: skip


def mesh_and_landmarks(frames: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A mesh of random places, 200 pixels between its pupils, and landmarks that lie where they should."""
    mesh = np.random.default_rng(0).uniform(100, 500, (frames, 478, 2)).astype(np.float32)
    mesh[:, quality_mesh.PUPILS] = (200, 300), (400, 300)
    landmarks = np.zeros((frames, 70, 2), np.float32)
    for point, theirs in {**quality_mesh.SAME, **quality_mesh.ALIKE}.items():
        landmarks[:, point] = mesh[:, theirs].mean(axis=1)
    return landmarks, mesh
