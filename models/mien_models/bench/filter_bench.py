"""`mien bench filter`: Mien's filters beside One-Euro and plain Savitzky-Golay.

Real recordings, noise like a tracker's laid on them (`mien bench noise`), each filter over them, and what
came out beside the recording without noise (`curves`). One-Euro gets the best of a grid of its settings for
each family: once with no more jitter at rest than Mien's live filter leaves, once with no more lag.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.atomic import open_atomic
from mien.filters import HybridFilter, weight_numbers
from mien.filters.families import CUTOFFS
from numpy.typing import NDArray

from .curves import BLINKS, Tally
from .recordings import REGIONS, Recording, load_recordings, noise_like_a_trackers
from .rivals import OneEuro, plain_savgol

Figures = dict[str, dict[str, float]]
"""What was measured, by family."""

Run = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""(times (N,), noisy weights (N, 52)) -> weights (N, 52)."""

NOISE_TABLE: Final = Path(__file__).with_name("tracker_noise.json")
LEAST_CUTOFFS: Final = (0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.2)
BETAS: Final = (0.5, 1.0, 2.0, 4.0, 7.0, 12.0, 20.0, 40.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("recordings", type=Path, help="folder of Live Link Face recordings (.csv)")
    parser.add_argument("--noise", type=Path, default=NOISE_TABLE, help="JSON of `mien bench noise`")
    parser.add_argument("--rate", type=float, help="frames a second to resample to (default: as recorded)")
    parser.add_argument("--seeds", type=int, default=2, help="how often, with other noise (default 2)")
    parser.add_argument("--plots", type=Path, help="folder for pictures (needs the extra `plots`)")
    parser.add_argument("--take", type=Path, help="a solved take, whose landmarks are drawn too")
    parser.add_argument("-o", "--out", type=Path, help="JSON file for the figures")


def run(arguments: argparse.Namespace) -> int:
    """Measure and tell; returns the exit code."""
    recordings = load_recordings(arguments.recordings)
    if arguments.rate:
        recordings = [recording.at_rate(arguments.rate) for recording in recordings]
    noise = json.loads(arguments.noise.read_text(encoding="utf-8"))
    bench = Bench(recordings, noise, arguments.seeds)
    table = compare(bench)
    print(as_text(table))
    if arguments.out:
        with open_atomic(arguments.out, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps(table, indent=1) + "\n")
    if arguments.plots:
        from .filter_plots import draw

        draw(arguments.plots, bench, table, arguments.take)
    return 0


class Bench:
    """Recordings with and without noise.

    Parameters
    ----------
    recordings : list of Recording
    noise : dict
        As `mien bench noise` writes it.
    seeds : int
        How many times each recording is used, with other noise.
    """

    def __init__(self, recordings: list[Recording], noise: dict[str, Any], seeds: int) -> None:
        sizes = np.array([noise["sizes"][region] for region in arkit.REGION])
        self.runs = [
            (one, one.weights + noise_like_a_trackers(np.random.default_rng(seed), len(one.times), sizes,
                                                      noise["colour"]))
            for one in recordings for seed in range(seeds)
        ]  # fmt: skip

    def measure(self, filtered: Run) -> Figures:
        """Run a filter over all; its figures by region."""
        tallies: dict[str, Tally] = {}
        for recording, noisy in self.runs:
            given = filtered(recording.times, noisy)
            step = float(np.median(np.diff(recording.times)))
            for region, columns in recording.moving.items():
                tally = tallies.setdefault(region, Tally())
                for i in columns:
                    tally.add(step, recording.weights[:, i], noisy[:, i], given[:, i], i in BLINKS)
        return {region: tallies[region].figures() for region in REGIONS if region in tallies}


def compare(bench: Bench) -> dict[str, Figures]:
    """Measure all filters; One-Euro with its best settings for each family."""
    live = bench.measure(live_hybrid)
    table = {
        "none": bench.measure(lambda _, noisy: noisy),
        "Mien offline": bench.measure(offline_hybrid),
        "paper's hybrid, one model": bench.measure(one_model),
        "Savitzky-Golay 0.17 s": bench.measure(lambda times, noisy: plain_savgol(noisy, _rate(times), 0.17)),
        "Savitzky-Golay 0.37 s": bench.measure(lambda times, noisy: plain_savgol(noisy, _rate(times), 0.37)),
        "Mien live": live,
    }
    grid = [(least, beta, bench.measure(one_euro(least, beta))) for least in LEAST_CUTOFFS for beta in BETAS]
    calm: Figures = {}
    quick: Figures = {}
    for region, ours in live.items():
        found = [{**figures[region], "least": least, "beta": beta} for least, beta, figures in grid]
        as_calm = [one for one in found if one["still"] >= ours["still"]]
        as_quick = [one for one in found if one["lag"] <= ours["lag"] + 0.5]
        calm[region] = min(as_calm or found, key=lambda one: one["lag"])
        quick[region] = max(as_quick or found, key=lambda one: one["still"] if as_quick else -one["lag"])
    return {**table, "One-Euro, jitter as ours": calm, "One-Euro, lag as ours": quick}


def offline_hybrid(times: NDArray[np.float64], noisy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mien's filter over a whole take."""
    return HybridFilter(*weight_numbers()).smooth(times, noisy)


def live_hybrid(times: NDArray[np.float64], noisy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mien's filter, sample by sample."""
    one = HybridFilter(*weight_numbers())
    return np.array([one.update(row, time) for row, time in zip(noisy, times)])


def one_model(times: NDArray[np.float64], noisy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The paper's Kalman filter and Savitzky-Golay with one fixed model, smoothed offline."""
    return HybridFilter(weight_numbers()[0][-1]).smooth(times, noisy)


def one_euro(least: float, beta: float) -> Run:
    """One-Euro with these settings."""
    return lambda times, noisy: OneEuro(least, beta).run(times, noisy)


def _rate(times: NDArray[np.float64]) -> float:
    return 1.0 / float(np.median(np.diff(times)))


COLUMNS: Final = (
    ("still", "jitter at rest ÷", "{:.1f}"), ("moving", "in motion ÷", "{:.1f}"),
    ("error", "error ÷", "{:.2f}"), ("lag", "lag ms", "{:+.1f}"),
    ("peak", "peaks %", "{:.1f}"), ("peak10", "worst tenth %", "{:.1f}"),
    ("blink", "blinks %", "{:.1f}"), ("in_frame", "in their frame %", "{:.0f}"),
)  # fmt: skip


def as_text(table: dict[str, Figures]) -> str:
    """The figures as a table of Markdown."""
    lines = ["| filter | family | " + " | ".join(title for _, title, _ in COLUMNS) + " |"]
    lines.append("|---|---|" + "---:|" * len(COLUMNS))
    for name, figures in table.items():
        for region in (region for region in CUTOFFS if region in figures):
            given = figures[region]
            cells = [form.format(given[key]) if key in given else "" for key, _, form in COLUMNS]
            setting = f" ({given['least']:g} Hz, β {given['beta']:g})" if "beta" in given else ""
            lines.append(f"| {name}{setting} | {region} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
