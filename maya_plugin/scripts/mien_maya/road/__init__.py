"""What the window does, without a window: the road from the footage to the keys. No Qt, and no Maya.

The scene comes in as `mien_maya.scene`. What the user chose is one `Kept`, saved with the scene. Every action
is a method; `why_not` says why one can't be had now, so that a greyed button can tell.
"""

from __future__ import annotations

from .base import in_sentences
from .kept import CALIBRATIONS, SOURCES, Kept, KeptTake
from .shown import Progress, in_crop, take_in_words
from .training import Training
from .tuning import Tuning

__all__ = [
    "CALIBRATIONS",
    "SOURCES",
    "Kept",
    "KeptTake",
    "Progress",
    "Session",
    "in_crop",
    "in_sentences",
    "take_in_words",
]


class Session(Tuning, Training):
    """All of the road."""
