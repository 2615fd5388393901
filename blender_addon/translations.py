# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the panels in other languages, by Blender's own scheme: (context, English) to the translation.

Every label, tooltip and report of the add-on is looked up by Blender itself; what is not in here is shown in
English. To add a language, add its code (`bpy.app.translations.locales`) with the words of `_GERMAN`.
"""

from __future__ import annotations

from typing import Final

import bpy

from .places import ADDON

_GERMAN: Final = {
    "Source": "Quelle",
    "Solve": "Messen",
    "Tune": "Abstimmen",
    "Character": "Figur",
    "Bake": "Einbrennen",
    "Footage": "Aufnahme",
    "Takes": "Takes",
    "Start Frame": "Startbild",
    "Smoothing": "Glättung",
    "Head Smoothing": "Glättung des Kopfs",
    "Gain": "Verstärkung",
    "Regions": "Regionen",
    "Calibration": "Kalibrierung",
    "Constraints": "Bedingungen",
    "Whole Frames": "Ganze Bilder",
    "Fewer Keys": "Weniger Keyframes",
    "Largest Error": "Größter Fehler",
    "Mirror": "Spiegeln",
    "Auto-Map": "Zuordnen",
    "Make the 52 Shapes": "Die 52 Formen erzeugen",
    "Next Bad Frame": "Nächstes schlechtes Bild",
    "Previous Bad Frame": "Voriges schlechtes Bild",
    "Update Keys at Once": "Keyframes sofort anpassen",
    "Only in Playback Range": "Nur im Abspielbereich",
    "Punch In": "Bereich neu messen",
}

DICTIONARY: Final = {
    "de_DE": {(context, word): told for word, told in _GERMAN.items() for context in ("*", "Operator")}
}


def register() -> None:
    """Give Blender the words."""
    bpy.app.translations.register(ADDON, DICTIONARY)


def unregister() -> None:
    """Take them away."""
    bpy.app.translations.unregister(ADDON)
