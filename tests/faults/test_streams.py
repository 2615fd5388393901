"""A hostile sender on the port of `mien live`: its packets are dropped and counted, the face goes on."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys

import numpy as np
from mien.arkit import COUNT
from mien.interchange.livelink_udp import LiveLinkEncoder
from mien.interchange.stream import StreamFrame


def test_malformed_packets_are_dropped_and_counted(mien_environment):
    """Promise: every good frame is a sample with its 52 weights; the rest is counted by reason in done."""
    command = [sys.executable, "-m", "mien", "live", "--source", "livelink", "--port", "0", "--json",
               "--commands"]  # fmt: skip
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=mien_environment, **pipes) as live:
        start = json.loads(live.stdout.readline())
        port = int(start["source"].rpartition(":")[2])
        sent, seen = _attack(port, live.stdout)
        live.stdin.write('{"do": "quit"}\n')
        live.stdin.close()
        done = [json.loads(line) for line in live.stdout][-1]
    assert live.returncode == 0
    assert all(len(sample["weights"]) == COUNT for sample in seen)
    assert done["event"] == "done"
    assert done["frames"] >= len(seen) == 10
    skipped = {reason: count for reason, count in done["skipped"].items() if reason.startswith("packets")}
    assert sum(skipped.values()) == sent


def _attack(port: int, lines) -> tuple[int, list[dict]]:
    """Ten good frames, each waited for, with noise between them: how much noise, and the samples."""
    rng, encoder, sent, seen = random.Random(1), LiveLinkEncoder(), 0, []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outlet:
        for i in range(10):
            weights = np.full(COUNT, i / 10, np.float32)
            (good,) = encoder.write(StreamFrame(weights, np.zeros(3), time=1.0 + i / 30))
            for bad in (rng.randbytes(rng.randrange(1, 400)), good[: rng.randrange(1, 60)], b""):
                outlet.sendto(bad, ("127.0.0.1", port))
                sent += 1
            outlet.sendto(good, ("127.0.0.1", port))
            seen.append(_next_with_a_face(lines, i / 10))
    return sent, seen


def _next_with_a_face(lines, weight: float) -> dict:
    for line in lines:
        event = json.loads(line)
        if event["event"] == "sample" and event["confidence"] > 0:
            return event
    raise AssertionError(f"live ended before the frame of {weight}")
