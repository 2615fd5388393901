"""The overlay: footage with its landmarks beside the driven reference head (FACEGOOD 2021, figure 4).

A second pass over (video, Take): solving knows nothing of it. The head plays the take as a rig would get it,
tuned with the default settings; the landmarks are the raw ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from .atomic import open_atomic
from .containers import open_container
from .errors import OutputError
from .image_sequences import ImageSequence
from .picture_files import is_sequence
from .rig.blendshape_model import BlendshapeModel
from .sources import Video, open_video
from .take import Take
from .types import HeadPose

TALLEST: Final = 720
"""Larger footage is shown at this height (pixels)."""

CLOCK: Final = 90_000
"""Ticks a second of the movie's time stamps: every usual frame rate is a whole number of them."""

MP4_SOUND: Final = frozenset({"aac", "alac", "ac3", "eac3", "flac", "mp3", "mp3float", "opus", "libopus"})
"""Sound that an MP4 takes as it is, by the names of FFmpeg's decoders."""

_LINES: Final = (
    (range(17), False), (range(17, 22), False), (range(22, 27), False), (range(27, 31), False),
    (range(31, 36), False), (range(36, 42), True), (range(42, 48), True), (range(48, 60), True),
    (range(60, 68), True),
)  # fmt: skip
"""The 68 iBUG points as lines: (points, closed)."""

_LINE_COLOUR: Final = (90, 220, 90)
_POINT_COLOUR: Final = (255, 255, 255)
_PUPIL_COLOUR: Final = (0, 200, 255)
_TEXT_COLOUR: Final = (230, 230, 230)


def load_head() -> BlendshapeModel:
    """The reference head; ModelError says how to get it where it is missing."""
    from .rig import reference_head

    return reference_head.load()


def write_overlay(source: Path, take: Take, head: BlendshapeModel, target: Path,
                  drawn: Callable[[int], None] = lambda frame: None) -> str | None:  # fmt: skip
    """Write the movie: H.264 in MP4, with the footage's own time stamps and its sound.

    Parameters
    ----------
    source : Path
        The footage that the take was solved from.
    take : Take
        Raw.
    head : BlendshapeModel
    target : Path
        Replaced only when the movie is complete.
    drawn : callable
        Told how many frames are done after each.

    Returns
    -------
    str or None
        What is missing in the movie.
    """
    try:
        with open_video(source, True, take.about.get("rate")) as video, open_atomic(target) as stream:
            return _write(video, take, head, stream, drawn)
    except av.FFmpegError as error:
        raise OutputError(f"Can't write {target}: {error.strerror}", "The take itself is written.") from error


def _write(video: Video | ImageSequence, take: Take, head: BlendshapeModel, stream: Any,
           drawn: Callable[[int], None]) -> str | None:  # fmt: skip
    stage = Stage(video.size, take, head)
    with av.open(stream, "w", format="mp4") as movie:
        rate = Fraction(video.rate).limit_denominator(1001)
        track: Any = movie.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "fast"})
        track.width, track.height = stage.size
        track.pix_fmt = "yuv420p"
        track.codec_context.time_base = Fraction(1, CLOCK)
        with Sound(video.path, movie, video.origin) as sound:
            for count, frame in enumerate(video, 1):
                picture = av.VideoFrame.from_ndarray(stage.draw(frame.picture, frame.time), format="bgr24")
                picture.pts, picture.time_base = round(frame.time * CLOCK), Fraction(1, CLOCK)
                movie.mux(track.encode(picture))
                sound.copy_until(frame.time)
                drawn(count)
            movie.mux(track.encode())
            sound.copy_until(float("inf"))
            return sound.missing


