"""Cameras, and video files played as if they were one: Frames as they arrive, one after the other.

With `mien.sources` the only place where pictures come in. A camera is OpenCV's; its frames have no stamps
that could be trusted, so a Frame's time is when it arrived. Reading waits for the next frame:
`mien.newest.Newest` does that in a thread of its own.
"""

from __future__ import annotations

import gc
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2

from .errors import MienError, SourceError
from .sources import open_video
from .types import Arrival, Frame

RETRY: Final = 1.0
"""Seconds between attempts to open a camera again."""

BEHIND: Final = 0.25
"""Seconds: a file that falls further behind real time gives the time up, rather than rush after it."""

_PLUG: Final = "Plug the camera in again, or close the program that uses it; it goes on by itself."
_CHOOSE: Final = "Plug it in, close other programs that use it, or choose another one (0, 1, 2 …)."


class Camera:
    """A camera that is plugged in, and comes back when it was unplugged and plugged in again.

    Parameters
    ----------
    device : int or str
        Its number from 0; or what else OpenCV opens, such as /dev/video2.
    size : (int, int), optional
        Width and height in pixels to ask for; the camera may choose another one.
    rate : float, optional
        Frames a second to ask for.

    Attributes
    ----------
    name : str
    size : (int, int)
        What the camera gives.
    rate : float or None
        What the camera claims to give.
    trouble : MienError or None
        Why nothing comes at present.
    ended : bool
        Always False: it may come back.
    """

    ended = False

    def __init__(
        self, device: int | str, size: tuple[int, int] | None = None, rate: float | None = None
    ) -> None:
        self.name = f"camera {device}"
        self._device, self._asked = device, (size, rate)
        self._closing = threading.Event()
        self._begun = time.perf_counter()
        self._count = 0
        self.trouble: MienError | None = None
        self._capture = self._opened()
        if self._capture is None:
            raise SourceError(f"There is no camera {device}, or it is in use", _CHOOSE)
        self.size = (int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                     int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))  # fmt: skip
        claimed = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.rate = claimed if 0 < claimed < 1000 else None

    def read(self) -> Arrival | None:
        """Wait for the next frame; None when there was none (see `trouble`): ask again."""
        if self._capture is None:
            self._closing.wait(RETRY)
            self._capture = None if self._closing.is_set() else self._opened()
            return None
        there = self._capture.grab()
        at = time.perf_counter()
        picture = self._capture.retrieve()[1] if there else None
        if picture is None:
            self._capture.release()
            self._capture = None
            self.trouble = SourceError(f"Nothing comes from {self.name} any more", _PLUG)
            return None
        self.trouble = None
        self._count += 1
        return Arrival(Frame(self._count - 1, at - self._begun, _grey(picture)), at)

    def close(self) -> None:
        """Let go of it, once nobody reads any more."""
        self._closing.set()
        if self._capture is not None:
            self._capture.release()

    def stop(self) -> None:
        """Let a `read` that waits come back soon; from any thread."""
        self._closing.set()

    def _opened(self) -> Any:
        capture = cv2.VideoCapture(self._device)
        if not capture.isOpened():
            return None
        size, rate = self._asked
        wanted = {cv2.CAP_PROP_BUFFERSIZE: 1.0}
        if size:
            wanted |= {cv2.CAP_PROP_FRAME_WIDTH: size[0], cv2.CAP_PROP_FRAME_HEIGHT: size[1]}
        if rate:
            wanted[cv2.CAP_PROP_FPS] = rate
        for name, value in wanted.items():
            capture.set(name, value)
        return capture


class PlayedVideo:
    """A video file, its frames due when they were filmed: for trying things out without a camera.

    Parameters
    ----------
    path : Path
    loop : bool
        Begin again at the end, over and over; time goes on.

    Attributes
    ----------
    name, size, rate, trouble, ended
        As of a `Camera`; it ends where it does not loop.
    """

    trouble: MienError | None = None

    def __init__(self, path: Path, loop: bool = False) -> None:
        self.name = path.name
        self._path, self._loop = path, loop
        self._video = open_video(path)
        self._frames = iter(self._video)
        self.size, self.rate = self._video.size, self._video.rate
        self.ended = False
        self._closing = threading.Event()
        self._begun: float | None = None
        self._given_up = 0.0
        self._before = self._last = 0.0
        self._count = 0

    def read(self) -> Arrival | None:
        """Wait until the next frame is due; None at the end."""
        frame = next(self._frames, None)
        if frame is None:
            self._begin_again()
            return None
        self._last = self._before + frame.time
        if self._begun is None:
            self._begun = time.perf_counter()
        at = self._wait_until(self._begun + self._given_up + self._last)
        self._count += 1
        return Arrival(replace(frame, index=self._count - 1, time=at - self._begun), at)

    def close(self) -> None:
        """Let go of the file, once nobody reads any more."""
        self._video.close()

    def stop(self) -> None:
        """Let a `read` that waits come back soon; from any thread."""
        self._closing.set()

    def _begin_again(self) -> None:
        self._video.close()
        if not self._loop:
            self.ended = True
            return
        gc.collect()  # PyAV's objects refer to one another: the old decoder's memory would wait for it
        self._video = open_video(self._path)
        self._frames = iter(self._video)
        self._before = self._last + 1.0 / self.rate

    def _wait_until(self, due: float) -> float:
        """Wait for a moment, if it is still to come; the time then."""
        late = time.perf_counter() - due
        if late > BEHIND:
            self._given_up += late
        elif late < 0:
            self._closing.wait(-late)
        return time.perf_counter()


def _grey(picture: Any) -> Any:
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
