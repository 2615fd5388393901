"""What the window does, without a window: the road from the footage to the keys. No Qt, and no Maya.

The scene comes in as `mien_maya.scene`. What the user chose is one `Kept`, saved with the scene. Every action
is a method; `why_not` says why one can't be had now, so that a greyed button can tell.
"""

from __future__ import annotations

from .baking import Baking
from .kept import Kept, Progress, in_crop, take_in_words
from .solving import Solving
from .tuning import Tuning

__all__ = ["Kept", "Progress", "Session", "in_crop", "take_in_words"]


class Session(Solving, Tuning, Baking):
    """All of the road."""
