"""Drop this file into a Maya window to install Mien, from the folder into which its zip was unpacked.

It copies Mien into your own modules folder: no administrator, no pip. Drop it again to update or remove it.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def onMayaDroppedPythonFile(*_):  # noqa: N802
    """What Maya calls."""
    source = Path(__file__).resolve().parent
    place = source / "mien" / "scripts" / "mien_maya"
    if str(place.parent) not in sys.path and "mien_maya" not in sys.modules:
        sys.path.append(str(place.parent))
    spec = importlib.util.spec_from_file_location("mien_maya.module", place / "module.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.dropped(source)
