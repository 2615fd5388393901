"""Guesses at channels whose names are nearly a shape's: each with a reason, and few of them sure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .. import arkit
from .channel_names import SIDES, ChannelName, Reading, key_of, words
from .conventions import SHAPE_KEYS
from .retarget_map import Term

_SYNONYMS: Final = {
    "eyes": "eye", "lid": "eye", "lids": "eye", "eyelid": "eye", "eyelids": "eye", "lips": "mouth",
    "lip": "mouth", "brows": "brow", "eyebrow": "brow", "eyebrows": "brow", "cheeks": "cheek",
    "close": "blink", "closed": "blink", "shut": "blink", "wink": "blink", "widen": "wide", "drop": "open",
    "fwd": "forward", "thrust": "forward", "wrinkle": "sneer", "wrinkler": "sneer", "puffed": "puff",
    "kiss": "pucker", "pout": "pucker", "sad": "frown",
}  # fmt: skip
"""Words that mean about what a word of ARKit's names means."""

_NEAR: Final = 0.88
"""How alike two keys must be (difflib's ratio), and by how much more than any other."""
_APART: Final = 0.03

_TELLING: Final = frozenset({
    "up", "down", "in", "out", "inner", "outer", "upper", "lower", "left", "right", "open", "close",
    "forward"
})  # fmt: skip
"""Words in which a name may not differ from its guess."""

_WORDS: Final = {name: tuple(words([name])) for name in arkit.NAMES}
_STEMS: Final = {key_of(name) for name in arkit.NAMES} | {
    "".join(found[:-1]) for found in _WORDS.values() if found[-1] in SIDES.values() and len(found) > 2
}
_PAIRS: Final = {
    key_of(name[: -len("Left")]): name[: -len("Left")]
    for name in arkit.NAMES
    if name.endswith("Left") and name not in ("jawLeft", "mouthLeft")
}


@dataclass(frozen=True)
class Guess:
    """What a name might mean.

    Attributes
    ----------
    terms : tuple of Term
    confidence : float
        0–1.
    reason : str
    """

    terms: tuple[Term, ...]
    confidence: float
    reason: str


def guess(name: ChannelName, covered: frozenset[str]) -> Guess | None:
    """The best guess at a name among the shapes that nothing on its mesh follows yet (not `covered`)."""
    for reading in name.readings:
        for attempt in (_copy, _both_sides, _half, _combination, _synonym, _misspelt):
            found = attempt(name, reading)
            if found is not None:
                used = {shape for term in found.terms for shape in term.shapes}
                return None if used & covered and attempt is not _combination else found
    return None


def holds_a_shape(segments: Sequence[str]) -> bool:
    """Whether a run of these segments is itself a shape's name, with or without its side."""
    count = len(segments)
    runs = (segments[i:j] for i in range(count) for j in range(i + 1, count + 1))
    return any("".join(words(run)) in _STEMS or key_of("_".join(run)) in _STEMS for run in runs)


def _copy(name: ChannelName, reading: Reading) -> Guess | None:
    shape, _half = SHAPE_KEYS.get(reading.key, ("", ""))
    if not name.copy or not shape or reading.means_more:
        return None
    return Guess((Term((shape,)),), 0.92, f"{shape}, numbered by the program, and there is no other")


def _both_sides(_name: ChannelName, reading: Reading) -> Guess | None:
    stem = _PAIRS.get(reading.key)
    if stem is None or reading.means_more or holds_a_shape(reading.prefix):
        return None
    terms = tuple(Term((stem + side,), 0.5) for side in ("Left", "Right"))
    return Guess(terms, 0.7, f"{stem} without a side: the mean of both")


def _half(_name: ChannelName, reading: Reading) -> Guess | None:
    for side in SIDES.values():
        shape, half = (
            SHAPE_KEYS.get(reading.key[: -len(side)], ("", "")) if reading.key.endswith(side) else ("", "")
        )
        if shape and not half and not shape.endswith(("Left", "Right")) and not reading.means_more:
            return Guess((Term((shape,)),), 0.7, f"the {side} half of {shape}")
    return None


def _combination(name: ChannelName, reading: Reading) -> Guess | None:
    """Two shapes in one name: their product, as correctives are named."""
    if reading.prefix or reading.suffix:
        return None
    segments = [
        part for part in name.text.replace("-", "_").replace("+", "_").rsplit(".", 1)[-1].split("_") if part
    ]
    for cut in range(1, len(segments)):
        first, second = (SHAPE_KEYS.get(key_of("_".join(part))) for part in (segments[:cut], segments[cut:]))
        if first and second and first[0] != second[0] and not first[1] and not second[1]:
            terms = (Term((first[0], second[0])),)
            return Guess(terms, 0.6, f"a corrective of {first[0]} and {second[0]}: their product")
    return None


def _synonym(_name: ChannelName, reading: Reading) -> Guess | None:
    key = "".join(_SYNONYMS.get(part, part) for part in reading.parts)
    shape, half = SHAPE_KEYS.get(key, ("", ""))
    if not shape or half or key == reading.key or reading.means_more:
        return None
    return Guess((Term((shape,)),), 0.65, f"means about the same as {shape}")


def _misspelt(_name: ChannelName, reading: Reading) -> Guess | None:
    """A name in which few letters are wrong, and none of those that tell shapes apart."""
    alike = sorted(_alike(reading.key), reverse=True) if len(reading.key) >= 7 else []
    if not alike or reading.means_more or holds_a_shape(reading.prefix):
        return None
    best, shape = alike[0]
    others = [ratio for ratio, other in alike if other != shape]
    same_words = len(reading.parts) == len(_WORDS[shape]) and _told(reading.parts) <= _told(_WORDS[shape])
    if best < _NEAR or best == 1.0 or (others and best - others[0] < _APART) or not same_words:
        return None
    return Guess((Term((shape,)),), round(0.85 * best, 2), f"spelt much like {shape} ({best:.0%} alike)")


def _alike(key: str) -> Iterator[tuple[float, str]]:
    """Shapes whose names are nearly as long and nearly the same, and how alike they are."""
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(key)
    for known, (shape, half) in SHAPE_KEYS.items():
        if half or abs(len(known) - len(key)) > 2:
            continue
        matcher.set_seq1(known)
        if matcher.quick_ratio() >= _NEAR - _APART:
            yield matcher.ratio(), shape


def _told(found: Sequence[str]) -> set[str]:
    return set(found) & _TELLING
