"""What `mien bench speed` measures from outside: start, first frame, live, MediaPipe, sizes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.errors import UsageError

from . import peer
from .speed_runs import Run

MIEN: Final = (sys.executable, "-s", "-m", "mien")
PACKAGES: Final = (
    "mien", "numpy", "scipy", "onnxruntime", "opencv-python-headless", "av", "tqdm", "python-osc",
)  # fmt: skip
"""What `pip install mien` brings, but for what those bring themselves (a few small ones)."""

_PEER: Final = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from peer import track
from pathlib import Path
stamps = []
for _ in track(Path(sys.argv[2]), Path(sys.argv[3])):
    if not stamps:  # imported and loaded only now
        begun, cpu = time.perf_counter(), time.process_time()
    stamps.append(time.perf_counter() - begun)
    if len(stamps) > int(sys.argv[4]):
        break
print(json.dumps([stamps, time.process_time() - cpu]))
"""


@dataclass
class Took:
    """Seconds by the clock, and of processor time."""

    seconds: float
    cpu: float


def starts(clip: Path, work: Path, model: Path | None) -> dict[str, Took]:
    """From the start of a process: Python alone, an import, the command, the first frames solved."""
    python = sys.executable
    return {
        "Python alone": _whole([python, "-s", "-c", "pass"]),
        "import mien.take, as a host does": _whole([python, "-s", "-c", "import mien.take"]),
        "import mien.tune, as a host does": _whole([python, "-s", "-c", "import mien.tune"]),
        "mien --version": _whole([*MIEN, "--version"]),
        "mien solve: its start line": _until("start", _solving(clip, work, model)),
        "mien solve: the first frames solved": _until("samples", _solving(clip, work, model)),
        "mien live: its start line": _until("start", _living(clip, 30, model)),
        "mien live: the first frame solved": _until("sample", _living(clip, 30, model)),
    }


def live(clip: Path, seconds: float, model: Path | None) -> dict[str, Any]:
    """A file played as a camera: the summary of `mien live`; latency in ms: median, p99, longest."""
    lines = subprocess.run(
        _living(clip, seconds, model), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return {name: value for name, value in json.loads(lines[-1]).items() if name != "event"}


def media_pipe(python: Path, model: Path, clip: Path, frames: int) -> Run:
    """MediaPipe's FaceLandmarker, as bench/peer.py runs it, over some frames of a clip, after its first."""
    folder = str(Path(peer.__file__).parent)
    words = [str(python), "-c", _PEER, folder, str(clip), str(model), str(frames)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise UsageError(f"MediaPipe can't be run: {last}", "See bench/peer.py for what it needs.")
    stamps, cpu = json.loads(done.stdout.strip().splitlines()[-1])
    return Run(len(stamps) - 1, stamps[-1], cpu, np.diff(stamps))


def sizes() -> dict[str, float]:
    """MB on the disk of each installed package that Mien needs; an editable one has none of its own."""
    found = {}
    for name in PACKAGES:
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue
        places = [Path(str(file.locate())) for file in files]
        found[name] = sum(place.stat().st_size for place in places if place.is_file()) / 1e6
    return found


def _whole(words: Sequence[str]) -> Took:
    with _timed() as took:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return took


def _until(event: str, words: Sequence[str]) -> Took:
    """Until a process says a JSON line of this event; it is ended then."""
    heard: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with _timed() as took, subprocess.Popen(words, **heard) as process:
        assert process.stdout is not None
        found = next((line for line in process.stdout if json.loads(line)["event"] == event), None)
        process.kill()
    if found is None:
        raise UsageError(f"`{' '.join(words)}` ended without {event!r}", "Run it by itself to see why.")
    return took


@contextlib.contextmanager
def _timed() -> Iterator[Took]:
    """Seconds by the clock, and of processor time of the processes that ended within (0 on Windows)."""
    begun, before, took = time.perf_counter(), os.times(), Took(0.0, 0.0)
    yield took
    after = os.times()
    took.cpu = after.children_user + after.children_system - before.children_user - before.children_system
    took.seconds = time.perf_counter() - begun


def _solving(clip: Path, work: Path, model: Path | None) -> list[str]:
    words = ["solve", str(clip), "--json", "--threads", "1", "-o", str(work / "first.mien")]
    return [*MIEN, *words, *_network(model)]


def _living(clip: Path, seconds: float, model: Path | None) -> list[str]:
    words = ["live", "--source", str(clip), "--loop", "--json", "--seconds", str(seconds)]
    return [*MIEN, *words, *_network(model)]


def _network(model: Path | None) -> list[str]:
    return [] if model is None else ["--model", str(model)]
