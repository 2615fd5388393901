# SPDX-License-Identifier: GPL-3.0-or-later
"""The Blender extension: registers what its modules define, and nothing else.

`properties` is what the scene keeps, `panels` what one sees, `operators` what the buttons do, `scene` (with
`curves`) the only code that writes to a scene, `session` the running solve, `worker` its process.
"""

from __future__ import annotations

from . import operators, panels, properties
from .session import SESSION


def register() -> None:
    """Switch the extension on."""
    properties.register()
    operators.register()
    panels.register()


def unregister() -> None:
    """Switch it off; a running solve ends and leaves nothing."""
    SESSION.stop()
    panels.unregister()
    operators.unregister()
    properties.unregister()
