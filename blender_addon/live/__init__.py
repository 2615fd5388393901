# SPDX-License-Identifier: GPL-3.0-or-later
"""Live: the newest sample of `mien live` onto the character, at the display's rate.

`rig` writes values and gives the rig's own ones back, `drive` is the running session with its timers and what
Blender tells it (undo, save, load), `properties` what the scene keeps of it. The worker is `mien.hosting`'s.
"""

from __future__ import annotations

from . import drive, properties


def register() -> None:
    """Give scenes their live settings, and listen to what Blender does."""
    properties.register()
    drive.register()


def unregister() -> None:
    """Stop, give the rig back, and stop listening."""
    drive.unregister()
    properties.unregister()
