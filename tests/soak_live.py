"""An hour live from a looped file: memory and handles flat, no drift between clock, stamps and keys.

    python tests/soak_live.py FACE.mp4 --minutes 60        (without a file: the tests' drawn face and network)

A worker runs as a host starts it (`mien live --json --commands`), loops the file in real time, passes each
sample on as a stream and records all of them. Every minute a line: frames, latency, the worker's memory, its
open files and threads, and how far this process's clock has moved against the samples' stamps. Then the take
is read and laid on a timeline of 29.97. Ends with exit code 1 where anything grew or drifted. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "core"), str(ROOT / "models"), str(ROOT / "tests")]

EVERY = 60.0
GROWTH = 8.0
"""MB that the worker may grow from the first third of the minutes to the last, by their medians."""

DRIFT = 0.02
"""Seconds by which the clock may have moved against the stamps, between the medians of two minutes."""

ASTRAY = 1e-6
"""Frames by which a key may be off its stamp, at the end of the take."""


@dataclass
class Minute:
    """What was seen in a minute."""

    samples: int = 0
    faces: int = 0
    behind: list[float] = field(default_factory=list)
    stats: dict = field(default_factory=dict)
    memory: float = 0.0
    files: int = 0
    threads: int = 0


def main() -> int:
    """Soak, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("video", type=Path, nargs="?")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--network", help="folder of another network")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mien-soak-") as folder:
        video, network = _footage(Path(folder), options)
        take = Path(folder) / "soak.mien"
        minutes, ended = _soak(_command(video, network, take, 60 * options.minutes))
        return _judge(minutes, ended, take)


def _footage(folder: Path, options: argparse.Namespace) -> tuple[Path, str | None]:
    """The file and the network to use."""
    if options.video is not None:
        return options.video.absolute(), options.network
    from making import write_video
    from toy_network import toy_picture, write_toy_network

    network = options.network or str(write_toy_network(folder / "toy"))
    return write_video(folder / "toy.mp4", [toy_picture(i) for i in range(250)]), network


def _command(video: Path, network: str | None, take: Path, seconds: float) -> list[str]:
    model = ["--model", network] if network else []
    words = ["live", "--source", video, "--loop", "--json", "--commands", "--seconds", seconds,
             "--record", take, "--send", "livelink", "--to", "127.0.0.1:45679", *model]  # fmt: skip
    return [sys.executable, "-m", "mien", *map(str, words)]


def _soak(command: list[str]) -> tuple[list[Minute], dict]:
    """The minutes of a run, and its last event."""
    roots = os.pathsep.join([str(ROOT / "core"), str(ROOT / "models")])
    environment = {**os.environ, "PYTHONPATH": roots}
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert worker.stdout is not None
    begun, minutes, minute, event = time.perf_counter(), [], Minute(), {}
    for line in worker.stdout:
        now = time.perf_counter()
        event = json.loads(line)
        _note(minute, event, now)
        if now - begun >= EVERY * (len(minutes) + 1):
            _look_at(minute, worker.pid)
            minutes.append(minute)
            _tell(now - begun, minute)
            minute = Minute()
    worker.wait(60)
    return minutes, {**event, "exit_code": worker.returncode}


def _note(minute: Minute, event: dict, now: float) -> None:
    if event["event"] == "sample":
        minute.samples += 1
        minute.faces += event["confidence"] > 0
        minute.behind.append(now - event["time"] - event["latency"] / 1e3)
    elif event["event"] == "stats":
        minute.stats = event
    elif event["event"] in ("problem", "error", "start", "record"):
        print(event, flush=True)


def _look_at(minute: Minute, process_id: int) -> None:
    process = Path(f"/proc/{process_id}")
    pages = int((process / "statm").read_text().split()[1])
    minute.memory = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    minute.files = len(list((process / "fd").iterdir()))
    minute.threads = len(list((process / "task").iterdir()))


def _tell(at: float, minute: Minute) -> None:
    middle, high = minute.stats.get("latency", (0, 0))
    print(f"{at:6.0f} s  {minute.samples} samples, a face in {minute.faces}, {minute.stats.get('dropped')} "
          f"dropped, latency {middle}/{high} ms  memory {minute.memory:.1f} MB, {minute.files} files, "
          f"{minute.threads} threads  clock - stamp {np.median(minute.behind):.4f} s  "
          f"load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def _judge(minutes: list[Minute], ended: dict, take: Path) -> int:
    """Print what came of it; 0 when everything held."""
    if ended.get("event") != "done" or ended["exit_code"] != 0 or len(minutes) < 4:
        print(f"it ended with {ended} after {len(minutes)} minutes; at least 4 are needed to judge")
        return 1
    settled = minutes[2:]
    part = max(len(settled) // 3, 1)
    memory = [minute.memory for minute in settled]
    grown = float(np.median(memory[-part:]) - np.median(memory[:part]))
    drift = float(np.median(settled[-1].behind) - np.median(settled[0].behind))
    astray, frames = _keys_astray(take)
    print(f"done: {ended}")
    print(f"memory {grown:+.1f} MB, files {settled[0].files} -> {settled[-1].files}, threads "
          f"{settled[0].threads} -> {settled[-1].threads}, clock against stamps {1e3 * drift:+.2f} ms, "
          f"keys of {frames} samples off their stamps by {astray:.2e} frames at most")  # fmt: skip
    flat = settled[-1].files <= settled[0].files and settled[-1].threads <= settled[0].threads
    held = grown <= GROWTH and flat and abs(drift) <= DRIFT and astray <= ASTRAY
    complete = frames >= ended["frames"]
    print("held" if held and complete else "did not hold")
    return int(not (held and complete))


def _keys_astray(path: Path) -> tuple[float, int]:
    """How far keys at 30/1.001 lie off their stamps, in frames, against exact fractions; and how many."""
    from mien.rig.keys import keys_for
    from mien.take import load_take

    take = load_take(path)
    frames, _ = keys_for(take, 30.0, 1.001, 1.0, whole_frames=False)
    rate = Fraction(30_000, 1001)
    exact = [float(1 + Fraction(stamp) * rate) for stamp in take.times[::100].tolist()]
    return float(np.abs(frames[::100] - exact).max()), len(take)


if __name__ == "__main__":
    sys.exit(main())
