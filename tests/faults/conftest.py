"""What the fault campaign shares: `mien solve` in this process, and what it said and left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mien.cli import main
from mien.take import Take, load_take


@dataclass(frozen=True)
class Outcome:
    """Of one call."""

    exit_code: int
    events: list[dict[str, Any]]
    take: Take | None
    left: set[str]

    @property
    def last(self) -> dict[str, Any]:
        """The event that ended it."""
        return self.events[-1]

    @property
    def warning(self) -> str:
        """What done warns of."""
        return self.last.get("warning", "")


@pytest.fixture
def solve(toy_folder, tmp_path, capfd):
    """`solve(video, …)` solves it into an empty folder with the toy network, through the command line."""

    def run(video: Path, *words: str) -> Outcome:
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        place = folder / "take.mien"
        exit_code = main(["solve", str(video), "-o", str(place), "--json", "--threads", "1",
                          "--model", str(toy_folder), *words])  # fmt: skip
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        events = [json.loads(line) for line in said.out.splitlines()]
        left = {path.name for path in folder.iterdir()}
        return Outcome(exit_code, events, load_take(place) if place.exists() else None, left)

    return run
