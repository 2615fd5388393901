"""The networks a user has besides the default one: a folder with `student.onnx` and `card.json` for each.

A host lists them where a network is chosen. Nothing of onnxruntime is needed for that.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Final

from ..errors import ModelError

DEFAULT: Final = "Default"
"""What a list calls the network that comes with Mien."""
_PARTS: Final = ("student.onnx", "card.json")


@dataclass(frozen=True)
class Network:
    """A network of the user's.

    Attributes
    ----------
    name : str
        That of its folder.
    folder : Path
    """

    name: str
    folder: Path

    @cached_property
    def gain(self) -> str:
        """Two figures in words, from its card: the mean error of the weights on the frames of the actor that
        were kept aside, of the network it began with and its own. "" for networks that were made otherwise.
        """
        training: Any = {}
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            training = json.loads((self.folder / "card.json").read_text(encoding="utf-8"))["training"]
        before, after = (_error(training, name) for name in ("held_out_before", "held_out_after"))
        return "" if before is None or after is None else before_after(before, after)


def before_after(before: float, after: float) -> str:
    """Two errors and how far they are apart: `error 0.052 → 0.031 (−40 %)`."""
    change = f"{after / before - 1:+.0%}".replace("-", "−").replace("%", " %") if before else ""
    return f"error {before:.3f} → {after:.3f} ({change})"


def networks_in(folder: Path) -> list[Network]:
    """The whole networks in a folder, by name; none where it isn't there."""
    try:
        places = sorted(folder.iterdir(), key=lambda place: place.name.lower())
    except OSError:
        return []
    return [
        Network(place.name, place) for place in places if is_network(place) and not place.name.startswith(".")
    ]


def is_network(folder: Path) -> bool:
    """Whether a folder holds a whole network."""
    return all((folder / part).is_file() for part in _PARTS)


def chosen_network(text: str, folder: Path) -> Path | None:
    """The folder that a user means by a name of the list, or by a path; None for the default network.

    Raises
    ------
    ModelError
        When there is none.
    """
    if text.strip() in ("", DEFAULT):
        return None
    place = folder / text.strip()  # an absolute path stays one
    if not is_network(place):
        hint = f"Choose another network, or {DEFAULT}."
        raise ModelError(f"There is no network {text} any more", hint)
    return place


def free_folder(folder: Path, name: str) -> Path:
    """A folder for a network of this name that is not there yet: NAME, NAME 2 …; `DEFAULT` is taken."""
    return next(place for place in _places(folder, name) if place.name != DEFAULT and not place.exists())


def _places(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    yield from (folder / f"{name} {number}" for number in count(2))


def _error(training: Any, name: str) -> float | None:
    entry = training.get(name) if isinstance(training, dict) else None
    error = entry.get("weights_mae") if isinstance(entry, dict) else None
    return float(error) if isinstance(error, (int, float)) and error >= 0 else None
