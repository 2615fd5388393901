"""The figures of `mien bench quality` as tables of Markdown, for terminal, report and model card."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from .quality_clips import LIVE, PEER, SOLVED
from .quality_confidence import RIGHT
from .quality_moments import APART, REACH, SHUT
from .quality_sides import STRONGER, TOLD

CONTESTANTS: Final = (SOLVED, LIVE, PEER)
ERRORS: Final = ("weights' error", "landmarks, % of eyes")


def as_markdown(results: dict[str, Any], pictures: Sequence[str] = ()) -> str:
    """The whole report."""
    network = results["network"]
    parts = [f"# How well the network {network['name']} does\n\nsha256 {network['sha256']} · "
             f"Mien {results['mien']} · {results['created']}"]  # fmt: skip
    parts += sections(results)
    parts += [f"![{name}]({name})" for name in pictures]
    return "\n\n".join(parts) + "\n"


def sections(results: dict[str, Any]) -> list[str]:
    """The parts of the report, as far as they were measured."""
    parts = []
    if results.get("synthetic"):
        parts += ["## Drawn heads, never trained on", synthetic(results["synthetic"])]
        parts += ["## By group, drawn heads", groups(results["synthetic"]["groups"])]
        parts += ["## Confidence", confidence(results["confidence"])]
    if results.get("real"):
        parts += ["## Clips of real people", clips(results["real"])]
        parts += ["## Hand-made labels by shape", orderings(results["real"]["contestants"])]
        if results["real"].get("mesh"):
            parts += ["## Landmarks beside MediaPipe's mesh", mesh(results["real"]["mesh"])]
    if results.get("spoilt"):
        parts += ["## Spoilt pictures", spoilt(results["spoilt"])]
    if results.get("synthetic"):
        parts += ["## Shape by shape, drawn heads", shapes(results["synthetic"]["shapes"])]
    return parts


def synthetic(found: dict[str, Any]) -> str:
    """The means over all drawn heads."""
    every = found["all"]
    rows = [
        ("mean error of the weights", number(every["weights_mae"], 4)),
        (
            "the same, each view read alone, not beside its head's others",
            number(every["weights_mae_alone"], 4),
        ),
        ("the same for always answering a face at rest", number(every["weights_mae_always_at_rest"], 4)),
        (f"one side stronger by {STRONGER:g}: told by at least {TOLD:g}", percent(every.get("sides_told"))),
        ("landmarks, pixels of 160", number(every["landmarks_px"], 2)),
        ("landmarks, % of the distance between the eyes", number(every["landmarks_eyes"], 1)),
        ("pose: pitch, yaw, roll, degrees", pose(every)),
        ("right whether there is a face", percent(every["presence_right"])),
        ("faces missed / made up", f"{percent(every['faces_missed'])} / {percent(every['faces_made_up'])}"),
    ]
    told = f"{found['views']} crops (seed {found['seed']}), {every['crops']} of them with a face."
    return f"{told}\n\n{table(('what', 'figure'), rows)}"


def groups(found: dict[str, Any]) -> str:
    """A row for each group."""
    rows = [
        (kind, label, one["crops"], *errors(one), pose(one))
        for kind, parts in found.items() for label, one in parts.items()
    ]  # fmt: skip
    return table(("by", "group", "crops", *ERRORS, "pitch, yaw, roll °"), rows)


def shapes(found: dict[str, Any]) -> str:
    """A row for each of the 52."""
    rows = [(name, number(one["mae"], 3), number(one["correlation"], 2)) for name, one in found.items()]
    return table(("shape", "mean error", "correlation"), rows)


def confidence(found: dict[str, Any]) -> str:
    """The bins of confidence and the rank correlations."""
    ranks = found["spearman"]
    rows = [
        (one["samples"], number(one["confidence"], 3), percent(one["right"]), *errors(one))
        for one in found["bins"]
    ]  # fmt: skip
    told = (
        f"Rank correlation (Spearman) with the landmarks' error {number(ranks['landmarks'], 2)}, with the "
        f"weights' error {number(ranks['weights'], 2)} (−1 would be perfect), with being right "
        f"{number(ranks['right'], 2)} (right: a face, its landmarks within {RIGHT:g} % of the distance "
        "between the eyes). Confidence is off from the share that is right by "
        f"{number(found['calibration_error'], 3)}."
    )
    titles = ("samples", "confidence", "right", *ERRORS)
    return f"{told}\n\n{table(titles, rows)}"


def clips(real: dict[str, Any]) -> str:
    """A column for each contestant."""
    found = real["contestants"]
    names = [name for name in CONTESTANTS if name in found]
    rows = [(title, *(form(found[name]) for name in names)) for title, form in CLIP_ROWS]
    told = (
        f"{real['clips']} clips. A shut eye is found when its eyeBlink reaches {SHUT:g} in the labelled "
        f"frame, near when it does within {REACH} frames. Lips are closed when the weights leave those of "
        f"the reference head less than {100 * APART:g} % of the distance between the eyes apart."
    )
    return f"{told}\n\n{table(('what', *names), rows)}"


def orderings(found: dict[str, Any]) -> str:
    """How often an on frame gets more than an off frame, by shape; the worst of ours first."""
    names = [name for name in CONTESTANTS if name in found]
    every = sorted({shape for name in names for shape in found[name]["shapes"]},
                   key=lambda shape: (found[SOLVED]["shapes"].get(shape, 2.0), shape))  # fmt: skip
    rows = [(shape, *(number(found[name]["shapes"].get(shape), 2) for name in names)) for shape in every]
    return table(("shape", *names), rows)


def mesh(found: dict[str, Any]) -> str:
    """Distance of our landmarks from the mesh, by part."""
    if not found["frames"]:
        return "No frame in which both found a face."
    parts = [name for name in found if name not in ("frames", "steady")]
    rows = [(name, *(number(one[key], 1) for one in (found[name], found["steady"][name])
                     for key in ("median", "p95"))) for name in parts]  # fmt: skip
    told = (
        f"{found['frames']} frames, % of the distance between the eyes. *Same*: points that both schemes put "
        "on the same spot; *alike*: on the same line. *Steady*: each point's own constant distance taken off."
    )
    titles = ("points", "median", "95th percentile", "steady median", "steady 95th percentile")
    return f"{told}\n\n{table(titles, rows)}"


def spoilt(found: dict[str, Any]) -> str:
    """A row for each kind of spoiling."""
    rows = [(name, percent(one["found"]), number(one["confidence"], 2), number(one["apart"], 3))
            for name, one in found["kinds"].items()]  # fmt: skip
    told = (
        f"{found['frames']} frames of the clips. *Apart*: mean difference of the 52 weights from those of "
        "the same frame as it is, where a face is found."
    )
    return f"{told}\n\n{table(('picture', 'a face found', 'confidence (median)', 'apart'), rows)}"


def _moments(kind: str, key: str, of: str) -> Any:
    def tell(one: dict[str, Any]) -> str:
        return f"{one[kind][key]} of {one[kind][of]}" if kind in one else ""

    return tell


CLIP_ROWS: Final[tuple[tuple[str, Any], ...]] = (
    ("labels met", lambda one: number(one["met"], 3)),
    ("ordering of on and off frames", lambda one: number(one["ordering"], 3)),
    ("one-sided expressions told", _moments("sides", "told", "labelled")),
    ("jitter of weights where still", lambda one: number(one["still_jitter"], 5)),
    ("jitter of landmarks where still, % of eyes", lambda one: number(one.get("landmark_jitter"), 3)),
    ("frames with a face", lambda one: _faces(one.get("faces"))),
    ("shut eyes found in their frame", _moments("blinks", "found", "shut")),
    ("… within three frames only", _moments("blinks", "near", "shut")),
    ("… missed", _moments("blinks", "missed", "shut")),
    ("open eyes taken for shut", _moments("blinks", "by_mistake", "open")),
    ("closed lips found in their frame", _moments("lips", "found", "shut")),
    ("… within three frames only", _moments("lips", "near", "shut")),
    ("… missed", _moments("lips", "missed", "shut")),
    ("open lips taken for closed", _moments("lips", "by_mistake", "open")),
)


def _faces(found: dict[str, int] | None) -> str:
    return f"{found['found']} of {found['frames']}" if found else ""


def errors(found: dict[str, Any]) -> tuple[str, str]:
    """What `ERRORS` names."""
    return number(found["weights_mae"], 4), number(found["landmarks_eyes"], 1)


def pose(found: dict[str, Any]) -> str:
    """Three angles."""
    return ", ".join(number(found[f"{angle}_degrees"], 1) for angle in ("pitch", "yaw", "roll"))


def number(value: float | None, places: int) -> str:
    """A number with so many places, nothing where there is none."""
    return "" if value is None or not math.isfinite(value) else f"{value:.{places}f}"


def percent(value: float | None) -> str:
    """A share in per cent."""
    return "" if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def table(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table of Markdown; the columns after the first hold figures."""
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])
