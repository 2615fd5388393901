"""Quality on clips of real people: solved by `mien solve`, scored against hand-made labels, beside MediaPipe.

The clips' folder holds CLIP.mp4, events.tsv (clip, frame, shape, state) and score_events.py, which is run as
it is. MediaPipe's results come from a folder that `peer.py` wrote.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien.errors import MienError, UsageError
from mien.interchange import read, write
from mien.live_tune import LiveTuner
from mien.person import Person
from mien.rig import reference_head
from mien.solver import solve
from mien.sources import open_video
from mien.student import Student
from mien.take import Take, load_take
from mien.types import LEFT_PUPIL, RIGHT_PUPIL
from numpy.typing import NDArray

from . import quality_sides
from .quality_mesh import PUPILS, compare, landmark_jitter
from .quality_moments import curves, moments, read_labels, tally
from .tracker_noise import still_spans

SOLVED: Final = "Mien, as solved"
LIVE: Final = "Mien, live filter"
PEER: Final = "MediaPipe"
"""The three that stand beside each other."""

_AGAIN: Final = "Write it with mien_models/bench/peer.py, from the same clips."
_SCORE: Final = re.compile(r": met (\d+)/(\d+) = [\d.]+ +ordering ([\d.]+|nan) .*still jitter ([\d.]+|nan)")
_SHAPE: Final = re.compile(r"(\w+) ([\d.]+)\((\d+)\)")


@dataclass(frozen=True, eq=False)
class Clips:
    """Labelled clips and what each contestant made of them.

    Attributes
    ----------
    events : Path
        The table of labels; score_events.py lies beside it.
    sources : list of Path
        The clips.
    takes : dict of str to dict of str to Take
        By contestant and clip: a sample for each frame.
    tables : dict of str to Path
        By contestant, the folder of the same as CSVs named after the clips.
    meshes : dict of str to ndarray, float32, (N, 478, 2)
        By clip, what MediaPipe saw, pixels; empty where MediaPipe doesn't take part.
    """

    events: Path
    sources: list[Path]
    takes: dict[str, dict[str, Take]]
    tables: dict[str, Path]
    meshes: dict[str, NDArray[np.float32]]


def is_there(folder: Path) -> bool:
    """Whether the folder has labelled clips."""
    return all((folder / name).is_file() for name in ("events.tsv", "score_events.py"))


def prepare(folder: Path, out: Path, model: Path | None, threads: int | None, peer: Path | None) -> Clips:
    """Solve all clips that have labels, write takes and tables below `out`, read MediaPipe's of `peer`."""
    names = sorted({clip for clip, _ in read_labels(folder / "events.tsv")})
    sources = [folder / f"{name}.mp4" for name in names if (folder / f"{name}.mp4").is_file()]
    if not sources:
        raise UsageError(f"{folder} has none of the clips that its events.tsv names", "Put them beside it.")
    solved = {path.stem: load_take(path) for path in _solve(sources, out / "takes", model, threads)}
    sources = [source for source in sources if source.stem in solved]
    student = Student(model, threads)
    alive = {path.stem: live(as_live(path, student)) for path in sources}
    takes = {SOLVED: solved, LIVE: alive}
    tables = {SOLVED: out / "csv" / "solved", LIVE: out / "csv" / "live"}
    for name, place in tables.items():
        place.mkdir(parents=True, exist_ok=True)
        for clip, take in takes[name].items():
            write(take, place / f"{clip}.csv")
    if peer is None:
        return Clips(folder / "events.tsv", sources, takes, tables, {})
    takes[PEER] = {clip: _peer_take(peer / f"{clip}.csv", len(take)) for clip, take in solved.items()}
    meshes = {clip: _mesh(peer / f"{clip}.npy", len(take)) for clip, take in solved.items()}
    return Clips(folder / "events.tsv", sources, takes, {**tables, PEER: peer}, meshes)


def _solve(sources: list[Path], folder: Path, model: Path | None, threads: int | None) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "mien", "solve", *map(str, sources), "-o", f"{folder}/"]
    words += ["--model", str(model)] if model else []
    words += ["--threads", str(threads)] if threads else []
    places = [folder / f"{source.stem}.mien" for source in sources]
    for place in places:
        place.unlink(missing_ok=True)  # what an earlier run left must not pass for this one's
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
    there = [place for place in places if place.exists()]
    if not there:
        raise MienError("None of the clips could be solved", "The reason is above.")
    return there


def as_live(source: Path, student: Student) -> Take:
    """The raw take that live work would have given: each frame read beside those so far, not beside all."""
    person = Person(student)
    with open_video(source) as video:
        return Take.from_samples([person.update(sample) for sample in solve(video, student)])


