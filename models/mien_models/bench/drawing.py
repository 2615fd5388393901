"""What all pictures of `mien bench` begin with."""

from __future__ import annotations

from mien.errors import UsageError, install_extra


def begin_drawing() -> None:
    """Let matplotlib draw into files, without a window; UsageError where it is missing."""
    try:
        import matplotlib
    except ImportError as error:
        raise UsageError("Drawing needs matplotlib", install_extra("plots")) from error
    matplotlib.use("Agg")
