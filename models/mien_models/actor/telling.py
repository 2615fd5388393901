"""What `mien train actor` tells at work: JSON lines as in `mien.events` for hosts, a bar for people.

    {"event": "start", "protocol": 1, "source", "output", "frames", "rate": null, "size": null}
    {"event": "progress", "source", "frame": samples, "frames", "rate", "left", "stage"}
    {"event": "scores", "source", "samples", "loss", "weights_mae", "landmarks_px", "pose_degrees"}
    {"event": "done", "source", "output", "frames", "seconds", "before": scores, "after": scores}

Before that `start` and `progress` come for what is done first, too: while the footage of an actor.json is
looked at, in its frames, with "stage": "footage", then while its points are learnt, with "points". In the
end, while the network is written and judged, one `progress` has "finishing". Errors are said by the command
line, as always. `scores` comes at the beginning and after each evaluation; `before` and `after` are those
of the networks as they are used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mien.commands.stopping import Stop
from mien.events import PROTOCOL, Pace, say

from ..training.words import in_words
from .run import Entry, Run
from .train import Card, Watcher


class Looking:
    """How far the footage is looked at, and its points are learnt; asks whether to stop."""

    def __init__(self, source: Path, output: Path, stop: Stop, json: bool, stage: str = "footage") -> None:
        self.source, self.output, self.stop, self.json = str(source), str(output), stop, json
        self.stage = stage
        self.pace = Pace(self.source, None)

    def tell(self, line: str) -> None:
        """A line for people."""
        self.stop.check()
        print(line, file=sys.stderr, flush=True)

    def __call__(self, done: int, total: int | None) -> None:
        """So many frames are looked at, or steps are done."""
        self.stop.check()
        if done == 1:
            self.pace = Pace(self.source, total)
            if self.json:
                _start(self.source, self.output, total)
        self.pace.frame = done
        if self.json and self.pace.is_due():
            say("progress", **self.pace.numbers(), stage=self.stage)


def _start(source: str, output: str, frames: int | None) -> None:
    say("start", protocol=PROTOCOL, source=source, output=output, frames=frames, rate=None, size=None)


class JsonWatcher(Watcher):
    """JSON lines on standard output."""

    def __init__(self, source: Path, output: Path, stop: Stop) -> None:
        self.source, self.output, self.stop = str(source), str(output), stop
        self.pace = Pace(self.source, None)
        self.already = 0

    def began(self, run: Run) -> None:
        """The start line."""
        self.pace, self.already = Pace(self.source, run.total - run.samples), run.samples
        _start(self.source, self.output, run.total)
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

    def delivering(self) -> None:
        """A progress line without a time: it is less than a minute."""
        whole = {"frame": 1, "frames": 1, "rate": None, "left": None}
        say("progress", source=self.source, **whole, stage="finishing")

    def done(self, run: Run, card: Card | None = None) -> None:
        """The last line."""
        before, after = before_and_after(run, card)
        say("done", source=self.source, output=self.output, frames=run.samples,
            seconds=round(self.pace.seconds, 3), before=before, after=after)  # fmt: skip


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

    def done(self, run: Run, card: Card | None = None) -> None:
        """One line."""
        self.bar.close()
        before, after = (entry["weights_mae"] for entry in before_and_after(run, card))
        change = f"{before:.4f} -> {after:.4f} ({after / before - 1:+.0%})"
        print(f"{self.output}: mean error of the weights on the held-out frames {change}", flush=True)


def before_and_after(run: Run, card: Card | None) -> tuple[Entry, Entry]:
    """Scores on the held-out frames: of the networks as they are used, where one was delivered."""
    if card is None:
        return run.history[0], run.best_entry
    return card["training"]["held_out_before"], card["training"]["held_out_after"]
