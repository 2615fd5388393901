"""Punch In: a span of a take solved anew by a real worker; and what happens when things go wrong."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import preferences, retune, taking
from bl_ext.user_default.mien.operators import working
from bl_ext.user_default.mien.session import SESSION
from faces import add_face, evaluated
from mien.take import load_take, save_take


@pytest.fixture
def solved(toy_clip: Path, toy_folder: Path, tmp_path: Path) -> Path:
    """The take of the toy clip, beside a saved .blend; all its weights set to 0.9 afterwards."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.scene.mien
    settings.video = str(toy_clip)
    bpy.ops.mien.solve(network=str(toy_folder))
    file = settings.chosen_take.file
    take = load_take(file)
    save_take(take.replaced(weights=np.full_like(take.weights, 0.9)), file)
    return file


def test_only_the_range_is_redone(solved: Path, toy_folder: Path) -> None:
    scene = bpy.context.scene
    before = load_take(solved)
    rate = (len(before) - 1) / before.duration
    scene.render.fps = round(rate)
    scene.frame_start, scene.frame_end = 11, 21
    scene.mien.tune.smoothing = 0.0
    face = add_face()
    bpy.ops.mien.bake()
    assert evaluated(face, "jawOpen", 16) == pytest.approx(0.9, abs=0.01)
    assert bpy.ops.mien.punch_in(network=str(toy_folder)) == {"FINISHED"}
    after = load_take(solved)
    assert after.times.tolist() == pytest.approx(before.times.tolist(), abs=1e-4)
    changed = np.flatnonzero((after.weights != before.weights).any(axis=1))
    assert (changed.min() >= 10, changed.max() <= 20) == (True, True)
    assert len(changed) >= 8
    assert sorted(path.name for path in solved.parent.iterdir()) == [solved.name]
    retune.refresh()
    assert evaluated(face, "jawOpen", 16) != pytest.approx(0.9, abs=0.01)
    assert evaluated(face, "jawOpen", 40) == pytest.approx(0.9, abs=0.01)


def test_a_range_beside_the_take_is_said(solved: Path) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 5000, 6000
    with pytest.raises(RuntimeError, match="beside the take"):
        bpy.ops.mien.punch_in()


def test_a_take_from_elsewhere_says_why_it_is_greyed(solved: Path) -> None:
    bpy.context.scene.mien.chosen_take.footage = ""
    with pytest.raises(RuntimeError, match="its footage is not known"):
        bpy.ops.mien.punch_in()


def test_a_worker_killed_midway_leaves_the_take(
    solved: Path, toy_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = solved.read_bytes()
    start = working.start

    def and_kill(*arguments: object) -> None:
        start(*arguments)
        worker = SESSION.worker
        while worker.process_id is None:
            pass
        os.kill(worker.process_id, signal.SIGKILL)

    from bl_ext.user_default.mien.operators import solve

    monkeypatch.setattr(solve, "start", and_kill)
    with pytest.raises(RuntimeError, match="ended by itself"):
        bpy.ops.mien.punch_in(network=str(toy_folder))
    assert solved.read_bytes() == content
    assert [path.name for path in solved.parent.iterdir()] == [solved.name]
    assert not SESSION.running


def test_the_take_vanished_meanwhile(solved: Path, toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = taking.read_take

    def gone(path: Path) -> object:
        solved.unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(taking, "read_take", gone)
    with pytest.raises(RuntimeError, match="There is no take"):
        bpy.ops.mien.punch_in(network=str(toy_folder))
    assert not list(solved.parent.iterdir())


def test_a_python_of_the_users_that_is_none(solved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = preferences.Usual(python="/nowhere/python")
    monkeypatch.setattr(preferences, "of_user", lambda: chosen)
    with pytest.raises(RuntimeError, match=r"No Python .*Clear or change the Python"):
        bpy.ops.mien.solve()


def test_takes_of_unsaved_files_go_where_the_user_wants(
    toy_clip: Path, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = preferences.Usual(takes=str(tmp_path / "mine"))
    monkeypatch.setattr(preferences, "of_user", lambda: chosen)
    bpy.context.scene.mien.video = str(toy_clip)
    bpy.ops.mien.solve(network=str(toy_folder))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [f"{toy_clip.stem}.mien"]


def test_a_file_opened_while_the_worker_runs_keeps_the_lists(
    solved: Path, toy_folder: Path, extension: ModuleType
) -> None:
    """What was saved is there again; a worker that still runs ends with the extension, and leaves nothing."""
    bpy.ops.wm.save_mainfile()
    worker = SESSION.start(Path(bpy.context.scene.mien.video), solved.with_name("b.mien"), "Scene",
                           ("--model", str(toy_folder)))  # fmt: skip
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert [take.name for take in bpy.context.scene.mien.takes] == [solved.stem]
    extension.unregister()
    extension.register()
    assert not SESSION.running
    assert not worker.alive or not solved.with_name("b.mien").exists()
