"""A Take: the recorded run of Samples that solving leaves behind, in memory and as a `.mien` file.

It holds raw results only: nothing here is filtered, calibrated or clamped (see `mien.tune` for that).
The file is a zip as `numpy.savez` writes it, one `.npy` per array and the description as JSON, so
`numpy.load(path)["weights"]` works without Mien. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arkit
from .archive import read_about, read_array, reading
from .atomic import open_atomic
from .errors import TakeError
from .rates import exact_rate, frame_times
from .resampling import Between
from .types import LANDMARK_COUNT, Sample

FORMAT = 2
"""Version of the `.mien` file; a reader refuses newer ones. Format 1 had the pose in 32 bits and no eyes."""

MAX_SAMPLES = 4_000_000
"""More samples than this (18 hours at 60 fps) are taken for a damaged file."""

_SHAPES: dict[str, tuple[int, ...]] = {
    "times": (),
    "weights": (arkit.COUNT,),
    "landmarks": (LANDMARK_COUNT, 2),
    "pose": (3,),
    "confidence": (),
    "boxes": (4,),
    "eyes": (6,),
}
_DTYPES = {name: np.dtype("<f8" if name in ("times", "pose", "eyes") else "<f4") for name in _SHAPES}
_OPTIONAL = "eyes"

ARRAYS = tuple(_SHAPES)
"""The names of a take's arrays, times first."""

ANGLES: dict[str, tuple[int, ...]] = {"pose": (0, 1, 2), "boxes": (3,), "eyes": (0, 1, 2, 3, 4, 5)}
"""The columns that hold degrees."""


