"""Train on This Actor: what is learnt from, real trainings of some steps, cancelled and killed ones."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import making_actor
import numpy as np
import pytest
from bl_ext.user_default.mien import preferences, training
from bl_ext.user_default.mien.properties.training import networks
from bl_ext.user_default.mien.session import SESSION
from faces import action_curves, add_face, path_of, save_ramp
from mien.student import Student
from mien.take import load_take


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Sets the user's training Python; networks go into `tmp_path / "networks"`."""

    def choose(python: str = "", folder: Path = tmp_path / "networks") -> None:
        usual = preferences.Usual(networks=str(folder), training_python=python)
        monkeypatch.setattr(preferences, "of_user", lambda: usual)

    choose()
    yield choose
    training.PYTHONS.forget()


@pytest.fixture
def baked(tmp_path: Path, chosen) -> bpy.types.Object:
    """A face with the keys of a take of the demo's footage."""
    settings, face = bpy.context.scene.mien, add_face()
    save_ramp(tmp_path / "ana.mien", making_actor.SECONDS)
    settings.take = str(tmp_path / "ana.mien")
    settings.chosen_take.footage = str(making_actor.FOOTAGE)
    settings.tune.smoothing = 0.0
    bpy.ops.mien.bake()
    return face


def correct(face: bpy.types.Object, shape: str = "jawOpen", value: float = 0.9, keys=slice(10, 30)) -> None:
    for point in list(action_curves(face)[path_of(shape)].keyframe_points)[keys]:
        point.co[1] = value


def ordered() -> dict:
    """The one shot that is written down, with its labels."""
    made = training.order(bpy.context.scene)
    (shot,) = json.loads(made.source.read_text(encoding="utf-8"))["shots"]
    return {**shot, "take": load_take(made.run / shot["labels"]) if "labels" in shot else None}


def test_corrected_keys_are_the_labels_and_else_the_labeller(baked: bpy.types.Object) -> None:
    assert ordered()["take"] is None
    correct(baked)
    shot = ordered()
    assert Path(shot["video"]) == making_actor.FOOTAGE
    column = shot["take"].weights[:, 17]
    assert column[10:30] == pytest.approx(0.9, abs=0.01)
    assert column[40] == pytest.approx(shot["take"].weights[40, 0], abs=1e-3)
    bpy.context.scene.mien.training.labels = "LABELLER"
    assert ordered()["take"] is None


def test_keys_in_the_range_only(baked: bpy.types.Object) -> None:
    scene = bpy.context.scene
    scene.mien.training.labels, scene.mien.training.in_range = "KEYS", True
    scene.frame_start, scene.frame_end = 20, 59
    assert len(ordered()["take"]) == 40


def test_beyond_the_range_that_was_baked_there_are_no_labels(baked: bpy.types.Object) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 20, 59
    bpy.ops.mien.bake(in_range=True)
    assert ordered()["take"] is None
    correct(baked)
    assert len(ordered()["take"]) == 40
    scene.mien.training.labels, scene.mien.training.in_range = "KEYS", True
    scene.frame_end = 29
    assert len(ordered()["take"]) == 10


def test_keys_in_a_strip_of_their_own_are_found(baked: bpy.types.Object) -> None:
    bpy.ops.mien.bake(into="NLA")
    entry = bpy.context.scene.mien.character.baked.actions[0]
    assert entry.action != baked.data.shape_keys.animation_data.action
    bpy.context.scene.mien.training.labels = "KEYS"
    assert ordered()["take"] is not None


def test_a_take_that_is_not_on_the_character_has_no_keys_to_teach(baked: bpy.types.Object) -> None:
    settings = bpy.context.scene.mien
    baked.data.shape_keys.animation_data_clear()
    settings.character.baked.actions.clear()
    settings.training.labels = "KEYS"
    with pytest.raises(Exception, match="no keys"):
        training.order(bpy.context.scene)


