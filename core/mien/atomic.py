"""Writing a file so that it is either complete or not there: temporary file beside it, fsync, rename.

Every result that Mien leaves on disk goes through `open_atomic`; a crash, a full disk or Cancel never
leaves half a file, and never damages the one that was there before.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from .errors import OutputError


@contextlib.contextmanager
def open_atomic(path: str | os.PathLike[str], mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Open a file for writing that takes the place of `path` only when the block ends without an error.

    Parameters
    ----------
    path : path-like
        The file to make or to replace. Its folder must exist.
    mode : str
        "wb" or "w".
    **options
        For `open`: encoding, newline.

    Raises
    ------
    OutputError
        When the folder is missing, or the file can't be written there.
    """
    with replaced(path) as temporary, open(temporary, mode, **options) as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


@contextlib.contextmanager
def replaced(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A file beside `path`, for libraries that open files themselves; it takes its place as in `open_atomic`.

    Parameters and errors are those of `open_atomic`.
    """
    target = Path(path)
    temporary = _temporary_beside(target)
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise OutputError(f"Can't write {target}: {error.strerror or error}", _HINT) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


_PART = ".part"
_LEFT_AFTER = 86_400.0
_HINT = "Check that the folder may be written to, that the disk has room and no program holds the file open."


@lru_cache(maxsize=1024)
def _clear_leftovers(folder: Path, prefix: str) -> None:
    """Remove what writers of the same file left that were killed a day ago or more; once in a process."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.name.endswith(_PART):
                with contextlib.suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _LEFT_AFTER:
                        os.unlink(entry.path)


def _temporary_beside(target: Path) -> Path:
    """Make an empty file in the target's folder, with the permissions an ordinary new file gets there."""
    if not target.parent.is_dir():
        raise OutputError(f"There is no folder {target.parent}", "Make it first, or choose another one.")
    if target.is_dir():
        raise OutputError(f"{target} is a folder", "Give the name of a file.")
    prefix = f".{target.name[:40]}-"
    _clear_leftovers(target.parent, prefix)
    try:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=_PART, dir=target.parent)
    except OSError as error:
        raise OutputError(f"Can't write to {target.parent}: {error.strerror or error}", _HINT) from error
    os.close(handle)
    mask = os.umask(0)
    os.umask(mask)
    with contextlib.suppress(OSError):
        os.chmod(name, 0o666 & ~mask)
    return Path(name)
