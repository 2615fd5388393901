"""What a dense network learns from: grey pictures of one actor and the mesh in each, gathered in a folder.

`dense.json` lists the shots (a video, the cache of the tracked mesh, whether it is held out); `gather` cuts
the fixed rectangle out of every frame, finds the landmarks, and writes plain arrays that training maps into
memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from mien.atomic import open_atomic
from mien.errors import NoFramesError, SourceNotFoundError, TakeError, UsageError
from mien.sources import open_video
from mien.student import Student
from mien.tracker import Tracker
from mien.types import LANDMARK_COUNT, Frame
from mien.untrusted import parse_json, read_text
from numpy.typing import NDArray

from .caches import UNITS, VertexClip, read_cache

FORMAT: Final = 1
ARRAYS: Final = ("images", "vertices", "landmarks", "shots", "times")
LARGEST: Final = 1 << 20
"""Bytes of a list of shots."""
_HINT: Final = "Gather it again with `mien dense gather`."
Rectangle = tuple[float, float, float, float]
"""x, y, width, height in pixels of the frame."""


@dataclass(frozen=True, eq=False)
class DenseFrames:
    """Gathered frames.

    Attributes
    ----------
    images : ndarray, uint8, (N, rows, columns)
    vertices : ndarray, float32, (N, V, 3)
        Millimetres.
    landmarks : ndarray, float32, (N, 70, 2)
        Pixels of the pictures; NaN where no face was found.
    shots : ndarray, int32, (N,)
        The shot of each frame, by its number in `names`.
    times : ndarray, float64, (N,)
        Seconds into the shot.
    names : tuple of str
    held_out : ndarray, bool, (shots,)
        Never trained on.
    crop : tuple of float
        The rectangle of the frames that the pictures show.
    """

    images: NDArray[np.uint8]
    vertices: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    shots: NDArray[np.int32]
    times: NDArray[np.float64]
    names: tuple[str, ...]
    held_out: NDArray[np.bool_]
    crop: Rectangle

    def __len__(self) -> int:
        return len(self.images)

    def rows(self, held_out: bool) -> NDArray[np.intp]:
        """Numbers of the frames to train on, or of those held out."""
        return np.flatnonzero(self.held_out[self.shots] == held_out)


@dataclass(frozen=True)
class DenseShot:
    """One line of `dense.json`.

    Attributes
    ----------
    video, mesh : Path
        The footage, and its tracked mesh as .pc2 or .mdd.
    held_out : bool
    start : float
        The second of the video at which the mesh's first frame lies.
    """

    video: Path
    mesh: Path
    held_out: bool = False
    start: float = 0.0


def read_shots(path: Path) -> tuple[list[DenseShot], dict[str, Any]]:
    """The shots of a `dense.json`, and what else it says: `crop`, `unit`, `rate`.

    Examples
    --------
    ``{"crop": [40, 0, 240, 320], "unit": "m", "rate": 30, "shots": [{"video": "rom.mp4", "mesh": "rom.pc2"},
    {"video": "a.mp4", "mesh": "a.pc2", "start": 0.5, "held_out": true}]}``
    """
    try:
        said = parse_json(read_text(path, LARGEST))
        shots = [
            DenseShot(path.parent / each["video"], path.parent / each["mesh"],
                      bool(each.get("held_out", False)), float(each.get("start", 0.0)))
            for each in said["shots"]
        ]  # fmt: skip
        settings = {
            "crop": tuple(float(value) for value in said["crop"]) if said.get("crop") else None,
            "unit": str(said.get("unit", "m")), "rate": float(said.get("rate", 30.0)),
        }  # fmt: skip
    except OSError as error:
        raise SourceNotFoundError(f"Can't read {path}: {error.strerror}", "Name a dense.json.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path.name} is no list of shots ({error})",
            'It looks like {"crop": [x, y, w, h], "shots": [{"video": "a.mp4", "mesh": "a.pc2"}]}.',
        ) from error
    _check_settings(path, shots, settings)
    return shots, settings


def _check_settings(path: Path, shots: list[DenseShot], settings: dict[str, Any]) -> None:
    crop = settings["crop"]
    if not any(not shot.held_out for shot in shots):
        raise UsageError(f"{path.name} has no shot to train on", "Leave one without `held_out`.")
    if crop is not None and (len(crop) != 4 or not np.isfinite(crop).all() or min(crop[2:]) < 8):
        raise UsageError(f"{path.name}: crop {list(crop)} is no rectangle", "Give [x, y, width, height].")
    if settings["unit"] not in UNITS:
        raise UsageError(f"{path.name}: {settings['unit']!r} is no unit", f"Use {', '.join(UNITS)}.")
    if not np.isfinite(settings["rate"]) or settings["rate"] <= 0:
        raise UsageError(f"{path.name}: rate {settings['rate']} is no frame rate", "Such as 30.")


def gather(
    path: Path,
    out: Path,
    size: tuple[int, int] = (240, 320),
    progress: Callable[[str, int], Any] | None = None,
) -> DenseFrames:
    """Read all shots of a `dense.json` into a folder.

    Parameters
    ----------
    path, out : Path
    size : tuple of int
        Columns and rows of the pictures; the paper's 240×320 is upright.
    progress : callable, optional
        Called with a shot's name and its frames so far.
    """
    shots, settings = read_shots(path)
    tracked, seen, kept = Student(), [], []
    crop: Rectangle | None = settings["crop"]
    vertices: int | None = None
    for number, shot in enumerate(shots):
        clip = read_cache(shot.mesh, unit=settings["unit"], rate=settings["rate"], vertices=vertices)
        vertices = clip.vertices.shape[1]
        images, landmarks, times, crop = _filmed(shot, tracked, crop, size, progress)
        meshes = _meshes(shot, clip, times)
        seen.append((images, meshes, landmarks, np.full(len(images), number, np.int32), times))
        kept.append({"name": shot.video.stem, "held_out": shot.held_out, "frames": len(images)})
    arrays = {name: np.concatenate([each[i] for each in seen]) for i, name in enumerate(ARRAYS)}
    _write(out, arrays, {"format": FORMAT, "crop": list(crop or ()), "shots": kept})
    return open_frames(out)


def _filmed(
    shot: DenseShot, student: Student, crop: Rectangle | None, size: tuple[int, int],
    progress: Callable[[str, int], Any] | None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64], Rectangle]:  # fmt: skip
    images, landmarks, times, tracker = [], [], [], Tracker(student)
    with open_video(shot.video) as video:
        for frame in video:
            crop = crop or upright(frame.grey.shape[1], frame.grey.shape[0])
            images.append(cut(frame.grey, crop, size))
            landmarks.append(find_landmarks(tracker, frame, crop, size))
            times.append(frame.time)
            if progress and len(images) % 50 == 0:
                progress(shot.video.name, len(images))
    if not images or crop is None:
        raise NoFramesError(f"{shot.video.name} has no frames", "Take it out of the list, or film it again.")
    return np.stack(images), np.stack(landmarks), np.array(times), crop


def _meshes(shot: DenseShot, clip: VertexClip, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mesh at each frame's time; footage that the mesh doesn't cover is an error, not a guess."""
    at = times - shot.start
    first, step = clip.times - clip.times[0], 1 / clip.rate
    if at[0] < first[0] - step or at[-1] > first[-1] + step:
        raise TakeError(
            f"{shot.mesh.name} lasts {first[-1]:.2f} s, {shot.video.name} from {at[0]:.2f} to {at[-1]:.2f} s",
            "Cut the video to the tracked part, or say in `start` where the mesh begins.",
        )
    return VertexClip(first, clip.vertices).at(at).vertices


