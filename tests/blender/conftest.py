"""Tests inside Blender (as a Python module): the extension is loaded from blender_addon/, under the name that
Blender would give it. Without bpy there is nothing to collect; matrix.py runs all in every supported Blender.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

HAS_BPY = importlib.util.find_spec("bpy") is not None
_OTHERS = [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name != "test_host.py"]
collect_ignore = [] if HAS_BPY else _OTHERS
"""Without bpy only test_host.py is collected: it says why it is skipped."""

if HAS_BPY:
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="mien-blender-user-")
    for name in ("core", "models"):
        sys.path.insert(0, str(ROOT / name))
    sys.path.insert(0, str(Path(__file__).parent))
    import bpy

    # The import hook of Qt, which the tests of Maya's window load, stumbles over bpy.app.translations.
    from io_scene_fbx import export_fbx_bin, import_fbx  # noqa: F401
    from mien_models.demo_scene import load_extension

    _EXTENSION = load_extension(ROOT / "blender_addon")

    @pytest.fixture(scope="session")
    def extension() -> types.ModuleType:
        return _EXTENSION

    @pytest.fixture(autouse=True)
    def _fresh_scene(extension: types.ModuleType) -> Iterator[None]:
        """An empty file with the extension switched on."""
        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.context.preferences.edit.use_global_undo = True
        extension.register()
        yield
        extension.unregister()
