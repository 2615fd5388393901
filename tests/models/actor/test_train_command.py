"""`mien train actor` as hosts and farms run it: JSON lines, cancelled, killed, in two processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")
pytest.importorskip("onnx")

from mien.commands.stopping import Stop
from mien.errors import CancelledError
from mien.events import PAUSE
from mien.student import Student as ShippedStudent
from mien_models.actor.begin import trained
from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion
from mien_models.actor.telling import Looking
from mien_models.actor.views import stacked, views
from mien_models.networks.inception_resnet_v2 import Teacher
from mien_models.synthetic.shards import save_shard
from mien_models.training.checkpoint import read_about

ALONE = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """72 frames to learn from and 8 held out, of one made actor."""
    folder = tmp_path_factory.mktemp("actor")
    actor = Actor(11)  # its network, hardly trained as it is, stands 16 bits: not every one does
    for number, count in ((0, 8), (1, 72)):
        clip = film(actor, *authored_motion(count, 4.0, seed=number), rate=4.0)
        save_shard(folder, number, stacked(list(views(enumerate(clip.frames), clip.take(), clip.weights))))
    return folder


def call(data, run, *more):
    return ["-m", "mien", "train", "actor", str(data), "--run", str(run), "--recipe", "small-plain",
            "--epochs", "4", "--threads", "1", "--json", *more]  # fmt: skip


def events(lines):
    return [json.loads(line) for line in lines if line.startswith("{")]


def finished(data, run, *more):
    done = subprocess.run(
        [sys.executable, *call(data, run, *more)], env=ALONE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-600:] + done.stderr[-600:]
    return events(done.stdout.splitlines())


def ended_by(number, data, run):
    """The events of a run that gets a signal at its first step, and its exit code."""
    heard = []
    with subprocess.Popen([sys.executable, *call(data, run)], env=ALONE, stdout=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        for line in process.stdout:
            heard += events([line])
            if heard and heard[-1]["event"] == "progress":
                process.send_signal(number)
    return heard, process.returncode


def state(run):
    with np.load(run / "checkpoint.npz") as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


def test_cancelled_or_killed_it_goes_on_to_the_same_network(data, tmp_path):
    heard, code = ended_by(signal.SIGTERM, data, tmp_path / "one")
    assert [event["event"] for event in heard][:2] == ["start", "scores"]
    assert {"source", "frame", "frames", "rate", "left", "stage"} <= set(heard[2])
    assert (heard[-1]["event"], heard[-1]["code"], code) == ("error", "cancelled", 130)
    about = read_about(tmp_path / "one" / "checkpoint.npz")
    assert 0 < about["samples"] < about["total"]
    if hasattr(signal, "SIGKILL"):
        ended_by(signal.SIGKILL, data, tmp_path / "other")
        finished(data, tmp_path / "other")
    last = finished(data, tmp_path / "one")[-1]
    assert (last["event"], last["frames"]) == ("done", about["total"])
    assert set(last["before"]) >= {"weights_mae", "landmarks_px"}
    if hasattr(signal, "SIGKILL"):
        assert state(tmp_path / "one") == state(tmp_path / "other")
    student = ShippedStudent(last["output"])
    assert student.card["training"]["personal"] is True
    assert student.solve(np.zeros((1, 160, 160), np.uint8)).weights.shape == (1, 52)


def test_two_processes_learn_one_network(data, tmp_path):
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    # torchrun would take --run for an option of its own, so the run lies beside the output
    call_of_it = call(data, tmp_path / "net", "--recipe", "small-teacher", "--epochs", "2")
    words = ["-o" if word == "--run" else word for word in call_of_it]
    done = subprocess.run([*run, *words], env=ALONE,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-600:] + done.stderr[-600:]
    heard = events(done.stdout.splitlines())
    assert [event["event"] for event in heard].count("start") == 1  # only the first of them speaks
    assert heard[-1]["event"] == "done"
    about = read_about(tmp_path / "net.run" / "checkpoint.npz")
    assert about["samples"] == about["total"]
    assert all(np.isfinite(entry["weights_mae"]) for entry in about["history"])
    assert isinstance(trained(tmp_path / "net.run"), Teacher)


RANKED = """
import hashlib, sys
from pathlib import Path
from dataclasses import replace
import torch
from mien_models.actor.ranks import joined
from mien_models.actor.recipes import recipe_named
from mien_models.actor.run import Task
from mien_models.actor.train import train
from mien_models.networks.mobilenet_v2 import StudentOptions
tiny = StudentOptions(width=0.25, dense=0, hidden=32, decoder=16, local=4)
recipe = recipe_named("small-plain", student=tiny, epochs=2, batch=24, part=24, frozen=True)
with joined() as ranks:
    run = train(Task(Path(sys.argv[1]), Path(sys.argv[2]), recipe, workers=0), ranks=ranks)
    for network in (run.network, run.average):
        bits = b"".join(value.numpy().tobytes() for value in network.state_dict().values())
        Path(sys.argv[2], f"{ranks.rank}").open("a").write(hashlib.sha256(bits).hexdigest())
"""


def test_both_processes_hold_the_same_bits(data, tmp_path):
    script = tmp_path / "ranked.py"
    script.write_text(RANKED, encoding="utf-8")
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*run, str(script), str(data), str(tmp_path)], env=ALONE, capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-600:] + done.stderr[-600:]
    hashes = [(tmp_path / rank).read_text() for rank in "01"]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 128


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", "2"], "counted in samples"),
        (["--recipe", "small", "--samples", "9"], "counted in epochs"),
        (["--recipe", "none"], "no recipe"),
        (["--batch", "0"], "above 0"),
        (["--recipe", "small"], "needs a teacher"),
        (["--model", "a", "--start", "b"], "with a network or with a run"),
    ],
)
def test_wrong_calls_say_what_to_do(data, tmp_path, words, message, capsys):
    from mien.cli import main

    assert main(["train", "actor", str(data), "--run", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err


def test_looking_at_footage_is_told_and_can_be_stopped(tmp_path, capsys):
    stop = Stop()
    looking = Looking(tmp_path / "actor.json", tmp_path / "net", stop, json=True)
    looking(1, 40)
    time.sleep(PAUSE)
    looking(20, 40)
    looking(1, None)  # another shot, whose length isn't known
    looking.tell("rom: 40 of 40 frames labelled")
    out, err = capsys.readouterr()
    start, progress, again = events(out.splitlines())
    assert (start["event"], start["frames"], again["frames"]) == ("start", 40, None)
    assert (progress["stage"], progress["frame"], progress["frames"]) == ("footage", 20, 40)
    assert progress["left"] > 0
    assert "40 of 40" in err
    stop.asked = True
    with pytest.raises(CancelledError):
        looking(2, 40)
