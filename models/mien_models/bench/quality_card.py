"""MODEL_CARD.md beside the weights, and the figures into their card.json, from the results of the bench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from mien import arkit
from mien.atomic import open_atomic
from mien.errors import ModelError

from . import quality_report as report
from .quality_clips import SOLVED

ALIVE: Final = 0.75
"""Orders on and off frames of real people at least so often: the shape works."""

GOOD, POOR = 0.7, 0.3
"""Correlations on drawn heads from which a shape is read well, and below which it is hardly read."""

UNLIKE: Final = 1.15
"""Error of a group, in parts of the mean of all, from which the card speaks of it."""


def write_card(folder: Path, results: dict[str, Any]) -> None:
    """Put results on record beside the network that they are of.

    Raises
    ------
    ModelError
        The folder holds no network, or another one than was measured.
    """
    path = folder / "card.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        sha256 = card["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is not the card of a network ({error})", "Name the weights' folder."
        ) from error
    if sha256 != results["network"]["sha256"]:
        raise ModelError(f"{folder} holds another network than was measured", "Measure it with --model.")
    card["scores"] = scores_of(results)
    _write(path, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    _write(folder / "MODEL_CARD.md", model_card(card, results))


def scores_of(results: dict[str, Any]) -> dict[str, Any]:
    """The figures for card.json: all means, and those by group and shape, without names of clips."""
    scores: dict[str, Any] = {"command": results["command"], "created": results["created"]}
    if results.get("synthetic"):
        scores["synthetic"] = results["synthetic"]
        scores["confidence"] = results["confidence"]
    if results.get("real"):
        real = json.loads(json.dumps(results["real"]))
        for one in real["contestants"].values():
            for kind in ("blinks", "lips"):
                one[kind].pop("misses", None)
        scores["real"] = real
    return scores | ({"spoilt": results["spoilt"]} if results.get("spoilt") else {})


def model_card(card: dict[str, Any], results: dict[str, Any]) -> str:
    """MODEL_CARD.md."""
    parts = [f"# Model card: {card.get('name', 'network')}", *_about(card), "## In short", *_short(results)]
    parts += report.sections({**results, "real": scores_of(results).get("real")})
    again = f"These figures: `{results['command']}`, {results['created']}, Mien {results['mien']}."
    return "\n\n".join([*parts, "## How it was measured", _MEASURED, again]) + "\n"


def _about(card: dict[str, Any]) -> list[str]:
    network, training = card.get("network", {}), card.get("training", {})
    about = [
        "One grey crop of a face, 160 × 160 pixels, goes in; the 52 weights of ARKit's shapes, 70 landmarks, "
        "the head's pose and whether there is a face come out.",
        f"- **Network:** {network.get('kind', 'unknown')}"
        + (f" × {network['width']:g}" if "width" in network else "")
        + (" with a closer look at eyes and mouth" if network.get("close") else "")
        + (f", {network['parameters'] / 1e6:.2f} million parameters" if "parameters" in network else "")
        + f"\n- **sha256:** `{card['sha256']}`"
        + f"\n- **Trained on:** {training.get('data', 'unknown')}"
        + (f"; {training['samples']:,} crops in its last run" if "samples" in training else "")
        + (f", the mean of {training['averaged']} runs" if "averaged" in training else ""),
        "It is for animating a face from one camera, not for telling who somebody is or what somebody feels, "
        "nor for anything that decides about people.",
    ]
    return about + ([_reader(card["reader"])] if "reader" in card else [])


def _reader(reader: dict[str, Any]) -> str:
    return (
        f"`reader.onnx` (sha256 `{reader['sha256']}`) belongs to it: one frame can't tell low brows from "
        f"lowered ones, so it reads a face beside itself. Of each frame the network keeps a code, "
        f"{reader['code']} numbers; from that code and the mean of the take's codes the reader makes the "
        "weights. Offline that is the mean of the whole take; live it grows with what has been seen so far."
    )


def _short(results: dict[str, Any]) -> list[str]:
    lines = []
    if results.get("real"):
        lines += _on_real(
            results["real"]["contestants"][SOLVED], results["real"]["contestants"].get(report.PEER)
        )
    if results.get("synthetic"):
        lines += _on_drawn(results["synthetic"])
    return ["\n".join(f"- {line}" for line in lines)] if lines else []


def _on_real(ours: dict[str, Any], theirs: dict[str, Any] | None) -> list[str]:
    def beside(key: str, places: int) -> str:
        figure = report.number(ours[key], places)
        return figure + (f" (MediaPipe {report.number(theirs[key], places)})" if theirs else "")

    poor = [shape for shape, order in ours["shapes"].items() if order < ALIVE]
    untested = sorted({_both(name) for name in arkit.NAMES} - {*ours["shapes"]})
    return [
        f"On real people it meets {beside('met', 3)} of the hand-made labels and orders on and off frames "
        f"rightly {beside('ordering', 3)} of the time.",
        "Works least on real people (ordering under 0.75): "
        + (_list(poor) or "none of those labelled")
        + ".",
        f"No labels of real people tell about: {_list(untested)}.",
    ]


def _on_drawn(found: dict[str, Any]) -> list[str]:
    good = [name for name, one in found["shapes"].items() if one["correlation"] >= GOOD]
    poor = [name for name, one in found["shapes"].items() if one["correlation"] < POOR]
    lines = [
        f"On drawn heads its weights are off by {report.number(found['all']['weights_mae'], 3)} on average "
        f"(always at rest: {report.number(found['all']['weights_mae_always_at_rest'], 3)}), its landmarks by "
        f"{report.number(found['all']['landmarks_eyes'], 1)} % of the distance between the eyes.",
        f"Read well on drawn heads (correlation from {GOOD}): {_list(good) or 'none'}.",
        f"Hardly read on drawn heads (under {POOR}): {_list(poor) or 'none'}.",
    ]
    return lines + _unlike(found)


def _unlike(found: dict[str, Any]) -> list[str]:
    """The groups for which it does clearly worse than for all."""
    worse = []
    for kind, parts in found["groups"].items():
        for label, one in parts.items():
            for key, what in (("weights_mae", "weights"), ("landmarks_eyes", "landmarks")):
                ratio = (one[key] or 0.0) / found["all"][key] if found["all"][key] else 0.0
                if ratio >= UNLIKE:
                    worse.append(f"{kind} {label} ({what} ×{ratio:.2f})")
    if not worse:
        return [f"No group's error is {UNLIKE:g} times the mean of all, or more."]
    return [f"Worse than on average ({UNLIKE:g} times the error or more): {_list(worse)}."]


def _both(name: str) -> str:
    """A shape without its side, as score_events.py groups them."""
    return name.replace("Left", "").replace("Right", "")


def _list(names: list[str]) -> str:
    return ", ".join(names)


_MEASURED: Final = (
    "Drawn heads come from the same generator as the training data, with other seeds: other people, "
    "expressions, lights and cameras, but the same kind of picture. What holds for them need not hold for "
    "real people, and skin tone, age, gender, glasses and beards are compared on drawn heads only. The clips "
    "of real people are few; their labels were made by hand, frame by frame, and say on, strong or off. "
    "The spoilt pictures are the beginnings of the same clips, and nobody labelled them. "
    "MediaPipe is Google's FaceLandmarker (its weights are smoothed inside), run on the same frames."
)


def _write(path: Path, text: str) -> None:
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
