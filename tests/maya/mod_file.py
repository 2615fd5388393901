"""Read a Maya module file as Maya would: which folders one version on one platform gets.

After Autodesk's page "Maya module description files": `+ MAYAVERSION:v PLATFORM:p NAME VERSION PATH` opens a
block for that version and platform; `VARIABLE+:=path` adds a path under the module's folder to a variable.
"""

from __future__ import annotations

import re
from pathlib import Path


def paths(module_file: Path, version: str, platform: str, variable: str = "PYTHONPATH") -> list[Path]:
    """What the module adds to the variable; empty where it has no block for that version and platform."""
    root: Path | None = None
    found: list[Path] = []
    for line in module_file.read_text(encoding="utf-8").splitlines():
        if line.startswith("+"):
            root = _root(line, module_file.parent, version, platform)
        elif root is not None and line.strip():
            name, path = re.fullmatch(r"(\w+)\s*\+:=\s*(\S+)", line.strip()).groups()
            if name == variable:
                found.append(root / path)
    return found


def _root(line: str, folder: Path, version: str, platform: str) -> Path | None:
    _plus, *words = line.split()
    conditions = dict(word.split(":", 1) for word in words[:-3])
    asked = {"MAYAVERSION": version, "PLATFORM": platform}
    return folder / words[-1] if all(asked[key] == value for key, value in conditions.items()) else None
