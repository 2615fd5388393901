"""What hosts write down for a training, the list of networks, and whether a Python can train."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from mien import arkit
from mien.errors import ModelError, OutputError, TakeError
from mien.hosting import actor_training as training
from mien.hosting.networks import chosen_network, free_folder, networks_in
from mien.hosting.training_python import Answer, TrainingPythons, ask, training_environment
from mien.rig.corrected import Corrected
from mien.take import Take, load_take

FOUND = 0.052
SCORES = {"before": {"weights_mae": FOUND}, "after": {"weights_mae": 0.031}}


def labels(level: float = 0.2) -> Take:
    return Take.from_weights(np.arange(5) / 25, np.full((5, arkit.COUNT), level))


def network(folder: Path, **card) -> Path:
    folder.mkdir(parents=True)
    (folder / "student.onnx").write_bytes(b"x")
    (folder / "card.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    (tmp_path / "a.mp4").write_bytes(b"video")
    return tmp_path / "a.mp4"


def test_an_order_holds_all_that_the_command_wants(tmp_path, footage):
    shots = [
        training.Shot("talk", footage, labels=labels()),
        training.Shot("talk", footage, 24.0, rest=(0.5, 2.0)),
    ]
    order = training.prepare(tmp_path / "networks", "Ana / 2", shots)
    assert order.output == tmp_path / "networks" / "Ana   2"
    assert not order.output.exists()
    assert order.options(("--samples", "9"))[-2:] == ("--samples", "9")
    content = json.loads(order.source.read_text())
    assert content["actor"] == "Ana / 2"
    first, second = content["shots"]
    assert load_take(order.run / first["labels"]).weights[0, 0] == pytest.approx(0.2)
    assert (second["fps"], second["rest"], "labels" in second) == (24.0, [0.5, 2.0], False)
    assert first["name"] != second["name"]


def test_the_command_understands_it(tmp_path, footage):
    shots_of = pytest.importorskip("mien_models.actor.shots").read_shots
    order = training.prepare(
        tmp_path / "n", "Ana", [training.Shot("a", footage, labels=labels(), rest=(1, 2))]
    )
    (shot,) = shots_of(order.source).shots
    assert (shot.video, shot.rest, shot.labels.name) == (footage, (1.0, 2.0), "01 a.labels.mien")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_footage_whose_name_is_no_utf8(tmp_path):
    shots_of = pytest.importorskip("mien_models.actor.shots").read_shots
    odd = tmp_path / "Zoë \udce9.mp4"
    odd.write_bytes(b"video")
    found = shots_of(training.prepare(tmp_path / "n", odd.stem, [training.Shot(odd.stem, odd)]).source)
    (shot,) = found.shots
    assert (found.actor, shot.video) == ("Zoë ?", odd)
    assert shot.name == "01 Zoë"


def test_the_same_order_goes_on_and_another_begins_anew(tmp_path, footage, monkeypatch):
    def run(**more):
        return training.prepare(tmp_path, "Ana", [training.Shot("a", footage, labels=labels(), **more)]).run

    first = run()
    kept = (first / "01 a.labels.mien").stat().st_mtime_ns
    assert run() == first
    assert (first / "01 a.labels.mien").stat().st_mtime_ns == kept
    assert run(rest=(1.0, 2.0)) != first
    other = [training.Shot("a", footage, labels=labels(0.3))]
    assert training.prepare(tmp_path, "Ana", other).run != first
    with monkeypatch.context() as patch:
        patch.setattr(training, "__version__", "0")
        assert run() != first
    footage.write_bytes(b"another video")
    assert run() != first
    training.finish(first)
    assert not first.exists()


@pytest.mark.parametrize(
    ("actor", "folder"),
    [
        ("Default", "Default 2"),
        ("aux", "Actor aux"),
        ("con.x", "Actor con.x"),
        ("Conny", "Conny"),
        ("a" * 59 + " b", "a" * 59),
        (" ..", "Actor"),
        ("Zoë 顔", "Zoë 顔"),
        ("a\udce9", "a"),
    ],
)
def test_a_network_can_be_chosen_by_its_name_whatever_the_actor_is_called(tmp_path, footage, actor, folder):
    order = training.prepare(tmp_path, actor, [training.Shot("a", footage)])
    assert order.output.name == folder
    network(order.output)
    assert chosen_network(order.output.name, tmp_path) == order.output


def test_labels_are_what_the_user_chose(tmp_path):
    by_hand, untouched = Corrected(labels(), 9, 0.5), Corrected(labels(), 0, 0.001)
    assert training.labels_of("AUTO", by_hand, "a") is by_hand.take
    assert training.labels_of("AUTO", untouched, "a") is None
    assert training.labels_of("AUTO", None, "a") is None
    assert training.labels_of("KEYS", untouched, "a") is untouched.take
    assert training.labels_of("LABELLER", by_hand, "a") is None
    with pytest.raises(TakeError, match="not baked"):
        training.labels_of("KEYS", None, "a")


def test_nothing_to_learn_from_or_nowhere_to_write(tmp_path, footage):
    with pytest.raises(TakeError, match="no footage"):
        training.prepare(tmp_path, "Ana", [])
    with pytest.raises(OutputError, match="Nothing can"):
        training.prepare(footage / "below a file", "Ana", [training.Shot("a", footage)])


def test_what_is_said_at_the_end_is_honest():
    event = {"output": "/n/Ana", **SCORES}
    assert training.is_better(event)
    assert training.told(event) == "Ana: error 0.052 → 0.031 (−40 %) on frames that were kept aside"
    worse = {"output": "/n/Ana", "before": SCORES["after"], "after": SCORES["before"]}
    assert not training.is_better(worse)
    assert "(+68 %)" in training.told(worse)
    assert "no better" in training.told(worse)


def test_networks_are_listed_when_they_are_whole(tmp_path):
    folder = tmp_path / "networks"
    assert networks_in(folder) == []
    scores = {"held_out_before": {"weights_mae": FOUND}, "held_out_after": {"weights_mae": 0.031}}
    ana = network(folder / "ana", training=scores)
    network(folder / "Bo", training="unknown")
    network(folder / ".runs" / "x")
    (folder / "half").mkdir()
    (folder / "half" / "student.onnx").write_bytes(b"x")
    found = networks_in(folder)
    assert [one.name for one in found] == ["ana", "Bo"]
    assert found[0].gain == "error 0.052 → 0.031 (−40 %)"
    assert found[1].gain == ""
    assert chosen_network("ana", folder) == ana
    assert chosen_network(str(ana), tmp_path) == ana
    assert chosen_network("", folder) is chosen_network("Default", folder) is None
    with pytest.raises(ModelError, match="no network half"):
        chosen_network("half", folder)
    assert free_folder(folder, "ana") == folder / "ana 2"


def test_a_python_without_what_training_needs_says_what_is_missing(tmp_path):
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable} -S\nimport sys\nsys.exit(\"No module named 'torch'\")\n")
    program.chmod(0o755)
    answer = ask(str(program))
    assert "No module named 'torch'" in answer.why_not
    assert ".[training]" in answer.why_not
    assert "can't be started" in ask(str(tmp_path / "none")).why_not


def test_asking_does_not_wait_and_asks_once(tmp_path):
    asked = tmp_path / "asked"
    program = tmp_path / "python"
    program.write_text(
        f"#!{sys.executable} -S\nimport time\nopen({str(asked)!r}, 'a').write('x')\ntime.sleep(0.5)\n"
        'print(\'{"mien": "9.9", "torch": "2.4"}\')\n'
    )
    program.chmod(0o755)
    pythons = TrainingPythons()
    assert "Choose one" in pythons.why_not("")
    begun = time.perf_counter()
    assert "Looking" in pythons.why_not(str(program))
    assert time.perf_counter() - begun < 0.4
    assert pythons.asking(str(program))
    assert pythons.wait(str(program)) == Answer("", "Mien 9.9, torch 2.4")
    assert (pythons.why_not(str(program)), pythons.asking(str(program))) == ("", False)
    assert asked.read_text() == "x"
    pythons.forget()
    pythons.wait(str(program))
    assert asked.read_text() == "xx"


def test_the_users_python_gets_nothing_of_the_hosts(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/host/packages")
    monkeypatch.setenv("MAYA_LOCATION", "/opt/maya")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/maya/lib:/usr/cuda")
    found = training_environment()
    assert "PYTHONPATH" not in found
    assert found["LD_LIBRARY_PATH"] == "/usr/cuda"
