"""The report's figures, by matplotlib, each as a picture in the page itself (PNG, base64)."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from mien import arkit
from numpy.typing import NDArray

from .judging import HeldOut, Judged, by_region, worst_frames

COLOURS: Final = ("#8c8c8c", "#1f77b4", "#d62728", "#2ca02c", "#9467bd")
"""Before, after, and then as they come; labels are black."""
VERDICTS: Final = {"never": "#d62728", "little": "#ff9f40", "paired": "#f2cf4a", "good": "#7fb77e"}
CURVES: Final = 8
WORST: Final = 6
ENLARGED: Final = 2


def regions(judged: Sequence[Judged], held_out: HeldOut) -> str:
    """Mean error of each region, a bar for each network."""
    figure, axes = _figure(9, 3)
    means = [by_region(one.errors(held_out).mean(axis=0)) for one in judged]
    at = np.arange(len(means[0]))
    for place, (one, mean) in enumerate(zip(judged, means)):
        wide = 0.8 / len(judged)
        axes.bar(at + (place - (len(judged) - 1) / 2) * wide, list(mean.values()), wide, label=one.name,
                 color=_colour(place))  # fmt: skip
    axes.set_xticks(at, list(means[0]))
    axes.set_ylabel("mean error of the weights")
    axes.legend(frameon=False)
    return _png(figure)


def shapes(judged: Sequence[Judged], held_out: HeldOut) -> str:
    """Mean error of each shape, the largest before first, a dot for each network."""
    figure, axes = _figure(9, 9)
    means = [one.errors(held_out).mean(axis=0) for one in judged]
    order = np.argsort(means[0])
    for place, (one, mean) in enumerate(zip(judged, means)):
        axes.plot(mean[order], np.arange(52), "o", color=_colour(place), label=one.name, markersize=4)
    low, high = np.min(means, axis=0)[order], np.max(means, axis=0)[order]
    axes.hlines(np.arange(52), low, high, color="#dddddd", zorder=0)
    axes.set_yticks(np.arange(52), [arkit.NAMES[i] for i in order], fontsize=7)
    axes.set_ylim(-1, 52)
    axes.set_xlim(left=0)
    axes.set_xlabel("mean error of the weight")
    axes.legend(frameon=False, loc="lower right")
    return _png(figure)


def curves(judged: Sequence[Judged], held_out: HeldOut) -> str:
    """The shapes that move most, label and networks over the held-out time."""
    chosen = np.argsort(-held_out.weights.std(axis=0))[:CURVES]
    figure, axes = _figure(9, 1.3 * CURVES, CURVES)
    gaps = np.flatnonzero(~held_out.follows()) + 1
    time = np.insert(_running(held_out), gaps, np.nan)
    for panel, shape in zip(axes, chosen):
        panel.plot(time, np.insert(held_out.weights[:, shape].astype(float), gaps, np.nan), color="black",
                   linewidth=1.6, label="label")  # fmt: skip
        for place, one in enumerate(judged):
            panel.plot(time, np.insert(one.weights[:, shape].astype(float), gaps, np.nan), linewidth=1,
                       color=_colour(place), label=one.name)  # fmt: skip
        panel.set_ylim(-0.05, 1.05)
        panel.set_ylabel(arkit.NAMES[shape], fontsize=7)
    axes[0].legend(frameon=False, ncols=6, fontsize=7, loc="upper right")
    axes[-1].set_xlabel("seconds of held-out footage, one shot after the other")
    return _png(figure)


def worst(judged: Judged, held_out: HeldOut) -> list[tuple[str, str]]:
    """The worst frames as pictures with both sets of landmarks (the label's white), and words to each."""
    pictures = []
    errors = judged.errors(held_out)
    for at in worst_frames(judged, held_out, WORST):
        off = np.argsort(-errors[at])[:3]
        words = "; ".join(
            f"{arkit.NAMES[i]} {judged.weights[at, i]:.2f}, label {held_out.weights[at, i]:.2f}" for i in off
        )
        where = f"{held_out.time[at]:.2f} s, error {errors[at].mean():.3f}: {words}"
        pictures.append((_drawn(held_out.crops[at], held_out.landmarks[at], judged.landmarks[at]), where))
    return pictures


def training(history: Sequence[dict[str, float]]) -> str:
    """Loss and held-out errors over a run."""
    figure, axes = _figure(9, 2.6, 1, 3)
    named = (("loss", "loss"), ("weights_mae", "held-out error of the weights"),
             ("landmarks_px", "held-out landmarks, pixels of 160"))  # fmt: skip
    for panel, (name, title) in zip(axes, named):
        rows = [(entry["samples"], entry[name]) for entry in history if entry.get(name) is not None]
        if rows:
            panel.plot(*zip(*rows), ".-", color=COLOURS[1])
        panel.set_title(title, fontsize=8)
        panel.set_xlabel("samples", fontsize=8)
        panel.set_ylim(0, 1.1 * max((row[1] for row in rows), default=1.0))
    return _png(figure)


def covered(shapes_of: dict[str, dict[str, Any]]) -> str:
    """How far each shape was shown in training, coloured by the verdict."""
    figure, axes = _figure(9, 3.2)
    names = list(shapes_of)
    reach = [shapes_of[name]["reach"] for name in names]
    colours = [VERDICTS[shapes_of[name]["verdict"]] for name in names]
    axes.bar(np.arange(len(names)), reach, color=colours)
    axes.set_xticks(np.arange(len(names)), names, rotation=90, fontsize=6)
    axes.set_ylabel("as far as it went")
    axes.set_xlim(-1, len(names))
    handles = [axes.bar(0, 0, color=colour, label=verdict) for verdict, colour in VERDICTS.items()]
    axes.legend(
        handles=handles, frameon=False, ncols=4, fontsize=7, loc="upper left", bbox_to_anchor=(0, 1.15)
    )
    return _png(figure)


def _running(held_out: HeldOut) -> NDArray[np.float64]:
    """Seconds that run on from shot to shot, with half a second between."""
    steps = np.diff(held_out.time)
    return np.r_[0.0, np.cumsum(np.where(held_out.follows(), steps, 0.5))]


def _drawn(crop: NDArray[np.uint8], label: NDArray[Any], said: NDArray[Any]) -> str:
    large = cv2.resize(crop, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    picture = cv2.cvtColor(large, cv2.COLOR_GRAY2BGR)
    for points, colour in ((label, (255, 255, 255)), (said, (60, 60, 230))):
        for x, y in (points + 0.5) * ENLARGED - 0.5:
            cv2.circle(picture, (round(float(x) * 16), round(float(y) * 16)), 24, colour, -1, cv2.LINE_AA, 4)
    return _base64(cv2.imencode(".png", picture)[1].tobytes())


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=rows > 1)
    for panel in np.atleast_1d(axes).ravel():
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=7)
        panel.grid(axis="y", color="#eeeeee")
        panel.set_axisbelow(True)
    return figure, axes


def _png(figure: Any) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return _base64(stream.getvalue())


def _base64(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
