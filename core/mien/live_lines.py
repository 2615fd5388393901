"""What `mien live` says and hears: JSON lines for hosts and scripts, a few words for people.

Live protocol 1, one JSON object a line. On standard output, with --json, and nothing else there:

    {"event": "start", "protocol": 1, "source", "size": [w, h] or null, "rate" or null, "network" or null}
    {"event": "sample", "time", "weights": [52], "pose": [3], "confidence", "latency"}
    {"event": "face", "found", "time"}                    when a face is lost, or found
    {"event": "source", "there", "message", "hint"}       when the camera goes (with the words), or is back
    {"event": "stats", "frames", "rate", "dropped", "latency": [p50, p99], "recorded" while recording}
    {"event": "neutral", "calibration": {…} or null}
    {"event": "record", "state": "begun" | "failed", "output"}
    {"event": "record", "state": "saved", "output", "frames", "faces", "seconds"}
    {"event": "problem", "code", "message", "hint"}       something failed; live goes on
    {"event": "done", "frames", "faces", "dropped", "seconds", "latency": [p50, p99, longest] or null,
        "skipped": {reason: how many} of a stream's packets, if any}
    {"event": "error", "source": null, "code", "message", "hint"}

One of the last two ends it. A sample is one tuned moment: seconds since the beginning, weights 0–1 in the
order of `mien.arkit.NAMES`, pitch, yaw, roll in degrees (unwrapped), confidence 0–1. Where it is 0 there is
no face: the weights hold, ease to neutral and stay there. While the camera gives nothing such samples go on,
20 a second. `latency` is milliseconds from the frame's arrival: of a sample until its line is made, in stats
(of the last second) and done until it is out. Stats come each second.

On standard input, with --commands; its end is a "quit", so that no worker outlives its host:

    {"do": "settings", "settings": {…}}       as `mien.tune_settings` writes them
    {"do": "mirror", "on": true}
    {"do": "neutral"}                         the next half second of face is the face at rest
    {"do": "forget neutral"}
    {"do": "record", "output": PATH, "name"}  raw, into a new file; its time 0 is when the line came in
    {"do": "stop"}                            save the recording
    {"do": "quit"}
"""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

from .errors import CancelledError, OutputError
from .standard_output import put
from .untrusted import parse_json

PROTOCOL: Final = 1
_LONGEST: Final = 1 << 20
"""Characters of a command at most."""


class LogFullError(CancelledError):
    """The lines can't be written any more; it ends the run as a reader who has gone does."""

    code = OutputError.code
    exit_code = OutputError.exit_code


class JsonLines:
    """The lines above, on standard output; CancelledError where they don't get there."""

    def sample(self, time: float, weights: Any, pose: Any, confidence: float, latency: float) -> None:
        """The line of one tuned moment; the latency in seconds."""
        self.say(
            "sample",
            time=round(time, 4),
            weights=[round(weight, 4) for weight in weights.tolist()],
            pose=[round(angle, 2) for angle in pose.tolist()],
            confidence=round(confidence, 3),
            latency=round(1e3 * latency, 2),
        )

    def say(self, event: str, **entries: Any) -> None:
        """Any line."""
        line = json.dumps({"event": event, **entries}, separators=(",", ":"), allow_nan=False)
        try:
            put(line)
        except OutputError as error:
            print(f"mien: {error.message}", file=sys.stderr)  # the only place left
            raise LogFullError(error.message, error.hint) from error


class PlainLines:
    """For people, on standard error: one line that goes on while it runs, others when something happens."""

    def __init__(self) -> None:
        self._open = False
        self._is_terminal = sys.stderr.isatty()

    def sample(self, time: float, weights: Any, pose: Any, confidence: float, latency: float) -> None:
        """Nothing: sixty a second are not read."""

    def say(self, event: str, **entries: Any) -> None:
        """What matters of an event."""
        text = _WORDS.get(event, _nothing)(entries)
        if not text or (event == "stats" and not self._is_terminal):
            return
        lead = "\r" if self._open and event == "stats" else "\n" if self._open else ""
        self._open = event == "stats"
        print(f"{lead}{text}", end="" if self._open else "\n", file=sys.stderr, flush=True)


def listen(stream: IO[str], heard: Callable[[float, Mapping[str, Any]], None]) -> threading.Thread:
    """Hear commands in a thread of their own, each with the moment it came (`perf_counter`).

    A line that is no JSON object is heard as `{"do": null}`, which is refused like any unknown command.
    """
    thread = threading.Thread(target=_listen, args=(stream, heard), name="Mien commands", daemon=True)
    thread.start()
    return thread


def _listen(stream: IO[str], heard: Callable[[float, Mapping[str, Any]], None]) -> None:
    while line := stream.readline(_LONGEST):
        at = time.perf_counter()
        try:
            command = parse_json(line)
        except ValueError:
            command = None
        if line.strip():
            heard(at, command if isinstance(command, dict) else {"do": None})
    heard(time.perf_counter(), {"do": "quit"})


def _nothing(_entries: Mapping[str, Any]) -> str:
    return ""


def _stats(entries: Mapping[str, Any]) -> str:
    middle, high = (math.nan if value is None else value for value in entries["latency"])
    recorded = f", {entries['recorded']} recorded" if "recorded" in entries else ""
    pace = f"{entries['rate']:5.1f} frames/s, {middle:.1f} ms (p99 {high:.1f})"
    return f"{pace}, {entries['dropped']} dropped{recorded}  "


def _record(entries: Mapping[str, Any]) -> str:
    if entries["state"] != "saved":
        return f"Recording into {entries['output']}: {entries['state']}"
    return f"{entries['output']}: {entries['frames']} frames, a face in {entries['faces']}"


def _trouble(entries: Mapping[str, Any]) -> str:
    if entries.get("there"):
        return "The source is back"
    return f"mien: {entries['message']}\n      {entries['hint']}"


def _done(entries: Mapping[str, Any]) -> str:
    text = f"{entries['frames']} frames in {entries['seconds']:.1f} s, a face in {entries['faces']}"
    if entries["latency"]:
        text += "; latency {:.1f} ms, p99 {:.1f}, longest {:.1f}".format(*entries["latency"])
    skipped = "".join(f"; {reason}: {count}" for reason, count in entries.get("skipped", {}).items())
    return f"{text}; {entries['dropped']} dropped{skipped}"


_WORDS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "start": lambda entries: f"Live from {entries['source']}; Ctrl-C ends it",
    "face": lambda entries: "" if entries["found"] else "No face",
    "source": _trouble,
    "problem": _trouble,
    "stats": _stats,
    "record": _record,
    "done": _done,
}