@dataclass(frozen=True, eq=False)
class Take:
    """A recorded run of N Samples. The arrays are read-only; frames without a face hold NaN.

    Attributes
    ----------
    times : ndarray, float64, (N,)
        Seconds from the first frame, strictly increasing.
    weights : ndarray, float32, (N, 52)
        Weights in the order of `mien.arkit.NAMES`; about 0–1 as solved; NaN where there is no face.
    landmarks : ndarray, float32, (N, 70, 2)
        Pixels of the frame; NaN where there is no face.
    pose : ndarray, float64, (N, 3)
        Pitch, yaw, roll in degrees, with the signs of `mien.types.HeadPose`; NaN where there is no face.
    confidence : ndarray, float32, (N,)
        0–1; 0 where there is no face.
    boxes : ndarray, float32, (N, 4)
        The FaceBox of each sample: centre x, y and size in pixels, roll in degrees; NaN where none.
    about : dict
        What is known of it, fit for JSON: name, source, frame_size [width, height], rate (nominal frames
        a second), network, network_sha256, reader_sha256, mien, created (ISO 8601, UTC); notes: what was
        found wrong with the recording when it was read, sentences.
    eyes : ndarray, float64, (N, 6)
        Pitch, yaw, roll of the left eye, then of the right one, in degrees with the signs of HeadPose, where
        the source measured them itself (a phone does); else NaN: the eyeLook weights say the same.
    """

    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    pose: NDArray[np.float64]
    confidence: NDArray[np.float32]
    boxes: NDArray[np.float32]
    about: dict[str, Any] = field(default_factory=dict)
    eyes: NDArray[np.float64] = None  # type: ignore[assignment]  # None becomes NaN

    def __post_init__(self) -> None:
        if self.eyes is None:
            object.__setattr__(self, "eyes", np.full((len(self.times), 6), np.nan))
        for name, shape in _SHAPES.items():
            array = _own(getattr(self, name), _DTYPES[name].newbyteorder("="))
            if array.ndim != 1 + len(shape) or array.shape[1:] != shape:
                raise TakeError(f"{name} of a take must have shape {('N', *shape)}, not {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        _check_times(self)

    @classmethod
    def from_samples(cls, samples: Iterable[Sample], about: Mapping[str, Any] | None = None) -> Take:
        """Record Samples in the order they were solved."""
        run = list(samples)
        boxes = [(s.box.x, s.box.y, s.box.size, s.box.roll) for s in run]
        return cls(
            times=np.array([s.time for s in run], dtype=np.float64),
            weights=_stacked([s.weights for s in run], (arkit.COUNT,)),
            landmarks=_stacked([s.landmarks for s in run], (LANDMARK_COUNT, 2)),
            pose=np.array([(s.pose.pitch, s.pose.yaw, s.pose.roll) for s in run]).reshape(-1, 3),
            confidence=np.array([s.confidence for s in run], dtype=np.float32),
            boxes=_stacked(boxes, (4,)),
            about=dict(about or {}),
        )

    @classmethod
    def from_weights(cls, times: ArrayLike, weights: ArrayLike, about: Mapping[str, Any] | None = None, *,
                     pose: ArrayLike | None = None, confidence: ArrayLike | None = None,
                     eyes: ArrayLike | None = None) -> Take:  # fmt: skip
        """Make a take of weights that came from elsewhere: no landmarks, no boxes.

        Parameters
        ----------
        times : array_like, (N,), seconds, strictly increasing
        weights : array_like, (N, 52), 0–1, NaN where there is no face
        about : mapping, optional
        pose : array_like, (N, 3), degrees, optional
            Zero where not given.
        confidence : array_like, (N,), 0–1, optional
            1 where not given, 0 where the weights are NaN.
        eyes : array_like, (N, 6), degrees, optional
        """
        rows = np.asarray(weights, dtype=np.float32).reshape(-1, arkit.COUNT)
        count = len(rows)
        found: Any = np.isfinite(rows).all(axis=1)
        return cls(
            times=np.asarray(times, dtype=np.float64),
            weights=rows,
            landmarks=np.full((count, LANDMARK_COUNT, 2), np.nan, dtype=np.float32),
            pose=np.where(found[:, None], np.zeros(3), np.nan) if pose is None else np.asarray(pose),
            confidence=found.astype(np.float32) if confidence is None else np.asarray(confidence),
            boxes=np.full((count, 4), np.nan, dtype=np.float32),
            about=dict(about or {}),
            eyes=None if eyes is None else np.asarray(eyes),  # type: ignore[arg-type]
        )

    def __len__(self) -> int:
        return len(self.times)

    @property
    def found(self) -> NDArray[np.bool_]:
        """Shape (N,): True where a face was measured."""
        return (self.confidence > 0) & np.isfinite(self.weights).all(axis=1)

    @property
    def duration(self) -> float:
        """Seconds from the first to the last sample; 0 for fewer than two."""
        return float(self.times[-1] - self.times[0]) if len(self) > 1 else 0.0

    def cut(self, start: float, end: float) -> Take:
        """Keep the samples with start ≤ time ≤ end (seconds). Times stay as they are."""
        first, last = np.searchsorted(self.times, start, "left"), np.searchsorted(self.times, end, "right")
        return self.replaced(**{name: getattr(self, name)[first:last] for name in ARRAYS})

    def resample(self, times: ArrayLike) -> Take:
        """Interpolate linearly at other times.

        A time between a face and a gap, or outside the take, has no face. Angles turn the short way round.

        Parameters
        ----------
        times : array_like, (M,), seconds, strictly increasing
        """
        new = np.asarray(times, dtype=np.float64)
        if not len(self):
            raise _nothing_to_resample()
        between = Between.of(self.times, new)
        arrays = {name: between.read(getattr(self, name), ANGLES.get(name, ())) for name in ARRAYS[1:]}
        arrays["confidence"] = np.nan_to_num(arrays["confidence"])
        arrays["confidence"][~np.isfinite(arrays["weights"]).all(axis=1)] = 0.0
        return self.replaced(times=new, **arrays)

    def at_rate(self, rate: str | float | Fraction) -> Take:
        """Interpolate at the frames of a rate, counted from second 0 (see `mien.rates`): no drift.

        Parameters
        ----------
        rate : str, float or Fraction
            Frames a second: 24, "23.976", "30000/1001".
        """
        exact = exact_rate(rate)
        if not len(self):
            raise _nothing_to_resample()
        times = frame_times(float(self.times[0]), float(self.times[-1]), exact)
        return self.resample(times).replaced(about={**self.about, "rate": float(exact)})

    def replaced(self, **arrays: Any) -> Take:
        """The same take with other arrays, or another `about`.

        Other weights look elsewhere: the eyes' own angles go, unless new ones come with them.
        """
        stale = {"eyes": None} if "weights" in arrays else {}
        return replace(self, **{"about": dict(self.about), **stale, **arrays})


def _nothing_to_resample() -> TakeError:
    return TakeError("An empty take can't be resampled", "Solve footage that has frames in it.")


def save_take(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a `.mien` file. An existing one is replaced only when the new one is complete."""
    about = json.dumps({**take.about, "format": FORMAT}, allow_nan=False)
    names = [name for name in ARRAYS if name != _OPTIONAL or np.isfinite(take.eyes).any()]
    arrays = {name: getattr(take, name).astype(_DTYPES[name], copy=False) for name in names}
    with open_atomic(path) as stream:
        np.savez(stream, about=np.frombuffer(about.encode(), dtype=np.uint8), **arrays)


def load_take(path: str | os.PathLike[str]) -> Take:
    """Read a `.mien` file; TakeError when it is missing, damaged, foreign or of a newer Mien."""
    with reading(path) as archive:
        about = read_about(archive, path, FORMAT)
        names = [name for name in ARRAYS if name != _OPTIONAL or f"{name}.npy" in archive.namelist()]
        arrays = {name: _read(archive, name) for name in names}
    return Take(about=about, **arrays)


def peek(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.float32]]:
    """Read only the about, the times and the confidence of a `.mien` file; errors as in `load_take`."""
    with reading(path) as archive:
        about = read_about(archive, path, FORMAT)
        return about, _read(archive, "times"), _read(archive, "confidence")


def _read(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    types = [_DTYPES[name], np.dtype("<f4")] if name == "pose" else [_DTYPES[name]]
    return read_array(archive, name, types, _SHAPES[name], MAX_SAMPLES)


def _own(values: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A copy, or the array itself where it is another take's already: nobody can write to it."""
    if isinstance(values, np.ndarray) and values.dtype == dtype:
        flags = values.flags
        if flags.owndata and flags.c_contiguous and not flags.writeable:
            return values
    return np.array(values, dtype=dtype, order="C")


def _check_times(take: Take) -> None:
    counts = {f.name: len(getattr(take, f.name)) for f in fields(take) if f.name != "about"}
    if len(set(counts.values())) > 1:
        raise TakeError(f"The arrays of a take differ in length: {counts}")
    if not np.isfinite(take.times).all() or (np.diff(take.times) <= 0).any():
        raise TakeError("The times of a take must be finite and strictly increasing")


def _stacked(rows: list[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32).reshape(len(rows), *shape)
