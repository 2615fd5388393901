"""`mien live` as a process, a looped file as its camera: what it says, hears, records and survives."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from making import write_video
from mien.arkit import COUNT, MIRROR
from mien.calibration import stored
from mien.interchange.sockets import KINDS, Listener
from mien.journal import journal_of
from mien.take import load_take
from toy_network import toy_picture

WAIT = 60.0


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """2.4 s: a face, then for 1.2 s none."""
    pictures = [toy_picture(i) if i < 30 else np.zeros((240, 320), np.uint8) for i in range(60)]
    return write_video(tmp_path_factory.mktemp("clips") / "live.mp4", pictures, options={"crf": "12"})


class Process:
    """A `mien live` under way."""

    def __init__(self, environment, *words):
        command = [sys.executable, "-m", "mien", "live", "--json", *map(str, words)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(command, env=environment, encoding="utf-8", **pipes)
        self.seen: list[dict] = []
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(ValueError):  # closed by a test
            for line in self.process.stdout:
                self._lines.put(line)
        self._lines.put("")

    def say(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def next(self, event: str, when=lambda event: True) -> dict:
        """The next line of a kind; all before it are in `seen`."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            line = self._lines.get(timeout=WAIT)
            assert line, f"it ended without {event}: {self.seen[-3:]} {self.process.stderr.read()}"
            said = json.loads(line)
            self.seen.append(said)
            if said["event"] == event and when(said):
                return said
        raise AssertionError(f"no {event} came: {[s for s in self.seen if s['event'] != 'sample'][-5:]}")

    def samples(self, count: int) -> list[dict]:
        return [self.next("sample") for _ in range(count)]

    def end(self) -> int:
        while line := self._lines.get(timeout=WAIT):
            self.seen.append(json.loads(line))
        return self.process.wait(WAIT)


@pytest.fixture
def live(mien_environment, toy_folder, clip):
    begun = []

    def start(*words, source=clip) -> Process:
        more = ["--loop"] if source is clip else []
        begun.append(Process(mien_environment, "--source", source, *more, "--model", toy_folder, *words))
        return begun[-1]

    yield start
    for process in begun:
        process.process.kill()
        process.process.wait()


def test_the_lines_are_those_of_the_protocol(live):
    process = live("--seconds", 4)
    assert process.next("start") == {
        "event": "start", "protocol": 1, "source": "live.mp4", "size": [320, 240], "rate": 25.0,
        "network": "toy",
    }  # fmt: skip
    assert process.end() == 0
    samples = [said for said in process.seen if said["event"] == "sample"]
    for said in samples:
        assert set(said) == {"event", "time", "weights", "pose", "confidence", "latency"}
        assert len(said["weights"]) == COUNT
        assert all(0.0 <= weight <= 1.0 for weight in said["weights"])
        assert len(said["pose"]) == 3
        assert said["latency"] >= 0.0
    assert (np.diff([said["time"] for said in samples]) > 0).all()
    done = process.seen[-1]
    assert done["event"] == "done"
    assert done["frames"] >= len(samples) > 20
    assert 0 < done["faces"] < done["frames"]
    assert 0 < done["latency"][0] <= done["latency"][1] <= done["latency"][2]
    stats = [said for said in process.seen if said["event"] == "stats"]
    assert len(stats) >= 2
    assert stats[-1]["rate"] > 0


def test_a_lost_face_is_said_and_eases_to_neutral(live):
    process = live("--smoothing", 0)
    process.next("face", lambda said: said["found"])
    lost = process.next("face", lambda said: not said["found"])
    back = process.next("face", lambda said: said["found"])
    assert 0.7 < back["time"] - lost["time"] < 3.0
    gone = [s for s in process.seen if s["event"] == "sample" and lost["time"] <= s["time"] < back["time"]]
    level = np.array([max(said["weights"]) for said in gone])
    assert level[0] > 0.1, "it snapped"
    assert (np.diff(level) <= 1e-6).all()
    assert level[-1] == 0.0
    assert all(said["confidence"] == 0 for said in gone)


