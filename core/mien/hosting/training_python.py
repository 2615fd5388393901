"""The Python that trains: no host has torch, so the user names a Python that has Mien and torch.

Whether it has is asked once of each, in a process of its own that a thread waits for: `why_not` only tells
what is known.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ASK: Final = (
    "import json, mien.version, torch, mien_models.actor.personal;"
    "print(json.dumps({'mien': mien.version.__version__, 'torch': torch.__version__}))"
)
"""Imports all that training does: a torch that can't be loaded is no torch."""
PATIENCE: Final = 180.0
"""Seconds that torch may take to load: from a network drive it does take minutes."""
INSTALL: Final = 'run `python -m pip install -e ".[training]"` with it, in the folder of Mien\'s source'
_ASKING: Final = "Looking whether the training Python has torch…"
_NONE: Final = (
    "Training needs a Python with torch, which Mien can't bring along. Choose one as Training Python: make a "
    'venv and run in it, in the folder of Mien\'s source, `pip install -e ".[training]"`'
)


@dataclass(frozen=True)
class Answer:
    """What a Python says of itself; `why_not` is "" where it can train, else says why and what to do."""

    why_not: str
    versions: str = ""


class TrainingPythons:
    """All that were asked about; safe to be looked at from the main thread at each redraw.

    Parameters
    ----------
    flags : int
        Popen's `creationflags`.
    """

    def __init__(self, flags: int = 0) -> None:
        self._flags = flags
        self._answers: dict[str, Answer] = {}
        self._threads: dict[str, threading.Thread] = {}

    def why_not(self, program: str) -> str:
        """Why a Python can't train, as far as is known; asks it, without waiting, when it is new."""
        if not program:
            return _NONE
        answer = self._answers.get(program)
        if answer is None:
            self._ask(program)
            return _ASKING
        return answer.why_not

    def versions(self, program: str) -> str:
        """Which Mien and which torch it has; "" where it has none, or isn't known."""
        answer = self._answers.get(program)
        return answer.versions if answer else ""

    def asking(self, program: str) -> bool:
        """Whether the answer is still to come."""
        return program in self._threads and program not in self._answers

    def wait(self, program: str) -> Answer:
        """The answer: for scripts, and outside the main thread."""
        self.why_not(program)
        if program in self._threads:
            self._threads[program].join()
        return self._answers.get(program, Answer(_NONE))

    def forget(self) -> None:
        """Ask again: something was installed."""
        self._answers, self._threads = {}, {}

    def _ask(self, program: str) -> None:
        if program not in self._threads:
            answers = self._answers  # those of before `forget` don't matter any more
            thread = threading.Thread(
                target=lambda: answers.update({program: ask(program, self._flags)}), daemon=True
            )
            self._threads[program] = thread
            thread.start()


def ask(program: str, flags: int = 0) -> Answer:
    """Whether a Python can train; takes some seconds."""
    try:
        found = subprocess.run(
            [program, "-c", ASK], env=training_environment(), capture_output=True, timeout=PATIENCE,
            stdin=subprocess.DEVNULL, creationflags=flags, check=False, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Answer(f"{program} takes longer than {PATIENCE:.0f} s to load torch; choose another Python")
    except (OSError, ValueError) as error:
        return Answer(f"{program} can't be started ({error}); choose another Training Python")
    said = _last(found.stdout)
    try:
        has: Any = json.loads(said)
        return Answer("", f"Mien {has['mien']}, torch {has['torch']}")
    except (ValueError, KeyError, TypeError):
        reason = _last(found.stderr) or said or f"exit code {found.returncode}"
    return Answer(f"{Path(program).name} can't train ({reason[:200]}): {INSTALL}, or choose another")


def training_environment() -> dict[str, str]:
    """The host's environment without what is meant for the host's own Python and its libraries."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    host = os.environ.get("MAYA_LOCATION", "")
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        if host and name in kept:
            paths = [path for path in kept[name].split(os.pathsep) if not path.startswith(host)]
            kept[name] = os.pathsep.join(paths)
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()
