"""A retarget map from the names of a rig's channels, with a reason for each of them.

Sure matches drive their channels. Doubtful ones are put into the map muted, with the reason as their comment,
for an artist to look at; the rest is listed. A wrong match is worse than none: nothing is guessed in silence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from .. import arkit
from .channel_names import ChannelName, Reading
from .conventions import SHAPE_KEYS, Convention, Entry, presets
from .guesses import guess, holds_a_shape
from .retarget_map import Channel, RetargetMap, Term
from .targets import Target

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


@dataclass(frozen=True)
class AutoMap:
    """A map and how it came about.

    Attributes
    ----------
    map : RetargetMap
        The sure channels, and the doubtful ones muted.
    matches : tuple of NameMatch
        One for each channel of the rig, in its order.
    """

    map: RetargetMap
    matches: tuple[NameMatch, ...]

    @property
    def driven(self) -> tuple[NameMatch, ...]:
        """The sure ones."""
        return tuple(match for match in self.matches if match.driven)

    @property
    def doubtful(self) -> tuple[NameMatch, ...]:
        """Those to be looked at."""
        return tuple(match for match in self.matches if match.terms and not match.driven)

    @property
    def unmatched(self) -> tuple[NameMatch, ...]:
        """Those that nothing drives."""
        return tuple(match for match in self.matches if not match.terms)

    @property
    def missing(self) -> tuple[str, ...]:
        """ARKit's shapes that move nothing."""
        used = {name for match in self.driven for term in match.terms for name in term.shapes}
        return tuple(name for name in arkit.NAMES if name not in used)

    def report(self) -> list[str]:
        """Lines for people."""
        count, total = len(self.driven), len(self.matches)
        names = ", ".join(
            f"{n} by {name}" for name, n in Counter(m.convention for m in self.driven).most_common()
        )
        lines = [f"{count} of {total} channels are driven" + (f": {names}" if names else "")]
        for title, matches in (("Doubtful, muted in the map", self.doubtful), ("Not driven", self.unmatched)):
            lines += [f"{title}: {len(matches)}"] if matches else []
            lines += [f"  {m.channel}{_percent(m)}: {m.reason}" for m in matches]
        return [*lines, *([f"Shapes that move nothing: {', '.join(self.missing)}"] if self.missing else [])]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        channels = [
            {
                "channel": m.channel,
                "driven": m.driven,
                "confidence": round(m.confidence, 2),
                "convention": m.convention,
                "reason": m.reason,
                "terms": [{"shapes": list(t.shapes), "gain": t.gain, "over": t.over} for t in m.terms],
            }
            for m in self.matches
        ]
        counts = {
            "driven": len(self.driven),
            "doubtful": len(self.doubtful),
            "unmatched": len(self.unmatched),
        }
        return {**counts, "missing_shapes": list(self.missing), "channels": channels}


def auto_map(channels: Iterable[str | Target], kind: str = "shape_key", name: str = "") -> AutoMap:
    """Map a rig's channels by their names.

    Parameters
    ----------
    channels : iterable of str or Target
        The channels of one character, of any number of meshes. A text may have a node in front
        (`blendShape1.jawOpen`, `head_geo|jawOpen`), which is told apart but stays in the target's name. One
        that occurs again is left out.
    kind : str
        What a text is (`mien.rig.targets.KINDS`).
    name : str
        The map's name.
    """
    given = [
        channel if isinstance(channel, Target) else Target(channel, kind) for channel in channels if channel
    ]
    targets = {target.path: target for target in given}
    matches = _matches(tuple(targets))
    mapped = [_channel(targets[m.channel], m) for m in matches if m.terms]
    return AutoMap(RetargetMap(tuple(mapped), name=name), matches)


def _channel(target: Target, match: NameMatch) -> Channel:
    plain = len(match.terms) == 1 and match.terms[0].gain == 1.0 and not match.terms[0].over
    comment = {} if match.driven else {"comment": f"doubtful ({match.confidence:.0%}): {match.reason}"}
    clamp = None if plain else (0.0, 1.0)
    return Channel(target, match.terms, clamp=clamp, mute=not match.driven, extra=comment)


def _percent(match: NameMatch) -> str:
    return f" ({match.confidence:.0%})" if match.terms else ""


@lru_cache(maxsize=16)
def _matches(texts: tuple[str, ...]) -> tuple[NameMatch, ...]:
    """One match for each name."""
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
        reason = f"{shape}, or a control of one half: too few other names tell which"
        return NameMatch(name.text, (Term((shape,)),), 0.7, ARKIT, reason)
    confidence = 1.0 if name.text == shape else 0.95 if reading.prefix or reading.suffix else 0.98
    reason = (
        f"{shape}" + (f", its {'left' if half == 'L' else 'right'} half" if half else "") + _around(reading)
    )
    return NameMatch(name.text, (Term((shape,)),), confidence, ARKIT, reason)


def _around(reading: Reading) -> str:
    prefix = f", after the prefix {'_'.join(reading.prefix)}" if reading.prefix else ""
    return prefix + (f", before the suffix {reading.suffix}" if reading.suffix else "")


def _left_over(name: ChannelName, covered: dict[str, str]) -> NameMatch:
    found = guess(name, frozenset(covered))
    if found is None:
        return NameMatch(name.text, (), 0.0, "", "no shape of ARKit has such a name")
    return NameMatch(name.text, found.terms, found.confidence, "a guess", found.reason)
