# SPDX-License-Identifier: GPL-3.0-or-later
"""The Blender extension: registers what its modules define, and nothing else.

`properties` is what the scene keeps, `panels` what one sees, `operators` what the buttons do. `mapping` and
`targets` say what a character's controls are, `baking` makes curves of a take, `scene` (with `curves`) writes
them, `retune` keeps them up to date, `preview` shows them without writing any. `live` drives the character
from a camera, `training` makes a network of one actor. `session` is the running worker, `worker` its process.
"""

from __future__ import annotations

from . import updating  # noqa: F401

# isort: split

from . import live, operators, panels, preferences, preview, properties, retune, translations
from .picture import CROP
from .session import SESSION


def register() -> None:
    """Switch the extension on."""
    translations.register()
    preferences.register()
    properties.register()
    live.register()
    preview.register()
    operators.register()
    panels.register()
    retune.register()


def unregister() -> None:
    """Switch it off; a running solve ends and leaves nothing."""
    SESSION.stop()
    CROP.clear()
    retune.unregister()
    panels.unregister()
    operators.unregister()
    preview.unregister()
    live.unregister()
    properties.unregister()
    preferences.unregister()
    translations.unregister()