def test_settings_mirror_and_neutral_take_effect_at_once(live):
    process = live("--commands", "--smoothing", 0)
    process.next("face", lambda said: said["found"])
    first = process.next("sample", lambda said: said["confidence"] > 0.5)
    process.say(do="settings", settings={"smoothing": 0.0, "muted": ["jaw", "mouth"]})
    process.next("sample", lambda said: said["confidence"] > 0.5 and said["weights"][17] == 0.0)
    assert first["weights"][17] > 0.05
    process.say(do="settings", settings={"smoothing": 0.0, "calibrate": None})
    process.next("face", lambda said: said["found"])  # the whole second of face is to come
    process.say(do="neutral")
    neutral = process.next("neutral")["calibration"]["neutral"]
    assert neutral
    process.say(do="forget neutral")
    assert process.next("neutral")["calibration"] is None
    process.say(do="quit")
    assert process.end() == 0


def test_a_mirror_shows_left_as_right(live, tmp_path):
    """The toy's weights are alike on both sides but for one: the head's turn tells them apart."""
    poses = []
    for words in ((), ("--mirror",)):
        process = live("--smoothing", 0, "--record", tmp_path / f"{len(words)}.mien", *words)
        said = process.next("sample", lambda said: said["confidence"] > 0.5 and abs(said["pose"][2]) > 4)
        process.process.send_signal(signal.SIGTERM)
        assert process.end() == 0
        take = load_take(tmp_path / f"{len(words)}.mien")
        raw = int(np.nanargmin(np.abs(take.pose[:, 2] * (-1 if words else 1) - said["pose"][2])))
        poses.append(abs(take.pose[raw, 2] * (-1 if words else 1) - said["pose"][2]))
        order = list(MIRROR) if words else list(range(COUNT))
        np.testing.assert_allclose(np.clip(take.weights[raw], 0, 1)[order], said["weights"], atol=0.02)
    assert max(poses) < 0.02


def test_a_wrong_command_is_refused_and_live_goes_on(live):
    process = live("--commands")
    process.next("sample")
    bad = ['{"do": "settings", "settings": {"smoothing": 7}}', '{"do": "record", "output": "a.txt"}']
    for wrong in ("no json", "[1]", '{"do": "fly"}', '{"do": "mirror"}', "[" * 2000, *bad):
        process.process.stdin.write(wrong + "\n")
        process.process.stdin.flush()
        problem = process.next("problem")
        assert problem["message"]
    process.samples(3)
    process.process.stdin.close()  # the host has gone
    assert process.end() == 0


def test_recording_by_command(live, tmp_path):
    output = tmp_path / "take 1.mien"
    process = live("--commands")
    process.next("face", lambda said: said["found"])
    process.say(do="record", output=str(output))
    assert process.next("record")["state"] == "begun"
    process.samples(40)
    assert journal_of(output).exists()
    process.say(do="stop")
    saved = process.next("record")
    assert saved["state"] == "saved"
    take = load_take(output)
    assert (len(take), int(take.found.sum())) == (saved["frames"], saved["faces"])
    assert len(take) >= 35
    assert 0.0 <= take.times[0] < 1.0
    assert take.about["name"] == "take 1"
    assert take.about["network"] == "toy"
    assert np.isfinite(take.landmarks[take.found]).all()
    process.say(do="record", output=str(output))
    assert process.next("record")["state"] == "failed"
    process.say(do="record", output=str(tmp_path / "no" / "take.mien"))
    assert process.next("record")["state"] == "failed"
    process.samples(2)
    assert [path.name for path in tmp_path.iterdir()] == ["take 1.mien"]


def test_the_neutral_is_kept_with_the_take(live, tmp_path):
    process = live("--commands")
    process.next("face", lambda said: said["found"])
    process.say(do="neutral")
    process.next("neutral")
    process.say(do="record", output=str(tmp_path / "a.mien"))
    process.samples(5)
    process.say(do="quit")
    assert process.end() == 0
    assert stored(load_take(tmp_path / "a.mien")) is not None


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking")
def test_stopping_keeps_the_recording(live, tmp_path):
    process = live("--record", tmp_path / "a.mien")
    process.samples(20)
    process.process.send_signal(signal.SIGTERM)
    assert process.end() == 0
    assert [said["state"] for said in process.seen if said["event"] == "record"] == ["begun", "saved"]
    assert len(load_take(tmp_path / "a.mien")) >= 20
    assert [path.name for path in tmp_path.iterdir()] == ["a.mien"]


