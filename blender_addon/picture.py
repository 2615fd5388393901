# SPDX-License-Identifier: GPL-3.0-or-later
"""What the worker sees, in the panel: its picture file as an icon of Blender's, which no .blend keeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import bpy
import bpy.utils.previews
import numpy as np
from numpy.typing import NDArray

_NAME: Final = "crop"
_LARGEST: Final = 1 << 20


class CropIcon:
    """The newest picture of the running solve.

    Attributes
    ----------
    path : Path or None
        Where the worker writes it.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self._stamp = 0
        self._previews: bpy.utils.previews.ImagePreviewCollection | None = None

    def begin(self) -> Path:
        """A new file to write to; the old picture goes."""
        self.clear()
        self.path = Path(bpy.app.tempdir or ".") / f"mien-crop-{os.getpid()}.pgm"
        self.path.unlink(missing_ok=True)
        return self.path

    def look(self) -> None:
        """Show the file's picture, if it is a newer one. Takes about a millisecond."""
        if self.path is None or bpy.app.background:
            return
        try:
            stamp = self.path.stat().st_mtime_ns
            if stamp == self._stamp:
                return
            picture = parse(self.path.read_bytes()[:_LARGEST])
        except (OSError, ValueError):
            return
        self._stamp = stamp
        self._show(picture)

    @property
    def icon(self) -> int:
        """Blender's number of the icon; 0 where there is none."""
        if self._previews is None or _NAME not in self._previews:
            return 0
        return int(self._previews[_NAME].icon_id)

    def clear(self) -> None:
        """Show nothing, and take the file away."""
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self.path, self._stamp, self._previews = None, 0, None

    def _show(self, picture: NDArray[np.uint8]) -> None:
        if self._previews is None:
            self._previews = bpy.utils.previews.new()
        preview = self._previews[_NAME] if _NAME in self._previews else self._previews.new(_NAME)
        preview.image_size = picture.shape[::-1]
        preview.image_pixels_float.foreach_set(colours(picture))


def parse(content: bytes) -> NDArray[np.uint8]:
    """The grey picture (height, width) of a binary PGM; ValueError where it is none."""
    head = content.split(b"\n", 3)
    if len(head) < 4 or head[0] != b"P5":
        raise ValueError("not a PGM")
    width, height = (int(number) for number in head[1].split())
    return np.frombuffer(head[3], np.uint8)[: width * height].reshape(height, width)


def colours(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The picture as Blender wants it: float32 (height × width × 4,), 0–1, the lowest row first."""
    made = np.ones((*picture.shape, 4), np.float32)
    made[..., :3] = picture[::-1, :, None] / np.float32(255.0)
    return made.ravel()


CROP: Final = CropIcon()
"""The one picture of this Blender."""