def live(take: Take) -> Take:
    """The take as the default settings would have shown it live, sample by sample."""
    tuner = LiveTuner()
    shown = [tuner.update(*sample) for sample in zip(take.weights, take.pose, take.times, take.confidence)]
    weights, pose = (np.array([one[i] for one in shown], np.float32) for i in (0, 1))
    return Take.from_weights(take.times, weights, take.about, pose=pose)


def measure(clips: Clips) -> dict[str, Any]:
    """All figures on the clips, by contestant."""
    found = {name: dict(scores) for name, scores in score(clips).items()}
    for name, points in moments_of(clips).items():
        found[name].update(points)
    for name, jitter in jitters(clips).items():
        found[name]["landmark_jitter"] = jitter
    for name, faces in faces_of(clips).items():
        found[name]["faces"] = faces
    return {"clips": len(clips.takes[SOLVED]), "contestants": found, "mesh": mesh_of(clips)}


def score(clips: Clips) -> dict[str, dict[str, Any]]:
    """Run the folder's score_events.py over the tables of each contestant."""
    words = [sys.executable, str(clips.events.with_name("score_events.py")), str(clips.events)]
    words += [str(place) for place in clips.tables.values()]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise MienError(f"score_events.py failed: {done.stderr.strip()[-300:]}")
    return dict(zip(clips.tables, parse_scores(done.stdout)))


def parse_scores(text: str) -> list[dict[str, Any]]:
    """What score_events.py printed: two lines for each folder, the scores and then each shape's ordering."""
    lines, found = text.splitlines(), []
    for line, shapes in zip(lines[::2], lines[1::2]):
        told = _SCORE.search(line)
        if told is None:
            raise MienError(f"score_events.py said something unexpected: {line[:200]}")
        met, labels, ordering, jitter = told.groups()
        found.append({
            "met": int(met) / max(int(labels), 1), "labels": int(labels), "ordering": float(ordering),
            "still_jitter": float(jitter),
            "shapes": {name: float(value) for name, value, _ in _SHAPE.findall(shapes)},
        })  # fmt: skip
    return found


def moments_of(clips: Clips) -> dict[str, dict[str, Any]]:
    """Blinks, lip closures and one-sided expressions of each contestant."""
    labels, head = read_labels(clips.events), reference_head.load()
    labelled, lopsided = moments(labels), quality_sides.one_sided(labels)
    return {
        name: {
            **tally(labelled, {clip: curves(head, take.weights) for clip, take in takes.items()}),
            "sides": quality_sides.tally(lopsided, {clip: take.weights for clip, take in takes.items()}),
        }
        for name, takes in clips.takes.items()
    }


def jitters(clips: Clips) -> dict[str, float]:
    """Median over the still spans of how the landmarks tremble, % of the distance between the eyes."""
    found: dict[str, list[float]] = {SOLVED: [], PEER: []}
    for clip, spans in still_spans(clips.events).items():
        if clip in clips.takes[SOLVED]:
            points = clips.takes[SOLVED][clip].landmarks
            found[SOLVED] += landmark_jitter(points, (RIGHT_PUPIL, LEFT_PUPIL), spans)
        if clip in clips.meshes:
            found[PEER] += landmark_jitter(clips.meshes[clip], PUPILS, spans)
    return {name: float(np.median(values)) for name, values in found.items() if values}


def faces_of(clips: Clips) -> dict[str, dict[str, int]]:
    """Frames, and frames in which a face was found."""
    return {
        name: {
            "frames": sum(map(len, takes.values())),
            "found": sum(int(take.found.sum()) for take in takes.values()),
        }
        for name, takes in clips.takes.items()
        if name != LIVE
    }


def mesh_of(clips: Clips) -> dict[str, Any] | None:
    """Landmarks beside MediaPipe's mesh; None where there is none."""
    solved = clips.takes[SOLVED]
    return (
        compare([(solved[clip].landmarks, mesh) for clip, mesh in clips.meshes.items()])
        if clips.meshes
        else None
    )


def _peer_take(path: Path, frames: int) -> Take:
    take = read(path)
    if len(take) != frames:
        raise UsageError(f"{path} has {len(take)} rows, the clip {frames} frames", _AGAIN)
    return take


def _mesh(path: Path, frames: int) -> NDArray[np.float32]:
    try:
        points: NDArray[np.float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read ({error})", _AGAIN) from error
    if points.shape != (frames, 478, 2):
        raise UsageError(f"{path} is of other frames than the clip ({points.shape})", _AGAIN)
    return points
