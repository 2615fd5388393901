"""Names of a rig's channels, taken apart: node, prefix, words, sides, and what is left to compare.

`head_geo.BS_eyeBlink_L` is the node `head_geo`, the prefix `BS` and the key `eyeblinkleft`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SIDES: Final = {"l": "left", "left": "left", "lt": "left", "r": "right", "right": "right", "rt": "right"}

PLAIN_SUFFIXES: Final = frozenset({
    "shape", "mesh", "geo", "bs", "blendshape", "morph", "morphs", "target", "tgt", "key", "shapekey",
    "ctrl", "div2"
})  # fmt: skip
"""Words that programs and people put after a shape's name without meaning another shape."""

_MESHES: Final = frozenset({
    "teeth", "tooth", "gums", "lash", "lashes", "eyelash", "eyelashes", "eyeball", "hair", "beard",
    "body", "mesh", "geo"
})  # fmt: skip
"""Words that make a prefix a mesh's name, whatever else is in it."""

_MEANING: Final = frozenset({
    "upper", "lower", "inner", "outer", "up", "down", "in", "out", "top", "bottom", "front", "back",
    "fix", "corr", "corrective", "correction", "combo", "comb", "inbetween", "ib", "delta", "wrinkle",
    "wrinkles", "wm", "inv", "inverse", "inverted", "anti", "neg", "negative", "minus", "opposite",
    "reverse", "not", "no", "un", "half", "old", "backup", "bak", "tmp", "temp", "test", "extreme",
    "extra", "max", "min", "turn", "move", "rotate", "rot", "tilt", "shift", "wide", "narrow", "open", "close"
})  # fmt: skip
"""Words before a shape's name that make it another channel."""

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
_NODE: Final = re.compile(r"[|:/]")
_COPY: Final = re.compile(r"\.\d{3,}$")
_INDEX: Final = re.compile(r"[A-Za-z]?\d+")


@dataclass(frozen=True)
class Reading:
    """One way to read a channel's name: what may be its key, and what stands around it.

    Attributes
    ----------
    parts : tuple of str
        The words in small letters, the side spelt out and at the end.
    bare : str
        The letters and digits in small letters, as they stand.
    prefix : tuple of str
        Segments before it that belong to the same name.
    suffix : str
        A harmless word after it, or "".
    """

    parts: tuple[str, ...]
    bare: str
    prefix: tuple[str, ...] = ()
    suffix: str = ""

    @property
    def key(self) -> str:
        """The parts in one."""
        return "".join(self.parts)

    @property
    def group(self) -> tuple[str, ...]:
        """The prefix, if it tells meshes apart: not where it numbers the channels (`A38_`, `07_`)."""
        return tuple(part.lower() for part in self.prefix if not _INDEX.fullmatch(part))

    @property
    def means_more(self) -> bool:
        """Whether the prefix makes it another channel: it has a side, or a word that changes a shape."""
        found = words(self.prefix)
        if any(word in _MESHES for word in found):
            return False
        return any(word in SIDES.values() or word in _MEANING for word in found)


@dataclass(frozen=True)
class ChannelName:
    """A channel's name, taken apart.

    Attributes
    ----------
    text : str
        As the rig has it.
    node : str
        What it belongs to, in front of the last `.`, `|`, `:` or `/`.
    copy : bool
        Whether Blender numbered it, as in `jawOpen.001`.
    readings : tuple of Reading
        The likelier first: the whole name, then less and less of it.
    """

    text: str
    node: str
    copy: bool
    readings: tuple[Reading, ...]

    @classmethod
    def of(cls, text: str) -> ChannelName:
        """Take a name apart."""
        copy = bool(_COPY.search(text))
        node, leaf = _split(_COPY.sub("", text))
        readings = list(_readings(leaf))
        owner, _, last = leaf.rpartition(".")
        if owner and last.lower() not in SIDES:
            node, readings = ".".join(filter(None, (node, owner))), [*_readings(last), *readings]
        return cls(text, node, copy, tuple(readings))

    @property
    def style(self) -> tuple[bool, ...]:
        """How it is spelt, to tell two sets of names apart: numbered, parted by _, with a capital."""
        leaf = re.split(r"[.|:/]", self.text)[-1]
        first = re.split(r"[\W_]+", leaf)[0]
        return bool(_INDEX.fullmatch(first)), "_" in leaf, leaf[:1].isupper()


def words(segments: Sequence[str]) -> list[str]:
    """The words of some segments in small letters, sides spelt out."""
    found = [word.lower() for segment in segments for word in _WORD.findall(segment)]
    return [SIDES.get(word, word) for word in found]


def key_of(name: str) -> str:
    """What two spellings of one name have in common."""
    return "".join(_parts(_segments(name)))


def bare_of(name: str) -> str:
    """The letters and digits in small letters."""
    return "".join(_segments(name)).lower()


def _split(text: str) -> tuple[str, str]:
    """Node and the rest, parted at the last `|`, `:` or `/`."""
    places = [found.end() for found in _NODE.finditer(text)]
    cut = places[-1] if places else 0
    return text[: max(cut - 1, 0)], text[cut:]


def _segments(text: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", text) if part]


def _readings(text: str) -> Iterator[Reading]:
    segments = _segments(text)
    ends = [(segments, "")]
    if len(segments) > 1 and segments[-1].lower() in PLAIN_SUFFIXES:
        ends.append((segments[:-1], segments[-1]))
    elif (tail := re.search(r"(?<=[a-z])Shape$", segments[-1]) if segments else None) is not None:
        ends.append(([*segments[:-1], segments[-1][: tail.start()]], "Shape"))
    for parts, suffix in ends:
        for start in range(len(parts)):
            rest = parts[start:]
            yield Reading(_parts(rest), "".join(rest).lower(), tuple(parts[:start]), suffix)


def _parts(segments: Sequence[str]) -> tuple[str, ...]:
    found = words(segments)
    sides = set(SIDES.values())
    if len(found) > 1 and found[0] in sides and found[-1] not in sides:
        found = [*found[1:], found[0]]
    return tuple(found)
