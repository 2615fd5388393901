"""Drive the reference head live for minutes, in Blender as a module, and print what it costs.

    python tests/blender/soak_live.py FACE.mp4 --minutes 10      (a Python with bpy, see matrix.py)

The file is looped as the camera; 60 times a second the timers' functions are called, and the scene is
evaluated as a window would. Every half minute a line: how long the ticks that wrote took, the worker's
latency, the memory of both processes. It ends with exit code 1 where p99 of the tick is 1 ms or more, or
memory grew.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RATE = 60.0
EVERY = 30.0
BUDGET = 1.0
"""Milliseconds of a tick, p99."""

GROWTH = 8.0
"""MB that either process may grow from the second line to the last: allocators breathe."""


def main() -> int:
    """Soak, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--network", default="", help="folder of another network")
    options = parser.parse_args()
    live = _begin(options.video.absolute(), options.network)
    try:
        return _soak(live, 60.0 * options.minutes)
    finally:
        live.LIVE.stop()


def _begin(video: Path, network: str):
    """Blender with the extension, a head with 52 shape keys, and live under way."""
    os.environ.setdefault("BLENDER_USER_RESOURCES", tempfile.mkdtemp(prefix="mien-soak-"))
    sys.path[:0] = [str(ROOT / "core"), str(ROOT / "models")]
    import bpy
    from mien_models.demo_scene import load_extension

    bpy.ops.wm.read_factory_settings(use_empty=True)
    load_extension(ROOT / "blender_addon").register()
    from bl_ext.user_default.mien.live import drive

    bpy.ops.mien.add_reference_head()
    target = bpy.context.scene
    target.mien.video, target.mien_live.source = str(video), "FILE"
    bpy.ops.mien.live_start(network=network)
    count = len(target.mien.character.mesh.data.shape_keys.key_blocks) - 1
    print(f"Blender {bpy.app.version_string}, {count} shape keys, {os.cpu_count()} cores, load {_load()}")
    return drive


def _soak(drive, seconds: float) -> int:
    """Tick until the time is over; 0 when the budgets held."""
    import bpy

    begun = told = looked = time.perf_counter()
    ticks: list[float] = []  # milliseconds of those that wrote since the last line
    every = np.zeros(100_001, dtype=np.int64)  # of all, in hundredths of a millisecond
    memory: list[tuple[float, float]] = []
    due = begun
    while (now := time.perf_counter()) - begun < seconds:
        before = drive.LIVE.ticks
        started = time.perf_counter()
        drive.tick()
        took = 1e3 * (time.perf_counter() - started)
        if not drive.LIVE.running:
            print(f"it stopped: {drive.LIVE.trouble}")
            return 1
        if drive.LIVE.ticks > before:
            ticks.append(took)
            every[min(int(took * 100), len(every) - 1)] += 1
        if now - looked > drive.LOOK:
            drive.look()
            looked = now
        bpy.context.view_layer.update()
        if now - told > EVERY:
            memory.append((_megabytes(os.getpid()), _megabytes(drive.LIVE.session.worker.process_id)))
            _tell(now - begun, ticks, drive.LIVE.status, memory[-1])
            told, ticks = now, []
        due = max(due + 1 / RATE, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
    return _judge(every, memory, seconds)


def _tell(at: float, ticks: list[float], status, memory: tuple[float, float]) -> None:
    middle, high = np.quantile(ticks, [0.5, 0.99]) if ticks else (np.nan, np.nan)
    rate = f"{status.rate or 0:.0f} frames/s, {status.dropped} dropped"
    latency = "{:.1f}/{:.1f} ms".format(*status.latency) if status.latency else "?"
    print(f"{at:6.0f} s  tick p50 {middle:.3f} p99 {high:.3f} max {max(ticks, default=np.nan):.2f} ms  "
          f"worker {rate}, latency p50/p99 {latency}  memory {memory[0]:.1f} + {memory[1]:.1f} MB  "
          f"load {_load()}", flush=True)  # fmt: skip


def _judge(every: np.ndarray, memory: list[tuple[float, float]], seconds: float) -> int:
    below = np.cumsum(every) / max(every.sum(), 1)
    middle, high = ((int(np.searchsorted(below, part)) + 1) / 100 for part in (0.5, 0.99))
    print(f"{every.sum()} ticks that wrote in {seconds:.0f} s: p50 {middle:.2f} ms, p99 {high:.2f} ms")
    grown = [last - first for first, last in zip(memory[1], memory[-1])] if len(memory) > 2 else [0.0, 0.0]
    print(f"memory grew by {grown[0]:+.1f} MB in Blender, {grown[1]:+.1f} MB in the worker")
    return int(high >= BUDGET or max(grown) > GROWTH)


def _megabytes(process_id: int) -> float:
    """Resident memory (Linux); 0 elsewhere."""
    try:
        pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _load() -> str:
    return "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg()) if hasattr(os, "getloadavg") else "?"


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # taking bpy down as a module may crash
