"""Source and Solve: from the footage to a take, in the worker; a part of it again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mien.editing import punch_in
from mien.errors import SourceNotFoundError
from mien.interchange import read, write

from ..worker import Event
from .base import Road
from .kept import take_in_words


class Solving(Road):
    """The footage, and what is measured in it."""

    def choose_video(self, path: str) -> None:
        """The footage."""
        self.change(video=path)

    def solve(self, options: Sequence[str] = ()) -> None:
        """Measure the face in the video, in the worker."""
        self._do(lambda: self._solve(options))

    def punch_in(self, options: Sequence[str] = ()) -> None:
        """Solve the playback range again, and put it into the take."""
        self._do(lambda: self._punch_in(options))

    def open_take(self, path: str) -> None:
        """Use a take that was solved earlier, or recorded by another program."""

        def act() -> str:
            take = read(path)
            self.take = take
            self.change(take=path)
            return f"{Path(path).name}: {take_in_words(take)}."

        self._do(act)

    def _solve(self, options: Sequence[str]) -> str:
        video = Path(self.kept.video)
        if not video.exists():
            raise SourceNotFoundError(f"There is no file {video}", "Choose the video again.")
        take = video.with_suffix(".mien")
        words = ["solve", str(video), "-o", str(take), "--preview", str(self.preview), *options]
        self._begin("Solve", words, self._keep)
        return f"Solving {video.name}…"

    def _keep(self, event: Event) -> str:
        self.take = read(event["output"])
        self.change(take=event["output"])
        return f"{take_in_words(self.take)}. {event.get('warning', '')}".strip()

    def _punch_in(self, options: Sequence[str]) -> str:
        assert self.take is not None
        first, last = (self.seconds_of(frame) for frame in self.scene.playback_range())
        part, whole = self.preview.with_name("part.mien"), _unused(Path(self.kept.take))
        span = ["--from", f"{max(first, 0.0):.6f}", "--to", f"{max(last, 0.0):.6f}"]
        words = ["solve", self.kept.video, "-o", str(part), "--preview", str(self.preview), *span, *options]

        def keep(_event: Event) -> str:
            assert self.take is not None
            take = punch_in(self.take, read(part))
            write(take, whole)
            self.take = take
            self.change(take=str(whole))
            return f"{whole.name}: {first:.2f} to {last:.2f} s are new; the take before it is as it was."

        self._begin("Solve", words, keep)
        return "Solving the playback range…"


def _unused(take: Path) -> Path:
    """Where a changed take goes: beside the old one, which stays."""
    stem = re.sub(r"_v\d+$", "", take.stem)
    numbers = (int(found[1]) for path in take.parent.iterdir()
               if path.stem.startswith(stem) and (found := re.search(r"_v(\d+)$", path.stem)))  # fmt: skip
    return take.with_name(f"{stem}_v{max(numbers, default=1) + 1}.mien")
