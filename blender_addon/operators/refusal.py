# SPDX-License-Identifier: GPL-3.0-or-later
"""How an operator says no: errors of Mien become reports, anything else is a bug and goes to the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
from mien.errors import MienError


class Refusal:
    """Set by `refusing` when the block ended in an error of Mien's."""

    happened = False

    @property
    def result(self) -> set[str]:
        """What the operator answers Blender."""
        return {"CANCELLED"} if self.happened else {"FINISHED"}


@contextmanager
def refusing(operator: bpy.types.Operator) -> Iterator[Refusal]:
    """Report a MienError with its hint instead of raising it."""
    refusal = Refusal()
    try:
        yield refusal
    except MienError as error:
        refusal.happened = True
        operator.report({"ERROR"}, sentences(error.message, error.hint))


def sentences(message: str, hint: str) -> str:
    """The message as a sentence, then the hint: Blender shows a report on one or two lines."""
    first = message.strip().rstrip(".") + "."
    return f"{first} {hint.strip()}".strip()
