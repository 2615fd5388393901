"""What `mien bench speed` found, as tables and a picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from mien.errors import UsageError

DECODER: Final = "decoder alone: PyAV, luma plane"
FOLLOWING: Final = "Mien, following the face"
PEER: Final = "MediaPipe FaceLandmarker"


def as_markdown(results: dict[str, Any]) -> str:
    """The tables."""
    machine = results["machine"]
    load = "" if machine["load"] is None else f", load {machine['load']:.1f}"
    titles = ["best round", "processor ms each", "ms a step: median", "p99"]
    lines = [
        f"{machine['cores']} cores, {machine['kind']}, {machine['system']}, "
        f"Python {machine['python']}{load}; Mien {results['mien']}, "
        f"network {results['network']['name']} ({results['network']['sha256'][:8]}); "
        f"medians of {results['rounds']} rounds.",
    ]
    tables = [
        *_footage("large", results, titles),
        *_footage("small", results, titles),
        table(
            ["the network alone", "crops/s", *titles],
            ((name, *_cells(one)) for name, one in results["network_rates"].items()),
        ),
        _live(results["live"]),
        table(
            ["from the start of the process", "seconds", "processor seconds"],
            ((name, *(f"{part:.2f}" for part in took)) for name, took in results["starts"].items()),
        ),
        table(["installed", "MB"], ((name, f"{size:.0f}") for name, size in _summed(results["megabytes"]))),
        _long(results.get("long")),
    ]
    return "\n\n".join([" ".join(lines), *("\n".join(one) for one in tables if one)]) + "\n"


def _footage(kind: str, results: dict[str, Any], titles: list[str]) -> list[list[str]]:
    """The rates with one clip, and their ratios."""
    clip, rates = results["footage"][kind], results[f"{kind}_rates"]
    width, height = clip["size"]
    name = f"{width}×{height}, H.264, {clip['mbit_per_s']:.1f} Mbit/s, {clip['frames']} frames"
    return [table([name, "frames/s", *titles], ((name, *_cells(one)) for name, one in rates.items())),
            ratios(rates)]  # fmt: skip


def ratios(rates: dict[str, Any]) -> list[str]:
    """The solve against the decoder alone, and against MediaPipe."""
    solve, decode = rates[FOLLOWING], rates[DECODER]
    lines = [
        f"Solve against the decoder alone: {solve['rate'] / decode['rate']:.2f} by the clock, "
        f"{decode['cpu_ms'] / solve['cpu_ms']:.2f} by processor time."
    ]
    if PEER in rates:
        other = rates[PEER]
        lines.append(f"Solve against MediaPipe: {solve['rate'] / other['rate']:.1f}× by the clock, "
                     f"{other['cpu_ms'] / solve['cpu_ms']:.1f}× by processor time.")  # fmt: skip
    return lines


def table(titles: list[str], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A table in Markdown; numbers to the right."""
    return [_row(titles), _row(["---", *["---:"] * (len(titles) - 1)]), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(one: dict[str, float]) -> list[str]:
    rates = [f"{one[name]:.0f}" for name in ("rate", "best_rate")]
    return [*rates, *(f"{one[name]:.2f}" for name in ("cpu_ms", "step_ms_median", "step_ms_p99"))]


def _live(found: dict[str, Any]) -> list[str]:
    """Milliseconds from a frame's arrival to its line."""
    middle, most, worst = (f"{value:.1f}" for value in found["latency"])
    came = found["frames"] + found["dropped"]
    return table(
        ["live, 1080p at 60 frames/s", ""],
        [("frame's arrival to tuned weights, ms: median", middle), ("p99", most), ("longest", worst),
         ("frames that came", str(came)), ("dropped, because a newer one was there", str(found["dropped"]))],
    )  # fmt: skip


def _summed(sizes: dict[str, float]) -> list[tuple[str, float]]:
    return [*sorted(sizes.items(), key=lambda item: -item[1]), ("all", sum(sizes.values()))]


def _long(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    width, height = found["size"]
    rows, before = [], {"frames": 0, "cpu_s": 0.0}
    for mark in found["marks"]:
        took = 1e3 * (mark["cpu_s"] - before["cpu_s"]) / (mark["frames"] - before["frames"])
        memory = "–" if mark["resident_mb"] is None else f"{mark['resident_mb']:.0f}"
        rows.append((f"{mark['frames']:,}", f"{took:.2f}", memory))
        before = mark
    titles = [f"a long video of {width}×{height}: frames", "processor ms a frame", "memory, MB"]
    return table(titles, rows)


def draw(path: Path, results: dict[str, Any]) -> None:
    """Processor time as bars: it tells more than rates where the machine is shared."""
    try:
        import matplotlib
    except ImportError as error:
        hint = 'Install it with Mien: pip install "mien[plots]"'
        raise UsageError("Drawing needs matplotlib", hint) from error
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 1, figsize=(9, 9), dpi=100, constrained_layout=True)
    clips = ["a frame, {}×{}".format(*results["footage"][kind]["size"]) for kind in ("large", "small")]
    for axis, kind, what in zip(axes, ("large", "small", "network"), (*clips, "a crop, the network alone")):
        found = results[f"{kind}_rates"]
        bars = axis.barh([*found], [one["cpu_ms"] for one in found.values()], color="tab:blue")
        axis.bar_label(bars, fmt="%.2f", label_type="center", color="white")
        axis.invert_yaxis()
        axis.set_xlabel(f"processor ms {what}")
    figure.savefig(path)
    plt.close(figure)
