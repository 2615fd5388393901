"""The sound of footage as a .wav that begins with its first picture, for hosts that play no sound of a video.

    python -m mien.soundtrack VIDEO OUT.wav

They run it in a process of its own, as they do the solver.
"""

from __future__ import annotations

import json
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av

from .atomic import open_atomic
from .containers import open_container
from .errors import MienError, SourceError
from .hosting.processes import failure
from .picture_files import is_sequence
from .sources import open_video

RATE: Final = 48000
CHANNELS: Final = 2
_BYTES: Final = 2 * CHANNELS
"""Of a sample on all channels."""


def extract(video: Path, output: Path) -> None:
    """Write the sound, padded or cut so that its beginning is the first picture's.

    Parameters
    ----------
    video, output : Path

    Raises
    ------
    SourceError
        When there is no sound, or it can't be read.
    """
    with open_video(video) as opened:
        origin = opened.origin
    with open_atomic(output, "wb") as stream, wave.open(stream, "wb") as made:
        made.setparams((CHANNELS, 2, RATE, 0, "NONE", ""))
        for part in _from(_parts(video), origin):
            made.writeframesraw(part)


def _from(parts: Iterator[tuple[float, bytes]], origin: float) -> Iterator[bytes]:
    """The samples from a time on; silence where there are none yet."""
    due = round(origin * RATE)
    for time, samples in parts:
        ahead = round(time * RATE) - due
        if ahead > 0:
            yield bytes(ahead * _BYTES)
            due += ahead
        fresh = samples[max(-ahead, 0) * _BYTES :]
        due += len(fresh) // _BYTES
        yield fresh


def _parts(video: Path) -> Iterator[tuple[float, bytes]]:
    """Seconds in the container, and samples from there on (16 bits, left and right in turn)."""
    if is_sequence(video):
        raise _silent(video)
    try:
        with open_container(video) as container:
            if not container.streams.audio:
                raise _silent(video)
            turn: Any = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
            for frame in container.decode(container.streams.audio[0]):
                for made in turn.resample(frame):
                    yield float(made.time or 0.0), bytes(made.planes[0])[: made.samples * _BYTES]
    except av.FFmpegError as error:
        raise SourceError(f"The sound of {video.name} can't be read: {error}", "Save it as .wav.") from error


def _silent(video: Path) -> SourceError:
    return SourceError(f"{video.name} has no sound", "Import another sound with Maya's own menu.")


def main(words: list[str]) -> int:
    """Say an error as `mien` would; the exit code."""
    try:
        extract(Path(words[0]), Path(words[1]))
    except MienError as error:
        print(json.dumps(failure(error.code, error.message, error.hint)), flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
