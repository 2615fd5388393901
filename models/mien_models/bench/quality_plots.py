"""Pictures of `mien bench quality`: shapes, groups and confidence. Needs matplotlib (the extra `plots`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .drawing import begin_drawing
from .quality_clips import PEER, SOLVED
from .quality_report import CONTESTANTS, ERRORS, number


def draw(folder: Path, results: dict[str, Any]) -> list[str]:
    """Write the pictures for what was measured; their names."""
    begin_drawing()
    names = []
    if results.get("synthetic"):
        _shapes(folder / "shapes.png", results["synthetic"]["shapes"])
        _groups(folder / "groups.png", results["synthetic"])
        _confidence(folder / "confidence.png", results["confidence"])
        names += ["shapes.png", "groups.png", "confidence.png"]
    if results.get("real"):
        _orderings(folder / "ordering.png", results["real"]["contestants"])
        names.append("ordering.png")
    return names


def _shapes(path: Path, shapes: dict[str, Any]) -> None:
    """Correlation and mean error of the 52 on drawn heads."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 11), dpi=100, sharey=True)
    names = [*shapes]
    left.barh(names, [one["correlation"] for one in shapes.values()], color="tab:green")
    left.set_xlabel("correlation with the truth")
    right.barh(names, [one["mae"] for one in shapes.values()], color="tab:red")
    right.set_xlabel("mean error")
    left.invert_yaxis()
    left.tick_params(axis="y", labelsize=7)
    _save(figure, path)


def _groups(path: Path, found: dict[str, Any]) -> None:
    """Errors of each group beside the mean of all."""
    import matplotlib.pyplot as plt

    rows = [
        (f"{kind}: {label}", one) for kind, parts in found["groups"].items() for label, one in parts.items()
    ]
    figure, axes = plt.subplots(1, 2, figsize=(11, 0.3 * len(rows) + 1.5), dpi=100, sharey=True)
    for axis, key, title in zip(axes, ("weights_mae", "landmarks_eyes"), ERRORS):
        axis.barh([name for name, _ in rows], _column((one for _, one in rows), key), color="tab:blue")
        axis.axvline(found["all"][key], color="k", lw=1)
        axis.set_xlabel(title)
    axes[0].invert_yaxis()
    _save(figure, path)


def _confidence(path: Path, found: dict[str, Any]) -> None:
    """The reliability curve, and the errors by confidence."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(13, 4), dpi=100)
    axes[0].plot([0, 1], [0, 1], color="0.8")
    axes[0].plot(_column(found["bins"], "confidence"), _column(found["bins"], "right"), "o-")
    axes[0].set_xlabel("confidence")
    axes[0].set_ylabel("share that is right")
    for axis, key, title in zip(axes[1:], ("weights_mae", "landmarks_eyes"), ERRORS):
        axis.plot(range(1, len(found["bins"]) + 1), _column(found["bins"], key), "o-")
        axis.set_xlabel("tenth of the samples, from the least confident")
        axis.set_ylabel(title)
    ranks = found["spearman"]
    axes[1].set_title(f"Spearman {number(ranks['weights'], 2)}", fontsize=9)
    axes[2].set_title(f"Spearman {number(ranks['landmarks'], 2)}", fontsize=9)
    _save(figure, path)


def _orderings(path: Path, found: dict[str, Any]) -> None:
    """Ordering by shape on real people, ours beside MediaPipe's."""
    import matplotlib.pyplot as plt

    names = sorted(found[SOLVED]["shapes"], key=lambda shape: found[SOLVED]["shapes"][shape])
    figure, axis = plt.subplots(figsize=(8, 0.28 * len(names) + 1.2), dpi=100)
    for name, mark in zip(CONTESTANTS, "o|x"):
        if name in found:
            axis.plot([found[name]["shapes"].get(shape, float("nan")) for shape in names], names, mark,
                      ms=11 if name == PEER else 7, label=name)  # fmt: skip
    axis.axvline(0.75, color="0.8", lw=1)
    axis.set_xlabel("how often an on frame gets more than an off frame")
    axis.legend(fontsize=8, loc="lower left")
    _save(figure, path)


def _column(rows: Iterable[dict[str, Any]], key: str) -> list[float]:
    """One figure of each row, NaN where there is none."""
    return [float("nan") if row[key] is None else row[key] for row in rows]


def _save(figure: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
