"""An actor's profile: the calibration kept in a small JSON file, for all takes of one face.

The file names its kind and version; a reader refuses newer ones, and anything it does not know by name.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .atomic import open_atomic
from .calibration import Calibration
from .errors import TakeError
from .untrusted import parse_json, read_text

KIND: Final = "mien actor profile"
FORMAT: Final = 1
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, eq=False)
class Profile:
    """What is known of an actor.

    Attributes
    ----------
    actor : str
        The name.
    calibration : Calibration
    """

    actor: str
    calibration: Calibration


def save_profile(profile: Profile, path: str | os.PathLike[str]) -> None:
    """Write a profile (`.json`). An existing one is replaced only when the new one is complete."""
    content = {"kind": KIND, "format": FORMAT, "actor": profile.actor, **profile.calibration.to_json()}
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def load_profile(path: str | os.PathLike[str]) -> Profile:
    """Read a profile; TakeError when it is missing, damaged, foreign or of a newer Mien."""
    content = read_versioned(path, KIND, FORMAT)
    unknown = sorted(set(content) - {"actor", "neutral", "full"})
    if unknown:
        raise TakeError(f"{path} has unknown fields: {', '.join(unknown)}", "Remove or rename them.")
    if not isinstance(content.get("actor", ""), str):
        raise TakeError(f"The actor in {path} is not a name")
    calibration = {name: content[name] for name in ("neutral", "full") if name in content}
    return Profile(content.get("actor", ""), Calibration.from_json(calibration))


def read_versioned(path: str | os.PathLike[str], kind: str, newest: int) -> dict[str, Any]:
    """The fields of a JSON file that names its kind and format, without these two."""
    try:
        content = parse_json(read_text(path, _LARGEST))
    except FileNotFoundError as error:
        raise TakeError(f"There is no file {path}", "Choose another one.") from error
    except (OSError, ValueError) as error:
        raise TakeError(f"{path} can't be read as a {kind} ({error})", "Save it again.") from error
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise TakeError(f"{path} is not a {kind}", f'Its JSON says "kind": "{kind}".')
    version = content.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise TakeError(f"{path} has no format number", "Save it again.")
    if version > newest:
        raise TakeError(f"{Path(path).name} is of a newer Mien (format {version})", "Update Mien to open it.")
    return {name: value for name, value in content.items() if name not in ("kind", "format")}
