"""Every word that the panels show is known in every language that the extension speaks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from bl_ext.user_default.mien import operators, panels, properties, translations
from bl_ext.user_default.mien.live.properties import MienLive
from bl_ext.user_default.mien.preferences import MienPreferences
from bl_ext.user_default.mien.properties.tune import REGIONS

PANELS = Path(__file__).resolve().parents[2] / "blender_addon" / "panels"


def words() -> Iterator[str]:
    for kind in (*operators._CLASSES, *panels._CLASSES):
        is_preset_menu = hasattr(kind, "preset_subdir")  # Blender labels it by the preset that was chosen
        if getattr(kind, "bl_label", "") and not is_preset_menu:
            yield kind.bl_label
    for group in (*properties._CLASSES, MienLive, MienPreferences):
        if group.__name__ not in ("MienBaked", "MienBakedAction"):
            yield from _names(group)
    for path in PANELS.glob("*.py"):
        yield from _texts(ast.parse(path.read_text(encoding="utf-8")))
    yield from (region.title() for region in REGIONS)


def _names(group: type) -> Iterator[str]:
    for rule in group.bl_rna.properties:
        if (
            rule.identifier in group.__annotations__
            and rule.name
            and rule.type not in ("POINTER", "COLLECTION")
        ):
            if rule.name != rule.identifier:
                yield rule.name
            if rule.type == "ENUM":
                yield from (item.name for item in rule.enum_items)


def _texts(tree: ast.AST) -> Iterator[str]:
    """The constants given as `text=`, and those of the tables from which a panel draws."""
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.keyword) and node.arg in ("text", "placeholder")
        if is_text and isinstance(node.value, ast.Constant) and node.value.value:
            yield node.value.value


@pytest.mark.parametrize("code", list(translations.DICTIONARY))
def test_every_word_is_translated(code: str) -> None:
    known = {word for _, word in translations.DICTIONARY[code]}
    missing = sorted({word for word in words() if any(c.isalpha() for c in word)} - known)
    assert not missing


@pytest.mark.parametrize("code", list(translations.DICTIONARY))
def test_blender_finds_them(code: str) -> None:
    if code not in bpy.app.translations.locales:
        pytest.skip(f"this Blender was built without {code}")
    view = bpy.context.preferences.view
    before = view.language
    view.language, view.use_translate_interface = code, True
    try:
        told = translations.DICTIONARY[code][("*", "Smoothing")]
        assert bpy.app.translations.pgettext_iface("Smoothing") == told
    finally:
        view.language = before
