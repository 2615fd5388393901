"""Inside Blender (the `bpy` module): a take on the reference head, lit and framed, saved as a .blend.

    python -m mien_models.demo_scene TAKE.mien OUT.blend

It runs the extension of this checkout, by the same operators that an artist clicks.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import types
from pathlib import Path

from mien.take import load_take

ADDON = "bl_ext.user_default.mien"
START = 1


def load_extension(folder: Path) -> types.ModuleType:
    """Load the extension from its source folder under the name that Blender gives it; not yet registered."""
    for package in ("bl_ext", "bl_ext.user_default"):
        sys.modules.setdefault(package, types.ModuleType(package))
    spec = importlib.util.spec_from_file_location(
        ADDON, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[ADDON] = module
    spec.loader.exec_module(module)
    return module


def main(take_path: str, blend_path: str) -> int:
    """Make the scene; returns the exit code."""
    folder = Path(__file__).resolve().parents[2] / "blender_addon"
    if not folder.is_dir():
        print(f"There is no {folder}: the demo's scene is made from a checkout of Mien.")
        return 1
    os.environ.setdefault("BLENDER_USER_RESOURCES", tempfile.mkdtemp(prefix="mien-demo-"))
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    load_extension(folder).register()
    take = load_take(take_path)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = round(take.about.get("rate", 30)), 1.0
    scene.frame_start, scene.frame_end = START, START + round(take.duration * scene.render.fps)
    bpy.ops.mien.add_reference_head()
    scene.mien.take = str(Path(take_path).resolve())
    bpy.ops.mien.bake(start=START)
    _frame_head(bpy)
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(blend_path).resolve()), check_existing=False)
    return 0


def _frame_head(bpy: types.ModuleType) -> None:
    """A camera in front of the head, a key and a fill light, and the view's start in the camera."""
    head = bpy.context.scene.mien.mesh
    corners = [head.matrix_world @ type(head.location)(corner) for corner in head.bound_box]
    middle = [sum(corner[k] for corner in corners) / 8 for k in range(3)]
    height = max(corner[2] for corner in corners) - min(corner[2] for corner in corners)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = 85
    camera.location = (middle[0], middle[1] - 3.6 * height, middle[2])
    camera.rotation_euler = (1.5708, 0, 0)
    bpy.context.scene.camera = camera
    lights = [("Key", (-2.0, -2.5, 1.5), 12.0), ("Fill", (2.5, -2.0, 0.3), 4.0)]
    things = [camera]
    for name, place, power in lights:
        light = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
        light.data.energy, light.data.size = power * height**2, height
        light.location = [m + p * height for m, p in zip(middle, place)]
        light.rotation_euler = (
            (type(head.location)(middle) - light.location).to_track_quat("-Z", "Y").to_euler()
        )
        things.append(light)
    for thing in things:
        bpy.context.collection.objects.link(thing)


if __name__ == "__main__":
    code = main(*sys.argv[1:3])
    sys.stdout.flush()
    os._exit(code)  # bpy taken down with an extension registered never comes back
