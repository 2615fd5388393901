"""Train one of an actor's networks by a recipe: `mien train actor`."""

from __future__ import annotations

from typing import Any

from mien.errors import CancelledError

from .feeding import feed
from .ranks import Ranks
from .run import Entry, Run, Task

Card = dict[str, Any]


class Watcher:
    """What a run tells and asks; this one says nothing and lets it run."""

    def began(self, run: Run) -> None:
        """The run starts, or goes on."""

    def judged(self, entry: Entry) -> None:
        """The held-out frames were looked at."""

    def stopping(self) -> bool:
        """Whether to save the run and leave it here."""
        return False

    def stepped(self, samples: int) -> None:
        """One step more is done."""

    def delivering(self) -> None:
        """All is learnt, and the network is being written and judged."""

    def done(self, run: Run, card: Card | None = None) -> None:
        """All is done, and a student with its card where it is to go."""


def train(task: Task, watcher: Watcher | None = None, ranks: Ranks | None = None) -> Run:
    """Train to the end of the recipe or of its patience; returns the run.

    Parameters
    ----------
    task : Task
    watcher : Watcher, optional
        Is told of every step, and may stop the run.
    ranks : Ranks, optional
        This process among those that train together.

    Raises
    ------
    CancelledError
        When the watcher stops it.
    """
    watcher, ranks = watcher or Watcher(), ranks or Ranks()
    task.run.mkdir(parents=True, exist_ok=True)
    run = Run(task, ranks)
    if not run.history:
        for left in task.run.glob(".*.part") if ranks.first else ():
            left.unlink(missing_ok=True)
        run.judge()
        run.save()
    watcher.began(run)
    batches = feed(run.batches, run.step, run.total // run.recipe.batch, task.workers)
    over = run.is_over
    while not over:
        run.learn(next(batches))
        watcher.stepped(run.samples)
        stop = ranks.agreed(watcher.stopping())
        if run.samples % run.every == 0 or run.samples >= run.total:
            watcher.judged(run.judge())
            over = ranks.agreed(run.is_over)
            run.save()
        elif stop:
            run.save()
        if stop and not over:
            raise CancelledError("Cancelled", "The run is saved; the same call goes on from here.")
    ranks.wait()
    return run
