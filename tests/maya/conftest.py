"""The tests of the Maya module import it from maya_plugin/scripts. No Maya runs here; none is imitated."""

from __future__ import annotations

import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "maya_plugin" / "scripts"
for folder in (SCRIPTS, Path(__file__).parent):
    sys.path.insert(0, str(folder))
