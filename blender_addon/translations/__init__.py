# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the panels in other languages, by Blender's own scheme: (context, English) to the translation.

Every label, tooltip and report of the add-on is looked up by Blender itself; what is not in here is shown in
English. To add a language, add a file with `WORDS` as the others have them, and its code
(`bpy.app.translations.locales`) below. A test holds each language to all words that the panels show.
"""

from __future__ import annotations

from typing import Final

import bpy

from ..places import ADDON
from . import german, japanese

_LANGUAGES: Final = {"de_DE": german.WORDS, "ja_JP": japanese.WORDS}

DICTIONARY: Final = {
    code: {(context, word): told for word, told in words.items() for context in ("*", "Operator")}
    for code, words in _LANGUAGES.items()
}


def register() -> None:
    """Give Blender the words."""
    bpy.app.translations.register(ADDON, DICTIONARY)


def unregister() -> None:
    """Take them away."""
    bpy.app.translations.unregister(ADDON)
