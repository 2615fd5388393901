"""Train on this actor: what a host writes down for `mien train actor`, and what it says of the result.

The host's part is to read its scene. A run's folder lies beside the networks and is named after all that goes
into it, so that the same order goes on where it was left, and another one begins anew.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..atomic import open_atomic
from ..errors import OutputError, TakeError
from ..rig.corrected import Corrected
from ..take import Take, save_take
from ..version import __version__
from .networks import before_after, free_folder

LABELS: Final = (
    ("AUTO", "Keys or Labeller",
     "The character's keys where they were corrected after the bake; else as Mien labels footage by itself"),
    ("KEYS", "The Character's Keys",
     "What the character's curves say on each frame: correct the bake by hand first"),
    ("LABELLER", "Mien's Labeller",
     "No corrections needed: a fit of a head to the whole take. For a first pass; corrected keys teach more"),
)  # fmt: skip
"""Where labels come from: names, words and tips, as both hosts offer them."""
RUNS: Final = ".runs"
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""
_KIND: Final = "normal_speech"
"""Of the shot list's kinds; which one makes no difference to training."""


@dataclass(frozen=True)
class Shot:
    """A take to learn from.

    Attributes
    ----------
    name : str
    footage : Path
        A video, or numbered pictures.
    rate : float or None
        Pictures a second of the latter.
    rest : (float, float) or None
        Seconds in which the face is known to be at rest.
    labels : Take or None
        Times and weights; None: the labeller makes them.
    """

    name: str
    footage: Path
    rate: float | None = None
    rest: tuple[float, float] | None = None
    labels: Take | None = None


@dataclass(frozen=True)
class Order:
    """A training that is ready to be started: the shot list, the network to be, where the run is kept."""

    source: Path
    output: Path
    run: Path

    def options(self, more: Sequence[str] = ()) -> tuple[str, ...]:
        """What `mien train actor SOURCE -o OUTPUT --json` is told besides."""
        return ("--run", str(self.run), "--name", self.output.name, "--report", *more)


def labels_of(which: str, found: Corrected | None, name: str) -> Take | None:
    """The labels of a take by the user's choice (`LABELS`); None where the labeller makes them.

    Parameters
    ----------
    which : str
    found : Corrected or None
        What the character's curves say; None where the take isn't baked on it.
    name : str
        The take's, for what is said.
    """
    if which == "KEYS" and found is None:
        raise TakeError(f"{name} is not baked on the character", "Bake it and correct the keys, or choose "
                        "Mien's labeller.")  # fmt: skip
    wanted = found is not None and (which == "KEYS" or (which == "AUTO" and found.by_hand))
    return found.take if found is not None and wanted else None


def prepare(networks: Path, actor: str, shots: Sequence[Shot]) -> Order:
    """Write down what to train on.

    Parameters
    ----------
    networks : Path
        The folder of the user's networks; made where it is missing.
    actor : str
        The network's name, to be.
    shots : sequence of Shot

    Raises
    ------
    TakeError, OutputError
        When there is nothing to learn from, or nothing can be written.
    """
    if not shots:
        raise TakeError("There is no footage to learn from", "Solve the actor's footage first.")
    name = safe_name(actor)
    named = [(f"{number:02d} {safe_name(shot.name)}", shot) for number, shot in enumerate(shots, 1)]
    run = networks / RUNS / f"{name} {_mark(named)}"
    try:
        run.mkdir(parents=True, exist_ok=True)
        entries = [_entry(run, shown, shot) for shown, shot in named]
        with open_atomic(run / "actor.json", "w", encoding="utf-8") as stream:
            json.dump({"format": 1, "actor": _in_utf8(actor), "shots": entries}, stream, indent=1)
    except OSError as error:
        raise OutputError(
            f"Nothing can be written to {networks} ({error.strerror or error})",
            "Make room there, or choose another folder for networks.",
        ) from error
    return Order(run / "actor.json", free_folder(networks, name), run)


def finish(run: Path) -> None:
    """The network is there: what the run kept to go on is not needed any more."""
    shutil.rmtree(run, ignore_errors=True)


def name_of(event: Mapping[str, Any]) -> str:
    """The network that an event `done` tells of, as the list of networks calls it."""
    return Path(str(event["output"])).name


def is_better(event: Mapping[str, Any]) -> bool:
    """Whether it errs less than the one before."""
    return bool(event["after"]["weights_mae"] < event["before"]["weights_mae"])


def told(event: Mapping[str, Any]) -> str:
    """What the event `done` says."""
    errors = [event[when]["weights_mae"] for when in ("before", "after")]
    text = f"{name_of(event)}: {before_after(*errors)} on frames that were kept aside"
    if is_better(event):
        return text
    return f"{text}. It is no better, so the one before stays chosen: more footage or corrected keys help"


def safe_name(name: str) -> str:
    """A name that any disk takes for a folder."""
    kept = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", _in_utf8(name)).strip(" .")[:60].rstrip(" .")
    return f"Actor {kept}" if _RESERVED.fullmatch(kept) else kept or "Actor"


def _in_utf8(name: str) -> str:
    """A name without what UTF-8 lacks: half a surrogate pair, of a file's name that is no UTF-8."""
    return name.encode("utf-8", "replace").decode()


def _entry(run: Path, name: str, shot: Shot) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "kind": _KIND, "video": str(shot.footage)}
    if shot.rate is not None:
        entry["fps"] = shot.rate
    if shot.rest is not None and shot.rest[0] < shot.rest[1]:
        entry["rest"] = list(shot.rest)
    if shot.labels is not None:
        entry["labels"] = f"{name}.labels.mien"
        if not (run / entry["labels"]).is_file():  # its date tells whether it is another
            save_take(shot.labels, run / entry["labels"])
    return entry


def _mark(shots: Sequence[tuple[str, Shot]]) -> str:
    """Eight letters that are others when anything is that goes into the run, or Mien (and its recipes)."""
    words = hashlib.sha256(__version__.encode())
    for name, shot in shots:
        words.update(
            json.dumps([name, str(shot.footage), shot.rate, shot.rest, _stamp(shot.footage)]).encode()
        )
        if shot.labels is not None:
            words.update(shot.labels.times.tobytes() + shot.labels.weights.tobytes())
    return words.hexdigest()[:8]


def _stamp(path: Path) -> tuple[int, float]:
    try:
        found = os.stat(path)
    except OSError:
        return 0, math.nan
    return found.st_size, found.st_mtime
