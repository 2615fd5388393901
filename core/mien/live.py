"""Live: the newest frame, solved and tuned at once, its result said and sent on; recording what was raw.

Everything happens in one loop, `Live.run`: commands, the newest frame, a line. What the lines and the
commands look like is in `mien.live_lines`, how frames come in `mien.newest`, what is counted in
`mien.live_numbers`; no pictures are decoded here.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from .calibration import Calibration
from .errors import CancelledError, MienError, OutputError, UsageError
from .journal import Recording
from .live_numbers import Numbers
from .live_tune import LiveTuner, Rest, mirrored
from .newest import Newest
from .solver import no_face
from .tune_settings import TuneSettings
from .types import Arrival, Frame, Sample

WAKE: Final = 0.05
"""Seconds between looks at commands and signals while no frame comes."""

SILENCE: Final = 0.25
"""Seconds without a frame after which there is no face: the rig eases to neutral while the camera is away."""


class Lines(Protocol):
    """Who is told: `mien.live_lines`."""

    def sample(self, time: float, weights: Any, pose: Any, confidence: float, latency: float) -> None:
        """One tuned moment; the latency in seconds."""

    def say(self, event: str, **entries: Any) -> None:
        """Anything else."""


class Live:
    """One live run.

    Parameters
    ----------
    newest : Newest
    solve : callable, optional
        A Frame into a raw Sample; a stream of Samples needs none.
    lines : Lines
    settings : TuneSettings
    about : mapping
        For the takes that are recorded (see `mien.take.Take.about`).
    mirror : bool
        Show left as right. Recordings stay as they were.
    send : callable, optional
        Gets (seconds, weights, pose) of each tuned moment, to pass it on.
    """

    def __init__(
        self, newest: Newest, solve: Callable[[Frame], Sample] | None, lines: Lines, settings: TuneSettings,
        about: Mapping[str, Any], mirror: bool = False, send: Callable[..., None] | None = None,
    ) -> None:  # fmt: skip
        self._newest, self._solve, self._lines, self._send = newest, solve, lines, send
        self._settings, self._mirror, self._about = settings, mirror, dict(about)
        self._neutral: Calibration | None = None
        self._tuner = LiveTuner(settings, self._calibration)
        self._recording: Recording | None = None
        self._rest: Rest | None = None
        self._face: bool | None = None
        self._trouble: MienError | None = None
        self._numbers = Numbers(newest)
        self._last_at, self._time = time.perf_counter(), 0.0
        self._unsent = 0
        self._quit = False
        self.commands: queue.SimpleQueue[tuple[float, Mapping[str, Any]]] = queue.SimpleQueue()

    @property
    def network(self) -> str | None:
        """The network's name, where there is one."""
        return self._about.get("network")

    def run(self, is_stopped: Callable[[], bool], seconds: float | None = None) -> None:
        """Go on until stopped, told to quit, the source is over, or so many seconds of frames have come.

        Whatever ends it, a recording under way is saved.
        """
        first: float | None = None
        try:
            while not (self._quit or is_stopped() or self._newest.over):
                self._obey_waiting()
                arrival = self._newest.take(WAKE)
                self._look_at_source()
                if arrival is None:
                    self._be_silent()
                else:
                    first = arrival.at if first is None else first
                    self._take_in(arrival)
                    if seconds is not None and arrival.at - first >= seconds:
                        break
                self._tell_numbers()
        finally:
            self._end_recording()
        if self._newest.error is not None:
            raise self._newest.error

    def summary(self) -> dict[str, Any]:
        """How it went, for the last line."""
        return self._numbers.summary()

    def record(self, output: Path, name: str, at: float, replace: bool = False) -> None:
        """Begin to record what arrives from `at` (seconds of `perf_counter`) on."""
        if self._recording is not None:
            raise UsageError("A recording is under way", "Stop it first.")
        about = {**self._about, "name": name or output.stem}
        self._recording = Recording(output, about, at, replace)
        self._lines.say("record", state="begun", output=str(output))

    # ------------------------------------------------------------------ frames

    def _take_in(self, arrival: Arrival) -> None:
        content = arrival.content
        sample = content if isinstance(content, Sample) else self._solved(content)
        self._last_at, self._time = arrival.at, sample.time
        self._keep(sample, arrival.at)
        self._show(sample, arrival.at)
        self._numbers.add(sample.confidence > 0, time.perf_counter() - arrival.at)

    def _solved(self, frame: Frame) -> Sample:
        assert self._solve is not None
        return self._solve(frame)

    def _be_silent(self) -> None:
        """While nothing comes there is no face, so that the rig does not stand still in a grimace."""
        now = time.perf_counter()
        if self._numbers.frames and now - self._last_at > SILENCE:
            sample = no_face(self._time + (now - self._last_at))
            self._keep(sample, now)
            self._show(sample, now)

    def _show(self, sample: Sample, at: float) -> None:
        """Tune a sample, say it and send it on."""
        pose = (sample.pose.pitch, sample.pose.yaw, sample.pose.roll)
        weights, turned = self._tuner.update(sample.weights, pose, sample.time, sample.confidence)
        if self._mirror:
            weights, turned = mirrored(weights, turned)
        found = bool(sample.confidence > 0)
        if found is not self._face:
            self._face = found
            self._lines.say("face", found=found, time=round(sample.time, 4))
        latency = time.perf_counter() - at
        self._lines.sample(sample.time, weights, turned, sample.confidence, latency)
        if self._send is not None:
            self._pass_on(sample.time, weights, turned)

    def _pass_on(self, moment: float, weights: Any, pose: Any) -> None:
        assert self._send is not None
        try:
            self._send(moment, weights, pose)
        except MienError as error:  # a network that is down for a while
            if not self._unsent:
                self._complain(error)
            self._unsent += 1
        else:
            self._unsent = 0

    def _keep(self, sample: Sample, at: float) -> None:
        """What a raw sample is needed for."""
        if self._rest is not None:
            self._gather_rest(self._rest, sample, at)
        if self._recording is not None:
            try:
                self._recording.add(sample, at)
            except OutputError as error:
                self._complain(error)
                self._end_recording()

    # ------------------------------------------------------------------ telling

    def _look_at_source(self) -> None:
        trouble = self._newest.source.trouble
        if trouble is self._trouble:
            return
        if trouble is None or self._trouble is None:
            words = {} if trouble is None else {"message": trouble.message, "hint": trouble.hint}
            self._lines.say("source", there=trouble is None, **words)
        self._trouble = trouble

    def _tell_numbers(self) -> None:
        numbers = self._numbers.recent()
        if numbers is not None:
            recorded = {} if self._recording is None else {"recorded": self._recording.journal.count}
            self._lines.say("stats", **numbers, **recorded)

    def _complain(self, error: MienError) -> None:
        self._lines.say("problem", code=error.code, message=error.message, hint=error.hint)

    # ------------------------------------------------------------------ commands

    def _obey_waiting(self) -> None:
        while not self.commands.empty():
            at, command = self.commands.get()
            try:
                self._obey(command, at)
            except CancelledError:
                raise
            except MienError as error:
                self._complain(error)

    def _obey(self, command: Mapping[str, Any], at: float) -> None:
        name = command.get("do")
        if name == "quit":
            self._quit = True
        elif name == "settings":
            self._change(TuneSettings.from_json(_of_kind(command, "settings", dict)))
        elif name == "mirror":
            self._mirror = _of_kind(command, "on", bool)
        elif name == "neutral":
            self._rest = Rest(at)
        elif name == "forget neutral":
            self._set_neutral(None)
        elif name == "record":
            self._begin_recording(Path(_of_kind(command, "output", str)), str(command.get("name") or ""), at)
        elif name == "stop":
            self._end_recording()
        else:
            raise UsageError(f"There is no command {name!r}", "See mien/live_lines.py.")

    def _change(self, settings: TuneSettings) -> None:
        self._settings = settings
        self._tuner.change(settings, self._calibration)

    @property
    def _calibration(self) -> Calibration | None:
        """The actor's neutral as it was set last; else what the settings bring."""
        if self._settings.calibrate is False:
            return None
        return self._neutral or self._settings.calibration

    def _set_neutral(self, neutral: Calibration | None) -> None:
        self._rest, self._neutral = None, neutral
        self._tuner.change(self._settings, self._calibration)
        self._lines.say("neutral", calibration=None if neutral is None else neutral.to_json())

    def _gather_rest(self, rest: Rest, sample: Sample, at: float) -> None:
        try:
            neutral = rest.add(sample, at, self._calibration)
        except MienError as error:
            self._rest = None
            self._complain(error)
        else:
            if neutral is not None:
                self._set_neutral(neutral)

    # ------------------------------------------------------------------ recording

    def _begin_recording(self, output: Path, name: str, at: float) -> None:
        try:
            self.record(output, name, at)
        except CancelledError:
            raise
        except MienError as error:
            self._complain(error)
            self._lines.say("record", state="failed", output=str(output))

    def _end_recording(self) -> None:
        """Save what was recorded, if anything was."""
        recording, self._recording = self._recording, None
        if recording is None:
            return
        try:
            take = recording.save(self._calibration)
        except MienError as error:
            self._complain(error)
            self._lines.say("record", state="failed", output=str(recording.output))
            return
        self._lines.say("record", state="saved", output=str(recording.output), frames=len(take),
                        faces=int(take.found.sum()), seconds=round(take.duration, 3))  # fmt: skip


def _of_kind(command: Mapping[str, Any], name: str, kind: type) -> Any:
    value = command.get(name)
    if not isinstance(value, kind):
        raise UsageError(f"{command.get('do')!r} needs {name!r}", "See mien/live_lines.py.")
    return value
