"""`mien bench noise`: how noisy the tracker's results are where a real face keeps still.

The clips are solved (once: takes that are there and of this network are used again), what moves slowly is
taken off each still span by a parabola, and what is left is the noise. Only shapes that are shown to a part
(0.1–0.9) count: at 0 and 1 the network is silent. The result is a small JSON table, by family.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.atomic import open_atomic
from mien.errors import MienError, UsageError
from mien.take import Take, load_take
from numpy.typing import NDArray

LEAST_FRAMES: Final = 6
LEAST_CELLS: Final = 3
"""A family that fewer shapes speak for gets the figure of all weights."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("footage", type=Path, help="folder of clips with events.tsv (clip, frame, shape, …)")
    parser.add_argument("--takes", type=Path, required=True, help="folder for the solved takes")
    parser.add_argument("-o", "--out", type=Path, help="JSON table to write (default: print it)")


def run(arguments: argparse.Namespace) -> int:
    """Measure and tell; returns the exit code."""
    spans = still_spans(arguments.footage / "events.tsv")
    takes = {clip: _solved(arguments.footage / f"{clip}.mp4", arguments.takes) for clip in spans}
    parts = [_part(takes[clip], *span) for clip, found in spans.items() for span in found]
    table = {
        "command": "mien bench noise FOOTAGE --takes FOLDER -o OUT",
        "network_sha256": next(iter(takes.values())).about.get("network_sha256", ""),
        "spans": sum(map(len, spans.values())),
        "frames": sum(map(len, parts)),
        **measure([part for part in parts if len(part) >= LEAST_FRAMES]),
    }
    text = json.dumps(table, indent=1)
    if arguments.out:
        with open_atomic(arguments.out, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text + "\n")
    else:
        print(text)
    return 0


def still_spans(path: Path) -> dict[str, list[tuple[int, int]]]:
    """First and last frame of each span that is labelled still, by clip."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream, delimiter="\t") if len(row) > 3 and row[2] == "still"]
        spans: dict[str, list[tuple[int, int]]] = {}
        for clip, frames, *_ in rows:
            first, last = frames.split("-")
            spans.setdefault(clip, []).append((int(first), int(last)))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as a table of events ({error})") from error
    if not spans:
        raise UsageError(f"{path} labels no span as still")
    return spans


def measure(parts: list[Take]) -> dict[str, Any]:
    """The noise of still takes, by family, and how much of it a frame hands on to the next.

    Standard deviations of weights, of degrees, and of parts of the face box's size.
    """
    cells: dict[str, list[NDArray[np.float64]]] = {}
    for part in parts:
        for family, run in _channels(part):
            cells.setdefault(family, []).append(_squares(run))
    weights = [cell for family, found in cells.items() if family in arkit.REGION for cell in found]
    if not weights:
        raise MienError("No shape is shown to a part in any still span", "Label spans of a face that moves.")
    every = np.sum(weights, axis=0)
    sizes = {"all weights": _size(every)}
    for family in [*dict.fromkeys(arkit.REGION), "pose", "landmarks"]:
        found = cells.get(family, [])
        sizes[family] = _size(np.sum(found, axis=0) if len(found) >= LEAST_CELLS else every)
    return {"sizes": sizes, "colour": _colour(every),
            "cells": {family: len(found) for family, found in cells.items()}}  # fmt: skip


def _channels(part: Take) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for i in np.flatnonzero(np.abs(part.weights.mean(axis=0) - 0.5) < 0.4):
        yield arkit.REGION[i], part.weights[:, i].astype(np.float64)
    for angle in part.pose.T:
        yield "pose", angle.astype(np.float64)
    for place in part.landmarks.reshape(len(part), -1).T / np.median(part.boxes[:, 2]):
        yield "landmarks", place.astype(np.float64)


def _squares(run: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of squares of what a parabola leaves and its degrees of freedom; those of second differences."""
    place = np.linspace(-1.0, 1.0, len(run))
    rest = run - np.polyval(np.polyfit(place, run, 2), place)
    bend = np.diff(run, 2)
    return np.array([(rest**2).sum(), len(run) - 3, (bend**2).sum(), len(bend)])


def _size(squares: NDArray[np.float64]) -> float:
    return round(float(np.sqrt(squares[0] / squares[1])), 5)


def _colour(squares: NDArray[np.float64]) -> float:
    """The part of noise that is handed on, from Var(second difference) = Var · (6 − 8c + 2c²)."""
    ratio = min(squares[2] / squares[3] / (squares[0] / squares[1]), 6.0)
    return round(float(2.0 - np.sqrt(1.0 + ratio / 2.0)), 3)


def _part(take: Take, first: int, last: int) -> Take:
    part = take.cut(take.times[first], take.times[min(last, len(take) - 1)])
    return part.cut(part.times[0], part.times[-1]) if part.found.all() else take.cut(1.0, 0.0)


def _solved(clip: Path, folder: Path) -> Take:
    path = folder / f"{clip.stem}.mien"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "mien", "solve", str(clip), "-o", str(path)], check=False
        )
        if done.returncode:
            raise MienError(f"Solving {clip.name} failed", "The reason is above.")
    return load_take(path)