class Stage:
    """Draws one picture of the movie after the other.

    Attributes
    ----------
    size : tuple of int
        (width, height) of the movie in pixels, both even.
    """

    def __init__(self, frame_size: tuple[int, int], take: Take, head: BlendshapeModel) -> None:
        width, height = frame_size
        self._scale = min(1.0, TALLEST / height)
        self._height = max(2, round(height * self._scale) // 2 * 2)
        self._width = max(2, round(width * self._scale) // 2 * 2)
        self.size = (self._width + self._height, self._height)
        self._take, self._head = take, head
        self._weights, self._poses = _performance(take)

    def draw(self, picture: NDArray[np.uint8] | None, time: float) -> NDArray[np.uint8]:
        """The footage's picture (BGR) with its landmarks beside the head at that time (seconds): BGR."""
        from .rig import preview

        index = int(np.clip(np.searchsorted(self._take.times, time - 1e-6), 0, len(self._take) - 1))
        left: Any = cv2.resize(np.asarray(picture), (self._width, self._height), interpolation=cv2.INTER_AREA)
        landmarks = self._take.landmarks[index]
        if np.isfinite(landmarks).all():
            draw_landmarks(left, (landmarks + 0.5) * self._scale - 0.5)
        pose = HeadPose(*(float(angle) for angle in self._poses[index]))
        right = preview.render(self._head, self._weights[index], pose, self._height)
        _caption(left, f"{time:6.2f} s", self._take.found[index])
        return np.hstack([left, right])


def _performance(take: Take) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (N, 52) and poses (N, 3) to drive the head with; without a face it eases to neutral."""
    from .tune import TuneSettings, tune

    tuned = tune(take, TuneSettings(), landmarks=False)
    return np.nan_to_num(tuned.weights), np.nan_to_num(tuned.pose)


def draw_landmarks(picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
    """Draw (70, 2) landmarks, in pixels of the picture, into it (uint8, BGR)."""
    fine = np.rint(landmarks * 16).astype(np.int32)
    thick = max(1, picture.shape[0] // 480)
    for points, closed in _LINES:
        cv2.polylines(picture, [fine[list(points)]], closed, _LINE_COLOUR, thick, cv2.LINE_AA, 4)
    for i, point in enumerate(fine):
        colour = _POINT_COLOUR if i < 68 else _PUPIL_COLOUR
        cv2.circle(picture, (int(point[0]), int(point[1])), thick * 24, colour, -1, cv2.LINE_AA, 4)


def _caption(picture: NDArray[np.uint8], text: str, found: bool) -> None:
    words = text if found else f"{text}  no face"
    place = (10, picture.shape[0] - 12)
    for colour, thick in (((0, 0, 0), 3), (_TEXT_COLOUR, 1)):
        cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thick, cv2.LINE_AA)


class Sound:
    """Copies the footage's first sound track into a movie, as it is, in step with the pictures.

    Parameters
    ----------
    source : Path
    movie : av.container.OutputContainer
    origin : float
        Seconds in the footage's container at which the movie begins.

    Attributes
    ----------
    missing : str or None
        Why the sound is not in the movie, though the footage has some.
    """

    def __init__(self, source: Path, movie: Any, origin: float) -> None:
        self._movie = movie
        self._origin = origin
        self._packets: Iterator[Any] = iter(())
        self._waiting: Any = None
        self.missing: str | None = None
        self._container: Any = None if is_sequence(source) else open_container(source)
        if self._container is None:
            return
        voices = self._container.streams.audio
        if not voices:
            return
        name = voices[0].codec_context.name
        if name not in MP4_SOUND:
            self.missing = f"the overlay is silent: an MP4 can't hold {name} sound as it is"
            return
        self._track = movie.add_stream_from_template(voices[0])
        self._packets = self._container.demux(voices[0])
        self._waiting = self._next()

    def __enter__(self) -> Sound:
        return self

    def __exit__(self, *_: object) -> None:
        if self._container is not None:
            self._container.close()

    def copy_until(self, time: float) -> None:
        """Copy what begins before `time` (seconds in the movie)."""
        while self._waiting is not None and self._waiting.pts * self._waiting.time_base <= time:
            self._movie.mux(self._waiting)
            self._waiting = self._next()

    def _next(self) -> Any:
        try:
            for packet in self._packets:
                if packet.pts is None or packet.dts is None:
                    continue
                shift = round(self._origin / packet.time_base)
                if packet.pts < shift:
                    continue
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, self._track
                return packet
        except av.FFmpegError:
            self.missing = "the overlay's sound ends early: the footage is damaged"
        return None
