"""Train on this actor: what is learnt from; real trainings of some steps, cancelled and killed ones."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import making_actor
import numpy as np
import pytest
import rigs
from mien.arkit import INDEX
from mien.errors import TakeError
from mien.student import Student
from mien.take import Take, load_take, save_take
from sessions import finish

JAW = "face_shapes.jawOpen"


@pytest.fixture
def session(maya, tmp_path: Path):
    """A face with the keys of a take of the demo's footage; networks go into `tmp_path / "networks"`."""
    from mien_maya import scene
    from mien_maya.road import Session
    from mien_maya.road.networks import FOLDER

    rigs.add_face(maya)
    made = Session(scene)
    made.pythons.forget()
    made.set_machine(FOLDER, str(tmp_path / "networks"))
    times = np.arange(round(making_actor.SECONDS * 30)) / 30
    weights = np.repeat((times / times[-1])[:, None], 52, axis=1)
    save_take(Take.from_weights(times, weights), tmp_path / "ana.mien")
    made.open_takes([str(tmp_path / "ana.mien")])
    made.change_take(video=str(making_actor.FOOTAGE))
    made.change_settings(smoothing=0.0)
    maya.cmds.select("face")
    made.add_character()
    made.bake()
    assert not made.trouble, made.message
    yield made
    made.close()


def use(session, program: str) -> None:
    from mien_maya.road.training import PYTHON

    session.set_machine(PYTHON, program)
    if program:
        session.pythons.wait(program)


def correct(maya, value: float = 0.9) -> None:
    for frame in range(11, 31):
        maya.cmds.setKeyframe(JAW, time=frame, value=value)


def labels(session) -> Take | None:
    return session._shot(session.chosen).labels


def test_corrected_keys_are_the_labels_and_else_the_labeller(session, maya):
    assert labels(session) is None
    correct(maya)
    found = labels(session)
    column = found.weights[:, INDEX["jawOpen"]]
    assert column[10:30] == pytest.approx(0.9, abs=0.01)
    assert column[60] == pytest.approx(found.weights[60, 0], abs=1e-3)
    session.change_training(labels="LABELLER")
    assert labels(session) is None
    session.change_training(labels="KEYS", in_range=True)
    maya.s.playback = (20.0, 59.0)
    assert len(labels(session)) == 40


def test_beyond_the_range_that_was_baked_there_are_no_labels(session, maya):
    maya.s.playback = (20.0, 59.0)
    session.change(in_range=True)
    session.bake()
    assert labels(session) is None
    for frame in range(30, 40):
        maya.cmds.setKeyframe(JAW, time=frame, value=0.9)
    assert len(labels(session)) == 40


def test_a_take_that_is_not_on_the_character_has_no_keys_to_teach(session, maya):
    session.change_training(labels="KEYS")
    session.remove_character()
    with pytest.raises(TakeError, match="not baked"):
        labels(session)


def test_the_button_is_grey_and_says_why(session, tmp_path: Path):
    assert "Choose one as Training Python" in session.why_not("train")
    use(session, making_actor.python_with(tmp_path, versions=False))
    assert "No module named 'torch'" in session.why_not("train")
    use(session, making_actor.python_with(tmp_path, versions=True))
    assert session.why_not("train") == ""
    session.change_take(video="")
    assert "footage" in session.why_not("train")
    session.train()
    assert (session.trouble, session.work) == (True, None)


def test_a_folder_that_can_not_be_written_and_footage_that_is_gone(session, tmp_path: Path):
    from mien_maya.road.networks import FOLDER

    (tmp_path / "file").write_text("")
    session.set_machine(FOLDER, str(tmp_path / "file" / "networks"))
    session.train()
    assert "Nothing can be written" in session.message
    session.change_take(video=str(tmp_path / "gone.mp4"))
    session.train()
    assert "gone.mp4" in session.message
    assert session.work is None


def test_a_network_is_looked_up_when_it_is_chosen_and_not_at_each_refresh(session, monkeypatch):
    from mien_maya.road import networks

    looks = []
    monkeypatch.setattr(networks, "networks_in", lambda folder: looks.append(folder) or [])
    for _ in range(2):
        session.choose_network("Ana")
        assert session.network is None
        assert session.why_not("report")
    assert looks == [session.networks_folder] * 2


def test_the_chosen_network_measures(session, toy_folder: Path, toy_clip: Path, tmp_path: Path):
    (tmp_path / "networks").mkdir()
    os.symlink(toy_folder, tmp_path / "networks" / "Toy")
    assert session.network_names() == ["Default", "Toy"]
    session.choose_network("Toy")
    session.choose_video(str(toy_clip))
    session.solve()
    finish(session)
    assert load_take(session.chosen.path).about["network"] == "toy", session.message
    session.choose_network("gone")
    session.solve()
    assert "There is no network gone" in session.message
    session.choose_network("Default")
    assert (session.kept.network, session.network_words()) == ("", [])


def test_what_a_scene_kept_of_a_training_is_read_as_far_as_it_is_understood(maya):
    from mien_maya.road.kept import Kept, KeptTraining

    kept = Kept.of('{"training": {"labels": "X", "all_takes": true, "actor": 7}, "network": "Ana"}')
    assert (kept.training, kept.network) == (KeptTraining(all_takes=True), "Ana")
    assert Kept.of(replace(kept, training=KeptTraining("Bo", "KEYS")).text).training.labels == "KEYS"


def reach(session, stage: str, seconds: float = 900.0) -> None:
    end = time.monotonic() + seconds
    while stage not in session.progress.text:
        assert time.monotonic() < end
        assert session.work is not None, session.message
        time.sleep(0.02)
        session.listen()


@pytest.mark.skipif(sys.platform == "win32", reason="kills the worker by a signal")
def test_killed_and_cancelled_it_leaves_no_network_and_goes_on(session, maya, tmp_path: Path):
    use(session, making_actor.training_python())
    correct(maya)
    folder, steps = tmp_path / "networks", ("--samples", "160", "--threads", "1")
    session.train(steps)
    reach(session, "training")
    assert "left" in session.progress.text
    os.kill(session.work.process_id, signal.SIGKILL)
    finish(session)
    assert session.trouble
    session.train(steps)
    reach(session, "training")
    session.cancel()
    finish(session)
    assert "cancelled" in session.message.lower()  # the worker stopped in time, or was killed
    assert [path.name for path in folder.iterdir()] == [".runs"]
    (run,) = (folder / ".runs").iterdir()
    assert making_actor.reached(run) >= 0
    session.train(steps)
    finish(session, 900.0)
    assert "on frames that were kept aside" in session.message
    assert sorted(path.name for path in folder.iterdir()) == [".runs", "face"]
    assert not list((folder / ".runs").iterdir())
    card = json.loads((folder / "face" / "card.json").read_text())
    better = (
        card["training"]["held_out_after"]["weights_mae"] < card["training"]["held_out_before"]["weights_mae"]
    )
    assert session.kept.network == ("face" if better else "")
    session.choose_network("face")
    assert "→" in session.network.gain
    assert np.isfinite(Student(folder / "face").solve(np.zeros((1, 160, 160), np.uint8)).weights).all()
