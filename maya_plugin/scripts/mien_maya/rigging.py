"""A character's map: from names, from a file, edited; with joints for head and gaze. No Maya here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mien import arkit
from mien.errors import MapError
from mien.rig.automap import auto_map
from mien.rig.head_eyes import Axes, EyeDrive, HeadDrive
from mien.rig.map_check import check
from mien.rig.map_file import format_map, parse_map
from mien.rig.retarget_map import Channel, RetargetMap, Term
from mien.rig.targets import Target

NECK: Final = 0.4
"""The part of the head's turn that the neck takes, where there is one."""

JOINTS: Final = {"head": "Head", "neck": "Neck", "eye_left": "Left Eye", "eye_right": "Right Eye"}


@dataclass(frozen=True)
class Row:
    """A channel as the list shows it.

    Attributes
    ----------
    path : str
    source : str
        An ARKit shape, "" for none, or the terms in words where there are several.
    gain : float
    driven : bool
    note : str
        Why it was matched so.
    simple : bool
        Whether one shape drives it, or none: then the list can change it.
    """

    path: str
    source: str
    gain: float
    driven: bool
    note: str = ""
    simple: bool = True


@dataclass(frozen=True)
class Rig:
    """What drives a character: every channel it has is in the map, muted where nothing drives it."""

    mapping: RetargetMap = field(default_factory=RetargetMap)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def driven(self) -> int:
        """How many channels are driven."""
        return sum(bool(channel.terms) for channel in self.mapping.driven)

    @property
    def rows(self) -> list[Row]:
        """The list."""
        return [_row(channel, self.notes.get(channel.target.path, "")) for channel in self.mapping.channels]

    def edited(self, path: str, source: str | None = None, gain: float | None = None,
               driven: bool | None = None) -> Rig:  # fmt: skip
        """Change what drives one channel."""
        channels = tuple(
            _edited(channel, source, gain, driven) if channel.target.path == path else channel
            for channel in self.mapping.channels
        )
        return replace(self, mapping=replace(self.mapping, channels=channels))

    def whole(self, joints: Mapping[str, tuple[str, Any]], mirror: bool) -> RetargetMap:
        """The map with its joints: by part (`JOINTS`) a name without namespace, and how it lies.

        That is anything with `up`, `forward` (such as "+y") and `order` (such as "xyz").
        """
        kept = [d for d in self.mapping.head if not joints], [d for d in self.mapping.eyes if not joints]
        heads = [
            *kept[0],
            *(_head(part, *joints[part], "neck" in joints) for part in ("neck", "head") if part in joints),
        ]
        eyes = [
            *kept[1],
            *(_eye(part, *joints[part]) for part in ("eye_left", "eye_right") if part in joints),
        ]
        mapping = replace(self.mapping, head=tuple(heads), eyes=tuple(eyes), mirror=mirror)
        turned = {target.path for targets in [d.targets for d in heads] for target in targets}
        turned |= {target.path for targets in [d.targets for d in eyes] for target in targets}
        channels = tuple(c for c in mapping.channels if c.terms and c.target.path not in turned)
        return replace(mapping, channels=channels)

    def text(self) -> str:
        """Fit to be kept with a scene."""
        return format_map(self.mapping)


def rig_by_names(targets: tuple[Target, ...], name: str = "") -> Rig:
    """A map from the names of a character's channels."""
    made = auto_map(targets, "blendshape", name)
    mapped = {channel.target.path: channel for channel in made.map.channels}
    channels = tuple(mapped.get(target.path, Channel(target, mute=True)) for target in targets)
    return Rig(replace(made.map, channels=channels), {m.channel: m.reason for m in made.matches})


def rig_of_map(mapping: RetargetMap, targets: tuple[Target, ...]) -> tuple[Rig, str]:
    """A rig with a map from a file, and what of it does not fit the character, in words."""
    paths = {target.path for target in targets}
    found = check(mapping, sorted(paths))
    named = {channel.target.path for channel in mapping.channels}
    rest = tuple(Channel(target, mute=True) for target in targets if target.path not in named)
    gone = [
        path for path, _ in found.vanished if not path.endswith((".rx", ".ry", ".rz", ".tx", ".ty", ".tz"))
    ]
    words = f"The character lacks {len(gone)} of the map's channels: {', '.join(gone[:4])}" if gone else ""
    return Rig(replace(mapping, channels=(*mapping.channels, *rest))), words


def rig_of_text(text: str) -> Rig:
    """What `Rig.text` gave; an empty rig where it can't be read."""
    try:
        return Rig(parse_map(text)) if text else Rig()
    except MapError:
        return Rig()


def _row(channel: Channel, note: str) -> Row:
    terms = channel.terms
    simple = len(terms) <= 1 and all(len(term.shapes) == 1 and not term.over for term in terms)
    comment = str(channel.extra.get("comment", note))
    source = (
        " + ".join(_in_words(term) for term in terms) if not simple else terms[0].shapes[0] if terms else ""
    )
    return Row(channel.target.path, source, terms[0].gain if len(terms) == 1 else 1.0,
               bool(terms) and not channel.mute, comment, simple)  # fmt: skip


def _in_words(term: Term) -> str:
    product = " × ".join(term.shapes) + (f" / {term.over}" if term.over else "")
    return product if term.gain == 1.0 else f"{term.gain:g} {product}"


def _edited(channel: Channel, source: str | None, gain: float | None, driven: bool | None) -> Channel:
    terms = channel.terms
    if source is not None:
        terms = (Term((source,), terms[0].gain if len(terms) == 1 else 1.0),) if source in arkit.INDEX else ()
        driven = bool(terms) if driven is None else driven
    if gain is not None and len(terms) == 1:
        terms = (replace(terms[0], gain=gain),)
    return replace(channel, terms=terms, mute=channel.mute if driven is None else not driven)


def _head(part: str, name: str, joint: Any, shared: bool) -> HeadDrive:
    share = NECK if part == "neck" else 1.0 - NECK if shared else 1.0
    axes = Axes(joint.up, joint.forward)
    return HeadDrive(Target(name, "transform"), axes=axes, order=joint.order, share=share)


def _eye(part: str, name: str, joint: Any) -> EyeDrive:
    axes = Axes(joint.up, joint.forward)
    return EyeDrive(Target(name, "transform"), eye=part[4:], axes=axes, order=joint.order)
