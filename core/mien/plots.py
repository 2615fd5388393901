"""Curves to look at: raw against tuned, a panel for each region, the head, and the confidence below.

PNG by matplotlib, HTML (one file, works offline) by plotly; both are the extra `plots`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import arkit
from .atomic import open_atomic
from .editing import BAD, bad_spans
from .errors import TakeError, UsageError, install_extra
from .rig.keys import reduce_keys
from .take import Take

Drawer = Callable[[Take, Take, Path, Sequence[str]], None]
"""(raw, tuned, where to, shapes; all where there are none)."""

REGIONS: Final = ("lids", "gaze", "brow", "jaw", "mouth", "cheek", "nose", "tongue")
MOST_CURVES: Final = 6
"""Curves in a panel: those that move most. A page (HTML) has all, the others until clicked hidden."""

NAMES_BESIDE: Final = 12
"""Names that fit beside a panel of a page; where there are more it is higher."""

LEAST_WEIGHT: Final = 0.2
LEAST_ANGLE: Final = 10.0
"""The least that an axis spans, weights and degrees."""

PAGE_ERROR: Final = 0.002
"""How far a curve of a page may be from its samples, in weights; for degrees 90 times that."""

_COLOURS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
                   "#8c564b", "#e377c2", "#17becf", "#bcbd22", "#7f7f7f")  # fmt: skip
_BAD_COLOUR: Final = "#f4c7c3"


@dataclass(frozen=True)
class Curve:
    """One channel, raw and tuned: values (N,) and (M,), NaN where there is no face."""

    name: str
    raw: NDArray[np.floating]
    tuned: NDArray[np.floating]

    @property
    def movement(self) -> float:
        """How much it moves, in its own unit: the spread of the tuned values."""
        return float(np.nanstd(self.tuned)) if np.isfinite(self.tuned).any() else 0.0


@dataclass(frozen=True)
class Panel:
    """Curves with one unit, those that move most first."""

    title: str
    curves: tuple[Curve, ...]
    in_degrees: bool = False


def drawer(path: Path) -> Drawer:
    """The function that draws such a file; UsageError for another suffix, or where an extra is missing."""
    draw: Drawer
    suffix = path.suffix.lower()
    if suffix == ".png":
        needed, draw = "matplotlib", write_png
    elif suffix in (".html", ".htm"):
        needed, draw = "plotly", write_html
    else:
        raise UsageError(f"{path} is neither .png nor .html", "The suffix says what to draw.")
    try:
        __import__(needed)
    except ImportError as error:
        raise UsageError(
            f"Plots as {suffix} need {needed}, which is not installed", install_extra("plots")
        ) from error
    return draw


def panels(raw: Take, tuned: Take, shapes: Sequence[str] = ()) -> list[Panel]:
    """What is to be seen: a panel for each region, and one for the head."""
    unknown = set(shapes) - set(arkit.NAMES)
    if unknown:
        raise UsageError(f"There is no shape {', '.join(sorted(unknown))}", "Use ARKit's names.")
    if not len(raw) or not len(tuned):
        raise TakeError("There is nothing to plot in this span", "Choose another --from and --to.")
    wanted = shapes or arkit.NAMES
    found = [Panel(region, _sorted(_shapes(raw, tuned, region, wanted))) for region in REGIONS]
    head = [Curve(name, raw.pose[:, i], tuned.pose[:, i]) for i, name in enumerate(("pitch", "yaw", "roll"))]
    return [
        *(panel for panel in found if panel.curves),
        *([] if shapes else [Panel("head, degrees", tuple(head), in_degrees=True)]),
    ]


def write_png(raw: Take, tuned: Take, path: Path, shapes: Sequence[str] = ()) -> None:
    """Draw a picture: raw thin and pale, tuned over it."""
    from matplotlib.figure import Figure

    run = panels(raw, tuned, shapes)
    figure = Figure(figsize=(16, 1.9 * len(run) + 1.6), dpi=100, layout="constrained")
    heights = [1.0] * len(run) + [0.4]
    rows = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, panel in zip(rows, run):
        _draw_panel(axes, raw, tuned, panel)
    _draw_confidence(rows[-1], raw)
    for start, end in _shaded(raw):
        for axes in rows:
            axes.axvspan(start, end, color=_BAD_COLOUR, linewidth=0, zorder=0)
    rows[0].set_xlim(raw.times[0], max(raw.times[-1], raw.times[0] + 1e-3))
    figure.suptitle(f"{_name(raw)}: raw (pale) and tuned", fontsize=13)
    with open_atomic(path) as stream:
        figure.savefig(stream, format="png")


def _draw_panel(axes: Any, raw: Take, tuned: Take, panel: Panel) -> None:
    shown = panel.curves[:MOST_CURVES]
    for curve, colour in zip(shown, _COLOURS):
        axes.plot(raw.times, curve.raw, color=colour, linewidth=0.8, alpha=0.4)
        axes.plot(tuned.times, curve.tuned, color=colour, linewidth=1.3, label=curve.name)
    axes.set_ylim(*_limits(panel, shown))
    left_out = len(panel.curves) - len(shown)
    axes.set_ylabel(panel.title + (f"\n(+{left_out} that\nmove less)" if left_out else ""))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False, borderaxespad=0.3)
    axes.grid(alpha=0.25)


def _limits(panel: Panel, shown: Sequence[Curve]) -> tuple[float, float]:
    """The range of an axis: what is shown, and never so little that noise looks like movement."""
    values = np.concatenate([np.concatenate([curve.raw, curve.tuned]) for curve in shown])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    least = LEAST_ANGLE if panel.in_degrees else LEAST_WEIGHT
    low, high = (
        (min(low, -least / 2), max(high, least / 2))
        if panel.in_degrees
        else (min(low, 0.0), max(high, least))
    )
    return low - 0.04 * (high - low), high + 0.04 * (high - low)


def _draw_confidence(axes: Any, raw: Take) -> None:
    axes.fill_between(raw.times, raw.confidence, color="#888888", alpha=0.5, linewidth=0)
    axes.axhline(BAD, color="#c0392b", linewidth=0.8)
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("confidence")
    axes.set_xlabel("seconds; shaded: no face, or confidence below the line")


def write_html(raw: Take, tuned: Take, path: Path, shapes: Sequence[str] = ()) -> None:
    """Write a page to look into: zoom, hover, show and hide curves by their names."""
    text = page(raw, tuned, shapes).to_html(include_plotlyjs=True, full_html=True)
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def page(raw: Take, tuned: Take, shapes: Sequence[str] = ()) -> Any:
    """What `write_html` writes, as plotly's Figure."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    run = panels(raw, tuned, shapes)
    heights = [max(1.0, len(panel.curves) / NAMES_BESIDE) for panel in run] + [0.4]
    titles = [*(panel.title for panel in run), "confidence"]
    figure = make_subplots(len(heights), 1, shared_xaxes=True, vertical_spacing=0.12 / len(heights),
                           subplot_titles=titles, row_heights=heights)  # fmt: skip
    for row, panel in enumerate(run, 1):
        legend, axis = (f"legend{row}", f"yaxis{row}") if row > 1 else ("legend", "yaxis")
        for trace in _traces(Scatter, raw, tuned, panel, legend):
            figure.add_trace(trace, row, 1)
        figure.update_yaxes(range=_limits(panel, panel.curves), row=row, col=1)
        top = figure.layout[axis].domain[1]
        figure.update_layout({legend: {"y": top, "yanchor": "top", "tracegroupgap": 0}})
    look = {"name": "confidence", "showlegend": False, "line": {"color": "#888888", "width": 0.5}}
    figure.add_trace(Scatter(x=raw.times, y=raw.confidence, fill="tozeroy", **look), len(heights), 1)
    figure.update_xaxes(title_text="seconds; shaded: bad frames", row=len(heights), col=1)
    shades = [{"type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1,
               "fillcolor": _BAD_COLOUR, "line_width": 0, "layer": "below"}
              for start, end in _shaded(raw)]  # fmt: skip
    title, height = f"{_name(raw)}: raw (pale) and tuned", round(280 * sum(heights)) + 150
    return figure.update_layout(shapes=shades, height=height, title=title, template="plotly_white")


