"""`mien demo`: the whole road with no input needed, and how far it is from the truth.

Films a short synthetic performance, solves it with the shipped network, bakes it onto the reference head in
Blender, and compares what came out with what was put in.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.errors import MienError, OutputError, UsageError, install_extra
from mien.take import Take, load_take
from numpy.typing import NDArray

MOVED: Final = 0.2
"""A shape whose truth goes through more than this counts as moved, and its correlation is told."""


def add_demo(subparsers: Any) -> None:
    """Add `mien demo` to the command line."""
    parser = subparsers.add_parser(
        "demo", help="from a synthetic clip to demo.blend and demo.mp4, with the error"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("demo"), help="folder to write into (default: demo)"
    )
    parser.add_argument("--no-blend", action="store_true", help="leave Blender out: no demo.blend")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do it all; returns the exit code."""
    out: Path = arguments.out
    if not arguments.no_blend:
        _need_blender()
    _make_folder(out)
    truth = _film(out / "clip.mp4", out / "truth.mien")
    _solve(out)
    if not arguments.no_blend:
        _blend(out)
    print(report(truth, load_take(out / "clip.mien")))
    made = ["demo.mp4"] + ([] if arguments.no_blend else ["demo.blend"])
    print("Look at " + " and ".join(str(out / name) for name in made))
    return 0


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Can't make the folder {out}: {error.strerror}", "Choose another one with -o."
        ) from error


def _film(clip: Path, truth_path: Path) -> Take:
    from mien.rig import reference_head
    from mien.take import save_take

    from .synthetic.reference import build_reference_head

    try:
        reference_head.load()
    except MienError:
        build_reference_head()
    try:
        from .synthetic.clip import film
    except ImportError as error:
        raise UsageError("Drawing faces needs numba", install_extra("synthetic")) from error
    print("Filming a face that never lived …", file=sys.stderr)
    truth = film(clip)
    save_take(truth, truth_path)
    return truth


def _solve(out: Path) -> None:
    command = [sys.executable, "-m", "mien", "solve", str(out / "clip.mp4"), "-o", str(out / "clip.mien")]
    done = subprocess.run([*command, "--overlay", str(out / "demo.mp4")], check=False)
    if done.returncode:
        raise MienError("Solving the demo's clip failed", "The reason is above.")


def _need_blender() -> None:
    if importlib.util.find_spec("bpy") is None:
        raise UsageError(
            "Blender as a Python module (bpy) is not installed",
            'Run `pip install -e ".[dev]"` on Python 3.11, or leave Blender out with --no-blend.',
        )


def _blend(out: Path) -> None:
    print("Baking onto the reference head in Blender …", file=sys.stderr)
    command = [
        sys.executable,
        "-m",
        "mien_models.demo_scene",
        str(out / "clip.mien"),
        str(out / "demo.blend"),
    ]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise MienError("Blender could not make the demo's scene", "The reason is above.")


def report(truth: Take, solved: Take) -> str:
    """Tell how far a take is from the truth, raw and tuned, as lines of text.

    Parameters
    ----------
    truth, solved : Take
        Over the same frames.
    """
    from mien.tune import tune

    rows = [("always at rest", np.zeros_like(truth.weights)), ("solved, raw", np.nan_to_num(solved.weights)),
            ("solved, tuned", tune(solved).weights)]  # fmt: skip
    regions = sorted(set(arkit.REGION))
    count, faces = len(solved), int(solved.found.sum())
    lines = [f"{count} frames, a face in {faces} of them. Mean absolute error of the weights (0–1):",
             f"{'':16}{'all':>7}" + "".join(f"{region:>8}" for region in regions)]  # fmt: skip
    for name, weights in rows:
        error = np.abs(weights - truth.weights).mean(axis=0)
        by_region = [error[np.array(arkit.REGION) == region].mean() for region in regions]
        lines.append(f"{name:16}{error.mean():7.3f}" + "".join(f"{value:8.3f}" for value in by_region))
    moved, agreement = correlations(truth.weights, rows[2][1])
    lines.append(f"Median correlation of the {len(moved)} shapes that move: {np.median(agreement):.2f}")
    return "\n".join(lines)


def correlations(truth: NDArray, given: NDArray) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which shapes move in the truth, and how each correlates over time."""
    moved = np.flatnonzero(np.ptp(truth, axis=0) > MOVED)
    wanted, got = truth[:, moved] - truth[:, moved].mean(0), given[:, moved] - given[:, moved].mean(0)
    spread = np.sqrt((wanted**2).sum(0) * (got**2).sum(0))
    return moved, np.where(spread > 0, (wanted * got).sum(0) / np.maximum(spread, 1e-12), 0.0)
