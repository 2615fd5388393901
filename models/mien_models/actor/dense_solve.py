"""Footage ─▶ moving vertices, by a trained dense network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.errors import NoFramesError
from mien.sources import open_video
from mien.student import Student
from mien.tracker import Tracker
from mien.types import Frame
from numpy.typing import NDArray

from .caches import VertexClip
from .dense_frames import cut, find_landmarks
from .dense_score import infer
from .dense_train import load_dense
from .dense_views import steady

BATCH: Final = 32


def solve_dense(run: Path, video: Path, progress: Callable[[int], Any] | None = None) -> VertexClip:
    """Vertices for every frame of a video, as independent of one another as in the paper.

    Parameters
    ----------
    run : Path
        Folder of `mien train dense`, or its checkpoint.
    video : Path
    progress : callable, optional
        Called with the number of frames done.
    """
    network, about = load_dense(run)
    times: list[float] = []
    meshes: list[NDArray[np.float32]] = []
    pictures = _pictures(video, about)
    while some := list(islice(pictures, BATCH)):
        times += [time for time, _ in some]
        meshes.append(infer(network, np.stack([image for _, image in some]), BATCH))
        if progress:
            progress(len(times))
    if not times:
        raise NoFramesError(f"{video.name} has no frames", "Choose another video.")
    return VertexClip(np.array(times), np.concatenate(meshes))


def _pictures(video: Path, about: dict[str, Any]) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Each frame's time and its picture as the network was trained on them."""
    size = (int(about["options"]["columns"]), int(about["options"]["rows"]))
    crop = tuple(about["crop"])
    tracker = Tracker(Student()) if about["goal"] else None
    with open_video(video) as frames:
        for frame in frames:
            yield frame.time, _picture(frame, crop, size, tracker, np.array(about["goal"] or ()))


def _picture(
    frame: Frame, crop: Any, size: tuple[int, int], tracker: Tracker | None, goal: NDArray[np.float64]
) -> NDArray[np.uint8]:
    image = cut(frame.grey, crop, size)
    return image if tracker is None else steady(image, find_landmarks(tracker, frame, crop, size), goal)