def _traces(scatter: Any, raw: Take, tuned: Take, panel: Panel, legend: str) -> Iterator[Any]:
    """Two lines a curve, hidden and shown together; few points where few are enough."""
    error = PAGE_ERROR * (90 if panel.in_degrees else 1)
    for i, curve in enumerate(panel.curves):
        look = {"mode": "lines", "legend": legend, "legendgroup": f"{panel.title} {curve.name}",
                "visible": True if i < MOST_CURVES else "legendonly"}  # fmt: skip
        colour = _COLOURS[i % len(_COLOURS)]
        times, values = _thinned(raw.times, curve.raw, error)
        yield scatter(x=times, y=values, name=f"{curve.name} raw", showlegend=False, opacity=0.4,
                      line={"color": colour, "width": 1}, **look)  # fmt: skip
        times, values = _thinned(tuned.times, curve.tuned, error)
        yield scatter(x=times, y=values, name=curve.name, line={"color": colour, "width": 1.6}, **look)


def _thinned(
    times: NDArray[np.float64], values: NDArray[np.floating], error: float
) -> tuple[list[float], list[float | None]]:
    """A curve without the points that straight lines make up for; None, a break, where it is NaN."""
    known = np.isfinite(values)
    (kept,) = reduce_keys(times, np.where(known, values, 0.0)[:, None], error)
    kept = np.union1d(kept, np.flatnonzero(np.diff(known)))
    kept = np.union1d(kept, np.flatnonzero(np.diff(known)) + 1)
    rounded = [round(float(values[i]), 5) if known[i] else None for i in kept]
    return np.round(times[kept], 5).tolist(), rounded


def _shapes(raw: Take, tuned: Take, region: str, wanted: Sequence[str]) -> Iterator[Curve]:
    for i, name in enumerate(arkit.NAMES):
        if arkit.REGION[i] == region and name in wanted:
            yield Curve(name, raw.weights[:, i], tuned.weights[:, i])


def _sorted(curves: Iterator[Curve]) -> tuple[Curve, ...]:
    return tuple(sorted(curves, key=lambda curve: -curve.movement))


def _shaded(raw: Take) -> list[tuple[float, float]]:
    """Bad spans, each as wide as its frames last."""
    step = float(np.median(np.diff(raw.times))) if len(raw) > 1 else 1.0
    return [(start - step / 2, end + step / 2) for start, end in bad_spans(raw).tolist()]


def _name(take: Take) -> str:
    return str(take.about.get("name") or "take")
