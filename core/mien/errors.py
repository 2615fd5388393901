"""The errors users meet: each says what went wrong and what to do next.

Every error has a `code` (stable, for `--json` and for scripts) and an `exit_code` (for a render farm).
Anything else that escapes is a bug in Mien.
"""

from __future__ import annotations

import traceback


class MienError(Exception):
    """Base of every error that Mien reports on purpose.

    Parameters
    ----------
    message : str
        What went wrong, with the names of the things concerned.
    hint : str
        What the user can do next; shown below the message.
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


def install_extra(extra: str) -> str:
    """How to add one of the extras of pyproject.toml; Mien is in no package index, so from its own folder."""
    return f'In the folder of Mien\'s source run: python -m pip install -e ".[{extra}]"'


def unexpected(error: Exception) -> MienError:
    """What to report for an error that is none of ours: a bug, whose trace goes to standard error."""
    traceback.print_exception(type(error), error, error.__traceback__)
    return MienError(f"Mien failed unexpectedly: {error!r}", "Please report this with the lines above.")


class UsageError(MienError):
    """The call itself is wrong (exit code 2, as argparse uses)."""

    code = "usage"
    exit_code = 2


class SourceError(MienError):
    """The footage can't be read."""

    code = "source"
    exit_code = 3


class SourceNotFoundError(SourceError):
    """There is no such file."""

    code = "source_not_found"


class NotAVideoError(SourceError):
    """The file is there, but holds no pictures that can be decoded."""

    code = "not_a_video"


class NoFramesError(SourceError):
    """The file says it is a video and has no frame in it."""

    code = "no_frames"


class NoFaceError(MienError):
    """No face was found in the whole footage."""

    code = "no_face"
    exit_code = 4


class OutputError(MienError):
    """The result can't be written where it was asked for."""

    code = "output"
    exit_code = 5


class ModelError(MienError):
    """The network or the reference head is missing, damaged, or not what its card says."""

    code = "model"
    exit_code = 6


class TakeError(MienError):
    """A take or an interchange file is damaged, of another version, or not one at all."""

    code = "take"
    exit_code = 7


class RigError(MienError):
    """The rig can't be driven: no shapes, linked, locked."""

    code = "rig"
    exit_code = 8


class MapError(RigError):
    """A retarget map can't be read or used (see `mien.rig.map_file`)."""

    code = "map"
    exit_code = 9


class MapVersionError(MapError):
    """The map was written by a newer Mien."""

    code = "map_version"


class NotANumberError(MapError):
    """A number of the map is NaN, infinite, or no number."""

    code = "map_number"


class DuplicateTargetError(MapError):
    """Two channels of the map drive the same target."""

    code = "map_duplicate"


class UnknownShapeError(MapError):
    """A term names a shape that ARKit doesn't have."""

    code = "map_shape"


class CycleError(MapError):
    """A term refers to a channel of the map; channels are made of shapes only."""

    code = "map_cycle"


class CancelledError(MienError):
    """The user stopped the work; nothing was written."""

    code = "cancelled"
    exit_code = 130


class FarmError(MienError):
    """The farm, not the footage, has failed (see `mien.farm`)."""

    code = "farm"
    exit_code = 11
