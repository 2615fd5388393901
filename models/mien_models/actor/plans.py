"""What to film of an actor: the shot lists of both papers, with each part's share of the footage.

Laine et al. 2017, section 4: 5–10 minutes, 10 % range of motion and expressions, 30 % pangrams, 60 % in
character. FACEGOOD 2021, section 3.3.1: 5–6 minutes in four parts, whose shares it does not tell; a quarter
each is our reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """One part of a shot list.

    Attributes
    ----------
    name : str
        As `actor.json` has it.
    share : float
        Of all footage, 0–1.
    film : tuple of str
        What the actor does, in words for the set.
    """

    name: str
    share: float
    film: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A paper's shot list.

    Attributes
    ----------
    name : str
    minutes : (float, float)
        Of footage in all, from and to.
    kinds : tuple of Kind
    """

    name: str
    minutes: tuple[float, float]
    kinds: tuple[Kind, ...]


_EXTREMES: Final = (
    "rest, lips closed, eyes open, 5 s",
    "open the mouth as wide as possible",
    "jaw to the left, to the right and forward, as far as it goes",
    "purse the lips; then as for “oo”; then roll both lips in; puff the cheeks; tongue out",
    "eyes wide open; eyes forced shut; each eye alone",
    "look up, down, left and right with a still head",
    "brows up; inner brows up; brows down",
)
_EVERYDAY: Final = (
    "squint; disgust (upper lip and nose); doubt; surprise",
    "smile with closed lips, with teeth, on each side alone",
    "mouth corners down; press the lips; stretch them sideways; dimples",
    "upper lip up, lower lip down, chin shrugged",
)

PLANS: Final[dict[str, Plan]] = {
    "facegood": Plan(
        "facegood",
        (5.0, 6.0),
        (
            Kind("standard", 0.25, _EXTREMES + _EVERYDAY),
            Kind("special", 0.25, ("faces as distorted as they go: rage, terror, howling, crying, mockery",)),
            Kind("normal_speech", 0.25, ("lines of the script as they will be played, in all its moods",)),
            Kind("exaggerated_speech", 0.25, ("sentences with every sound of the language, overdone",)),
        ),
    ),
    "laine": Plan(
        "laine",
        (5.0, 10.0),
        (
            Kind("extreme", 0.05, _EXTREMES),
            Kind("facs", 0.05, _EVERYDAY),
            Kind("pangrams", 0.30, ("one to three pangrams in each of several moods",)),
            Kind("in_character", 0.60, ("lines of the script in character, of every intensity",)),
        ),
    ),
}  # fmt: skip
