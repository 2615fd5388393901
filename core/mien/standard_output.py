"""A line on standard output, and what it means when it does not get there."""

from __future__ import annotations

import errno
import os
import sys

from .errors import CancelledError, OutputError


def put(line: str) -> None:
    """Print a line on standard output.

    Raises
    ------
    CancelledError
        Nobody reads any more.
    OutputError
        The disk is full to which it goes.
    """
    try:
        print(line, flush=True)
    except OSError as error:
        # Python would complain once again at its end about what it still holds.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno in (errno.EPIPE, errno.EINVAL):  # the latter on Windows
            raise CancelledError("The reader of the output has gone") from None
        message = f"Can't write to standard output: {error.strerror or error}"
        raise OutputError(message, "Make room on the disk that the log goes to.") from error
