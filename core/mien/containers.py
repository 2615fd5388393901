"""Which files are opened as videos, and within which bounds: footage comes from strangers.

What is read of them is in `mien.sources`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import av
from av.stream import Disposition

from .errors import NotAVideoError, SourceError, SourceNotFoundError

FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg", "mpegvideo", "h264", "hevc", "vvc",
    "obu", "ivf", "m4v", "mjpeg", "mpjpeg", "mxf", "gxf", "lxf", "dv", "flv", "asf", "ogg", "wtv", "rm",
    "nut", "nsv", "r3d", "yuv4mpegpipe", "gif", "apng", "aac", "aiff", "caf", "flac", "mp3", "wav",
)  # fmt: skip
"""What cameras, phones, editors and the web write, and sound, to say that it is sound. FFmpeg's other four
hundred formats stay shut: playlists that name further files, text drawn as pictures, games of the nineties.
"""

MAX_PIXELS: Final = 1 << 27
"""Of a picture, 16384 × 8192: a few bytes can claim any size."""

BOUNDS: Final = {"max_pixels": str(MAX_PIXELS)}
"""The same, for FFmpeg's decoders."""

_OPENING: Final = {**BOUNDS, "format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
_TRY: Final = "Choose a video (.mp4, .mov, .mkv, .avi, .webm …); one whose recording broke off can't be read."


def open_container(path: Path) -> Any:
    """A file opened by PyAV; SourceNotFoundError, SourceError or NotAVideoError where that fails."""
    if not path.exists():
        raise SourceNotFoundError(f"There is no file {path}", "Check the path.")
    try:
        # The prefix keeps FFmpeg from reading a colon in the name as a protocol.
        container = av.open(f"file:{path}", metadata_errors="replace", options=_OPENING)
    except PermissionError as error:
        raise SourceError(f"{path} may not be read", "Check the file's permissions.") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NotAVideoError(f"{path} is not a video that can be read ({_reason(error)})", _TRY) from error
    return container


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def picture_stream(container: Any, path: Path) -> Any:
    """The container's first moving pictures; a cover picture in a sound file is none. Else NotAVideoError."""
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    for stream in pictures:
        if stream.codec_context is not None:
            return stream
    nothing = "sound, but no pictures" if container.streams.audio else "no pictures"
    what = "pictures of a kind that can't be decoded" if pictures else nothing
    raise NotAVideoError(f"{path} holds {what}", _TRY)
