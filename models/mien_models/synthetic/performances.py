"""Frames of recorded performances as numbers: picked so that they differ, kept in a small file.

Only weights are kept (uint8, 1/255), and nothing that says who the actor was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from mien.atomic import open_atomic
from mien.interchange import read
from numpy.typing import NDArray

FRAMES: Final = 800


def write_performances(recordings: Sequence[Path], out: Path) -> int:
    """Pick up to `FRAMES` frames of Live Link Face recordings into an .npz; returns how many."""
    weights = np.concatenate([read(path).weights for path in recordings])
    weights = weights[np.isfinite(weights).all(1)].clip(0, 1)
    picked = weights[different(weights, FRAMES)]
    with open_atomic(out) as stream:
        np.savez_compressed(stream, weights=np.round(picked * 255).astype(np.uint8))
    return len(picked)


def different(rows: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Which rows (N, 52) lie farthest from one another, the first one first (farthest point sampling)."""
    chosen = [0]
    gap = np.linalg.norm(rows - rows[0], axis=1)
    while len(chosen) < min(count, len(rows)) and gap.max() > 0.02:
        chosen.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.linalg.norm(rows - rows[chosen[-1]], axis=1))
    return np.array(chosen)