def upright(width: int, height: int) -> Rectangle:
    """The largest 3:4 rectangle in the middle of a frame."""
    wide = min(width, height * 0.75)
    return ((width - wide) / 2, (height - wide / 0.75) / 2, wide, wide / 0.75)


def cut(grey: NDArray[np.uint8], crop: Rectangle, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A fixed rectangle of a frame, scaled to `size` = (columns, rows).

    Raises
    ------
    UsageError
        When the rectangle is not in the frame: another camera's footage, or a slip of the pen.
    """
    x, y, wide, high = crop
    if min(x, y) < -1 or x + wide > grey.shape[1] + 1 or y + high > grey.shape[0] + 1:
        raise UsageError(
            f"The rectangle {list(crop)} is not in a frame of {grey.shape[1]}×{grey.shape[0]} pixels",
            "Give x, y, width, height within the frame; footage to solve is framed as that for training.",
        )
    scale, shift = _placement(crop, size)
    soft = cv2.GaussianBlur(grey, (0, 0), 0.4 * float(scale.max())) if scale.max() > 1.2 else grey
    matrix = np.column_stack([np.diag(scale), shift])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(soft, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def find_landmarks(
    tracker: Tracker, frame: Frame, crop: Rectangle, size: tuple[int, int]
) -> NDArray[np.float32]:
    """The landmarks (70, 2) in pixels of the picture that `cut` makes; NaN where there is no face."""
    sighting = tracker.update(frame)
    if sighting is None:
        return np.full((LANDMARK_COUNT, 2), np.nan, np.float32)
    scale, shift = _placement(crop, size)
    return ((sighting.landmarks - shift) / scale).astype(np.float32)


def _placement(crop: Rectangle, size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel of the frame = scale · pixel of the picture + shift, each (2,)."""
    scale = np.array(crop[2:]) / size
    return scale, np.array(crop[:2]) + (scale - 1) / 2


def open_frames(folder: Path) -> DenseFrames:
    """Map gathered frames into memory.

    Raises
    ------
    SourceNotFoundError, TakeError
        When there are none, or they don't belong together.
    """
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        names = tuple(str(shot["name"]) for shot in about["shots"])
        held = np.array([bool(shot["held_out"]) for shot in about["shots"]])
        found = DenseFrames(**arrays, names=names, held_out=held, crop=tuple(about["crop"]))
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"No gathered frames in {folder}", _HINT) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TakeError(f"The gathered frames in {folder} are damaged ({error})", _HINT) from error
    if about.get("format") != FORMAT or len({len(array) for array in arrays.values()}) != 1:
        raise TakeError(f"The gathered frames in {folder} don't belong together", _HINT)
    if not len(found) or found.images.ndim != 3 or found.shots.max() >= len(names):
        raise TakeError(f"The gathered frames in {folder} are none", _HINT)
    return found


def _write(folder: Path, arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        with open_atomic(folder / f"{name}.npy") as stream:
            np.save(stream, array)
    with open_atomic(folder / "about.json", "w", encoding="utf-8") as stream:
        json.dump(about, stream, indent=1)


def batches(rows: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    """Row numbers in order, `size` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
