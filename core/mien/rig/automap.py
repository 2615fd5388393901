"""A retarget map from the names of a rig's channels, with a reason for each of them.

Sure matches drive their channels. Doubtful ones are put into the map muted, with the reason as their comment,
for an artist to look at; the rest is listed. A wrong match is worse than none: nothing is guessed in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import arkit
from .name_matches import NameMatch, match_names
from .retarget_map import Channel, RetargetMap
from .targets import Target


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
    matches = match_names(tuple(targets))
    mapped = [_channel(targets[m.channel], m) for m in matches if m.terms]
    return AutoMap(RetargetMap(tuple(mapped), name=name), matches)


def _channel(target: Target, match: NameMatch) -> Channel:
    plain = len(match.terms) == 1 and match.terms[0].gain == 1.0 and not match.terms[0].over
    comment = {} if match.driven else {"comment": f"doubtful ({match.confidence:.0%}): {match.reason}"}
    clamp = None if plain else (0.0, 1.0)
    return Channel(target, match.terms, clamp=clamp, mute=not match.driven, extra=comment)


def _percent(match: NameMatch) -> str:
    return f" ({match.confidence:.0%})" if match.terms else ""
