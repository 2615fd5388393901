"""The report on an actor's networks: one HTML file with everything in it, to read and to send.

Held-out frames only are judged. Beside the figures stands what to do next: which shapes to film, which shots
have doubtful labels.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mien.atomic import open_atomic

from . import report_figures as figures
from .gather import gathered
from .judging import HeldOut, Judged

SCORES: Final = (
    ("weights_mae", "mean error of the weights", 4),
    ("correlation", "correlation, median over the shapes that move", 3),
    ("landmarks_px", "landmarks, pixels of the 160 crop", 2),
    ("landmarks_eyes", "landmarks, % of the distance between the pupils", 2),
    ("jitter", "jitter where the labels are still (per frame)", 4),
    ("milliseconds", "milliseconds a frame here (batches of 32)", 1),
)
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1em 0}
td,th{padding:.25em .9em;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}
td:first-child,th:first-child,td.words{text-align:left}
img{max-width:100%}figure{display:inline-block;width:300px;margin:.5em;vertical-align:top}
figcaption{font-size:12px;color:#555}.big{font-size:1.3em}"""


def write_report(
    path: Path, shards: Path, judged: Sequence[Judged], held_out: HeldOut,
    history: Sequence[dict[str, float]] = (),
) -> dict[str, dict[str, float]]:  # fmt: skip
    """Write the page.

    Parameters
    ----------
    path : Path
        An .html.
    shards : Path
        The actor's shards: what was filmed, and how its labels lie.
    judged : sequence of Judged
        The network before first; then the one after, a teacher, and so on.
    held_out : HeldOut
    history : sequence of dict, optional
        A run's, as its checkpoint has it.

    Returns
    -------
    dict
        The scores of each network by name.
    """
    about = gathered(shards) or {}
    scores = {one.name: one.scores(held_out) for one in judged}
    parts = [_head(about, scores, held_out), _section("Scores on held-out frames", _scores(scores))]
    parts.append(_section("By region", _image(figures.regions(judged, held_out))))
    parts.append(_section("By shape", _image(figures.shapes(judged, held_out))))
    parts.append(_section("Curves of the shapes that move most", _image(figures.curves(judged, held_out))))
    latest = judged[min(1, len(judged) - 1)]
    parts.append(_section(f"Worst frames of {latest.name}", _worst(latest, held_out)))
    if history:
        parts.append(_section("Training", _image(figures.training(history))))
    if about:
        parts.append(_section("What was filmed", _shots(about["shots"]) + _coverage(about["coverage"])))
    title = html.escape(str(about.get("actor", "An actor")))
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
    with open_atomic(path, "w", encoding="utf-8") as stream:
        stream.write(page + "\n".join(parts) + "</html>\n")
    return scores


def _head(about: dict[str, Any], scores: dict[str, dict[str, float]], held_out: HeldOut) -> str:
    title = html.escape(str(about.get("actor", "An actor")))
    words = f"<h1>{title}</h1><p>{len(held_out.time)} held-out frames, never trained on."
    names = list(scores)
    if len(names) > 1:
        before, after = scores[names[0]]["weights_mae"], scores[names[1]]["weights_mae"]
        change = 100 * (after / before - 1)
        what = f"{abs(change):.0f} % {'less' if change <= 0 else 'more'} error"
        words += (
            f"<p class=big>The network {html.escape(names[1])} has {what} than {html.escape(names[0])} "
            f"({after:.4f} against {before:.4f})."
        )
    return words


def _scores(scores: dict[str, dict[str, float]]) -> str:
    rows = [
        (words, *(_number(one[name], digits) for one in scores.values())) for name, words, digits in SCORES
    ]  # fmt: skip
    return _table(("", *scores), rows)


def _worst(judged: Judged, held_out: HeldOut) -> str:
    told = (
        "<p>White: the landmarks as the default network tracked them. Red: this network's. "
        "Where it is the label that is wrong, correct the label."
    )
    frames = [
        f'<figure><img src="{picture}" alt=""><figcaption>{html.escape(words)}</figcaption></figure>'
        for picture, words in figures.worst(judged, held_out)
    ]
    return told + "".join(frames)


def _shots(shots: Sequence[dict[str, Any]]) -> str:
    rows = [
        (one["name"], one["kind"], f"{one['seconds']:.1f}", one["training"], one["judging"],
         f"{one['offset']:+.3f}", f"{one['correlation']:.2f}", "; ".join(one["notes"]))
        for one in shots
    ]  # fmt: skip
    titles = ("shot", "kind", "seconds", "frames trained on", "held out", "offset, s", "correlation", "notes")
    return _table(titles, rows)


def _coverage(coverage: dict[str, Any]) -> str:
    advice = "".join(f"<li>{html.escape(line)}" for line in coverage["advice"])
    told = f"<h3>Film next</h3><ul>{advice}</ul>" if advice else "<p>Every shape is shown well."
    return _image(figures.covered(coverage["shapes"])) + told


def _section(title: str, body: str) -> str:
    return f"<h2>{html.escape(title)}</h2>{body}"


def _image(source: str) -> str:
    return f'<img src="{source}" alt="">'


def _table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(str(title))}" for title in titles)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}" for cell in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
