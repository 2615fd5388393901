"""A retarget map from what a rig's shapes do (`geometry_map`): sure ones drive, doubtful ones wait muted."""

from __future__ import annotations

from collections.abc import Mapping

from .geometry_map import GeometryMatch
from .retarget_map import Channel, RetargetMap, Term
from .targets import Target


def map_of(matches: Mapping[str, GeometryMatch], kind: str = "shape_key", name: str = "") -> RetargetMap:
    """Make a map of the matches that explain their shape at all; the comment of each says how well.

    Parameters
    ----------
    matches : mapping of str to GeometryMatch
        What `geometry_map.map_by_geometry` found for each channel.
    kind : str
        What the channels are, one of `targets.KINDS`.
    """
    return RetargetMap(tuple(_channel(match, kind) for match in matches.values() if match.gains), name=name)


def report(matches: Mapping[str, GeometryMatch]) -> list[str]:
    """One line for each of the rig's shapes, the doubtful and the unknown ones last."""
    ranked = sorted(matches.values(), key=lambda match: (not match.gains, not match.is_clear))
    return [_words(match) for match in ranked]


def _channel(match: GeometryMatch, kind: str) -> Channel:
    terms = tuple(Term((shape,), round(float(gain), 4)) for shape, gain in match.gains.items())
    return Channel(
        Target(match.channel, kind), terms, mute=not match.is_clear, extra={"comment": _words(match)}
    )


def _words(match: GeometryMatch) -> str:
    if not match.gains:
        return f"{match.channel}: none of the 52"
    parts = " + ".join(f"{gain:.2f} {shape}" for shape, gain in match.gains.items())
    doubt = (
        ""
        if match.is_clear
        else f"; doubtful, muted: {match.second} alone explains {match.second_explained:.0%}"
    )
    return f"{match.channel} = {parts} ({match.explained:.0%} explained{doubt})"
