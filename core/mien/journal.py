r"""A live recording while it grows: raw Samples appended to a file, one record each, nothing kept in memory.

Each record goes to the operating system at once, so whatever ends the process (a crash, a kill), what was
recorded until then can be made a Take by `recover`; only a loss of power may cost the last half minute.
The file lies beside the take-to-be as NAME.part:

    b"mien journal 1\n"    then the description, one line of JSON, then records of `RECORD`
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import arkit
from .calibration import Calibration, stored_in
from .errors import OutputError, TakeError
from .interchange import suffix_of, write
from .take import MAX_SAMPLES, Take
from .types import LANDMARK_COUNT, Sample
from .untrusted import parse_json

SUFFIX: Final = ".part"
MAGIC: Final = b"mien journal 1\n"
RECORD: Final = np.dtype(
    [
        ("time", "<f8"),
        ("weights", "<f4", (arkit.COUNT,)),
        ("landmarks", "<f4", (LANDMARK_COUNT, 2)),
        ("pose", "<f8", (3,)),
        ("confidence", "<f4"),
        ("box", "<f4", (4,)),
    ]
)
"""One Sample: 820 bytes."""

_LONGEST_ABOUT: Final = 1 << 20
_ROOM: Final = "What was recorded until then is kept. Make room on the disk, or record elsewhere."


def journal_of(output: Path) -> Path:
    """The journal that a recording into `output` keeps."""
    return output.with_name(output.name + SUFFIX)


class Journal:
    """A recording under way.

    Parameters
    ----------
    output : Path
        Where the take is to go; the journal lies beside it and must not be there yet.
    about : mapping
        See `mien.take.Take.about`.
    """

    def __init__(self, output: Path, about: Mapping[str, Any]) -> None:
        self.path = journal_of(output)
        self.count = self.faces = 0
        self._last = -np.inf
        self._record: NDArray[Any] = np.zeros(1, RECORD)
        try:
            self._stream = open(self.path, "xb", buffering=0)  # noqa: SIM115
        except FileExistsError as error:
            raise OutputError(
                f"{self.path} is there already: a recording that broke off, or one that runs",
                f"Keep it with `mien live --recover {self.path.name}`, or remove it.",
            ) from error
        except OSError as error:
            message = f"Can't record to {output}: {error.strerror or error}"
            raise OutputError(message, "Record elsewhere.") from error
        try:
            self._write(MAGIC + json.dumps(dict(about), allow_nan=False).encode() + b"\n")
        except OutputError:
            self.discard()
            raise

    def add(self, sample: Sample, time: float) -> None:
        """Append a sample as of `time` seconds; one that is not later than the last is left out.

        Raises
        ------
        OutputError
            The disk is full, or gone; what was recorded before can still be saved.
        """
        if not time > self._last or self.count >= MAX_SAMPLES:
            return
        record, box = self._record, sample.box
        record["time"], record["weights"], record["landmarks"] = time, sample.weights, sample.landmarks
        record["pose"] = (sample.pose.pitch, sample.pose.yaw, sample.pose.roll)
        record["confidence"], record["box"] = sample.confidence, (box.x, box.y, box.size, box.roll)
        self._write(record.tobytes())
        self._last = time
        self.count += 1
        self.faces += sample.confidence > 0

    def _write(self, content: bytes) -> None:
        reason = "the disk is full"
        try:
            written = self._stream.write(content)
        except OSError as error:
            written, reason = 0, error.strerror or str(error)
        if written != len(content):
            raise OutputError(f"Can't record any further: {reason}", _ROOM)

    def take(self) -> Take:
        """End the recording: what it holds. The file stays until `discard`."""
        self._stream.close()
        return recover(self.path)

    def discard(self) -> None:
        """Remove the journal."""
        self._stream.close()
        self.path.unlink(missing_ok=True)


class Recording:
    """A journal and the take that will come of it.

    Parameters
    ----------
    output : Path
        A new file (.mien, .csv or .json).
    about : mapping
        See `mien.take.Take.about`.
    since : float
        When it begins, which is the take's time 0; seconds of any clock that never goes back.
    replace : bool
        Whether the file may be there already.
    """

    def __init__(self, output: Path, about: Mapping[str, Any], since: float, replace: bool = False) -> None:
        suffix_of(output)
        if output.exists() and not replace:
            raise OutputError(f"{output} is there already", "Choose another name.")
        self.output, self._since = output, since
        self.journal = Journal(output, about)

    def add(self, sample: Sample, at: float) -> None:
        """Record a sample that arrived at `at`, seconds on the clock of `since`."""
        if at >= self._since:
            self.journal.add(sample, at - self._since)

    def save(self, calibration: Calibration | None) -> Take:
        """Write the take, with the actor's calibration; the journal stays until that has worked."""
        if not self.journal.count:
            self.journal.discard()
            raise TakeError("Nothing was recorded", "Wait for the camera's picture, then record.")
        take = stored_in(self.journal.take(), calibration)
        write(take, self.output)
        self.journal.discard()
        return take


def recover(path: str | os.PathLike[str]) -> Take:
    """The Take in a journal, however its writer ended; TakeError where it is none."""
    try:
        with open(path, "rb") as stream:
            if stream.readline(len(MAGIC)) != MAGIC:
                raise TakeError(f"{path} is not a recording that broke off", f"Choose a file NAME{SUFFIX}.")
            about = parse_json(stream.readline(_LONGEST_ABOUT))
            left = os.fstat(stream.fileno()).st_size - stream.tell()
            content = stream.read(min(max(left, 0), MAX_SAMPLES * RECORD.itemsize))
    except FileNotFoundError as error:
        raise TakeError(f"There is no file {path}", "Choose another one.") from error
    except (OSError, ValueError) as error:
        raise TakeError(f"{path} can't be read ({error})", "Nothing of it can be kept.") from error
    if not isinstance(about, dict):
        raise TakeError(f"{path} is damaged: it has no description", "Nothing of it can be kept.")
    return _take(np.frombuffer(content, RECORD, len(content) // RECORD.itemsize), about)


def _take(records: NDArray[Any], about: dict[str, Any]) -> Take:
    """The records whose times are times, in order."""
    times = np.where(np.isfinite(records["time"]), records["time"], -np.inf)
    before = np.maximum.accumulate(np.concatenate([[-np.inf], times]))[:-1]
    records = records[times > before]
    return Take(
        times=records["time"],
        weights=records["weights"],
        landmarks=records["landmarks"],
        pose=records["pose"],
        confidence=np.nan_to_num(records["confidence"]),
        boxes=records["box"],
        about=about,
    )
