"""What a rig's channels are taken for by their names: each convention proposes, the best fitting one first.

Whatever would move a part of a mesh twice gives way, with a reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from .channel_names import ChannelName, Reading
from .conventions import SHAPE_KEYS, Convention, Entry, presets
from .guesses import guess, holds_a_shape
from .retarget_map import Term

SURE: Final = 0.9
"""Confidence from which a match is driven."""

ARKIT: Final = "ARKit"

_PARTS: Final = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
"""Shapes whose names with a short side (`Mouth_L`) may as well be a control of one half of the face."""

_COMPANY: Final = 6
"""How many names of ARKit's there must be, on one mesh and with one prefix, to believe those."""


@dataclass(frozen=True)
class NameMatch:
    """What a channel was taken for.

    Attributes
    ----------
    channel : str
        Its name, as the rig has it.
    terms : tuple of Term
        What drives it; () where nothing does.
    confidence : float
        0–1; driven from `SURE` on.
    convention : str
        Whose name it is, or "".
    reason : str
        Why, in words.
    """

    channel: str
    terms: tuple[Term, ...]
    confidence: float
    convention: str
    reason: str

    @property
    def driven(self) -> bool:
        """Whether it is sure enough."""
        return bool(self.terms) and self.confidence >= SURE


@lru_cache(maxsize=16)
def match_names(texts: tuple[str, ...]) -> tuple[NameMatch, ...]:
    """One match for each name of one character's channels."""
    names = [ChannelName.of(text) for text in texts]
    taken: dict[str, NameMatch] = {}
    covered: dict[str, dict[str, str]] = defaultdict(dict)
    for proposals in _ranked(names):
        fresh: list[tuple[str, str, str]] = []
        for name, match in proposals.items():
            if name.text in taken:
                continue
            other = _clash(match, covered[name.node])
            taken[name.text] = _second(match, other) if other else match
            fresh += (
                []
                if other or not match.driven
                else [(name.node, s, name.text) for s in _forward(match.terms)]
            )
        for node, shape, text in fresh:
            covered[node].setdefault(shape, text)
    for name in names:
        if name.text not in taken:
            taken[name.text] = _left_over(name, covered[name.node])
    return tuple(taken[name.text] for name in names)


Proposals = dict[ChannelName, NameMatch]


def _ranked(names: Sequence[ChannelName]) -> list[Proposals]:
    """What each convention makes of the names: the one that moves most of the face first."""
    found = [_by_arkit(names), *(_by_preset(names, preset) for preset in presets())]
    return sorted(
        found, key=lambda proposals: -len({s for m in proposals.values() for s in _forward(m.terms)})
    )


def _forward(terms: Iterable[Term]) -> set[str]:
    """The shapes that a channel follows, but for correctives."""
    return {term.shapes[0] for term in terms if term.gain > 0 and len(term.shapes) == 1}


def _clash(match: NameMatch, covered: dict[str, str]) -> str:
    """A channel of the same mesh that already follows one of the shapes, by another convention."""
    return next((covered[shape] for shape in sorted(_forward(match.terms)) if shape in covered), "")


def _second(match: NameMatch, other: str) -> NameMatch:
    reason = f"{other} is driven instead: both at once would move the face twice"
    return replace(match, terms=(), confidence=0.0, reason=reason)


def _by_preset(names: Sequence[ChannelName], preset: Convention) -> Proposals:
    found = {name: hit for name in names if (hit := preset.find(name)) is not None}
    telling = {entry.name for entry, _ in found.values() if entry.terms or not preset.drives}
    if len(telling) < preset.minimum:
        return {}
    first: dict[tuple[Any, ...], ChannelName] = {}
    for name, (entry, reading) in sorted(found.items(), key=lambda item: item[0].copy):
        first.setdefault((name.node, reading.group, entry.name), name)
    keys = {(name.node, reading.key) for name, (_, reading) in found.items()}
    proposals = {}
    for name, (entry, reading) in found.items():
        match = _of_entry(name, entry, reading, preset, keys)
        best = first[name.node, reading.group, entry.name]
        proposals[name] = match if best is name or not match.terms else _second(match, best.text)
    return proposals


def _of_entry(
    name: ChannelName, entry: Entry, reading: Reading, preset: Convention, keys: set[tuple[str, str]]
) -> NameMatch:
    if not entry.terms:
        return NameMatch(
            name.text, (), 0.0, preset.name, f"{preset.name}'s, without a counterpart in ARKit's shapes"
        )
    if any((name.node, key) in keys for key in entry.unless):
        return NameMatch(name.text, (), 0.0, preset.name, "its parts are driven instead")
    reason = f"{preset.name}'s {entry.name}" + _around(reading)
    return NameMatch(name.text, entry.terms, entry.confidence, preset.name, reason)


def _by_arkit(names: Sequence[ChannelName]) -> Proposals:
    """Names that are ARKit's in some spelling; of two for one shape on one mesh, the commoner spelling."""
    found = {name: hit for name in names if not name.copy and (hit := _arkit_reading(name)) is not None}
    styles = Counter((name.node, name.style) for name in found)
    company = Counter((name.node, reading.group) for name, (_, _, reading) in found.items())
    rivals: dict[tuple[Any, ...], list[ChannelName]] = defaultdict(list)
    for name, (shape, half, reading) in found.items():
        rivals[name.node, reading.group, shape, half].append(name)
    proposals = {}
    for name, (shape, half, reading) in found.items():
        same = rivals[name.node, reading.group, shape, half]
        whole = rivals.get((name.node, reading.group, shape, ""), []) if half else []
        best = max(whole or same, key=lambda rival: styles[rival.node, rival.style])
        alone = company[name.node, reading.group] < _COMPANY
        match = _of_arkit(name, shape, half, reading, alone)
        proposals[name] = match if best is name else _second(match, best.text)
    return proposals


def _arkit_reading(name: ChannelName) -> tuple[str, str, Reading] | None:
    for reading in name.readings:
        shape, half = SHAPE_KEYS.get(reading.key) or SHAPE_KEYS.get(reading.bare) or ("", "")
        if shape:
            blocked = reading.means_more or holds_a_shape(reading.prefix)
            return None if blocked else (shape, half, reading)
    return None


def _of_arkit(name: ChannelName, shape: str, half: str, reading: Reading, alone: bool) -> NameMatch:
    if alone and shape in _PARTS and not reading.bare.endswith(("left", "right")):
        reason = f"ARKit's {shape}, or a control of one half: too few other names tell which"
        return NameMatch(name.text, (Term((shape,)),), 0.7, ARKIT, reason)
    confidence = 1.0 if name.text == shape else 0.95 if reading.prefix or reading.suffix else 0.98
    side = f", its {'left' if half == 'L' else 'right'} half" if half else ""
    reason = f"ARKit's {shape}{side}{_around(reading)}"
    return NameMatch(name.text, (Term((shape,)),), confidence, ARKIT, reason)


def _around(reading: Reading) -> str:
    prefix = f", after the prefix {'_'.join(reading.prefix)}" if reading.prefix else ""
    return prefix + (f", before the suffix {reading.suffix}" if reading.suffix else "")


def _left_over(name: ChannelName, covered: dict[str, str]) -> NameMatch:
    found = guess(name, frozenset(covered))
    if found is None:
        return NameMatch(name.text, (), 0.0, "", "no shape of ARKit has such a name")
    return NameMatch(name.text, found.terms, found.confidence, "a guess", found.reason)