def refused(message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.mien.train_actor()
    assert not SESSION.running


def test_the_button_is_grey_and_says_why(baked, chosen, tmp_path: Path) -> None:
    refused("Choose one as Training Python")
    chosen(making_actor.python_with(tmp_path, versions=False))
    refused("No module named 'torch'")
    bpy.context.scene.mien.chosen_take.footage = ""
    refused("Solve the actor's footage first")


def test_a_folder_that_can_not_be_written(baked, chosen, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    chosen(making_actor.python_with(tmp_path, versions=True), tmp_path / "file" / "networks")
    refused("Nothing can be written")


def test_footage_that_is_gone(baked, chosen, tmp_path: Path) -> None:
    chosen(making_actor.python_with(tmp_path, versions=True))
    bpy.context.scene.mien.chosen_take.footage = str(tmp_path / "gone.mp4")
    refused("There is no file")


def test_the_chosen_network_measures(chosen, toy_folder: Path, toy_clip: Path, tmp_path: Path) -> None:
    settings = bpy.context.scene.mien
    (tmp_path / "networks").mkdir()
    os.symlink(toy_folder, tmp_path / "networks" / "Toy")
    assert list(networks(settings, bpy.context, "")) == ["Default", "Toy"]
    settings.video, settings.network = str(toy_clip), "Toy"
    bpy.ops.mien.solve()
    assert load_take(settings.chosen_take.file).about["network"] == "toy"
    settings.network = "gone"
    with pytest.raises(RuntimeError, match="There is no network gone"):
        bpy.ops.mien.solve()


def heard_until(stage: str, seconds: float = 900.0) -> None:
    """Ticks as the panel does, until the worker has begun a stage."""
    end = time.monotonic() + seconds
    while SESSION.progress.stage != stage:
        assert time.monotonic() < end
        assert not SESSION.tick(), SESSION.ended
        time.sleep(0.02)


def ended(seconds: float = 600.0) -> dict:
    end = time.monotonic() + seconds
    while not SESSION.tick():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert SESSION.ended
    return SESSION.ended


@pytest.mark.skipif(sys.platform == "win32", reason="kills the worker by a signal")
def test_killed_and_cancelled_it_leaves_no_network_and_goes_on(baked, chosen, tmp_path: Path) -> None:
    chosen(making_actor.training_python())
    correct(baked)
    scene, folder = bpy.context.scene, tmp_path / "networks"

    def begin() -> Path:
        made = training.order(scene)
        SESSION.start(
            made.source, made.output, scene.name, made.options(("--samples", "160", "--threads", "1")),
            verb="train actor", python=training.python(), foreign=True,
        )  # fmt: skip
        return made.run

    run = begin()
    heard_until("training")
    assert SESSION.progress.left is not None
    assert SESSION.worker
    assert SESSION.worker.process_id
    os.kill(SESSION.worker.process_id, signal.SIGKILL)
    assert ended()["code"] == "crashed"
    assert [path.name for path in folder.iterdir()] == [".runs"]
    assert begin() == run
    heard_until("training")
    SESSION.cancel()
    assert ended()["code"] == "cancelled"
    assert [path.name for path in folder.iterdir()] == [".runs"]
    assert reached_some(run)
    assert bpy.ops.mien.train_actor(samples=160) == {"FINISHED"}
    name = scene.mien.character.name
    assert sorted(path.name for path in folder.iterdir()) == [".runs", name]
    assert not list((folder / ".runs").iterdir())
    assert (folder / name / "report.html").is_file() == making_actor.draws_reports(training.python())
    student = Student(folder / name)
    assert student.card["training"]["personal"] is True
    assert not student.reads_beside
    assert {"held_out_before", "held_out_after"} <= set(student.card["training"])
    assert scene.mien.network in ("", name)
    assert np.isfinite(student.solve(np.zeros((1, 160, 160), np.uint8)).weights).all()


def reached_some(run: Path) -> bool:
    """Cancelled within the three seconds it is given, it has kept what it learnt since the last look."""
    return (run / "footage").is_dir() and making_actor.reached(run) >= 0


class Layout:
    """Stands in for a panel's layout, which no background Blender has: what is drawn must be there."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def __getattr__(self, name: str):
        return lambda *_given, **_named: self  # rows, columns: all in one

    def prop(self, owner: bpy.types.bpy_struct, name: str, **_named: object) -> None:
        self.drawn.append(owner.bl_rna.properties[name].name)

    def operator(self, name: str, **_named: object) -> SimpleNamespace:
        group, _, verb = name.partition(".")
        self.drawn.append(getattr(getattr(bpy.ops, group), verb).get_rna_type().identifier)
        return SimpleNamespace()

    def label(self, text: str = "", **_named: object) -> None:
        self.drawn.append(text)


def drawn(kind: str) -> list[str]:
    class Panel:
        layout = Layout()

    Panel.draw = getattr(bpy.types, kind).draw
    Panel().draw(bpy.context)
    return Panel.layout.drawn


def test_the_panels_show_what_there_is(baked, chosen, tmp_path: Path) -> None:
    assert "Choose a Training Python" in drawn("MIEN_PT_actor")
    able = making_actor.python_with(tmp_path, versions=True)
    chosen(able)
    shown = drawn("MIEN_PT_actor")
    assert "MIEN_OT_look_for_torch" in shown
    assert "Looking whether the training Python has torch…" in shown
    training.PYTHONS.wait(able)
    ana = tmp_path / "networks" / "Ana"
    ana.mkdir(parents=True)
    (ana / "student.onnx").write_bytes(b"x")
    scores = {"held_out_before": {"weights_mae": 0.05}, "held_out_after": {"weights_mae": 0.03}}
    (ana / "card.json").write_text(json.dumps({"training": scores}), encoding="utf-8")
    bpy.context.scene.mien.network = "Ana"
    shown = drawn("MIEN_PT_actor")
    assert {"Labels", "Learn From", "Mien 1, torch 2", "MIEN_OT_train_actor", "MIEN_OT_show_report"} <= {
        *shown
    }
    assert "Ana: error 0.050 → 0.030 (−40 %)" in shown
    assert "Network" in drawn("MIEN_PT_solve")
    with pytest.raises(RuntimeError, match="has no report"):
        bpy.ops.mien.show_report()


def test_a_redraw_looks_into_no_folder(chosen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(training, "networks_in", lambda folder: looks.append(folder) or [])
    for _ in range(2):
        bpy.context.scene.mien.network = "Ana"
        drawn("MIEN_PT_actor")
        drawn("MIEN_PT_actor")
    assert looks == [tmp_path / "networks"] * 2
