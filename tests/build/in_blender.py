"""Run inside Blender (or bpy): install an extension zip, solve a clip, bake it, look at what plays.

    BLENDER_USER_RESOURCES=EMPTY_FOLDER python -I tests/build/in_blender.py EXTENSION.zip CLIP

`build_addons.py blender --verify` calls it. It ends with an exception where anything is not as it should be,
and prints one line where all is. What the zip carries must come out of the zip, so copies of it that are
installed beside bpy are hidden first.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path

CARRIED = ("mien", "mien_models", "scipy", "cv2", "av", "onnxruntime", "tqdm")
"""The packages of the zip's wheels."""


def hide(*packages: str) -> None:
    """Replace bpy's site-packages on the path by a folder that has everything in it but these packages."""
    spec = importlib.util.find_spec("bpy")
    expect(spec is not None and spec.origin is not None, f"{sys.executable} has no bpy")
    lean = Path(tempfile.mkdtemp(dir=os.environ["BLENDER_USER_RESOURCES"], prefix="lean-"))
    for part in Path(spec.origin).parent.parent.iterdir():
        if part.name not in packages and part.suffix != ".pth":
            (lean / part.name).symlink_to(part)
    sys.path[:] = [folder for folder in sys.path if "site-packages" not in folder] + [str(lean)]
    sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]


def expect(holds: bool, otherwise: str) -> None:
    """Stop with a reason where something does not hold."""
    if not holds:
        raise SystemExit(f"in_blender: {otherwise}")


if "bpy" not in sys.modules:
    hide(*CARRIED)

import bpy
import numpy as np


def main(zip_path: Path, clip: Path) -> str:
    """Install, solve, bake, play; return what was seen."""
    resources = Path(os.environ["BLENDER_USER_RESOURCES"]).resolve()
    install(zip_path)
    check_origins(resources)
    solve_time = solve(clip)
    frames, expected = bake()
    error = check_playback(frames, expected)
    take = bpy.context.scene.mien.chosen_take
    python = sys.version.split()[0]
    return (
        f"Blender {bpy.app.version_string}, Python {python}, numpy {np.__version__}: installed; "
        f"{take.faces} of {take.frames} frames solved in {solve_time:.1f} s; "
        f"{len(expected)} shape keys, frames {frames[0]:g} to {frames[-1]:g}, played within {error:.1g}"
    )


def install(zip_path: Path) -> None:
    """What Preferences, Get Extensions, Install from Disk does."""
    options = {"repo": "user_default", "enable_on_install": True, "overwrite": True}
    answer = bpy.ops.extensions.package_install_files(filepath=str(zip_path.resolve()), **options)
    expect(answer == {"FINISHED"}, f"installing answered {answer}")
    enabled = [addon.module for addon in bpy.context.preferences.addons]
    expect("bl_ext.user_default.mien" in enabled, f"enabled are only {enabled}")


def check_origins(resources: Path) -> None:
    """Mien and scipy come from the zip, numpy from the host."""
    import mien
    import mien_models
    import scipy

    for package in (mien, mien_models, scipy):
        origin = Path(package.__file__ or "").resolve()
        expect(resources in origin.parents, f"{package.__name__} comes from {origin}, not from the zip")
    expect(resources not in Path(np.__file__).resolve().parents, "numpy comes out of the zip")


def solve(clip: Path) -> float:
    """Solve the clip through the operator; the seconds it took."""
    start = time.perf_counter()
    bpy.context.scene.mien.video = str(clip.resolve())
    answer = bpy.ops.mien.solve()
    expect(answer == {"FINISHED"}, f"Solve answered {answer}")
    take = bpy.context.scene.mien.chosen_take
    expect(take.faces > 0.5 * take.frames > 0, f"{take.faces} faces in {take.frames} frames")
    return time.perf_counter() - start


def bake() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Bake onto the reference head; what the core says the keys of each shape key should be."""
    from mien.rig.automap import auto_map
    from mien.rig.keys import keys_for
    from mien.take import load_take
    from mien.tune import TuneSettings, tune

    expect(bpy.ops.mien.add_reference_head() == {"FINISHED"}, "no reference head")
    scene = bpy.context.scene
    expect(bpy.ops.mien.bake(start=1.0, whole_frames=True) == {"FINISHED"}, "Bake refused")
    tuned = tune(load_take(bpy.path.abspath(scene.mien.take)), TuneSettings(smoothing=0.5))
    frames, weights = keys_for(tuned, scene.render.fps, scene.render.fps_base, 1.0, True)
    blocks = scene.mien.mesh.data.shape_keys.key_blocks
    mapping = auto_map([block.name for block in blocks[1:]]).map
    values = mapping.apply(weights)
    return frames, {path: values[:, i] for i, path in enumerate(mapping.paths)}


def check_playback(frames: np.ndarray, expected: dict[str, np.ndarray]) -> float:
    """Play some frames and compare the shape keys with the keys; the largest difference."""
    scene = bpy.context.scene
    blocks = scene.mien.mesh.data.shape_keys.key_blocks
    played, wanted = [], []
    for i in np.linspace(0, len(frames) - 1, 12).round().astype(int):
        scene.frame_set(int(frames[i]))
        played.append([blocks[name].value for name in expected])
        wanted.append([values[i] for values in expected.values()])
    moved = int((np.ptp(played, axis=0) > 0.01).sum())
    expect(len(expected) == 52 and moved > 0, f"{len(expected)} shape keys are keyed, {moved} move")
    error = float(np.abs(np.subtract(played, wanted)).max())
    expect(error < 1e-4, f"what plays differs from the keys by {error}")
    return error


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), Path(sys.argv[2])))
