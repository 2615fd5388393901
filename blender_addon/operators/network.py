# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that can be told to use another network: by the scene, or from a script."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty
from mien.hosting.networks import chosen_network

from .. import places


class OtherNetwork:
    """A mix-in for operators: the property, and what it makes of the worker's options."""

    network: StringProperty(
        name="Network", description="Folder of another network than the default one", subtype="DIR_PATH",
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip

    def network_options(self, target: bpy.types.Scene | None = None) -> tuple[str, ...]:
        """`--model FOLDER` for the operator's own network, else a scene's; or nothing."""
        if self.network:
            return "--model", str(places.absolute(self.network))
        text = target.mien.network if target is not None else ""
        chosen = chosen_network(bpy.path.abspath(text), places.networks()) if text else None
        return ("--model", str(chosen)) if chosen is not None else ()
