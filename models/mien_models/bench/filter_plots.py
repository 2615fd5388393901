"""Pictures of what the filters do: curves with and without them, like the paper's figures 5 and 6, and the
trade of lag for jitter. Needs matplotlib (the extra `plots`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.interchange import read
from mien.take import Take
from mien.tune import TuneSettings, tune
from numpy.typing import NDArray

from .drawing import begin_drawing
from .filter_bench import Bench, Figures, live_hybrid, offline_hybrid, one_euro

SHOWN: Final = ("eyeBlinkLeft", "jawOpen", "mouthClose", "browInnerUp")
POINTS: Final = (("upper lip", 62), ("left upper lid", 43), ("chin", 8))
SECONDS: Final = 5.0


def draw(folder: Path, bench: Bench, table: dict[str, Figures], take: Path | None) -> None:
    """Write weights.png, live.png, trade.png and, where there is a solved take, landmarks.png."""
    begin_drawing()
    folder.mkdir(parents=True, exist_ok=True)
    _weights(folder / "weights.png", bench)
    _live(folder / "live.png", bench, table)
    _trade(folder / "trade.png", table)
    if take is not None:
        _landmarks(folder / "landmarks.png", read(take))


def _weights(path: Path, bench: Bench) -> None:
    """Noisy, filtered offline, and without noise, where each shape moves most (the paper's figure 5)."""
    recording, noisy = bench.runs[0]
    given = offline_hybrid(recording.times, noisy)
    figure, axes = _panels(len(SHOWN))
    for axis, name in zip(axes, SHOWN):
        i = arkit.INDEX[name]
        part = _liveliest(recording.times, recording.weights[:, i])
        clock = recording.times[part]
        axis.plot(clock, noisy[part, i], color="0.7", lw=0.8, label="as solved (noise added)")
        axis.plot(clock, recording.weights[part, i], color="tab:green", lw=2.5, alpha=0.4, label="truth")
        axis.plot(clock, given[part, i], color="tab:red", lw=1.0, label="Mien offline")
        axis.set_title(name, loc="left", fontsize=9)
    _save(figure, axes, path)


def _live(path: Path, bench: Bench, table: dict[str, Figures]) -> None:
    """Mien live and One-Euro with as much jitter, over the same noise."""
    recording, noisy = bench.runs[0]
    given = live_hybrid(recording.times, noisy)
    figure, axes = _panels(len(SHOWN))
    for axis, name in zip(axes, SHOWN):
        i = arkit.INDEX[name]
        part = _liveliest(recording.times, recording.weights[:, i], 2.0)
        setting = table["One-Euro, jitter as ours"][arkit.REGION[i]]
        rival = one_euro(setting["least"], setting["beta"])(recording.times, noisy[:, [i]])[:, 0]
        clock = recording.times[part]
        axis.plot(clock, recording.weights[part, i], color="tab:green", lw=3, alpha=0.4, label="truth")
        axis.plot(clock, noisy[part, i], color="0.7", lw=0.8, label="as solved (noise added)")
        axis.plot(clock, rival[part], color="tab:blue", lw=1.0, label="One-Euro")
        axis.plot(clock, given[part, i], color="tab:red", lw=1.0, label="Mien live")
        axis.set_title(name, loc="left", fontsize=9)
    _save(figure, axes, path)


def _landmarks(path: Path, take: Take) -> None:
    """Height of some points of a real solved clip, raw and tuned (the paper's figure 6)."""
    tuned = tune(take, TuneSettings())
    figure, axes = _panels(len(POINTS))
    for axis, (name, point) in zip(axes, POINTS):
        raw = take.landmarks[:, point, 1].astype(np.float64)
        part = _liveliest(take.times, np.nan_to_num(raw, nan=float(np.nanmean(raw))))
        axis.plot(take.times[part], raw[part], color="0.5", lw=1.0, label="as solved")
        axis.plot(take.times[part], tuned.landmarks[part, point, 1], color="tab:red", lw=1.0, label="tuned")
        axis.set_title(f"{name} (y, pixels)", loc="left", fontsize=9)
        axis.invert_yaxis()
    _save(figure, axes, path)


def _trade(path: Path, table: dict[str, Figures]) -> None:
    """Jitter taken against lag, a point for each family."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 5), dpi=110)
    for (name, figures), mark in zip(table.items(), "xosvD*^P"):
        points = np.array([[given["lag"], given["still"]] for given in figures.values()])
        axis.scatter(points[:, 0], points[:, 1], marker=mark, s=45, label=name, alpha=0.75)
    axis.set_yscale("log")
    axis.axvline(8.0, color="0.8", lw=1)
    for level in (4.0, 10.0):
        axis.axhline(level, color="0.8", lw=1)
    axis.set_xlabel("lag, ms")
    axis.set_ylabel("times less jitter at rest")
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _panels(count: int) -> tuple[Any, Any]:
    import matplotlib.pyplot as plt

    return plt.subplots(count, 1, figsize=(10, 2.2 * count), dpi=110)


def _save(figure: Any, axes: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=8, loc="upper right", ncols=4)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _liveliest(times: NDArray[np.float64], curve: NDArray[np.float64], seconds: float = SECONDS) -> slice:
    """The part of a curve with rest and movement in it: where it goes furthest in so many seconds."""
    count = min(round(seconds / float(np.median(np.diff(times)))), len(curve) - 1)
    ways = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(curve)))])
    start = int(np.argmax(ways[count:] - ways[:-count]))
    return slice(start, start + count)