def test_a_killed_recording_can_be_recovered(live, tmp_path, run_mien):
    process = live("--record", tmp_path / "a.mien")
    process.samples(30)
    process.process.kill()
    process.process.wait()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mien.part"]
    done = run_mien("live", "--recover", tmp_path / "a.mien.part")
    assert done.returncode == 0, done.stderr
    assert len(load_take(tmp_path / "a.mien")) >= 30
    assert [path.name for path in tmp_path.iterdir()] == ["a.mien"]


def test_the_reader_of_the_lines_goes_away(live, tmp_path):
    process = live("--record", tmp_path / "a.mien")
    process.samples(10)
    process.process.stdout.close()
    assert process.process.wait(WAIT) == 130
    assert len(load_take(tmp_path / "a.mien")) >= 10


def test_an_unplugged_camera_is_said_and_comes_back(live, clip, tmp_path):
    """OpenCV plays the file as if it were a camera; at its end nothing comes any more, then it is back."""
    process = live(source=f"camera:{clip}")
    gone = process.next("source")
    assert not gone["there"]
    assert gone["message"]
    assert gone["hint"]
    assert process.next("source")["there"]
    times = [said["time"] for said in process.seen if said["event"] == "sample"]
    silent = [said for said in process.seen[process.seen.index(gone) :] if said["event"] == "sample"]
    assert silent, "nothing told the rig that there is no face"
    assert all(said["confidence"] == 0 for said in silent)
    assert (np.diff(times) > 0).all()


def test_a_camera_that_is_not_there(run_mien):
    done = run_mien("live", "--source", "97", "--json")
    assert done.returncode == 3
    (said,) = map(json.loads, done.stdout.splitlines())
    assert (said["event"], said["code"]) == ("error", "source")
    assert done.stderr == ""


def test_a_file_that_does_not_loop_ends(run_mien, clip, toy_folder):
    done = run_mien("live", "--source", clip, "--model", toy_folder, "--json")
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "done"
    assert last["frames"] + last["dropped"] == 60


def test_for_people(run_mien, clip, toy_folder):
    done = run_mien("live", "--source", clip, "--model", toy_folder)
    assert done.stdout == ""
    assert "Live from live.mp4" in done.stderr
    assert "No face" in done.stderr
    assert "60 frames" in done.stderr or "dropped" in done.stderr


def test_a_stream_comes_in_and_goes_out_as_another(
    live, mien_environment, clip, toy_folder, run_mien, tmp_path
):
    """A take is sent as Live Link Face; mien live hears it and passes it on as VMC."""
    run_mien("solve", clip, "-o", tmp_path / "a.mien", "--model", toy_folder)
    with Listener("127.0.0.1", 0) as listener:
        words = ("--port", 0, "--send", "vmc", "--to", f"127.0.0.1:{listener.port}", "--smoothing", 0)
        process = live(*words, source="livelink")
        start = process.next("start")
        assert start["size"] is None
        port = start["source"].rpartition(":")[2]
        sending = [sys.executable, "-m", "mien", "send", tmp_path / "a.mien", "--loop"]
        sending += ["--stream", "livelink", "--to", f"127.0.0.1:{port}"]
        with subprocess.Popen(sending, env=mien_environment, stdout=subprocess.DEVNULL) as sender:
            said = process.next("sample", lambda said: said["weights"][17] > 0.05)
            decoder, frames, end = KINDS["vmc"].decoder(), [], time.monotonic() + WAIT
            while len(frames) < 20 and time.monotonic() < end:
                packet = listener.receive(1.0)
                frames += decoder.read(packet[0]) if packet else []
            sender.terminate()
    assert len(frames) == 20
    lines = np.array([line["weights"] for line in process.seen if line["event"] == "sample"])
    sent = np.array([frame.weights for frame in frames])
    assert np.abs(lines[:, None] - sent).max(axis=2).min(axis=0).min() < 1e-3
    assert said["confidence"] == 1.0
    gone = process.next("source", lambda said: not said["there"])  # the sender has ended
    assert "Live Link Face" in gone["message"]


@pytest.mark.parametrize("words", [["--to", "x:1"], ["--size", "9"], ["--rate", "x"], ["--threads", "0"]])
def test_wrong_words(run_mien, words):
    assert run_mien("live", "--source", "97", *words, "--json").returncode in (2, 3)
