"""What the network sees, as a small picture for whoever waits: the newest crop with its landmarks, in a file.

The file is a binary PGM (grey, `CROP_SIZE` pixels square), replaced as a whole. Not being able to write it
never stops a solve.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .atomic import open_atomic
from .crop import cut, to_crop
from .errors import OutputError
from .types import Frame, Sample

PAUSE: Final = 0.2
"""Seconds between two pictures at least."""


class CropPicture:
    """Keeps the picture up to date.

    Parameters
    ----------
    path : Path, optional
        Nothing is written without one.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._frames: deque[Frame] = deque()
        self._drawn = -PAUSE

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Hand the frames on, and remember them until their samples are shown."""
        for frame in frames:
            if self.path is not None:
                self._frames.append(frame)
            yield frame

    def show(self, sample: Sample) -> None:
        """Draw what the sample's frame was taken for, when it is time for another picture."""
        if self.path is None or not self._frames:
            return
        frame, now = self._frames.popleft(), time.monotonic()
        if now - self._drawn >= PAUSE and np.isfinite(sample.landmarks).all():
            self._drawn = now
            _write(self.path, draw(frame.grey, sample))


def draw(grey: NDArray[np.uint8], sample: Sample) -> NDArray[np.uint8]:
    """The crop of a sample that shows a face, with its landmarks as dots: uint8 (160, 160)."""
    picture = cut(grey, sample.box).image.copy()
    for x, y in to_crop(sample.landmarks, sample.box):
        place = (round(float(x) * 8), round(float(y) * 8))
        cv2.circle(picture, place, 14, 0, -1, cv2.LINE_AA, 3)
        cv2.circle(picture, place, 8, 255, -1, cv2.LINE_AA, 3)
    return picture


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    height, width = picture.shape
    with contextlib.suppress(OSError, OutputError), open_atomic(path) as stream:
        stream.write(b"P5\n%d %d\n255\n" % (width, height) + picture.tobytes())
