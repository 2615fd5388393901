"""What `mien train actor` tells at work: JSON lines as in `mien.events` for hosts, a bar for people.

    {"event": "start", "protocol": 1, "source", "output", "frames", "rate": null, "size": null}
    {"event": "progress", "source", "frame": samples, "frames", "rate", "left", "stage"}
    {"event": "scores", "source", "samples", "loss", "weights_mae", "landmarks_px", "pose_degrees"}
    {"event": "done", "source", "output", "frames", "seconds", "before": scores, "after": scores}

Errors are said by the command line, as always. `scores` comes at the beginning and after each evaluation.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mien.commands.stopping import Stop
from mien.events import PROTOCOL, Pace, say

from ..training.words import in_words
from .train import Entry, Run, Watcher


class JsonWatcher(Watcher):
    """JSON lines on standard output."""

    def __init__(self, source: Path, output: Path, stop: Stop) -> None:
        self.source, self.output, self.stop = str(source), str(output), stop
        self.pace = Pace(self.source, None)
        self.already = 0

    def began(self, run: Run) -> None:
        """The start line."""
        self.pace, self.already = Pace(self.source, run.total - run.samples), run.samples
        say("start", protocol=PROTOCOL, source=self.source, output=self.output, frames=run.total, rate=None,
            size=None)  # fmt: skip
        self.judged(run.history[-1])

    def stepped(self, samples: int) -> None:
        """A progress line, when one is due."""
        self.pace.frame = samples - self.already
        if self.pace.is_due():
            numbers = self.pace.numbers()
            total = numbers["frames"] + self.already
            say("progress", **{**numbers, "frame": samples, "frames": total}, stage="training")

    def stopping(self) -> bool:
        """Whether a signal has come."""
        return self.stop.asked

    def judged(self, entry: Entry) -> None:
        """The scores line."""
        say("scores", source=self.source, **entry)

    def done(self, run: Run) -> None:
        """The last line."""
        say("done", source=self.source, output=self.output, frames=run.samples,
            seconds=round(self.pace.seconds, 3), before=run.history[0], after=run.best_entry)  # fmt: skip


class PlainWatcher(Watcher):
    """A bar and scores on standard error, the result on standard output."""

    def __init__(self, source: Path, output: Path, stop: Stop) -> None:
        self.source, self.output, self.stop = source, output, stop
        self.bar: Any = None

    def began(self, run: Run) -> None:
        """A new bar."""
        from tqdm import tqdm

        self.bar = tqdm(total=run.total, initial=run.samples, unit=" crops", disable=None, file=sys.stderr)
        self.judged(run.history[-1])

    def stepped(self, samples: int) -> None:
        """The bar goes on."""
        self.bar.update(samples - self.bar.n)

    def stopping(self) -> bool:
        """Whether a signal has come."""
        return self.stop.asked

    def judged(self, entry: Entry) -> None:
        """One line of scores."""
        self.bar.write(in_words(entry), file=sys.stderr)

    def done(self, run: Run) -> None:
        """One line."""
        self.bar.close()
        before, after = run.history[0]["weights_mae"], run.best_entry["weights_mae"]
        change = f"{before:.4f} -> {after:.4f} ({after / before - 1:+.0%})"
        print(f"{self.output}: mean error of the weights on the held-out frames {change}", flush=True)
