"""What `mien bench speed` measures inside its own process: decoders, the solve, the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import av
import cv2
import numpy as np
from mien.solver import solve
from mien.sources import open_video
from mien.student import Student
from mien.types import CROP_SIZE
from numpy.typing import NDArray

BATCHES: Final = (1, 4, 8)
CROPS: Final = 320
"""Crops of one measurement of the network."""


@dataclass(frozen=True)
class Run:
    """One measurement.

    Attributes
    ----------
    count : int
        Frames or crops.
    seconds, cpu : float
        By the clock, and of processor time (all threads).
    steps : ndarray, float64, (N,)
        Seconds from one result to the next, or of each run of the network.
    """

    count: int
    seconds: float
    cpu: float
    steps: NDArray[np.float64]


def timed(things: Iterable[Any]) -> Run:
    """Make all of some things."""
    begun, cpu = time.perf_counter(), time.process_time()
    stamps = [begun, *(time.perf_counter() for _ in things)]
    return Run(len(stamps) - 1, stamps[-1] - begun, time.process_time() - cpu, np.diff(stamps))


def pyav_luma(path: Path) -> Iterator[Any]:
    """FFmpeg through PyAV, as many threads as it likes; the luma plane is looked at, not copied."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for picture in container.decode(stream):
            yield np.frombuffer(cast(Any, picture.planes[0]), np.uint8)


def cv2_grab(path: Path) -> Iterator[Any]:
    """OpenCV's decoder; no picture is fetched."""
    video = cv2.VideoCapture(str(path))
    while video.grab():
        yield None


def mien_frames(path: Path) -> Iterator[Any]:
    """Mien's decoder alone."""
    with open_video(path) as video:
        yield from video


def mien_solve(
    path: Path, student: Student, crop: tuple[float, float, float, float] | None = None
) -> Iterator[Any]:
    """Mien, end to end: decode, find, follow, solve."""
    with open_video(path) as video:
        yield from solve(video, student, crop)


def contenders(
    student: Student, crop: tuple[float, float, float, float]
) -> dict[str, Callable[[Path], Iterable[Any]]]:
    """Name: what gives one thing for each frame of a video."""
    return {
        "decoder alone: PyAV, luma plane": pyav_luma,
        "decoder alone: cv2 grab": cv2_grab,
        "decoder of Mien": mien_frames,
        "Mien, following the face": lambda path: mien_solve(path, student),
        "Mien, fixed crop": lambda path: mien_solve(path, student, crop),
    }


def network(folder: Path | None, threads: int, batch: int, crop: NDArray[np.uint8]) -> Run:
    """The network alone on copies of a crop (160, 160)."""
    student = Student(folder, threads)
    crops = np.ascontiguousarray(np.broadcast_to(crop, (batch, CROP_SIZE, CROP_SIZE)))
    for _ in range(3):
        student.solve(crops)
    run = timed(student.solve(crops) for _ in range(CROPS // batch))
    return Run(run.count * batch, run.seconds, run.cpu, run.steps)
