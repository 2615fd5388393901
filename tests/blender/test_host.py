"""Which Blender runs these tests, and that switching the extension on and off leaves no trace."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy", reason="needs Blender as a Python module; see tests/blender/matrix.py")

ADDON = Path(__file__).resolve().parents[2] / "blender_addon"
PREFIXES = ("MIEN_OT_", "MIEN_PT_", "MIEN_UL_", "MIEN_MT_")


def types_of_ours() -> list[str]:
    return sorted(name for name in dir(bpy.types) if name.startswith(PREFIXES))


def test_the_version_is_supported() -> None:
    assert bpy.app.version >= (4, 2, 0)


def test_registering_twice_leaves_nothing(extension: types.ModuleType) -> None:
    menu = bpy.types.VIEW3D_MT_mesh_add
    entries = len(menu.draw._draw_funcs)
    types = types_of_ours()
    assert {"MIEN_OT_solve", "MIEN_OT_bake", "MIEN_PT_source", "MIEN_PT_bake"} <= set(types)
    for _ in range(2):
        extension.unregister()
        assert not hasattr(bpy.types.Scene, "mien")
        assert not types_of_ours()
        assert not [handler for handler in bpy.app.handlers.undo_post if "mien" in handler.__module__]
        extension.register()
        assert types_of_ours() == types
    assert len(menu.draw._draw_funcs) == entries


def test_the_manifest_keeps_blenders_rules() -> None:
    import tomllib

    manifest = tomllib.loads((ADDON / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert (manifest["id"], manifest["blender_version_min"]) == ("mien", "4.2.0")
    for text in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(text) <= 64
        assert text[-1].isalnum()
    assert "numpy" not in str(manifest.get("wheels", ""))


def test_every_file_says_its_licence() -> None:
    first_line = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    for path in (*ADDON.rglob("*.py"), *ADDON.rglob("*.toml")):
        assert path.read_text(encoding="utf-8").startswith(first_line), path
