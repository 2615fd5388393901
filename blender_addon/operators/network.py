# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that can be told, from a script, to use another network."""

from __future__ import annotations

from bpy.props import StringProperty

from .. import places


class OtherNetwork:
    """A mix-in for operators: the property, and what it makes of the worker's options."""

    network: StringProperty(
        name="Network", description="Folder of another network than the default one", subtype="DIR_PATH",
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip

    def network_options(self) -> tuple[str, ...]:
        """`--model FOLDER`, or nothing."""
        return ("--model", str(places.absolute(self.network))) if self.network else ()
