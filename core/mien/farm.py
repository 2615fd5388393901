"""Many videos on many machines: which are to be solved yet, one on a worker, all in one run.

Every video is a `mien solve` of its own process, wherever it runs, so a take is the same as from one machine,
and a file that takes its process down takes nothing else. Workers share the folders; only names and the
solve's last event travel. Dask distributed carries them; it is imported by `Farm` alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

from .errors import FarmError, MienError, TakeError, UsageError, install_extra
from .take import peek
from .version import __version__

_AGAIN: Final = "Run the same command again: what was solved stays, what is missing is solved."


@dataclass(frozen=True)
class Identity:
    """What must be the same everywhere: the version of Mien, the sha256 of the network and of its reader."""

    mien: str
    network: str
    reader: str | None

    @classmethod
    def here(cls, model: str | None) -> Identity:
        """Of this machine."""
        from .student import default_folder, read_card, reader_sha256

        card = read_card(Path(model) if model else default_folder())
        return cls(__version__, str(card["sha256"]), reader_sha256(card))

    def __str__(self) -> str:
        reader = f" and the reader {self.reader[:12]}" if self.reader else ""
        return f"Mien {self.mien} with the network {self.network[:12]}{reader}"


def is_solved(source: Path, output: Path, identity: Identity) -> bool:
    """Whether the output is this video's take, whole, by this Mien and network, and newer than the video."""
    try:
        about, _, _ = peek(output)
        newer = os.path.getmtime(output) >= os.path.getmtime(source)
    except (TakeError, OSError):
        return False
    found = [about.get(name) for name in ("source", "mien", "network_sha256", "reader_sha256")]
    return newer and found == [source.name, *astuple(identity)]


def solve_one(
    source: str, output: str, words: Sequence[str], identity: tuple[str, str, str | None]
) -> dict[str, Any]:
    """Solve one video, on a worker: the last event of `mien solve`, with its `exit_code`.

    A machine with another Mien or network refuses; a process that died is a FarmError, so that it is tried
    again.
    """
    words = list(words)
    wanted = Identity(*identity)
    own = Identity.here(words[words.index("--model") + 1] if "--model" in words else None)
    if own != wanted:
        raise FarmError(f"A worker has {own}, not {wanted}", "Install the same on every machine.")
    command = [sys.executable, "-m", "mien", "solve", source, "-o", output, "--json", *words]
    last: dict[str, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          encoding="utf-8") as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            last = json.loads(line)
    if last.get("event") not in ("done", "error"):
        raise FarmError(f"`mien solve` died with {process.returncode}", _AGAIN)
    return {**last, "exit_code": process.returncode}


class Farm:
    """A connection to Dask, within a `with` block.

    Parameters
    ----------
    scheduler : str, optional
        Its address, such as tcp://farm:8786, or the path of its scheduler file; without it workers are
        started on this machine.
    workers : int, optional
        How many of those; as many as cores when not given.
    patience : float
        Seconds within which the scheduler and a worker must be there.
    """

    def __init__(self, scheduler: str | None, workers: int | None, patience: float) -> None:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise UsageError(
                f"A farm needs what is not installed ({error})", install_extra("farm")
            ) from error
        self._cluster: Any = None
        try:
            if scheduler is None:
                self._cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
                )
            by_file = scheduler is not None and scheduler.endswith(".json")
            where = {"scheduler_file": scheduler} if by_file else {"address": scheduler or self._cluster}
            self._client = Client(**where, timeout=patience)
            self._client.wait_for_workers(1, timeout=patience)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            self.close()
            hint = "Start `dask scheduler` and `dask worker`, or check the address."
            raise FarmError(f"There is no farm at {scheduler or 'this machine'}: {error}", hint) from error

    def __enter__(self) -> Farm:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go; what runs on a farm of others is finished there."""
        if hasattr(self, "_client"):
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def solve(
        self, jobs: Sequence[tuple[str, str]], words: Sequence[str], identity: Identity, retries: int
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each job's number and last event, as they end.

        Parameters
        ----------
        jobs : sequence of (str, str)
            Absolute paths of videos and takes.
        words : sequence of str
            Further words for `mien solve`.
        identity : Identity
        retries : int
            How often a video is tried again whose process or worker died.
        """
        from distributed import as_completed

        numbers = {}
        for number, (source, output) in enumerate(jobs):
            future = self._client.submit(
                solve_one, source, output, tuple(words), astuple(identity), pure=False, retries=retries
            )
            numbers[future] = number
        for future in as_completed(list(numbers)):
            number = numbers.pop(future)
            yield number, _event_of(future, jobs[number][0])


def _event_of(future: Any, source: str) -> dict[str, Any]:
    """What came of a job; an error event where it failed on the farm's side."""
    if future.status == "finished":
        return dict(future.result())
    failure = future.exception() if future.status == "error" else None
    if not isinstance(failure, MienError):
        failure = FarmError(f"The farm gave it up ({failure or future.status})", _AGAIN)
    return {"event": "error", "source": source, "code": failure.code, "message": failure.message,
            "hint": failure.hint, "exit_code": failure.exit_code}  # fmt: skip
