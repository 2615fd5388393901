"""Mien inside Maya: a thin adapter over `mien`, which does the arithmetic and knows no host.

    import mien_maya
    mien_maya.bake("shot_010.mien", ["hero:face_geo"])

`scene` reads and writes the scene, and only it; `plan` turns a take into curves; `batch` is for scripts and
farms; `worker` solves in a process of its own; `road` is what the window does, `window` what one sees, `dock`
where it sits in Maya; `menu` and `module` are the menu, the shelf and the removal of it all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def bake(
    take: Any, nodes: Sequence[str], mapping: Any = None, settings: Any = None, options: Any = None
) -> Any:
    """Write a take's keys onto a character of the open scene: see `mien_maya.batch.bake`."""
    from . import batch

    return batch.bake(take, nodes, mapping, settings, options)
