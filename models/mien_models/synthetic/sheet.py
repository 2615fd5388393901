"""Contact sheets of labelled crops, to look at: what does the network see, and do the labels sit?"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from mien.atomic import open_atomic
from numpy.typing import NDArray

from .crops import TrainingCrop, cut_view
from .faces import FaceSampler

TILE: Final = 240


def write_sheet(path: Path, count: int, seed: int) -> None:
    """Draw `count` crops from a seed into a .png, landmarks on every second one."""
    rng, sampler = np.random.default_rng(seed), FaceSampler()
    views = (vars(sampler.sample(rng)) for _ in range(count))
    tiles = [_tile(cut_view(view, rng), marked=i % 2 == 1) for i, view in enumerate(views)]
    columns = math.ceil(math.sqrt(count * 1.6))
    tiles += [np.zeros_like(tiles[0])] * (-count % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    _, packed = cv2.imencode(".png", np.vstack(rows))
    with open_atomic(path) as stream:
        stream.write(packed.tobytes())


def _tile(crop: TrainingCrop, marked: bool) -> NDArray[np.uint8]:
    scale = TILE / crop.image.shape[0]
    picture = cv2.cvtColor(cv2.resize(crop.image, (TILE, TILE)), cv2.COLOR_GRAY2BGR)
    if marked and crop.presence:
        for number, (x, y) in enumerate((crop.points + 0.5) * scale - 0.5):
            colour = (0, 255, 0) if number < 68 else (0, 0, 255)
            cv2.circle(picture, (round(float(x)), round(float(y))), 1, colour, -1)
    return np.asarray(picture, np.uint8)
