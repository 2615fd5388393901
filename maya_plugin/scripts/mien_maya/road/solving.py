"""Source and Solve: from the footage to a take, in the worker; a part of it again; the list of takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.editing import punch_in
from mien.errors import SourceNotFoundError
from mien.hosting.places import unused
from mien.interchange import read, write
from mien.picture_files import is_sequence, name_of, pictures_of

from ..worker import Event
from .kept import KeptTake
from .networks import Networks
from .places import folder_for, take_for
from .shown import take_in_words


class Solving(Networks):
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

    def open_takes(self, paths: Sequence[str]) -> None:
        """Put takes into the list: solved earlier, or recorded by another program."""

        def act() -> str:
            for path in paths:
                read(path)  # refuses here, in words
                self.add_take(KeptTake(path))
            assert self.take is not None
            return f"{Path(paths[-1]).name}: {take_in_words(self.take)}."

        self._do(act)

    def choose_take(self, index: int) -> None:
        """Another take of the list is tuned and baked."""
        if index != self.kept.take_index:
            self.change(take_index=index)
            self._do(self._read_take)

    def remove_take(self) -> None:
        """Take the take off the list; its file stays."""
        kept, i = self.kept, self.kept.take_index
        takes = (*kept.takes[:i], *kept.takes[i + 1 :])
        self.change(takes=takes, take_index=min(i, len(takes) - 1))
        self._do(self._read_take)

    def add_take(self, take: KeptTake) -> None:
        """Choose a take; it joins the list where its file is new. TakeError where that can't be read."""
        takes = self.kept.takes
        index = next((i for i, known in enumerate(takes) if known.path == take.path), len(takes))
        if index == len(takes):
            takes = (*takes, take)
        self.change(takes=takes, take_index=index)
        self._read_take()

    def take_path(self, like: Path) -> Path:
        """A file for a take of this name that is not there yet."""
        return unused(folder_for(self.scene.scene_file(), self.scene.user_folder()) / f"{name_of(like)}.mien")

    def _there(self, footage: str) -> Path:
        """The footage; SourceNotFoundError where it is not there."""
        path = Path(footage)
        if is_sequence(path):
            pictures_of(path)  # refuses here, in words
        elif not path.is_file():
            raise SourceNotFoundError(f"There is no file {path}", "Choose the footage again.")
        return path

    def _rate(self, footage: Path) -> list[str]:
        """What the worker is told of the frame rate: a video knows its own."""
        return ["--fps", f"{self.kept.rate:g}"] if is_sequence(footage) else []

    def _solve(self, options: Sequence[str]) -> str:
        video = self._there(self.kept.video)
        take = take_for(video, self.kept.takes, self.scene.scene_file(), self.scene.user_folder())

        def keep(event: Event) -> str:
            self.add_take(KeptTake(event["output"], str(video), self.start))
            assert self.take is not None
            return f"{take_in_words(self.take)}. {event.get('warning', '')}".strip()

        words = ["solve", str(video), "-o", str(take), "--preview", str(self.preview), *self.network_words()]
        self._begin("Solve", [*words, *self._rate(video), *options], keep)
        return f"Solving {video.name}…"

    def _punch_in(self, options: Sequence[str]) -> str:
        assert self.take is not None
        assert self.chosen is not None
        old, chosen = self.take, self.chosen
        footage = self._there(chosen.video)
        first, last = (self.seconds_of(frame) for frame in self.scene.playback_range())
        part, whole = self.preview.with_name("part.mien"), self.take_path(Path(chosen.video))
        span = ["--from", f"{max(first, 0.0):.6f}", "--to", f"{max(last, 0.0):.6f}"]
        words = ["solve", chosen.video, "-o", str(part), "--preview", str(self.preview), *span]
        words += self.network_words()
        words += ["--beside", chosen.path]

        def keep(_event: Event) -> str:
            write(punch_in(old, read(part)), whole)
            self.add_take(KeptTake(str(whole), chosen.video, chosen.start))
            return f"{whole.stem}: {first:.2f} to {last:.2f} s are new; the take before it is as it was."

        self._begin("Solve", [*words, *self._rate(footage), *options], keep)
        return "Solving the playback range…"
