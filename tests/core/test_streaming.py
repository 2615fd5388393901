"""`mien send` and `mien record` as two processes over loopback, and what else may come to the port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from mien.arkit import COUNT, INDEX
from mien.cli import main
from mien.interchange.livelink_udp import LiveLinkEncoder
from mien.interchange.stream import StreamFrame
from mien.take import Take, load_take, save_take

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")


@pytest.fixture
def take(tmp_path) -> Path:
    """A second and a half at 30 a second; no face in four samples."""
    weights = np.random.default_rng(0).random((45, COUNT)).astype(np.float32)
    weights[20:24] = np.nan
    about = {"name": "sent", "timecode": "10:00:00:00.000"}
    save_take(Take.from_weights(np.arange(45) / 30, weights, about), tmp_path / "sent.mien")
    return tmp_path / "sent.mien"


class Recording:
    """`mien record --json` under way on a free port."""

    def __init__(self, environment, *words) -> None:
        command = [sys.executable, "-m", "mien", "record", "--json", "--port", "0", *map(str, words)]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.events = [self.next()]
        self.port = int(self.events[0].get("source", ":0").rsplit(":", 1)[1])

    def next(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def rest(self) -> list[dict]:
        """All that is still said until the end."""
        self.events += [json.loads(line) for line in self.process.stdout]
        self.process.wait(30)
        return self.events

    def send(self, *datagrams: bytes, address="127.0.0.1") -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outlet:
            outlet.bind((address, 0))
            for datagram in datagrams:
                outlet.sendto(datagram, ("127.0.0.1", self.port))
                time.sleep(0.005)


@pytest.fixture
def record(mien_environment):
    """`record(…)` starts a recording; whatever is left of it ends with the test."""
    started = []

    def start(*words) -> Recording:
        started.append(Recording(mien_environment, *words))
        return started[-1]

    yield start
    for recording in started:
        recording.process.kill()
        recording.process.stdout.close()
        recording.process.wait()


def packets(count: int, value: float = 0.5, start: float = 0.0) -> list[bytes]:
    encoder = LiveLinkEncoder("Mia")
    frames = (StreamFrame(np.full(COUNT, value, np.float32), time=start + i / 60) for i in range(count))
    return [packet for frame in frames for packet in encoder.write(frame)]


@posix
@pytest.mark.parametrize("stream", ["livelink", "vmc"])
def test_what_is_sent_is_recorded(record, run_mien, take, tmp_path, stream):
    recording = record("--stream", stream, "-o", tmp_path / "got.mien", "--name", "Aufnahme")
    done = run_mien("send", take, "--stream", stream, "--to", f"127.0.0.1:{recording.port}")
    assert done.returncode == 0, done.stderr
    assert "45 frames in 1." in done.stdout
    recording.process.send_signal(signal.SIGTERM)
    events = recording.rest()
    assert recording.process.returncode == 0
    assert events[0]["frames"] is None
    assert (events[-1]["event"], events[-1]["frames"], events[-1]["faces"]) == ("done", 45, 41)
    sent, got = load_take(take), load_take(tmp_path / "got.mien")
    np.testing.assert_array_equal(got.weights, sent.weights)
    np.testing.assert_allclose(got.times, sent.times, atol=1e-6)
    assert got.about["name"] == "Aufnahme"
    assert got.about.get("timecode") == ("10:00:00:00.000" if stream == "livelink" else None)
    said = [time for event in events if event["event"] == "samples" for time in event["times"]]
    np.testing.assert_allclose(said, got.times, atol=1e-6)


def test_it_ends_by_itself(record, tmp_path):
    recording = record("--stream", "livelink", "-o", tmp_path / "got.csv", "--seconds", "0.5")
    recording.send(*packets(30))
    assert recording.rest()[-1]["event"] == "done"
    assert (tmp_path / "got.csv").read_bytes().startswith(b"Timecode,")


@posix
def test_hostile_packets_are_counted_and_cost_nothing(record, tmp_path):
    recording = record("--stream", "livelink", "-o", tmp_path / "got.mien")
    recording.send(b"", b"x" * 60_000, packets(1)[0][:100], *packets(20))
    recording.send(*packets(5, 0.9), address="127.0.0.2")
    recording.send(*packets(20, start=1.0))
    recording.process.send_signal(signal.SIGINT)
    done = recording.rest()[-1]
    assert (recording.process.returncode, done["event"], done["frames"]) == (0, "done", 41)
    assert "packets skipped (cut short, or not Live Link Face): 2" in done["warning"]
    assert "packets skipped (another protocol, or another version of it): 1" in done["warning"]
    assert "packets from another sender: 5" in done["warning"]
    got = load_take(tmp_path / "got.mien")
    assert got.about["notes"] == done["warning"].split("; ")
    assert np.nanmax(got.weights) == 0.5


@posix
def test_a_host_that_goes_away_loses_nothing(record, tmp_path):
    recording = record("--stream", "livelink", "-o", tmp_path / "got.mien")
    recording.process.stdout.close()
    for i in range(100):
        recording.send(*packets(5, start=i / 10))
        if recording.process.poll() is not None:
            break
    assert recording.process.wait(10) == 130
    assert len(load_take(tmp_path / "got.mien")) > 0


def test_nothing_comes(record, tmp_path):
    recording = record("--stream", "vmc", "-o", tmp_path / "got.mien", "--wait", "0.3")
    recording.send(b"x")
    error = recording.rest()[-1]
    assert (recording.process.returncode, error["code"]) == (3, "no_frames")
    assert "not OSC" in error["message"]
    assert not (tmp_path / "got.mien").exists()


def test_wrong_calls(take, tmp_path, capsys):
    def code(*words) -> int:
        return main([str(word) for word in words])

    out = ("-o", tmp_path / "x.mien", "--wait", "0.1")
    assert code("record", "--stream", "morse", *out) == 2
    assert code("record", "--stream", "vmc", "--port", "99999", *out) == 2
    assert code("record", "--stream", "vmc", "--bind", "no such place", *out) == 2
    assert code("record", "--stream", "vmc", "--phone", "1.2.3.4", *out) == 2
    assert code("record", "--stream", "vmc", "-o", tmp_path / "x.fbx") == 2
    assert code("record", "--stream", "vmc", "-o", take) == 5
    assert code("record", "--stream", "vmc", "-o", tmp_path / "none" / "x.mien") == 5
    assert code("send", take, "--stream", "vmc", "--to", "127.0.0.1:http") == 2
    assert code("send", take, "--stream", "vmc", "--to", "no such place:1") == 2
    assert code("send", tmp_path / "none.mien", "--stream", "vmc") == 7
    assert code("send", take, "--stream", "ifacialmocap") == 2
    assert capsys.readouterr().out == ""


def test_a_port_that_is_taken(run_mien, record, tmp_path):
    first = record("--stream", "vmc", "-o", tmp_path / "a.mien")
    done = run_mien("record", "--stream", "vmc", "-o", tmp_path / "b.mien", "--port", first.port)
    assert done.returncode == 3
    assert "Can't listen" in done.stderr


@posix
def test_only_this_machine_is_heard_unless_told_otherwise(record, tmp_path):
    recording = record("--stream", "vmc", "-o", tmp_path / "a.mien")
    assert recording.events[0]["source"].startswith("VMC 127.0.0.1:")
    bound = {line.split()[1] for line in Path("/proc/net/udp").read_text().splitlines()[1:]}
    assert f"0100007F:{recording.port:04X}" in bound
    assert f"00000000:{recording.port:04X}" not in bound
    other = record("--stream", "vmc", "-o", tmp_path / "b.mien", "--bind", "0.0.0.0")
    assert other.events[0]["source"].startswith("VMC 0.0.0.0:")


def test_a_phone_that_has_to_be_asked(record, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        try:
            phone.bind(("127.0.0.1", 49983))
        except OSError:
            pytest.skip("port 49983 is taken")
        phone.settimeout(10)
        words = ("--phone", "127.0.0.1", "-o", tmp_path / "a.mien", "--seconds", "0.3")
        recording = record("--stream", "ifacialmocap", *words)
        question, asker = phone.recvfrom(200)
        assert question.startswith(b"iFacialMocap_")
        for i in range(10):
            phone.sendto(b"jawOpen&%d|=head#1,2,3,0,0,0|" % (i * 10), asker)
            time.sleep(0.05)
    assert recording.rest()[-1]["event"] == "done"
    got = load_take(tmp_path / "a.mien")
    jaw = got.weights[got.found, INDEX["jawOpen"]]
    np.testing.assert_allclose(jaw * 10, np.round(jaw * 10), atol=1e-5)
    assert jaw[0] == 0
    assert (np.diff(jaw) > 0).all()
    assert len(jaw) >= 3
