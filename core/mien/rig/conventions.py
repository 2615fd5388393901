"""How other makers name a face's channels: the tables below `presets/`, and ARKit's own names.

A preset is a JSON file: what each of its channels is made of in ARKit's shapes, and which of its channels
have no counterpart. Its names are believed only where enough of them are there: a lone `A` is no vowel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from .. import arkit
from ..errors import MapError
from ..untrusted import parse_json, read_text
from .channel_names import ChannelName, Reading, bare_of, key_of
from .json_fields import Fields, number
from .retarget_map import Term

FORMAT: Final = "mien-name-preset"
FOLDER: Final = Path(__file__).with_name("presets")
_LARGEST: Final = 4 << 20

HALVED: Final = ("browInnerUp", "cheekPuff")
"""Shapes that are one in ARKit, and that many rigs part in left and right."""

SHAPE_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    **{key: (name, "") for name in arkit.NAMES for key in (key_of(name), name.lower())},
    **{bare_of(name[:-3]): (name, "") for name in arkit.NAMES if name.endswith("Left")},
    **{bare_of(name[:-4]): (name, "") for name in arkit.NAMES if name.endswith("Right")},
    **{key_of(f"{name}_{side}"): (name, side) for name in HALVED for side in "LR"},
}
"""Key or bare name to the shape and the half of it ("", "L" or "R")."""


@dataclass(frozen=True)
class Entry:
    """A channel of a preset.

    Attributes
    ----------
    name : str
        As its maker spells it.
    terms : tuple of Term
        What it is made of; () where ARKit has no counterpart.
    confidence : float
        0–1.
    unless : tuple of str
        Keys of channels that stand in for it where they are there.
    """

    name: str
    terms: tuple[Term, ...]
    confidence: float = 0.98
    unless: tuple[str, ...] = ()

    @property
    def shapes(self) -> frozenset[str]:
        """The shapes that move it forward."""
        return frozenset(term.shapes[0] for term in self.terms if term.gain > 0 and len(term.shapes) == 1)


@dataclass(frozen=True)
class Convention:
    """A preset.

    Attributes
    ----------
    name : str
    minimum : int
        How many of its channels that drive something must be there before it is believed.
    whole : bool
        Its names are so short that only a whole name counts, without prefix or suffix.
    entries : mapping of str to Entry
        By key, and by bare name.
    """

    name: str
    minimum: int
    whole: bool
    entries: Mapping[str, Entry]

    @property
    def drives(self) -> bool:
        """Whether any of its channels has a counterpart."""
        return any(entry.terms for entry in self.entries.values())

    def find(self, name: ChannelName) -> tuple[Entry, Reading] | None:
        """The entry a channel is named after, and how the name was read."""
        for reading in name.readings:
            if self.whole and (reading.prefix or reading.suffix):
                continue
            entry = self.entries.get(reading.key) or self.entries.get(reading.bare)
            if entry is not None:
                return None if reading.means_more else (entry, reading)
        return None


@lru_cache(maxsize=1)
def presets() -> tuple[Convention, ...]:
    """All that ship with Mien, by file name."""
    return tuple(read_preset(path) for path in sorted(FOLDER.glob("*.json")))


def read_preset(path: Path) -> Convention:
    """Read one; MapError where it is damaged."""
    try:
        content = parse_json(read_text(path, _LARGEST))
    except (OSError, ValueError) as error:
        raise MapError(f"The preset {path} can't be read ({error})", "Install Mien again.") from error
    fields = Fields(content, path.name)
    if fields.text("format") != FORMAT:
        raise MapError(f"{path} is not a preset of names")
    channels = fields.part("channels").rest()
    entries = [_entry(name, channels[name], f"{path.name}: {name}") for name in channels]
    entries += [Entry(name, ()) for name in fields.items("without_counterpart")]
    by_key: dict[str, Entry] = {}
    for entry in entries:
        for key in dict.fromkeys((key_of(entry.name), bare_of(entry.name))):
            if by_key.setdefault(key, entry) is not entry:
                raise MapError(f"{path.name}: {entry.name} and {by_key[key].name} are one name")
    return Convention(
        fields.text("name", None), int(fields.number("minimum", 5)), fields.flag("whole"), by_key
    )


def _entry(name: str, content: Any, place: str) -> Entry:
    """`{"jawOpen": 1}`, or `{"terms": […], "confidence": 0.8, "unless": […]}`."""
    fields = Fields(content, place)
    if not fields.has("terms"):
        return Entry(
            name, tuple(Term((shape,), number(gain, place)) for shape, gain in fields.rest().items())
        )
    terms = []
    for part in fields.parts("terms"):
        shapes = part.items("shapes") if part.has("shapes") else [part.text("shape", None)]
        terms.append(Term(tuple(shapes), part.number("gain", 1.0), part.text("over")))
    unless = tuple(key_of(other) for other in fields.items("unless"))
    return Entry(name, tuple(terms), fields.number("confidence", 0.98), unless)
