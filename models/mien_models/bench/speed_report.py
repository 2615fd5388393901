"""What `mien bench speed` found, as tables and a picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from mien.errors import UsageError

from .drawing import begin_drawing

DECODER: Final = "decoder alone: PyAV, luma plane"
FOLLOWING: Final = "Mien, following the face"
PEER: Final = "MediaPipe FaceLandmarker"

DECODING: Final = 0.85
BATCHED: Final = 870
SINGLE: Final = 287
PEER_TIMES: Final = 5
"""What is aimed at: the solve's share of the decoder's rate; crops a second on two cores; times MediaPipe's
rate. The crops are what Laine's network and FACEGOOD's papers tell of theirs.
"""

BEGIN: Final = "<!-- figures -->"
END: Final = "<!-- end of figures -->"
"""Between these a page keeps the tables."""


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
        table(["aim", "asked", "by the clock", "by processor time"], aims(results)),
        _footage("large", results, titles),
        _footage("small", results, titles),
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


def placed(page: str, text: str) -> str:
    """A page in Markdown with the tables in place of those it had."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UsageError(f"The page has no place for the tables: {BEGIN} … {END}")
    return f"{before}{begin}\n\n{text}\n{end}{after}"


def aims(results: dict[str, Any]) -> list[tuple[str, ...]]:
    """What was aimed at, and what came of it: name, aim, by the clock, by processor time."""
    rows: list[tuple[str, ...]] = []
    for kind, asked in (("large", f"{DECODING}"), ("small", "–")):
        rates, (width, height) = results[f"{kind}_rates"], results["footage"][kind]["size"]
        rows.append((f"solve over decoder, {width}×{height}", asked, *_over(rates, DECODER)))
        if PEER in rates:
            rows.append((f"solve over MediaPipe, {width}×{height}", f"{PEER_TIMES}", *_over(rates, PEER)))
    all_cores = results["machine"]["cores"]
    for name, asked, cores, starts in (
        ("several at once, all cores", f"{BATCHED}", all_cores, ("4 ", "8 ")),
        ("one after the other, one core", f"{SINGLE}", 1, ("1 ",)),
    ):
        runs = [one for key, one in results["network_rates"].items() if key.startswith(starts)]
        clock, each = max(one["rate"] for one in runs), min(one["cpu_ms"] for one in runs)
        rows.append((f"crops a second, {name}", asked, f"{clock:.0f}", f"{1e3 * cores / each:.0f}"))
    return rows


def _over(rates: dict[str, Any], other: str) -> tuple[str, str]:
    """The solve's rate over another's, by the clock and by processor time."""
    solve, base = rates[FOLLOWING], rates[other]
    return f"{solve['rate'] / base['rate']:.2f}", f"{base['cpu_ms'] / solve['cpu_ms']:.2f}"


def _footage(kind: str, results: dict[str, Any], titles: list[str]) -> list[str]:
    """The rates with one clip."""
    clip = results["footage"][kind]
    width, height = clip["size"]
    name = f"{width}×{height}, H.264, {clip['mbit_per_s']:.1f} Mbit/s, {clip['frames']} frames"
    rows = ((name, *_cells(one)) for name, one in results[f"{kind}_rates"].items())
    return table([name, "frames/s", *titles], rows)


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
    begin_drawing()
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
