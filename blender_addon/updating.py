# SPDX-License-Identifier: GPL-3.0-or-later
"""After an update in a running Blender: what was imported of an older `mien` is imported anew.

Blender does that for the extension's own modules, but not for those of its wheels. To be imported before all
others; it is no part of the package's interface.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Final

_OURS: Final = ("mien", "mien_models")


def forget_older() -> None:
    """Forget `mien` where the installed one is of another version than the one in memory."""
    loaded = import_module("mien.version").__version__
    try:
        installed = version("mien")
    except PackageNotFoundError:  # a source tree
        return
    if loaded != installed:
        for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
            del sys.modules[name]


forget_older()
